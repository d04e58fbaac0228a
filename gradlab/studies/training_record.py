"""The record of a training run: loss, ‖g‖ and cost by update, and e^loss at its end."""

import enum
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from gradlab._results import Result
from gradlab.references import Reference
from gradlab.studies.character_model import CharacterModel
from gradlab.typing import Array, Vector

__all__ = ["Training", "TrainingStop"]


class TrainingStop(enum.Enum):
    """Why a run ended."""

    UPDATES = "all updates were made"
    WORSE_THAN_UNIFORM = "all were made, and a uniform guess does better"
    RANGE = "a state, a gradient or a parameter left the range of float64"


@final
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Training(Result):
    """What happened in a run, and the model at its end.

    Attributes
    ----------
    losses : (K,) array
        Training loss of every update's batch before the update, nats per symbol.
    norms : (K,) array
        ‖g‖₂ before clipping.
    clipped : (K,) array
        1 where the gradient was clipped, else 0.
    evaluated_at : (E,) array of int
        Updates after which the held-out text was looked at.
    held_out : (E,) array
        Its loss then, nats per symbol.
    characters_per_update : int
        B T.
    steps_back_per_update : float
        Steps of backpropagation, expected over draws, all B sequences.
    train_loss, held_out_loss : float
        Of the model at the end, over the last stretch of the training text and the
        held-out one, equally long; NaN where the run left float64.
    exponent, exponent_stderr : float
        λ_1 of that model along the held-out text, nats per step; NaN likewise.
    spectral_radii, weight_norms : (G,) array
        ρ and ‖W‖₂ of its recurrent weights, gate by gate; empty likewise.
    params : dict
        Its parameters; those before the update that left float64.
    stop : TrainingStop
    """

    sources: ClassVar[tuple[Reference, ...]] = (Reference("zhang2023dive"),)

    losses: Vector
    norms: Vector
    clipped: Vector
    evaluated_at: Vector
    held_out: Vector
    characters_per_update: int
    steps_back_per_update: float
    train_loss: float
    held_out_loss: float
    exponent: float
    exponent_stderr: float
    spectral_radii: Vector
    weight_norms: Vector
    params: Mapping[str, Array]
    stop: TrainingStop

    @property
    def updates(self) -> int:
        """K, the updates made."""
        return len(self.losses)

    @property
    def characters(self) -> int:
        """Symbols seen."""
        return self.updates * self.characters_per_update

    @property
    def steps_back(self) -> float:
        """Steps of backpropagation spent, expected over draws."""
        return self.updates * self.steps_back_per_update

    @property
    def diverged(self) -> bool:
        """Whether the run left float64, or ended worse than a uniform guess."""
        return self.stop is not TrainingStop.UPDATES

    @property
    def train_perplexity(self) -> float:
        """e^train_loss."""
        return _perplexity(self.train_loss)

    @property
    def held_out_perplexity(self) -> float:
        """e^held_out_loss."""
        return _perplexity(self.held_out_loss)

    @property
    def gap(self) -> float:
        """held_out_loss − train_loss in nats: how much worse on text never seen."""
        return self.held_out_loss - self.train_loss

    def model(self, like: CharacterModel) -> CharacterModel:
        """Return the model at the end, in the shape of the one that was trained."""
        return like.with_params(self.params)

    def columns(self) -> dict[str, Array]:
        """Return, update by update: characters and steps back so far, loss, norm."""
        count = np.arange(1, self.updates + 1)
        return {
            "update": count,
            "characters": count * self.characters_per_update,
            "steps_back": count * self.steps_back_per_update,
            "loss": self.losses,
            "norm": self.norms,
            "clipped": self.clipped,
        }

    def describe(self) -> str:
        """Say in a sentence or two how it went."""
        head = f"{self.updates} updates, {self.characters:,} symbols: {self.stop.value}"
        if self.stop is TrainingStop.RANGE:
            return f"{head}."
        return (
            f"{head}. Perplexity {self.train_perplexity:.3g} on the training text, "
            f"{self.held_out_perplexity:.3g} on held-out text."
        )


def _perplexity(loss: float) -> float:
    return math.exp(loss) if loss < 700 else (loss if math.isnan(loss) else math.inf)
