"""A missing library is an instruction; a broken one speaks for itself."""

import math

import pytest

from gradlab._extras import require
from gradlab.errors import MissingExtraError


def test_what_is_there_is_imported():
    assert require("math", extra="data") is math


def test_what_is_missing_is_an_instruction():
    with pytest.raises(MissingExtraError) as caught:
        require("no_such_library", extra="data")
    assert str(caught.value) == (
        "no_such_library is needed here: pip install 'gradlab[data]'."
    )
    assert caught.value.module == "no_such_library"


def test_what_is_there_and_broken_says_so(tmp_path, monkeypatch):
    broken = tmp_path / "broken_library.py"
    broken.write_text("import a_dependency_that_is_missing\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError) as caught:
        require("broken_library", extra="data")
    assert not isinstance(caught.value, MissingExtraError)
    assert caught.value.name == "a_dependency_that_is_missing"
