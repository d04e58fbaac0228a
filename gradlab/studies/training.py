"""Training a character model, θ ← step(θ, clip(∂L/∂θ)), with any estimator of ∂L/∂θ.

A run is a function of text, model, recipe and seed, bit for bit, also if it is stopped
on the way and goes on later.
"""

import enum
import hashlib
import math
import os
import pathlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np

from gradlab._checks import describe_rng, require_rng
from gradlab._results import Origin, Result
from gradlab.datasets import Corpus
from gradlab.errors import DivergenceError, InputError, NonFiniteError, RangeError
from gradlab.references import Reference
from gradlab.remedies import clip_by_norm
from gradlab.studies._progress import Progress
from gradlab.studies.character_model import CharacterModel
from gradlab.studies.recipe import Recipe, described
from gradlab.studies.stability import ModelStability, model_stability
from gradlab.studies.text_batches import streams
from gradlab.typing import Array, Seed, Vector

__all__ = ["Training", "TrainingStop", "train"]

_RANGE = (DivergenceError, NonFiniteError, RangeError)
_STEPS = 2000  # of the held-out text along which λ_1 is taken
_SHORTEST = 10  # symbols of a held-out stream: most of them after some memory
_UNKNOWN = ModelStability(
    exponent=math.nan,
    exponent_stderr=math.nan,
    spectral_radii=np.empty(0),
    norms=np.empty(0),
)


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
            return f"{head}, at update {self.updates + 1}."
        return (
            f"{head}. Perplexity {self.train_perplexity:.3g} on the training text, "
            f"{self.held_out_perplexity:.3g} on held-out text."
        )


def train(
    corpus: Corpus,
    model: CharacterModel,
    recipe: Recipe,
    *,
    rng: Seed,
    store: str | os.PathLike[str] | None = None,
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

    Returns
    -------
    Training
        A run that leaves float64 ends there and says so: nothing is raised.

    Raises
    ------
    InputError
        If the model is of another number of symbols, or the text is too short.
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
        finite = _update(model, recipe, progress, held_out)
        done = progress.updates
        if path and (done % recipe.save_every == 0 or done == recipe.updates):
            progress.save(path, identity)
    parameters = {key: value for key, value in identity.items() if key != "seed"}
    origin = Origin(seed=seed, parameters={**parameters, "updates": recipe.updates})
    return _record(model, recipe, progress, (text, rest), finite, origin)


def _update(
    model: CharacterModel, recipe: Recipe, progress: Progress, held_out: Array
) -> bool:
    """Make and record one update; False, and the parameters as before, if it cannot.

    It cannot where a state, an output, the gradient or a parameter leaves float64.
    """
    tokens, fresh = progress.batches.following()
    h0 = model.start(recipe.batch) if fresh else progress.h
    try:
        moved = model.with_params(progress.params)
        objective = moved.objective(tokens, h0)
        loss = objective.loss
        gradient = recipe.estimator.gradient(objective, rng=progress.rng)
        clip = math.inf if recipe.clip is None else recipe.clip
        kept = gradient.params
        norm, clipped = gradient.norm, False
        if norm > clip:
            found = clip_by_norm(gradient, clip)
            kept, clipped = found.params, found.clipped
        with np.errstate(over="ignore", invalid="ignore"):
            params, slots = recipe.optimiser.step(
                progress.params, kept, progress.slots, progress.updates + 1
            )
        _require_finite({**params, **slots})
        due = (progress.updates + 1) % recipe.evaluate_every == 0
        seen = model.with_params(params).loss(held_out) if due else math.nan
    except _RANGE:
        return False
    progress.params, progress.slots = params, slots
    progress.h = objective.trajectory.states[-1]
    for name, value in (("losses", loss), ("norms", norm), ("clipped", float(clipped))):
        progress.records[name].append(value)
    if due:
        progress.records["evaluated_at"].append(progress.updates)
        progress.records["held_out"].append(seen)
    return True


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


def _perplexity(loss: float) -> float:
    return math.exp(loss) if loss < 700 else (loss if math.isnan(loss) else math.inf)
