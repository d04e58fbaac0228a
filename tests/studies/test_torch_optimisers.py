"""SGD and Adam take the steps of torch.optim."""

import numpy as np
import pytest

from gradlab.studies import SGD, Adam

torch = pytest.importorskip("torch")

PAIRS = {
    "sgd": (SGD(0.1), lambda p: torch.optim.SGD(p, lr=0.1)),
    "momentum": (SGD(0.1, 0.9), lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9)),
    "adam": (Adam(0.02), lambda p: torch.optim.Adam(p, lr=0.02)),
    "adam, other decays": (
        Adam(0.02, 0.5, 0.9, 1e-3),
        lambda p: torch.optim.Adam(p, lr=0.02, betas=(0.5, 0.9), eps=1e-3),
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_thirty_steps_are_those_of_torch(name, rng):
    ours, make = PAIRS[name]
    params = {"W": rng.normal(size=(3, 2)), "b": rng.normal(size=3)}
    theirs = {k: torch.tensor(v, requires_grad=True) for k, v in params.items()}
    optimiser, slots = make(list(theirs.values())), ours.slots(params)
    for count in range(1, 31):
        # Sizes over six decades, where Adam's normalisation matters.
        gradient = {
            k: rng.normal(size=v.shape) * 10.0 ** rng.integers(-3, 4)
            for k, v in params.items()
        }
        params, slots = ours.step(params, gradient, slots, count)
        for k, parameter in theirs.items():
            parameter.grad = torch.tensor(gradient[k])
        optimiser.step()
    for k, parameter in theirs.items():
        # Thirty sums of rounded steps; torch orders a product or two otherwise.
        np.testing.assert_allclose(
            params[k], parameter.detach().numpy(), rtol=1e-12, atol=1e-13
        )
