"""What an initialisation does to gradients, beside what its weights seem to promise.

Side by side: ρ(W) and ‖W‖₂ of the recurrent weights, χ₁ of mean-field theory, λ₁ along
a run, and the gradient horizon, of which the last two are what gradients meet.
"""

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from gradlab._checks import (
    describe_rng,
    require_array,
    require_count,
    require_memory,
    require_one_of,
    require_rng,
)
from gradlab._results import Origin
from gradlab.cells import RNN, AbstractCell
from gradlab.dynamics import run
from gradlab.errors import InputError
from gradlab.linalg import spectral_norm, spectral_radius
from gradlab.meanfield import mean_field_exponent
from gradlab.remedies.initialise import INITIALISATIONS, initial_cell
from gradlab.studies.audit_result import InitialisationAudit
from gradlab.studies.horizons import gradient_horizons
from gradlab.typing import Array, Matrix, Seed, Vector

__all__ = ["audit_initialisation", "recurrent_matrices"]

_SEQUENCES = 8
_ALIASES: Mapping[str, str] = MappingProxyType({"jax": "flax"})
_STRUCTURED = ("irnn",)  # weights that are no sample of a random matrix


def audit_initialisation(
    kind: str,
    *,
    hidden: int = 64,
    inputs: object = 32,
    framework: str = "torch",
    rng: Seed,
    steps: int = 1000,
    **options: Any,
) -> InitialisationAudit:
    """Return what an initialisation does to gradients, beside its weights.

    Parameters
    ----------
    kind : "rnn", "lstm", "gru" or "linear"
    hidden : int
        n units.
    inputs : int or (T, B, m) array_like
        m independent N(0, 1) inputs at every step of 8 sequences, or a batch of your
        own; T is then its length and `steps` is not used.
    framework : str
        Whose default: "torch", "keras" or "jax"; or a recipe: "orthogonal" and "irnn"
        (rnn), "forget_bias" (lstm), "chrono" (lstm, gru), "lru" (linear).  What each
        draws, and where that is documented, stands in
        `gradlab.remedies.INITIALISATIONS`.
    rng : Generator or int
    steps : int
        T, at least 20.
    **options
        Of `gradlab.remedies.initial_cell`: ``memory`` of "chrono", T unless told, and
        ``ring`` of "lru".

    Returns
    -------
    InitialisationAudit
        It prints as plain words, a line for each number.

    Raises
    ------
    InputError
        If there is no such initialisation of this kind of cell, or fewer than 20 steps.

    Notes
    -----
    The eigenvalues of torch's default fill a disc of radius 1/√3 as n grows, since an
    entry U(−1/√n, 1/√n) has variance 1/(3n), while ‖W‖₂ goes to 2/√3 > 1: the norm
    leaves explosion open.  In the limit χ₁ = E φ'²/3 ≤ 1/3, and gradients vanish at
    least as fast as 0.577^t.

    Examples
    --------
    >>> found = audit_initialisation("rnn", hidden=200, rng=0)
    >>> bool(found.norms[0] > 1), bool(found.exponent < np.log(1 / np.sqrt(3)))
    (True, True)
    """
    init = _ALIASES.get(framework, framework)
    require_one_of("framework", init, tuple(INITIALISATIONS))
    seed, generator = describe_rng(rng), require_rng(rng)
    x = _as_inputs(inputs, require_count("steps", steps), generator)
    T, B, m = x.shape
    if init == "chrono":
        options = {"memory": T, **options}
    cell = initial_cell(kind, hidden, m, init=init, rng=generator, **options)
    trajectory = run(cell, np.zeros((B, cell.sizes[0])), x)
    horizons = gradient_horizons(trajectory, rng=generator)
    weights = recurrent_matrices(cell)
    return InitialisationAudit(
        kind=kind,
        framework=framework,
        words=INITIALISATIONS[init].words,
        source="" if (own := INITIALISATIONS[init].source) is None else own.key,
        hidden=hidden,
        steps=T,
        sequences=B,
        radii=np.array([spectral_radius(W) for W in weights]),
        norms=np.array([spectral_norm(W) for W in weights]),
        chi=math.nan if init in _STRUCTURED else _chi(cell, x),
        exponent=horizons.exponent,
        stderr=horizons.stderr,
        horizon_last=horizons.last,
        horizon_every=horizons.every,
        reached_last=horizons.reached_last,
        reached_every=horizons.reached_every,
        left=horizons.left_last,
        origin=Origin(seed=seed, parameters={"T": T, "m": m, **options}),
    )


def recurrent_matrices(cell: AbstractCell) -> list[Matrix]:
    """Return W_hh of a cell, gate by gate.

    Examples
    --------
    >>> from gradlab.cells import LSTM
    >>> [W.shape for W in recurrent_matrices(LSTM.random(3, 1, gain=1.0, rng=0))]
    [(3, 3), (3, 3), (3, 3), (3, 3)]
    """
    W = cell.params["W_hh"]
    return np.split(W, len(W) // W.shape[1])


def _as_inputs(inputs: object, steps: int, rng: np.random.Generator) -> Array:
    if np.ndim(inputs) == 0:  # type: ignore[arg-type]
        m = require_count("inputs", inputs)
        require_memory("steps", steps, steps * _SEQUENCES * m)
        x = rng.standard_normal((steps, _SEQUENCES, m))
    else:
        x = require_array("inputs", inputs, "(T, B, m)")
    if len(x) < 20:
        message = f"`steps` must be at least 20 for rates; got {len(x)}."
        raise InputError(message)
    return x


def _chi(cell: AbstractCell, x: Array) -> float:
    """Return χ₁ of a random RNN with the same variances; NaN for another cell."""
    if not isinstance(cell, RNN):
        return math.nan
    gain = math.sqrt(np.square(cell.W_hh).sum() / len(cell.W_hh))
    drive: Vector = x.reshape(-1, x.shape[-1]) @ cell.W_hx.T + cell.b_h
    variance = float(np.square(drive).mean())
    return mean_field_exponent(cell.phi, gain=gain, input_variance=variance).chi
