"""Both ends of a bound are made of those of its parts, however far apart they are.

In every run they are 1e-15 apart, where one would pass for the other; so what encloses
the parts is replaced by what leaves room.
"""

import math

import numpy as np
import pytest

from gradlab.bounds import (
    FrobeniusProduct,
    LinearFloor,
    MixedProduct,
    NormProduct,
    NumericalRadiusPower,
    OrthogonalFloor,
    TruncationSpread,
    VolumeFloor,
    frobenius_product,
    linear_floor,
    mixed_product,
    norm_product,
    numerical_radius_power,
    orthogonal_floor,
    orthogonal_weights,
    truncation_spread,
    volume_floor,
)
from gradlab.errors import AssumptionError
from gradlab.testing import powers_of
from gradlab.verified import Enclosure

T = 3
RUN = powers_of(np.eye(2), T)
NEAR = 1e-13  # some T u


def logs(low, high):
    """Return ends of what every Jacobian has, as functions of stacks do."""
    return lambda J, *_: (np.full(len(J), low), np.full(len(J), high))


def sums(J, order):
    """Return other ends for columns than for rows."""
    return logs(*{1: (-1.0, 2.0), math.inf: (-3.0, 5.0)}[order])(J)


def one(low, high):
    return lambda *_, **options: Enclosure.between(low, high)


ENDS = {
    "norm": (
        NormProduct,
        (norm_product, "log_norm_between", logs(-1.0, 2.0)),
        (-3.0, 6.0),
    ),
    "frobenius": (
        FrobeniusProduct,
        (frobenius_product, "log_entrywise_between", logs(-1.0, 2.0)),
        (-3.0, 6.0),
    ),
    "mixed": (
        MixedProduct,
        (mixed_product, "log_entrywise_between", sums),
        (-2.0 * T, 3.5 * T),
    ),
    "volume": (
        VolumeFloor,
        (volume_floor, "enclosed_log_abs_det", one(-1.0, 2.0)),
        (-1.5, 3.0),
    ),
    "radius": (
        LinearFloor,
        (linear_floor, "enclosed_spectral_radius", one(0.5, 4.0)),
        (T * math.log(0.5), T * math.log(4.0)),
    ),
    "numerical radius": (
        NumericalRadiusPower,
        (numerical_radius_power, "enclosed_numerical_radius", one(0.5, 4.0)),
        (-math.inf, math.log(2) + T * math.log(4.0)),
    ),
    "orthogonal": (
        OrthogonalFloor,
        (orthogonal_floor, "orthogonality_defect", lambda *_: 0.5),
        (T * math.log(0.5) / 2, T * math.log(1.5) / 2),
    ),
}


@pytest.mark.parametrize("name", ENDS)
def test_ends_are_made_of_ends(name, monkeypatch):
    bound, replaced, (lower, upper) = ENDS[name]
    monkeypatch.setattr(*replaced)
    found = bound().enclosed_bound(RUN)
    assert found.lower == pytest.approx(lower, abs=NEAR)
    assert found.upper == pytest.approx(upper, abs=NEAR)


@pytest.mark.parametrize("columns", [-math.inf, 0.0])
def test_sums_that_may_be_nothing_are_not_nothing(columns, monkeypatch):
    def between(J, order):
        return logs(columns if order == 1 else 0.0, 2.0)(J)

    monkeypatch.setattr(mixed_product, "log_entrywise_between", between)
    found = MixedProduct().enclosed_bound(RUN)
    assert found.upper == pytest.approx(2.0 * T, abs=NEAR)
    assert found.lower == (columns if columns else pytest.approx(0.0, abs=NEAR))


def test_a_defect_is_allowed_up_to_what_is_said(monkeypatch):
    for defect, allowed in ((1e-4, True), (math.nextafter(1e-4, 1.0), False)):
        monkeypatch.setattr(orthogonal_weights, "defect", lambda _, d=defect: d)
        if allowed:
            assert orthogonal_weights.orthogonality_defect(np.eye(2), "") == defect
        else:
            with pytest.raises(AssumptionError, match="W_hh orthogonal"):
                orthogonal_weights.orthogonality_defect(np.eye(2), "")


@pytest.mark.parametrize("keep", [0.25, 0.5, 0.9])
def test_a_spread_is_its_sum_over_steps_that_differ(keep, monkeypatch):
    J, said = np.array([0.5, 3.0, 0.25, 2.0]), np.array([1.0, 0.125, 4.0, 0.5])
    monkeypatch.setattr(truncation_spread, "log_norms_of_steps", lambda _: np.log(J))
    monkeypatch.setattr(
        truncation_spread, "log_parameter_norms", lambda *_: np.log(said)
    )
    d = [0.0]
    for norm, own in zip(J, said, strict=True):
        d.append(norm * d[-1] + own)
    steps = range(2, len(J) + 1)
    # ‖J_T‖⋯‖J_t‖ d_{t−1} for every t, and (1/π − 1) π^{−(T−t)} of its square.
    sizes = [np.prod(J[t - 1 :]) * d[t - 1] for t in steps]
    shares = [(1 / keep - 1) / keep ** (len(J) - t) for t in steps]
    exact = math.log(np.dot(shares, np.square(sizes))) / 2
    found = TruncationSpread(keep=keep).log_bound(RUN)
    assert found == pytest.approx(exact, abs=NEAR)
