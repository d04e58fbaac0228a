"""A character model: one-hot x_t → cell → softmax(W_qh h_t + b_q), the law of x_{t+1}.

Its loss is the mean −log p of the symbol that follows, in nats; e to it is perplexity.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self, final

import numpy as np

from gradlab._checks import (
    require_length,
    require_one_of,
    require_parameter,
    require_rng,
)
from gradlab.cells import GRU, LSTM, RNN, AbstractCell
from gradlab.datasets import one_hot
from gradlab.dynamics import run
from gradlab.errors import InputTypeError, ShapeError
from gradlab.objectives import CrossEntropy
from gradlab.typing import Array, Seed

__all__ = ["CharacterModel"]

_KINDS: dict[str, type[RNN] | type[LSTM] | type[GRU]] = {
    "rnn": RNN,
    "lstm": LSTM,
    "gru": GRU,
}
_STRETCH = 256  # steps of text whose states are held at once


@final
@dataclass(frozen=True, eq=False)
class CharacterModel:
    """A cell that reads one-hot symbols and a readout that predicts the next one.

    Parameters
    ----------
    cell : AbstractCell
        With q inputs.
    W_qh : (q, n_hidden) array_like
        Readout weights.
    b_q : (q,) array_like
        Readout bias.

    Raises
    ------
    ShapeError
        If the cell has not one input for each of the q symbols.

    Examples
    --------
    >>> model = CharacterModel.random("rnn", 8, 4, rng=0)
    >>> fair = model.with_params({**model.params, "W_qh": np.zeros((4, 8))})
    >>> bool(np.isclose(fair.loss(np.array([[0], [3], [1]])), np.log(4)))
    True
    """

    cell: AbstractCell
    W_qh: Array
    b_q: Array

    def __post_init__(self) -> None:
        """Check that the readout fits, and keep read-only copies."""
        if not isinstance(self.cell, AbstractCell):
            message = f"`cell` must be a cell of gradlab.cells; got {self.cell!r}."
            raise InputTypeError(message)
        sizes = {"n_hidden": self.cell.hidden}
        W_qh = require_parameter("W_qh", self.W_qh, "(q, n_hidden)", sizes=sizes)
        b_q = require_parameter("b_q", self.b_q, "(q,)", sizes={"q": len(W_qh)})
        if self.cell.sizes[1] != len(W_qh):
            expected = f"(q, n_hidden) with q = {self.cell.sizes[1]}, one per input"
            raise ShapeError("W_qh", expected, W_qh.shape)
        object.__setattr__(self, "W_qh", W_qh)
        object.__setattr__(self, "b_q", b_q)

    @classmethod
    def random(
        cls,
        kind: str,
        n: int,
        q: int,
        *,
        rng: Seed,
        gain: float = 1.0,
        init: str = "gaussian",
    ) -> Self:
        """Return a random model of n hidden units over q symbols.

        `kind` is "rnn" (tanh), "lstm" or "gru"; `gain` and `init` are those of the
        cell's ``random``.  The readout is N(0, 1/n), its bias zero.
        """
        kind = require_one_of("kind", kind, tuple(_KINDS))
        generator = require_rng(rng)
        cell = _KINDS[kind].random(n, q, gain=gain, rng=generator, init=init)
        W_qh = generator.normal(size=(q, n)) / np.sqrt(n)
        return cls(cell, W_qh, np.zeros(q))

    @property
    def q(self) -> int:
        """The number of symbols."""
        return len(self.W_qh)

    @property
    def params(self) -> dict[str, Array]:
        """The cell's parameters, W_qh and b_q, by name."""
        return {**self.cell.params, "W_qh": self.W_qh, "b_q": self.b_q}

    def with_params(self, params: Mapping[str, Array]) -> "CharacterModel":
        """Return the same model with other numbers."""
        weights = {name: params[name] for name in self.cell.params}
        cell = dataclasses.replace(self.cell, **weights)  # type: ignore[type-var]
        return CharacterModel(cell, params["W_qh"], params["b_q"])

    def start(self, sequences: int) -> Array:
        """Return h_0 = 0 for so many sequences, (B, n)."""
        n = self.cell.sizes[0]
        return np.zeros((require_length("sequences", sequences, each=n), n))

    def objective(self, tokens: Array, h0: Array) -> CrossEntropy:
        """Return the loss on a stretch: symbol t is read, symbol t + 1 is asked for.

        Parameters
        ----------
        tokens : (T + 1, B) integer array
        h0 : (B, n) array
        """
        trajectory = run(self.cell, h0, one_hot(tokens[:-1], self.q))
        return CrossEntropy(trajectory, tokens[1:], self.W_qh, self.b_q)

    def loss(self, tokens: Array) -> float:
        """Return the mean loss over streams (L + 1, B) of text, in nats per symbol.

        Every stream starts at h_0 = 0 and carries its state to its end.  Infinite where
        the sum of the losses leaves float64.
        """
        h, total = self.start(tokens.shape[1]), 0.0
        for first in range(0, len(tokens) - 1, _STRETCH):
            objective = self.objective(tokens[first : first + _STRETCH + 1], h)
            h = objective.trajectory.states[-1]
            with np.errstate(over="ignore"):
                total += float(objective.losses.sum())
        return total / (tokens[1:].size)
