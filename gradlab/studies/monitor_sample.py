"""One look at a model in training: its layers as far as they can be read."""

from collections.abc import Mapping
from typing import Any

from gradlab.adapters.torch_watch import Watch
from gradlab.adapters.torch_watched import watched_module
from gradlab.errors import GradlabError
from gradlab.studies.monitor_layers import LayerSample, layer_samples
from gradlab.typing import Vector

__all__ = ["learning_rate", "sampled_layers", "scalars_of"]


def sampled_layers(
    watch: Watch, lags: Vector, *, sequences: int, scale: float
) -> tuple[list[LayerSample], list[str]]:
    """Return the layers of all modules, and caveats about what is missing.

    Whatever cannot be measured is said and left out: training goes on.
    """
    found: list[LayerSample] = []
    seen = watch.sequences()
    caveats = [
        f"`{name or 'the model'}` was not called with gradients, or out of sight."
        for name in watch.modules
        if name not in seen
    ]
    for name, calls in seen.items():
        module = watch.modules[name]
        try:
            watched = watched_module(
                name, module, calls, sequences=sequences, scale=scale
            )
            found += layer_samples(watched, lags)
        except GradlabError as error:
            caveats.append(str(error))
        except Exception as error:  # whatever it is, it is not worth a training run
            caveats.append(f"`{name}`: {type(error).__name__}: {error}")
        else:
            caveats += watched.caveats
    return found, caveats


def learning_rate(optimizer: Any) -> float | None:
    """Return the rate of an optimiser's first group of parameters, None without one."""
    groups = getattr(optimizer, "param_groups", None)
    return float(groups[0]["lr"]) if groups else None


def scalars_of(record: Mapping[str, Any]) -> dict[str, float]:
    """Return the numbers of a sample that are curves over training, by name."""
    found = {"norm": record["norm"]}
    names = ("median", "largest", "clipped")
    since = record["since"]
    found |= {f"norm_{name}": since[name] for name in names if name in since}
    for name, layer in record["layers"].items():
        found |= {f"{key}/{name}": layer[key] for key in ("horizon", "exponent")}
    return found
