"""Clipping does what torch.nn.utils does to the same gradients."""

import numpy as np
import pytest

from gradlab.remedies import clip_by_norm, clip_by_value

torch = pytest.importorskip("torch")


@pytest.fixture
def gradient(rng):
    return {"W_hh": rng.normal(size=(4, 4)), "b_h": rng.normal(size=4)}


def in_torch(gradient):
    parameters = [torch.zeros(g.shape, dtype=torch.float64) for g in gradient.values()]
    for parameter, g in zip(parameters, gradient.values(), strict=True):
        parameter.grad = torch.from_numpy(g.copy())
    return parameters


@pytest.mark.parametrize("threshold", [0.1, 1.0, 3.0, 1e3])
def test_by_norm_equals_torch_but_for_its_constant(gradient, threshold):
    parameters = in_torch(gradient)
    norm = float(torch.nn.utils.clip_grad_norm_(parameters, threshold))
    found = clip_by_norm(gradient, threshold)
    assert found.norm == pytest.approx(norm, rel=1e-14)  # a sum of 20 squares
    assert found.clipped == (norm > threshold)
    # torch divides by ‖g‖ + 1e-6, and multiplies by it even where that is below 1.
    ratio = (norm + 1e-6) / norm if found.clipped else 1.0
    for parameter, clipped in zip(parameters, found.params.values(), strict=True):
        np.testing.assert_allclose(clipped, parameter.grad * ratio, rtol=1e-13)


def test_by_value_equals_torch_exactly(gradient):
    parameters = in_torch(gradient)
    torch.nn.utils.clip_grad_value_(parameters, 0.5)
    found = clip_by_value(gradient, 0.5)
    for parameter, clipped in zip(parameters, found.params.values(), strict=True):
        assert clipped.tolist() == parameter.grad.tolist()
    entries = np.concatenate([g.ravel() for g in gradient.values()])
    assert found.share == np.mean(np.abs(entries) > 0.5)
    assert found.clipped
