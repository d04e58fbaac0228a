"""λ_1 = ½ ln χ_1 beside simulated networks, in z-scores, for every activation."""

import numpy as np
import pytest

from gradlab.cells import RNN
from gradlab.dynamics import run
from gradlab.exponents import lyapunov_spectrum
from gradlab.meanfield import length_fixed_point, mean_field_exponent
from tests.cases.activations import PHIS

SEEDS = 6
GAIN, SIGMA2 = 1.3, 0.3
# Far from where states grow without bound, as single small networks do before.
GAINS = dict.fromkeys(("relu", "leaky_relu", "gelu", "silu", "softplus"), 1.0)
GAINS |= {"leaky_relu_negative": 0.8, "leaky_relu_steep": 0.3}


def network(name, gain, n, seed):
    """A run whose every unit has its own white input of variance SIGMA2."""
    rng = np.random.default_rng([seed, n])
    W = gain / np.sqrt(n) * rng.standard_normal((n, n))
    drive = np.sqrt(SIGMA2) * np.eye(n)
    cell = RNN(W, drive, np.zeros(n), activation=PHIS[name])
    return run(cell, rng.standard_normal(n), rng.standard_normal((500, n)))


@pytest.mark.slow
# A linear network without gates has λ_1 = ln ρ(W), which is ln g only as n^(−1/2).
@pytest.mark.parametrize("name", sorted(set(PHIS) - {"identity"}))
def test_every_activation(name):
    gain = GAINS.get(name, GAIN)
    theory = mean_field_exponent(PHIS[name], gain=gain, input_variance=SIGMA2)
    assert theory.error < 1e-12
    fixed = length_fixed_point(PHIS[name], gain=gain, input_variance=SIGMA2)
    tops, variances = {}, []
    for n in (75, 150):
        found = []
        for seed in range(SEEDS):
            trajectory = network(name, gain, n, seed)
            found.append(lyapunov_spectrum(trajectory, k=1, burn_in=100).top)
            if n == 150:
                u = trajectory.states[100:-1] @ trajectory.cell.W_hh.T
                variances.append(np.square(u).mean() + SIGMA2)
        tops[n] = np.array(found)
    # Finite networks are off by a/n: that of twice the size takes it away.
    corrected = 2 * tops[150] - tops[75]
    stderr = corrected.std(ddof=1) / np.sqrt(SEEDS)
    assert abs(corrected.mean() - theory.exponent) < 4.5 * stderr + 1e-3
    spread = np.std(variances, ddof=1) / np.sqrt(SEEDS)
    assert abs(np.mean(variances) - fixed.variance) < 5 * spread + 0.05 * fixed.variance
