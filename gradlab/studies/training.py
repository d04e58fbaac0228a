"""Training a character model, θ ← step(θ, clip(∂L/∂θ)), with any estimator of ∂L/∂θ.

A run is a function of text, model, recipe and seed, bit for bit, also if it is stopped
on the way and goes on later.
"""

import hashlib
import math
import os
import pathlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradlab._checks import describe_rng, require_rng
from gradlab._results import Origin
from gradlab.datasets import Corpus
from gradlab.errors import (
    DivergenceError,
    InputError,
    InputTypeError,
    NonFiniteError,
    RangeError,
)
from gradlab.objectives import AbstractObjective
from gradlab.remedies import clip_by_norm
from gradlab.studies._progress import Progress
from gradlab.studies.character_model import CharacterModel
from gradlab.studies.recipe import Recipe, described
from gradlab.studies.stability import ModelStability, model_stability
from gradlab.studies.text_batches import streams
from gradlab.studies.training_record import Training, TrainingStop
from gradlab.typing import Array, Seed

__all__ = ["train"]

_RANGE = (DivergenceError, NonFiniteError, RangeError)
_STEPS = 2000  # of the held-out text along which λ_1 is taken
_SHORTEST = 10  # symbols of a held-out stream: most of them after some memory
_UNKNOWN = ModelStability(
    exponent=math.nan,
    exponent_stderr=math.nan,
    spectral_radii=np.empty(0),
    norms=np.empty(0),
)


def train(
    corpus: Corpus,
    model: CharacterModel,
    recipe: Recipe,
    *,
    rng: Seed,
    store: str | os.PathLike[str] | None = None,
    watch: Callable[[int, AbstractObjective], object] | None = None,
) -> Training:
    """Train a character model on a text and return the record of it.

    Parameters
    ----------
    corpus : Corpus
        The text; ``recipe.held_out`` of it, at the end, is held out.
    model : CharacterModel
        Where training starts; over the corpus's q symbols.
    recipe : Recipe
        Estimator, optimiser, updates, batch, clipping.
    rng : Generator or int
        Places in the text, and what the estimator draws.
    store : path, optional
        A file for the state of the run.  If it exists, the run goes on from there, and
        ends as if it had never stopped; it may then have more updates than before.
    watch : callable, optional
        Called before every update with its number, from 1 on, and the objective of its
        batch: to measure lags, moments or noise on the way.  What it returns is
        ignored; a resumed run does not call it for updates that were made before.

    Returns
    -------
    Training
        A run that leaves float64 ends there and says so: nothing is raised.

    Raises
    ------
    InputError
        If the model is of another number of symbols, or the text is too short.
    InputTypeError
        If `corpus`, `model` or `recipe` is something else.
    StoreError
        If `store` cannot be read, or belongs to another run.

    Notes
    -----
    The loop of [zhang2023dive, Backpropagation through time].  With ``recipe.carry``
    the estimator works within a segment: the state at its start is a constant.

    Examples
    --------
    >>> from gradlab.datasets import embedded_text
    >>> from gradlab.gradients import Full
    >>> from gradlab.studies import Adam
    >>> text = embedded_text()
    >>> model = CharacterModel.random("rnn", 16, text.q, rng=0)
    >>> recipe = Recipe(Full(), Adam(1e-2), updates=40, batch=8, length=16, clip=1.0)
    >>> found = train(text, model, recipe, rng=0)
    >>> bool(found.held_out_loss < np.log(text.q)), found.diverged, found.characters
    (True, False, 5120)
    """
    _require_kinds(corpus, model, recipe)
    if model.q != corpus.q:
        message = f"`model` is over {model.q} symbols, the text over {corpus.q}."
        raise InputError(message)
    text, rest = _parted(corpus, recipe)
    held_out = streams(rest, recipe.batch)
    seed = describe_rng(rng)
    seeds = require_rng(rng).integers(2**63, size=2)
    progress = Progress.start(model, text, recipe, seeds)
    identity = _identity(corpus, model, recipe, seed)
    path = None if store is None else pathlib.Path(store)
    if path is not None and path.exists():
        progress.resume(path, identity, recipe.updates)
    finite = True
    while finite and progress.updates < recipe.updates:
        finite = _update(model, recipe, progress, held_out, watch)
        done = progress.updates
        due = done % recipe.save_every == 0 or done == recipe.updates
        if path and finite and due:  # a failed update has moved on in the text
            progress.save(path, identity)
    parameters = {key: value for key, value in identity.items() if key != "seed"}
    origin = Origin(seed=seed, parameters={**parameters, "updates": recipe.updates})
    return _record(model, recipe, progress, (text, rest), finite, origin)


def _require_kinds(corpus: object, model: object, recipe: object) -> None:
    given = {"corpus": corpus, "model": model, "recipe": recipe}
    kinds = {"corpus": Corpus, "model": CharacterModel, "recipe": Recipe}
    for name, kind in kinds.items():
        if not isinstance(given[name], kind):
            message = f"`{name}` must be a {kind.__name__}; got {given[name]!r}."
            raise InputTypeError(message)


