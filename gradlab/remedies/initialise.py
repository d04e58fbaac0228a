"""Initial weights as libraries draw them by default, and as papers recommend.

    torch   all of W_hh, W_hx and both biases U(−1/√n, 1/√n)
    keras   W_hx U(±√(6/(m + Gn))); W_hhᵀ has orthonormal rows, all G gates together
    flax    W_hx N(0, 1/m) cut at two σ; W_hh orthogonal, gate by gate
    irnn    W_hh = I, W_hx N(0, 10⁻⁶), φ = max(0, ·)
    chrono  b_f = ln U(1, T − 1) and b_i = −b_f, T the memory that is wanted
    lru     W_hh of complex eigenvalues, uniform on a ring r_min ≤ |λ| ≤ r_max

With G gates, a block of Keras's matrix is a corner of an orthogonal one of G n columns:
its eigenvalues fill a disc of radius 1/√G, where gate by gate they lie on a circle.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import final

import numpy as np
from scipy.special import ndtr, ndtri

from gradlab._checks import (
    require_count,
    require_memory,
    require_number,
    require_one_of,
    require_rng,
)
from gradlab.cells import GRU, LSTM, RNN, AbstractCell, Linear
from gradlab.errors import InputError
from gradlab.linalg.ensembles import identity, orthogonal
from gradlab.references import Reference
from gradlab.typing import Array, Matrix, Seed

__all__ = ["INITIALISATIONS", "Initialisation", "initial_cell"]

_GATES = {"rnn": 1, "lstm": 4, "gru": 3, "linear": 1}
_CELLS: dict[str, type[RNN] | type[LSTM] | type[GRU]] = {
    "rnn": RNN,
    "lstm": LSTM,
    "gru": GRU,
}
_IRNN_INPUTS = 1e-3  # the standard deviation of its input weights
_RING = (0.0, 1.0)  # r_min and r_max of the LRU before they are tuned


@final
@dataclass(frozen=True)
class Initialisation:
    """A way to draw initial weights.

    Attributes
    ----------
    kinds : tuple of str
        The cells it is for: "rnn", "lstm", "gru", "linear".
    words : str
        What it is.
    source : Reference or None
        The paper; None for the default of a library.
    page : str
        The library's documentation of it.

    Examples
    --------
    >>> INITIALISATIONS["irnn"].source.key, INITIALISATIONS["chrono"].kinds
    ('le2015simple', ('lstm', 'gru'))
    """

    kinds: tuple[str, ...]
    words: str
    source: Reference | None = None
    page: str = ""


_GATED = ("rnn", "lstm", "gru")
INITIALISATIONS: Mapping[str, Initialisation] = MappingProxyType(
    {
        "torch": Initialisation(
            _GATED,
            "torch.nn's default: everything uniform on ±1/√n",
            page="docs.pytorch.org, torch.nn.LSTM: Variables",
        ),
        "keras": Initialisation(
            _GATED,
            "Keras's default: Glorot inputs, orthogonal rows, forget bias 1",
            page="keras.io, LSTM layer: kernel_initializer, recurrent_initializer, "
            "unit_forget_bias",
        ),
        "flax": Initialisation(
            _GATED,
            "Flax's default: LeCun inputs, every gate orthogonal, no bias",
            page="flax.readthedocs.io, flax.linen.OptimizedLSTMCell: kernel_init, "
            "recurrent_kernel_init",
        ),
        "orthogonal": Initialisation(
            ("rnn",),
            "an orthogonal recurrent matrix, inputs N(0, 1/m), no bias",
            Reference("saxe2014exact"),
        ),
        "irnn": Initialisation(
            ("rnn",),
            "the identity and rectified units, tiny input weights, no bias",
            Reference("le2015simple"),
        ),
        "forget_bias": Initialisation(
            ("lstm",),
            "torch's default with 1 added to the bias of the forget gate",
            Reference("jozefowicz2015empirical"),
        ),
        "chrono": Initialisation(
            ("lstm", "gru"),
            "torch's weights, and biases of gates that keep for 1 … T steps",
            Reference("tallec2018warp"),
        ),
        "lru": Initialisation(
            ("linear",),
            "a linear recurrence with its eigenvalues uniform on a ring",
            Reference("orvieto2023resurrecting"),
        ),
    }
)
"""The ways by name; ``initial_cell`` draws them."""


def initial_cell(
    kind: str,
    n: int,
    m: int,
    *,
    init: str,
    rng: Seed,
    memory: int = 1000,
    ring: tuple[float, float] = _RING,
) -> AbstractCell:
    """Return a cell as a library or a paper initialises it.

    Parameters
    ----------
    kind : "rnn", "lstm", "gru" or "linear"
    n, m : int
        Units and inputs.  An LRU's complex units are two real ones each: n is even.
    init : str
        A key of `INITIALISATIONS`.
    rng : Generator or int
    memory : int
        T of "chrono": the longest memory wanted, in steps; at least 3.
    ring : (float, float)
        r_min and r_max of "lru", 0 ≤ r_min < r_max ≤ 1; the whole disc unless told.

    Returns
    -------
    RNN, LSTM, GRU or Linear

    Raises
    ------
    InputError
        If there is no such initialisation, or not of this kind of cell.

    Notes
    -----
    The defaults are those that the libraries document: torch.nn.RNN, LSTM and GRU;
    keras.layers.SimpleRNN, LSTM and GRU (``reset_after=True``); flax.linen.SimpleCell,
    OptimizedLSTMCell and GRUCell.  Of the LRU [orvieto2023resurrecting, Sec. 3] it is
    the recurrence, with inputs normalised by √(1 − |λ|²), and without what comes
    before and after it.

    Examples
    --------
    >>> cell = initial_cell("lstm", 64, 8, init="keras", rng=0)
    >>> bool(np.allclose(cell.W_hh.T @ cell.W_hh, np.eye(64)))  # four gates together
    True
    >>> cell.b_h[64:128].tolist() == [1.0] * 64
    True
    """
    kind = require_one_of("kind", kind, tuple(_GATES))
    init = require_one_of("init", init, tuple(INITIALISATIONS))
    known = INITIALISATIONS[init].kinds
    if kind not in known:
        message = f"`init` {init!r} is for {', '.join(known)}; got kind {kind!r}."
        raise InputError(message)
    n, m = require_count("n", n), require_count("m", m)
    require_memory("n", n, _GATES[kind] * n * (2 * n + m))
    generator = require_rng(rng)
    match init:
        case "torch":
            return _CELLS[kind].random(n, m, gain=1.0, rng=generator, init="torch")
        case "forget_bias":
            return LSTM.random(
                n, m, gain=1.0, rng=generator, init="torch", forget_bias=1.0
            )
        case "chrono":
            return _chrono(kind, n, m, generator, memory)
        case "irnn":
            W_hx = _IRNN_INPUTS * generator.standard_normal((n, m))
            return RNN(identity(n, gain=1.0), W_hx, np.zeros(n), activation="relu")
        case "lru":
            return _lru(n, m, generator, ring)
        case _:
            return _by_blocks(kind, n, m, generator, init)


def _by_blocks(
    kind: str, n: int, m: int, rng: np.random.Generator, init: str
) -> AbstractCell:
    """Return a cell whose recurrent matrix is orthogonal, whole or gate by gate."""
    gates = _GATES[kind]
    bias = np.zeros(gates * n)
    if init == "keras":
        W_hh = _orthonormal_columns(gates * n, n, rng)
        limit = math.sqrt(6 / (m + gates * n))
        W_hx = rng.uniform(-limit, limit, size=(gates * n, m))
        if kind == "lstm":
            bias[n : 2 * n] = 1.0
    else:
        W_hh = np.concatenate([orthogonal(n, gain=1.0, rng=rng) for _ in range(gates)])
        draw = _cut_normal if init == "flax" else _normal
        W_hx = draw(rng, (gates * n, m)) / math.sqrt(m)
    return _cell(kind, W_hh, W_hx, bias)


def _cell(kind: str, W_hh: Matrix, W_hx: Matrix, bias: Array) -> AbstractCell:
    if kind == "gru":
        return GRU(W_hh, W_hx, bias, np.zeros_like(bias))
    return RNN(W_hh, W_hx, bias) if kind == "rnn" else LSTM(W_hh, W_hx, bias)


def _orthonormal_columns(rows: int, columns: int, rng: np.random.Generator) -> Matrix:
    """Return a matrix of orthonormal columns, of the uniform law."""
    Q, R = np.linalg.qr(rng.standard_normal((rows, columns)))
    return Q * np.copysign(1.0, np.diag(R))


def _normal(rng: np.random.Generator, shape: tuple[int, int]) -> Array:
    return rng.standard_normal(shape)


def _cut_normal(rng: np.random.Generator, shape: tuple[int, int]) -> Array:
    """Return variance 1 after N(0, 1) is cut at two standard deviations."""
    low = float(ndtr(-2.0))
    cut = ndtri(rng.uniform(low, 1 - low, size=shape))
    # Var = 1 − 2·2φ(2)/(Φ(2) − Φ(−2)), φ the density.
    density = math.exp(-2.0) / math.sqrt(2 * math.pi)
    return cut / math.sqrt(1 - 4 * density / (1 - 2 * low))


def _chrono(
    kind: str, n: int, m: int, rng: np.random.Generator, memory: int
) -> AbstractCell:
    """Return a gated cell whose units keep for e^b + 1 steps, b = ln U(1, T − 1)."""
    longest = require_count("memory", memory, minimum=3)
    limit = 1 / math.sqrt(n)
    W_hh = rng.uniform(-limit, limit, size=(_GATES[kind] * n, n))
    W_hx = rng.uniform(-limit, limit, size=(_GATES[kind] * n, m))
    bias = np.zeros(_GATES[kind] * n)
    # The forget gate of an LSTM and the update gate of a GRU, which keeps as torch's.
    bias[n : 2 * n] = np.log(rng.uniform(1.0, longest - 1.0, size=n))
    if kind == "lstm":
        bias[:n] = -bias[n : 2 * n]
    return _cell(kind, W_hh, W_hx, bias)


def _lru(n: int, m: int, rng: np.random.Generator, ring: tuple[float, float]) -> Linear:
    """Return h' = Λ h + √(1 − |λ|²) B x, a complex unit as two rows."""
    if n % 2:
        message = f"`n` must be even, two for every complex unit; got {n}."
        raise InputError(message)
    low = require_number("ring[0]", ring[0], minimum=0.0)
    high = require_number("ring[1]", ring[1], above=low, maximum=1.0)
    half = n // 2
    # |λ|² is uniform, which makes λ uniform by area.
    modulus = np.sqrt(rng.uniform(low**2, high**2, size=half))
    phase = rng.uniform(0.0, 2 * math.pi, size=half)
    real, imaginary = modulus * np.cos(phase), modulus * np.sin(phase)
    W_hh = np.zeros((n, n))
    even = np.arange(0, n, 2)
    W_hh[even, even] = W_hh[even + 1, even + 1] = real
    W_hh[even, even + 1], W_hh[even + 1, even] = -imaginary, imaginary
    scale = np.repeat(np.sqrt(1 - modulus**2), 2)[:, None]
    return Linear(W_hh, scale * rng.standard_normal((n, m)) / math.sqrt(2 * m))
