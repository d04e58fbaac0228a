"""The audit of an initialisation: what each number says of gradients, line by line."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, final

from gradlab._results import Result
from gradlab._words import describe_gain, describe_rate
from gradlab.references import Reference
from gradlab.typing import Vector

__all__ = ["InitialisationAudit", "laid_out"]

_ROUNDING = 1e-9  # of the norm of an orthogonal matrix


@final
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class InitialisationAudit(Result):
    """What an initialisation does to gradients, beside its weights.

    Attributes
    ----------
    kind, framework : str
        The cell, and whose initialisation it is.
    words, source : str
        What it draws, and the key of the paper that proposed it; empty for a library's
        own default.
    hidden, steps, sequences : int
        n, T and B of the run.
    radii, norms : (G,) array
        ρ and ‖W‖₂ of the recurrent weights, gate by gate (i, f, g, o; r, z, n).
    chi : float
        χ₁ of mean-field theory, of an RNN; NaN where it does not apply.
    exponent, stderr : float
        λ₁ in nats per step and its standard error, over all sequences.
    horizon_last, horizon_every : float
        The gradient horizon in steps, for a loss at the last step, and for one of the
        losses at every step; inf where it is beyond the sequence.
    reached_last, reached_every : float
        Share of the states that a gradient comes to: above a thousandth of the largest.
    left : (T,) array
        What is left of the last step's gradient at each lag, in nats.
    """

    sources: ClassVar[tuple[Reference, ...]] = (
        Reference("pascanu2013difficulty"),
        Reference("poole2016exponential"),
    )

    kind: str
    framework: str
    words: str
    source: str
    hidden: int
    steps: int
    sequences: int
    radii: Vector
    norms: Vector
    chi: float
    exponent: float
    stderr: float
    horizon_last: float
    horizon_every: float
    reached_last: float
    reached_every: float
    left: Vector

    def rows(self) -> list[tuple[str, str, str]]:
        """Return every number with its name, and what it says in words."""
        rate = describe_rate(self.exponent).partition(" (")[0]
        error = f" ± {self.stderr:.1g}" if math.isfinite(self.stderr) else ""
        found = [
            ("ρ(W)", _range(self.radii), _of_radius(float(self.radii.max()))),
            ("‖W‖₂", _range(self.norms), _of_norm(float(self.norms.max()))),
            ("λ₁", f"{_signed(self.exponent)}{error} nats", rate),
            ("last-step loss", *self._horizon(last=True)),
            ("every-step loss", *self._horizon(last=False)),
        ]
        if math.isfinite(self.chi):
            half = describe_gain(math.log(self.chi) / 2) if self.chi else "×0"
            words = f"mean field: gradients {half} per step"
            found.insert(2, ("χ₁", f"{self.chi:.3g}", words))
        return found

    @property
    def headline(self) -> str:
        """What was initialised, and how."""
        named = {"rnn": "RNN", "lstm": "LSTM", "gru": "GRU", "linear": "linear cell"}
        return f"{named[self.kind]}, {self.hidden} units: {self.words}"

    def describe(self) -> str:
        """Say it in words."""
        return "\n".join([self.headline, *laid_out(self.rows())])

    __str__ = describe

    def _horizon(self, *, last: bool) -> tuple[str, str]:
        horizon = self.horizon_last if last else self.horizon_every
        share = self.reached_last if last else self.reached_every
        reached = f"{100 * share:.3g} % of the states"
        words = f"reaches {reached}" if last else f"all of them reach {reached}"
        if math.isinf(horizon):
            return f"> {self.steps - 1:,} steps back", words
        return f"{horizon:.3g} steps back", words


def laid_out(rows: Sequence[tuple[str, str, str]]) -> list[str]:
    """Return rows of three as lines with their columns below each other.

    Examples
    --------
    >>> laid_out([("a", "10", "ten"), ("bc", "2", "two")])
    ['  a   10  ten', '  bc  2   two']
    """
    first, second = (max(len(row[k]) for row in rows) for k in (0, 1))
    return [f"  {a:<{first}}  {b:<{second}}  {c}" for a, b, c in rows]


def _of_radius(radius: float) -> str:
    return f"by itself ×{radius:.3g} per step"


def _of_norm(norm: float) -> str:
    if norm <= 1 + _ROUNDING:
        return "weights alone make no gradient grow"
    return f"leaves growth open, to ×{norm:.3g} per step"


def _range(values: Vector) -> str:
    low, high = float(values.min()), float(values.max())
    same = f"{low:.3g}" == f"{high:.3g}"
    return f"{low:.3g}" if same else f"{low:.3g} to {high:.3g}"


def _signed(value: float) -> str:
    return f"{value:.3g}".replace("-", "−")
