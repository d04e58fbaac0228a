"""One BLAS thread in every test, before NumPy loads; the plugins of the suite.

Two threads on a busy two-core machine make small QRs 10 to 100 times slower and move
results in the last bit.
"""

import os
from importlib.util import find_spec

for _library in ("OPENBLAS", "OMP", "MKL"):
    os.environ[f"{_library}_NUM_THREADS"] = "1"

pytest_plugins = ["tests.checkmarks", "tests.no_skips"]

# Files whose examples need an optional library, where it is not installed.
_EXTRAS = {
    "gradlab/adapters/jax_cell.py": "jax",
    "gradlab/adapters/recording.py": "torch",
    "gradlab/adapters/torch_cell.py": "torch",
    "gradlab/adapters/torch_edit.py": "torch",
    "gradlab/adapters/torch_record.py": "torch",
    "gradlab/adapters/torch_gradients.py": "torch",
    "gradlab/adapters/torch_reload.py": "torch",
    "gradlab/adapters/torch_step.py": "torch",
    "gradlab/adapters/torch_watch.py": "torch",
    "gradlab/linalg/_kernels_blas.py": "numba",
    "gradlab/linalg/_kernels_lu.py": "numba",
    "gradlab/linalg/_kernels_numba.py": "numba",
    "gradlab/linalg/_kernels_pairs.py": "numba",
    "gradlab/linalg/_kernels_small.py": "numba",
    "gradlab/studies/monitor.py": "torch",
    "gradlab/sweeps/dask_map.py": "distributed",
}
_missing = {file: name for file, name in _EXTRAS.items() if not find_spec(name)}
collect_ignore = list(_missing)


def pytest_report_header():
    if _missing:
        return f"examples left out: {', '.join(_missing)}"
    return None
