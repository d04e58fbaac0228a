"""An error carries its numbers, says what to do, and survives a process border."""

import inspect
import pickle

import pytest

from gradlab import errors

EXAMPLES = [
    errors.InputError("`x` must be a finite number; got nan."),
    errors.InputTypeError("`x` must be real; got dtype complex128."),
    errors.ShapeError("factors", "(T, n, n)", (3, 3)),
    errors.NonFiniteError("A", float("inf"), (0, 1)),
    errors.CorpusError("notes.txt is empty (0 characters)."),
    errors.CheckpointError("model.npz is empty (0 bytes)."),
    errors.DivergenceError(17),
    errors.RangeError(400),
    errors.AssumptionError("thm:contraction", "||W|| < 1", 2.0),
    errors.ConvergenceError("spectral radius", best=0.973, residual=2e-4, steps=500),
    errors.LostDigitsWarning(0.25),
    errors.StoreError("a.npz is damaged."),
    errors.MissingExtraError("torch", "torch", "Or save its tensors otherwise."),
]


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: type(error).__name__)
def test_an_error_can_be_sent_to_another_process(error):
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert vars(again) == vars(error)


def test_every_error_is_ours_and_has_an_example():
    classes = {
        kind
        for _, kind in inspect.getmembers(errors, inspect.isclass)
        if kind.__module__ == errors.__name__
    }
    assert all(issubclass(kind, errors.GradlabError) for kind in classes)
    assert {kind.__name__ for kind in classes} == set(errors.__all__)
    assert {type(error) for error in EXAMPLES} == classes - {errors.GradlabError}


def test_errors_are_also_what_python_calls_them():
    assert issubclass(errors.InputError, ValueError)
    assert issubclass(errors.InputTypeError, TypeError)
    assert issubclass(errors.DivergenceError, ArithmeticError)
    assert issubclass(errors.StoreError, OSError)
    assert issubclass(errors.MissingExtraError, ImportError)


def test_an_error_carries_its_numbers_and_the_remedy():
    error = errors.ConvergenceError("radius", best=0.973, residual=2e-4, steps=500)
    assert (error.best, error.steps) == (0.973, 500)
    assert str(error) == (
        "radius did not converge in 500 steps: best 0.973, residual 0.0002. "
        "Raise `max_steps` or loosen `rtol`."
    )
    assumption = errors.AssumptionError("thm:contraction", "||W|| < 1", 2.0)
    assert str(assumption) == "thm:contraction needs ||W|| < 1; measured 2."
    relu = errors.AssumptionError("thm:smooth", "a smooth activation", "relu")
    assert str(relu).endswith("measured relu.")
    extra = errors.MissingExtraError("torch", "torch")
    assert str(extra) == "torch is needed here: pip install 'gradlab[torch]'."
    other = errors.MissingExtraError("torch", "torch", "Or use numpy.")
    assert str(other) == f"{extra} Or use numpy."
