"""A training run on its way: θ, slots, h, the place in the text, both random streams.

It is stored as one file that is written beside its place and renamed: after a crash
there is the last whole state, and going on from it is going on from where it was taken.
"""

import hashlib
import io
import json
import pathlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gradlab._store import packed, replace
from gradlab.errors import StoreError
from gradlab.studies.character_model import CharacterModel
from gradlab.studies.recipe import Recipe
from gradlab.studies.text_batches import TextBatches
from gradlab.typing import Array

__all__ = ["Progress"]

_SIZE = hashlib.sha256().digest_size  # bytes in front of the archive
_RECORDS = ("losses", "norms", "clipped", "evaluated_at", "held_out")


@dataclass
class Progress:
    """Everything that the next update depends on, and what was recorded so far."""

    params: dict[str, Array]
    slots: dict[str, Array]
    h: Array
    batches: TextBatches
    rng: np.random.Generator
    records: dict[str, list[float]] = field(
        default_factory=lambda: {name: [] for name in _RECORDS}
    )

    @classmethod
    def start(
        cls, model: CharacterModel, text: Array, recipe: Recipe, seeds: Array
    ) -> "Progress":
        """Return the state before the first update."""
        reading, drawing = (np.random.default_rng(int(seed)) for seed in seeds)
        batches = TextBatches(text, recipe.batch, recipe.length, recipe.carry, reading)
        return cls(
            dict(model.params),
            recipe.optimiser.slots(model.params),
            model.start(recipe.batch),
            batches,
            drawing,
        )

    @property
    def updates(self) -> int:
        """Updates made."""
        return len(self.records["losses"])

    def add(self, *, loss: float, norm: float, clipped: bool) -> None:
        """Record an update."""
        values = {"losses": loss, "norms": norm, "clipped": float(clipped)}
        for name, value in values.items():
            self.records[name].append(value)

    def look(self, update: int, loss: float) -> None:
        """Record a look at the held-out text."""
        self.records["evaluated_at"].append(update)
        self.records["held_out"].append(loss)

    def save(self, path: pathlib.Path, identity: dict[str, Any]) -> None:
        """Write everything to one file, by way of a rename."""
        arrays = {f"params/{k}": v for k, v in self.params.items()}
        arrays |= {f"slots/{k}": v for k, v in self.slots.items()}
        arrays |= {f"records/{k}": np.array(v) for k, v in self.records.items()}
        rest = {
            "identity": identity,
            "place": [self.batches.offset, self.batches.segment],
            "reading": self.batches.rng.bit_generator.state,
            "drawing": self.rng.bit_generator.state,
        }
        text = np.frombuffer(json.dumps(rest).encode(), dtype=np.uint8)
        path.parent.mkdir(parents=True, exist_ok=True)
        content = packed({"h": self.h, "rest": text, **arrays})
        replace(path, _digest(content) + content)

    def resume(
        self, path: pathlib.Path, identity: dict[str, Any], updates: int
    ) -> None:
        """Go to the state in a file.

        Raises
        ------
        StoreError
            If the file cannot be read, or is of a run with another identity or of
            more updates.
        """
        arrays = _read(path)
        rest = json.loads(arrays.pop("rest").tobytes())
        found, wanted = rest["identity"], json.loads(json.dumps(identity))
        made = len(arrays["records/losses"])
        if made > updates:
            message = f"{path} has made {made} updates already; {updates} were asked."
            raise StoreError(message)
        other = [key for key in wanted if found.get(key) != wanted[key]]
        if other:
            message = (
                f"{path} is of another run: its {', '.join(other)} differ. Give every "
                "run a file of its own."
            )
            raise StoreError(message)
        self.h = arrays["h"]
        self.params = {k: arrays[f"params/{k}"] for k in self.params}
        self.slots = {k: arrays[f"slots/{k}"] for k in self.slots}
        self.records = {k: arrays[f"records/{k}"].tolist() for k in self.records}
        self.batches.offset, self.batches.segment = rest["place"]
        self.batches.rng.bit_generator.state = rest["reading"]
        self.rng.bit_generator.state = rest["drawing"]


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def _read(path: pathlib.Path) -> dict[str, Array]:
    """Return the arrays of a file that `Progress.save` wrote, whole."""
    try:
        stored = path.read_bytes()
    except OSError as error:
        message = f"{path} cannot be read as a state of training: {error}."
        raise StoreError(message) from error
    content = stored[_SIZE:]
    if _digest(content) != stored[:_SIZE]:
        message = f"{path} is damaged, or is not a state of training."
        raise StoreError(message)
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}
