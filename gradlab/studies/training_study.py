"""Strategies of training side by side: every recipe from the same θ_0, on every seed.

A seed fixes the first weights and the order of the text, so that strategies differ in
nothing but themselves and are compared seed by seed.
"""

import hashlib
import json
import os
import pathlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np

from gradlab._checks import require_count
from gradlab._results import Origin, Result
from gradlab.datasets import Corpus
from gradlab.errors import InputError
from gradlab.references import Reference
from gradlab.studies.character_model import CharacterModel
from gradlab.studies.recipe import Recipe, described
from gradlab.studies.training import train
from gradlab.studies.training_record import Training
from gradlab.typing import Array, Vector

__all__ = ["TrainingStudy", "training_study"]


@final
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class TrainingStudy(Result):
    """What became of R strategies on S seeds; every array is (R, S) but for `seeds`.

    Attributes
    ----------
    strategies : tuple of str
        Their names.
    seeds : (S,) array of int
    train_loss, held_out_loss : array
        Of the models at the end, nats per symbol; NaN where a run left float64.
    diverged : array
        1 where a run left float64 or ended worse than a uniform guess, else 0.
    clipped : array
        Share of the updates that were clipped.
    exponent : array
        λ_1 along the held-out text, nats per step.
    spectral_radius, weight_norm : array
        The largest of ρ and of ‖W‖₂ over the gates.
    updates, characters, steps_back : array
        What was spent.
    """

    sources: ClassVar[tuple[Reference, ...]] = (Reference("zhang2023dive"),)

    strategies: tuple[str, ...]
    seeds: Vector
    train_loss: Array
    held_out_loss: Array
    diverged: Array
    clipped: Array
    exponent: Array
    spectral_radius: Array
    weight_norm: Array
    updates: Array
    characters: Array
    steps_back: Array

    @property
    def gap(self) -> Array:
        """held_out_loss − train_loss (R, S): less of it is what regularising means."""
        return self.held_out_loss - self.train_loss

    @property
    def diverged_share(self) -> Vector:
        """Share of the seeds on which a strategy diverged (R,)."""
        return self.diverged.mean(axis=1)

    def advantage(self, strategy: str, over: str) -> Vector:
        """Return held-out loss of `over` − that of `strategy`, seed by seed (S,), nats.

        NaN where either diverged.

        Raises
        ------
        InputError
            If there is no strategy of that name.
        """
        rows = self._kept(self.held_out_loss)
        return rows[self._row(over)] - rows[self._row(strategy)]

    def columns(self) -> dict[str, Array]:
        """Return, by strategy: median, least and largest perplexity, gap, λ_1, cost.

        Over the seeds that did not diverge; NaN where all did.
        """
        lost = self._kept(self.held_out_loss)
        return {
            "strategy": np.arange(len(self.strategies)),
            "perplexity": np.exp(_over_seeds(np.median, lost)),
            "least": np.exp(_over_seeds(np.min, lost)),
            "largest": np.exp(_over_seeds(np.max, lost)),
            "gap": _over_seeds(np.median, self._kept(self.gap)),
            "diverged": self.diverged_share,
            "clipped": self.clipped.mean(axis=1),
            "exponent": _over_seeds(np.median, self._kept(self.exponent)),
            "spectral_radius": _over_seeds(np.median, self._kept(self.spectral_radius)),
            "weight_norm": _over_seeds(np.median, self._kept(self.weight_norm)),
            "steps_back": self.steps_back.mean(axis=1),
        }

    def describe(self) -> str:
        """Say strategy by strategy how it went."""
        table = self.columns()
        width = max(map(len, self.strategies))
        return "\n".join(
            f"{name:<{width}}  perplexity {table['perplexity'][r]:.3g} "
            f"({table['least'][r]:.3g} … {table['largest'][r]:.3g}), "
            f"{self.diverged_share[r]:.0%} of {len(self.seeds)} seeds diverged"
            for r, name in enumerate(self.strategies)
        )

    def _row(self, strategy: str) -> int:
        if strategy not in self.strategies:
            listed = ", ".join(map(repr, self.strategies))
            message = f"there is no strategy {strategy!r}; there are {listed}."
            raise InputError(message)
        return self.strategies.index(strategy)

    def _kept(self, values: Array) -> Array:
        return np.where(self.diverged > 0, np.nan, values)


