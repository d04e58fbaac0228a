"""Facts about the forms that are tried: they are finite, whatever the grading."""

import math

import numpy as np
import pytest

from gradlab.bounds import CommonLyapunov, NormProduct
from gradlab.testing import switched
from tests.oracles.gain import exact_product, gain_at_most


@pytest.mark.parametrize("tiny", [1e-30, 4.13956834e-75, 1e-99, 1e-150, 1e-300])
def test_cycles_with_a_tiny_link_have_finite_forms(tiny):
    # ρ is (6.5 tiny²)^(1/4), and (J/ρ)^k rises by 1/ρ twice before it falls.
    J = np.zeros((4, 4))
    J[0, 2] = J[2, 3] = tiny
    J[1, 0], J[3, 1] = -2.0, 3.25
    run = switched([J, J])
    found = CommonLyapunov().log_bound(run)
    assert gain_at_most(exact_product([J, J]), found)
    assert -math.inf < found <= NormProduct().log_bound(run) + 1e-9
