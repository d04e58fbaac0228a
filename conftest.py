"""One BLAS thread in every test, before NumPy loads; the plugins of the suite.

Two threads on a busy two-core machine make small QRs 10 to 100 times slower and move
results in the last bit.
"""

import os

for _library in ("OPENBLAS", "OMP", "MKL"):
    os.environ[f"{_library}_NUM_THREADS"] = "1"

pytest_plugins = ["tests.checkmarks", "tests.no_skips"]