def _update(
    model: CharacterModel,
    recipe: Recipe,
    progress: Progress,
    held_out: Array,
    watch: Callable[[int, AbstractObjective], object] | None,
) -> bool:
    """Make and record one update; False, and the parameters as before, if it cannot.

    It cannot where a state, an output, the gradient or a parameter leaves float64.
    """
    tokens, fresh = progress.batches.following()
    h0 = model.start(recipe.batch) if fresh else progress.h
    number, before = progress.updates + 1, (progress.params, progress.slots)
    try:
        objective = model.with_params(progress.params).objective(tokens, h0)
        with np.errstate(over="ignore"):  # a mean of finite losses may leave float64
            loss = objective.loss
    except _RANGE:
        return False
    if not math.isfinite(loss):
        return False
    if watch is not None:
        watch(number, objective)
    try:
        norm, clipped = _step(recipe, progress, objective)
        due = number % recipe.evaluate_every == 0
        seen = model.with_params(progress.params).loss(held_out) if due else 0.0
        _require_finite({"held-out loss": np.asarray(seen)})
    except _RANGE:
        progress.params, progress.slots = before
        return False
    progress.h = objective.trajectory.states[-1]
    progress.add(loss=loss, norm=norm, clipped=clipped)
    if due:
        progress.look(number, seen)
    return True


def _step(
    recipe: Recipe, progress: Progress, objective: AbstractObjective
) -> tuple[float, bool]:
    """Move the parameters; return the norm before clipping, and whether it was."""
    gradient = recipe.estimator.gradient(objective, rng=progress.rng)
    norm, kept = gradient.norm, gradient.params
    clipped = recipe.clip is not None and norm > recipe.clip
    if recipe.clip is not None and clipped:
        kept = clip_by_norm(gradient, recipe.clip).params
    with np.errstate(over="ignore", invalid="ignore"):
        params, slots = recipe.optimiser.step(
            progress.params, kept, progress.slots, progress.updates + 1
        )
    _require_finite({**params, **slots})
    progress.params, progress.slots = params, slots
    return norm, clipped


def _record(
    model: CharacterModel,
    recipe: Recipe,
    progress: Progress,
    texts: tuple[Array, Array],
    finite: bool,
    origin: Origin,
) -> Training:
    end = _Ending()
    if finite:
        end = _ending(model.with_params(progress.params), recipe, texts)
    stop = TrainingStop.UPDATES if end.finite else TrainingStop.RANGE
    if end.held_out_loss > math.log(model.q):
        stop = TrainingStop.WORSE_THAN_UNIFORM
    records: dict[str, Any] = {k: np.array(v) for k, v in progress.records.items()}
    records["evaluated_at"] = records["evaluated_at"].astype(np.int64)
    return Training(
        **records,
        characters_per_update=recipe.batch * recipe.length,
        steps_back_per_update=recipe.steps_back,
        train_loss=end.train_loss,
        held_out_loss=end.held_out_loss,
        exponent=end.stability.exponent,
        exponent_stderr=end.stability.exponent_stderr,
        spectral_radii=end.stability.spectral_radii,
        weight_norms=end.stability.norms,
        params=progress.params,
        stop=stop,
        origin=origin,
    )


@dataclass(frozen=True)
class _Ending:
    """The model at the end; nothing is known of one that left float64."""

    train_loss: float = math.nan
    held_out_loss: float = math.nan
    stability: ModelStability = _UNKNOWN

    @property
    def finite(self) -> bool:
        return math.isfinite(self.held_out_loss)


def _ending(
    model: CharacterModel, recipe: Recipe, texts: tuple[Array, Array]
) -> _Ending:
    text, rest = texts
    try:
        return _Ending(
            model.loss(streams(text[-len(rest) :], recipe.batch)),
            model.loss(streams(rest, recipe.batch)),
            model_stability(model, rest[:_STEPS], burn_in=len(rest[:_STEPS]) // 10),
        )
    except _RANGE:
        return _Ending()


def _parted(corpus: Corpus, recipe: Recipe) -> tuple[Array, Array]:
    """Return the training text and the held-out rest."""
    cut = len(corpus) - int(len(corpus) * recipe.held_out)
    rest = corpus.tokens[cut:]
    if len(rest) <= recipe.batch * _SHORTEST:
        message = (
            f"the held-out text of {len(rest):,} symbols is too short for "
            f"{recipe.batch} streams: raise `held_out` or lower `batch`."
        )
        raise InputError(message)
    return corpus.tokens[:cut], rest


def _identity(
    corpus: Corpus, model: CharacterModel, recipe: Recipe, seed: object
) -> dict[str, Any]:
    """Return what makes a run this one: all that its numbers depend on but updates."""
    weights = hashlib.sha256()
    for name, value in model.params.items():
        weights.update(name.encode())
        weights.update(value.tobytes())
    options = described(recipe)
    for name in ("kind", "updates", "save_every"):
        del options[name]
    return {
        "text": corpus.title,
        "tokens": hashlib.sha256(corpus.tokens.astype(np.int64).tobytes()).hexdigest(),
        "cell": type(model.cell).__name__,
        "weights": weights.hexdigest(),
        "seed": described(seed),
        **options,
    }


def _require_finite(arrays: Mapping[str, Array]) -> None:
    for name, value in arrays.items():
        bad = np.argwhere(~np.isfinite(value))
        if len(bad):
            index = tuple(int(i) for i in bad[0])
            raise NonFiniteError(name, value[index], index)
