"""Small random cells that read text keep to every bound, by exact decision."""

import pytest
from hypothesis import given, settings

from gradlab.bounds import all_bounds
from gradlab.errors import AssumptionError
from gradlab.testing import text_runs
from tests.oracles.gain import exact_product
from tests.oracles.sides import is_wrong


@pytest.mark.parametrize("cell", ["rnn", "linear", "lstm", "gru"])
def test_no_small_cell_that_reads_text_exceeds_any_bound(cell):
    # A tenth of the examples: each is tried on every bound that speaks of the cell.
    @settings(max_examples=max(settings().max_examples // 10, 1))
    @given(text_runs(25, cells=(cell,)))
    def no_run_exceeds(trajectory):
        P = exact_product(trajectory.chain.factors())
        for bound in all_bounds():
            try:
                value = bound().log_bound(trajectory)
            except AssumptionError:
                continue
            assert not is_wrong(value, bound.direction, P), bound

    no_run_exceeds()