def training_study(
    corpus: Corpus,
    strategies: Mapping[str, Recipe],
    *,
    kind: str,
    n: int,
    seeds: Sequence[int],
    gain: float = 1.0,
    init: str = "gaussian",
    folder: str | os.PathLike[str] | None = None,
    mapper: Callable[..., Iterable[Any]] = map,
) -> TrainingStudy:
    """Train one model by every strategy on every seed, and return how it went.

    Parameters
    ----------
    corpus : Corpus
        The text.
    strategies : mapping of str to Recipe
        At equal characters give all the same updates; at equal steps of
        backpropagation see `Recipe.with_steps_back`.
    kind : str
        "rnn", "lstm" or "gru".
    n : int
        Hidden units.
    seeds : sequence of int
        A seed draws the first weights, the places in the text and what an estimator
        draws; the first two are the same for all strategies.
    gain, init
        Those of `CharacterModel.random`.
    folder : path, optional
        Where runs are kept, a file each: what was done is not done again.
    mapper : callable
        `map`, or one of `gradlab.sweeps` that runs in other processes.

    Returns
    -------
    TrainingStudy

    Raises
    ------
    InputError
        If there is no strategy or no seed, or a seed stands twice.

    Examples
    --------
    >>> from gradlab.datasets import embedded_text
    >>> from gradlab.gradients import Full, Truncated
    >>> from gradlab.studies import Adam
    >>> sizes = {"updates": 10, "batch": 4, "length": 8}
    >>> found = training_study(
    ...     embedded_text(),
    ...     {"full": Recipe(Full(), Adam(1e-2), **sizes),
    ...      "regular": Recipe(Truncated(2), Adam(1e-2), **sizes)},
    ...     kind="rnn", n=8, seeds=[0, 1],
    ... )
    >>> found.held_out_loss.shape, found.characters[0].tolist()
    ((2, 2), [320.0, 320.0])
    """
    numbers = [require_count("seeds", seed, minimum=0) for seed in seeds]
    if not strategies or not numbers or len(set(numbers)) < len(numbers):
        message = (
            "a study needs strategies and different seeds; got "
            f"{len(strategies)} strategies and `seeds` = {numbers}."
        )
        raise InputError(message)
    place = None if folder is None else pathlib.Path(folder)
    model = _Model(kind, require_count("n", n), gain, init)
    tasks = [
        _Task(corpus, model, recipe, seed, _file(place, model, recipe, seed))
        for recipe in strategies.values()
        for seed in numbers
    ]
    runs = list(mapper(_trained, tasks))
    shape = (len(strategies), len(numbers))
    parameters = {"model": described(model), "text": corpus.title}
    recipes = {name: described(recipe) for name, recipe in strategies.items()}
    return TrainingStudy(
        strategies=tuple(strategies),
        seeds=np.array(numbers),
        **{name: np.reshape(column, shape) for name, column in _numbers(runs).items()},
        origin=Origin(seed=numbers, parameters={**parameters, "strategies": recipes}),
    )


@dataclass(frozen=True)
class _Model:
    kind: str
    n: int
    gain: float
    init: str


@dataclass(frozen=True, eq=False)
class _Task:
    corpus: Corpus
    model: _Model
    recipe: Recipe
    seed: int
    store: pathlib.Path | None


def _trained(task: _Task) -> Training:
    made = task.model
    first = CharacterModel.random(
        made.kind,
        made.n,
        task.corpus.q,
        rng=np.random.default_rng([task.seed, 0]),
        gain=made.gain,
        init=made.init,
    )
    return train(task.corpus, first, task.recipe, rng=task.seed, store=task.store)


def _file(
    folder: pathlib.Path | None, model: _Model, recipe: Recipe, seed: int
) -> pathlib.Path | None:
    """Return a file that depends on the run alone, not on what else is studied."""
    if folder is None:
        return None
    options = described(recipe)
    del options["updates"]  # a longer run goes on from a shorter one
    text = json.dumps([described(model), options], sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    return folder / f"{digest}-seed-{seed}.state"


def _numbers(runs: Sequence[Training]) -> dict[str, list[float]]:
    plain = ("train_loss", "held_out_loss", "exponent", "updates", "characters")
    found = {name: [float(getattr(run, name)) for run in runs] for name in plain}
    found["steps_back"] = [run.steps_back for run in runs]
    found["diverged"] = [float(run.diverged) for run in runs]
    found["clipped"] = [
        float(run.clipped.mean()) if run.updates else 0.0 for run in runs
    ]
    found["spectral_radius"] = [_largest(run.spectral_radii) for run in runs]
    found["weight_norm"] = [_largest(run.weight_norms) for run in runs]
    return found


def _largest(values: Vector) -> float:
    return float(values.max()) if len(values) else np.nan


def _over_seeds(function: Callable[[Array], Any], rows: Array) -> Vector:
    """Return a function of each row's numbers, NaN where it has none."""
    kept = [row[~np.isnan(row)] for row in rows]
    return np.array([function(row) if len(row) else np.nan for row in kept])
