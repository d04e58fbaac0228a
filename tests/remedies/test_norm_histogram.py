"""Norms that were not kept are distributed like those that were, to one per cent."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradlab.errors import InputError
from gradlab.remedies import NormHistogram, clip_statistics

NORMS = st.lists(st.floats(1e-39, 1e39), min_size=1, max_size=60)
BIN = math.exp(0.0101)  # half a bin of 0.02 nats, and rounding


def counted(norms):
    found = NormHistogram()
    for norm in norms:
        found.add(norm)
    return found


@given(norms=NORMS, q=st.floats(0.01, 1.0))
def test_a_quantile_is_that_of_the_kept_norms(norms, q):
    exact = clip_statistics(norms, quantile=q).suggested
    assert exact / BIN <= counted(norms).quantile(q) <= exact * BIN


@given(norms=NORMS, threshold=st.floats(1e-30, 1e30))
def test_the_share_above_is_right_but_for_norms_close_to_the_threshold(
    norms, threshold
):
    found = counted(norms).share_above(threshold)
    least, most = (np.mean(np.array(norms) > threshold * f) for f in (BIN**2, BIN**-2))
    assert least <= found <= most


def test_what_no_bin_holds_is_counted_at_its_end():
    found = counted([0.0, 1e-300, 1e300])
    assert found.count == 3
    assert found.quantile(0.5) == pytest.approx(math.exp(-92), rel=0.011)
    assert found.quantile(1.0) == pytest.approx(math.exp(92), rel=0.011)


def test_memory_is_what_it_says():
    found = counted(np.geomspace(1e-6, 1e6, 1000))
    assert found._counts.nbytes <= 74_000
    assert found.quantile(0.5) == pytest.approx(1.0, rel=0.02)  # and one norm's width


def test_nothing_has_no_quantile_and_wrong_norms_are_refused():
    found = NormHistogram()
    assert math.isnan(found.share_above(1.0))
    with pytest.raises(InputError, match="a quantile needs at least one norm"):
        found.quantile(0.5)
    for wrong in (-1.0, math.nan, math.inf):
        with pytest.raises(InputError, match="`norm` must be a finite number >= 0"):
            found.add(wrong)
    with pytest.raises(InputError, match="`q` must be"):
        found.quantile(0.0)
    with pytest.raises(InputError, match="`threshold` must be"):
        found.share_above(0.0)
