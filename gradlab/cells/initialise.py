"""Initial weights: recurrent N(0, gain²/n) per gate, input N(0, 1/m), biases zero.

Other recurrent matrices: Haar orthogonal, the identity [le2015simple], and torch's
uniform ±1/√n, which also draws the input weights and both biases from that interval.
"""

import numpy as np

from gradlab._checks import (
    require_count,
    require_memory,
    require_number,
    require_one_of,
    require_rng,
)
from gradlab.linalg.ensembles import gaussian, identity, orthogonal, uniform
from gradlab.typing import Array, Matrix, Seed

__all__ = ["INITS", "random_matrix", "random_weights"]

_ENSEMBLES = {
    "gaussian": gaussian,
    "orthogonal": orthogonal,
    "identity": identity,
    "torch": uniform,
}
INITS = tuple(_ENSEMBLES)


def random_weights(
    n: int, m: int, *, gates: int, gain: float, rng: Seed, init: str
) -> tuple[Array, Array, Array, Array]:
    """Return W_hh (gates·n, n), W_hx (gates·n, m), b_hx and b_hh (gates·n,).

    A cell with one bias takes the sum of the two, which is what it stands for in torch.
    The recurrent matrix is drawn gate by gate and is gain times a matrix of `init`:
    "gaussian" N(0, 1/n), "orthogonal" Haar, "identity", "torch" uniform on ±1/√n.
    """
    n = require_count("n", n)
    m = require_count("m", m, minimum=0)
    # The gates' blocks and the stack of them, and the input weights.
    require_memory("n", n, gates * n * (2 * n + m))
    gain = require_number("gain", gain, minimum=0.0)
    init = require_one_of("init", init, INITS)
    generator = require_rng(rng)
    W_hh = np.concatenate(
        [random_matrix(n, gain=gain, rng=generator, init=init) for _ in range(gates)]
    )
    if init == "torch":
        limit = 1 / np.sqrt(n)
        W_hx = generator.uniform(-limit, limit, size=(gates * n, m))
        b_hx, b_hh = generator.uniform(-limit, limit, size=(2, gates * n))
        return W_hh, W_hx, b_hx, b_hh
    W_hx = generator.normal(size=(gates * n, m)) / np.sqrt(max(m, 1))
    return W_hh, W_hx, np.zeros(gates * n), np.zeros(gates * n)


def random_matrix(n: int, *, gain: float, rng: Seed, init: str) -> Matrix:
    """Return gain times an (n, n) matrix of `init`, one of INITS."""
    return _ENSEMBLES[init](n, gain=gain, rng=rng)
