"""Sources are data: a key of references.bib and the place in it."""

import functools
import importlib.resources
import re
import types
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gradlab.errors import InputError

__all__ = ["Reference", "bibliography", "bibtex", "cite"]


@dataclass(frozen=True)
class Reference:
    """A source: its key in ``references.bib`` and where in it to look."""

    key: str
    where: str = ""


def cite(*things: object) -> list[str]:
    """Return the sorted bibliography keys behind the given objects.

    Parameters
    ----------
    *things
        Anything with a ``source`` (one `Reference`) or ``sources`` (several): cells,
        theorems, estimators, results, or their classes.

    Examples
    --------
    >>> from gradlab.cells import Henon
    >>> cite(Henon())
    ['henon1976']
    """
    return sorted({ref.key for thing in things for ref in _references(thing)})


def _references(thing: object) -> Iterable[Reference]:
    if isinstance(thing, Reference):
        return (thing,)
    found: Reference | Iterable[Reference] = getattr(
        thing, "sources", getattr(thing, "source", ())
    )
    return (found,) if isinstance(found, Reference) else tuple(found)


def bibtex(*things: object) -> str:
    """Return the BibTeX entries behind the given objects, in the order of their keys.

    Raises
    ------
    InputError
        If a key is not in ``gradlab/references.bib``.

    Examples
    --------
    >>> print(bibtex(Reference("henon1976")).splitlines()[0])
    @article{henon1976,
    """
    entries = bibliography()
    keys = cite(*things)
    missing = [key for key in keys if key not in entries]
    if missing:
        message = f"references.bib has no entry for {', '.join(missing)}."
        raise InputError(message)
    return "\n\n".join(entries[key] for key in keys)


@functools.cache
def bibliography() -> Mapping[str, str]:
    """Return every entry of the shipped bibliography, by its key."""
    file = importlib.resources.files("gradlab").joinpath("references.bib")
    text = file.read_text(encoding="utf-8")
    entries = re.split(r"\n(?=@)", "\n" + text)
    found = (re.match(r"@\w+\{([^,\s]+),", entry) for entry in entries)
    return types.MappingProxyType(
        {
            match.group(1): entry.strip()
            for match, entry in zip(found, entries, strict=True)
            if match
        }
    )
