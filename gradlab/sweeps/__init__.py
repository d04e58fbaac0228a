"""A study at every point of a grid: same numbers whoever does the work, in any order.

`gradlab.sweeps.dask_map` needs the extra ``sweep`` and is imported by its own name.
"""

from gradlab.sweeps.grid import grid_points, sweep
from gradlab.sweeps.processes import process_map

__all__ = ["grid_points", "process_map", "sweep"]
