"""How stable a model is: λ_1 on a text, and ρ(W) and ‖W‖₂ of its recurrent weights."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from gradlab._checks import require_count
from gradlab._results import Origin, Result
from gradlab.datasets import one_hot
from gradlab.dynamics import run
from gradlab.exponents import lyapunov_spectrum
from gradlab.linalg import spectral_norm, spectral_radius
from gradlab.references import Reference
from gradlab.studies.character_model import CharacterModel
from gradlab.typing import Array, Vector

__all__ = ["ModelStability", "model_stability"]


@final
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ModelStability(Result):
    """The numbers by which one model is called simpler or more stable than another.

    Attributes
    ----------
    exponent, exponent_stderr : float
        λ_1 in nats per step along a text, and its standard error.
    spectral_radii : (G,) array
        ρ of the recurrent weights, gate by gate (i, f, g, o; r, z, n; one of an RNN).
    norms : (G,) array
        ‖W‖₂ of the same.
    """

    sources: ClassVar[tuple[Reference, ...]] = (Reference("benettin1980lyapunov"),)

    exponent: float
    exponent_stderr: float
    spectral_radii: Vector
    norms: Vector


def model_stability(
    model: CharacterModel, tokens: Array, *, burn_in: int = 100
) -> ModelStability:
    """Return λ_1 of a character model that reads a text from h_0 = 0, and ρ and ‖W‖₂.

    Parameters
    ----------
    model : CharacterModel
    tokens : (T,) integer array
        The text.
    burn_in : int
        Steps in front that are not counted, fewer than T.

    Returns
    -------
    ModelStability

    Examples
    --------
    >>> model = CharacterModel.random("rnn", 8, 4, rng=0, gain=0.5)
    >>> found = model_stability(model, np.arange(400) % 4)
    >>> bool(found.exponent < np.log(found.norms[0]))  # slopes of tanh are below 1
    True
    """
    text = np.asarray(tokens)
    burn_in = require_count("burn_in", burn_in, minimum=0)
    trajectory = run(model.cell, model.start(1)[0], one_hot(text, model.q))
    spectrum = lyapunov_spectrum(trajectory, k=1, burn_in=burn_in)
    W_hh = model.params["W_hh"]
    gates = np.split(W_hh, len(W_hh) // W_hh.shape[1])
    return ModelStability(
        exponent=spectrum.top,
        exponent_stderr=float(spectrum.stderr[0]),
        spectral_radii=np.array([spectral_radius(W) for W in gates]),
        norms=np.array([spectral_norm(W) for W in gates]),
        origin=Origin(parameters={"steps": len(text), "burn_in": burn_in}),
    )
