"""No infinity reaches LAPACK, where an SVD may hang: every door answers at once."""

import subprocess
import sys

import numpy as np
import pytest

from gradlab.cells import GRU, LSTM, RNN
from gradlab.errors import InputError
from gradlab.linalg import gaussian, orthogonal, uniform

DOORS = """
import numpy as np
from gradlab import linalg
from gradlab.dynamics import JacobianChain
from gradlab.errors import NonFiniteError
from gradlab.exponents import lyapunov_spectrum

bad = np.array([[1.0, np.inf, 0.0], [0.0, 1.0, 2.0], [3.0, 0.0, 1.0]])
doors = {
    "frobenius_norm": lambda: linalg.frobenius_norm(bad),
    "graded_product": lambda: linalg.graded_product([bad]),
    "henrici_departure": lambda: linalg.henrici_departure(bad),
    "joint_spectral_radius": lambda: linalg.joint_spectral_radius([bad]),
    "kreiss_constant": lambda: linalg.kreiss_constant(bad),
    "leading_singular_vectors": lambda: linalg.leading_singular_vectors([bad], 1),
    "log_norm": lambda: linalg.log_norm(bad),
    "periodic_eigenvalues": lambda: linalg.periodic_eigenvalues([bad]),
    "log_singular_values": lambda: linalg.log_singular_values([bad]),
    "numerical_radius": lambda: linalg.numerical_radius(bad),
    "numerical_range": lambda: linalg.numerical_range(bad),
    "power_norms": lambda: linalg.power_norms(bad, 3),
    "pseudospectral_abscissa": lambda: linalg.pseudospectral_abscissa(bad, 0.1),
    "pseudospectral_radius": lambda: linalg.pseudospectral_radius(bad, 0.1),
    "pseudospectrum": lambda: linalg.pseudospectrum(bad),
    "running": lambda: linalg.running_log_singular_values([bad], [1]),
    "block_log_growths": lambda: linalg.block_log_growths([bad], block=1),
    "slope_radius": lambda: linalg.slope_radius(bad),
    "spectral_norm": lambda: linalg.spectral_norm(bad),
    "spectral_radius": lambda: linalg.spectral_radius(bad),
    "spectral_radius_interval": lambda: linalg.spectral_radius_interval(bad),
    "Scaled": lambda: linalg.Scaled.of(bad),
    "chain": lambda: JacobianChain([bad]),
    "spectrum": lambda: lyapunov_spectrum([bad]),
}
for name, door in doors.items():
    try:
        door()
    except NonFiniteError as error:
        assert "got inf at" in str(error) or "got inf" in str(error), error
    else:
        raise SystemExit(f"{name} let an infinity in")
"""


def test_no_door_lets_an_infinity_in_or_hangs():
    done = subprocess.run(
        [sys.executable, "-c", DOORS],
        capture_output=True,
        text=True,
        timeout=60,  # imports take a few seconds on a busy machine; a hang takes ever
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("ensemble", [gaussian, orthogonal, uniform])
def test_a_matrix_that_memory_cannot_hold_is_refused_before_it_is_drawn(ensemble):
    with pytest.raises(InputError, match=r"`n` = 10,000,000 needs 1,490,116.1 GiB"):
        ensemble(10_000_000, gain=1.0, rng=0)


@pytest.mark.parametrize("cell", [RNN, LSTM, GRU])
def test_weights_that_memory_cannot_hold_are_refused(cell):
    with pytest.raises(InputError, match=r"`n` = 10,000,000 needs [0-9,.]+ GiB"):
        cell.random(10_000_000, 3, gain=1.0, rng=np.random.default_rng(0))
