"""Sources are looked up by key; an unknown key is an error, not a silence."""

import pytest

from gradlab.errors import InputError
from gradlab.references import Reference, bibliography, bibtex, cite


class Method:
    source = Reference("henon1976", "Eq. 3")


class Study:
    sources = (Reference("may1976simple"), Reference("henon1976"))


def test_keys_are_sorted_and_said_once():
    assert cite(Method(), Study, Reference("elman1990finding")) == [
        "elman1990finding",
        "henon1976",
        "may1976simple",
    ]
    assert cite(object()) == []


def test_bibtex_is_the_entry_itself():
    entry = bibtex(Method)
    assert entry.startswith("@article{henon1976,")
    assert entry.endswith("}")
    assert bibtex(Study).count("@") == 2
    assert bibtex() == ""


def test_an_unknown_key_is_named():
    with pytest.raises(InputError) as caught:
        bibtex(Reference("nobody2099"))
    assert str(caught.value) == "references.bib has no entry for nobody2099."


def test_the_bibliography_cannot_be_changed_by_its_readers():
    with pytest.raises(TypeError):
        bibliography()["henon1976"] = ""
