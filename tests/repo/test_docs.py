"""Every public name says what it is with an example, and the README tells the truth."""

import doctest
import enum
import importlib
import inspect
import re

import pytest

import gradlab.cli.main
from gradlab._results import Result
from tests.repo.files import PACKAGE, ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def public_names():
    for path in sorted(PACKAGE.glob("*/__init__.py")):
        room = f"gradlab.{path.parent.name}"
        module = importlib.import_module(room)
        for name in module.__all__:
            thing = getattr(module, name)
            if inspect.isclass(thing) or inspect.isfunction(thing):
                yield pytest.param(thing, id=f"{room}.{name}")


def has_example(thing):
    """Whether the name, or for a class one of its methods, has a doctest."""
    found = doctest.DocTestFinder(exclude_empty=True).find(thing, "x", globs={})
    return any(test.examples for test in found)


def is_shown_elsewhere(thing):
    """Results and their enums stand in the example of what returns them."""
    return inspect.isclass(thing) and (
        issubclass(thing, Result | enum.Enum) or thing.__name__.startswith("Abstract")
    )


@pytest.mark.parametrize("thing", list(public_names()))
def test_a_public_name_has_a_docstring_and_an_example(thing):
    assert thing.__doc__, "what is it?"
    assert is_shown_elsewhere(thing) or has_example(thing), "show it, with an answer"


def test_the_examples_of_the_readme_run():
    tests = doctest.DocTestParser().get_doctest(
        "\n".join(re.findall(r"```python\n(.*?)```", README, re.DOTALL)),
        {},
        "README.md",
        "README.md",
        0,
    )
    assert len(tests.examples) >= 9
    outcome = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(tests)
    assert outcome.failed == 0


def test_every_make_target_of_the_documents_exists():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`make ([a-z]+)", README + contributing))
    named |= set(re.findall(r"^make ([a-z]+)", README + contributing, re.MULTILINE))
    assert {"reproduce", "test"} <= named <= targets
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE).group(1).split()
    assert set(phony) == targets


def test_every_command_of_the_readme_is_understood(capsys):
    blocks = "\n".join(re.findall(r"```sh\n(.*?)```", README, re.DOTALL))
    commands = re.findall(r"^gradlab (\w+)", blocks, re.MULTILINE)
    assert commands
    for command in commands:
        with pytest.raises(SystemExit) as caught:
            gradlab.cli.main.main([command, "--help"])
        assert caught.value.code == 0
        assert f"gradlab {command}" in capsys.readouterr().out


def test_every_name_in_the_readmes_table_is_public():
    named = re.findall(r"`gradlab\.(\w+)\.(\w+)`", README)
    assert len(named) >= 10
    for room, name in named:
        assert name in importlib.import_module(f"gradlab.{room}").__all__, name


@pytest.mark.parametrize("document", sorted(ROOT.glob("*.md")), ids=lambda p: p.name)
def test_every_file_that_a_document_names_exists(document):
    text = document.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (ROOT / target).exists(), target
    for target in re.findall(r"`((?:gradlab|tests|analysis|paper)/[\w./]*\w)`", text):
        assert (ROOT / target).exists(), target
