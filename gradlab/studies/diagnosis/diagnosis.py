"""The diagnosis of a model: its layers' verdicts, and the gravest of them."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from gradlab._results import Result
from gradlab.references import Reference
from gradlab.studies.diagnosis.result import LayerDiagnosis
from gradlab.studies.diagnosis.verdict import GradientVerdict
from gradlab.studies.diagnosis.words import describe_layer, headline
from gradlab.typing import Array

__all__ = ["Diagnosis"]


@final
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Diagnosis(Result):
    """What is wrong with a model's gradient through time, if anything.

    Attributes
    ----------
    model : str
        What was looked at.
    verdict : GradientVerdict
        The gravest of the layers'.
    has_loss : bool
        Whether it speaks of the gradient of a loss, or of the Jacobians alone.
    loss : float
        The loss, NaN if there is none.
    mode : str
        "quick" or "exact".
    layers : tuple of LayerDiagnosis
        In the order of the model.
    caveats : tuple of str
        What a reader should know before believing the numbers.
    seconds : float
        How long it took.
    """

    sources: ClassVar[tuple[Reference, ...]] = (Reference("pascanu2013difficulty"),)

    model: str
    verdict: GradientVerdict
    has_loss: bool
    loss: float
    mode: str
    layers: tuple[LayerDiagnosis, ...]
    caveats: tuple[str, ...]
    seconds: float

    @property
    def gravest(self) -> LayerDiagnosis:
        """The layer whose verdict is the model's; the first of them."""
        found = [layer for layer in self.layers if layer.verdict is self.verdict]
        return next((one for one in found if one.reads_inputs), found[0])

    @property
    def headline(self) -> str:
        """The verdict in one sentence."""
        return f"{self.verdict.value.capitalize()}: {headline(self.gravest)}."

    def columns(self) -> dict[str, Array]:
        """Return one row per layer: what is left, horizon, λ₁ and its error."""
        rows = [
            (i, a.required_lag, a.left[1], a.horizon, a.exponent, a.stderr)
            for i, a in enumerate(self.layers)
        ]
        names = ("layer", "required_lag", "left", "horizon", "exponent", "stderr")
        return dict(zip(names, np.array(rows, dtype=float).T, strict=True))

    def describe(self) -> str:
        """Say verdict, place, cause and remedy in words."""
        subject = "the gradient of the loss" if self.has_loss else "the Jacobians alone"
        head = [
            f"{self.model}: {self.headline}",
            f"This speaks of {subject} ({self.mode}, {self.seconds:.1f} s).",
        ]
        layers = [line for layer in self.layers for line in describe_layer(layer)]
        return "\n".join([*head, "", *layers, *(f"note: {c}" for c in self.caveats)])

    __str__ = describe
