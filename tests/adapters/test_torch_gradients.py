"""Norms of gradients at any size, what is lost of a pass, and the scale of a loss."""

import math
import sys

import pytest

from gradlab.adapters.tensorboard_writer import TensorBoard
from gradlab.adapters.torch_gradients import (
    gradient_norm,
    gradient_norms,
    non_finite_gradients,
)
from gradlab.adapters.torch_lost import Lost, lost_going_back, lost_going_forward
from gradlab.adapters.torch_scaler import gradient_scale, loss_scale
from gradlab.adapters.torch_watch import Watch
from gradlab.errors import InputTypeError, MissingExtraError
from tests.adapters.models import B, Looped, M, N, T, nn, seeded, torch


def parameter(values, dtype=torch.float32):
    found = nn.Parameter(torch.zeros(len(values), dtype=dtype))
    found.grad = torch.tensor(values, dtype=dtype)
    return found


NORMS = {
    "plain": ([3.0, 4.0], torch.float32, 5.0),
    "squares below float32": ([3e-30, 4e-30], torch.float32, 5e-30),
    "squares above float32": ([3e30, 4e30], torch.float32, 5e30),
    "subnormal": ([3e-41, 4e-41], torch.float32, 5e-41),
    "squares above float16": ([300.0, 400.0], torch.float16, 500.0),
    "bfloat16": ([3.0, 4.0], torch.bfloat16, 5.0),
    "squares below float64": ([3e-200, 4e-200], torch.float64, 5e-200),
    "squares above float64": ([3e200, 4e200], torch.float64, 5e200),
    "zero": ([0.0, -0.0], torch.float32, 0.0),
    "infinite": ([math.inf, 1.0], torch.float32, math.inf),
}


@pytest.mark.parametrize("name", NORMS)
def test_a_norm_is_right_at_any_size(name):
    values, dtype, expected = NORMS[name]
    # Half an ulp of float32, and for the subnormal a step of 2^−149 in 5e−41.
    assert gradient_norm([parameter(values, dtype)]) == pytest.approx(
        expected, rel=4e-5
    )


def test_a_norm_is_over_all_that_have_a_gradient():
    without = nn.Parameter(torch.zeros(3))
    empty = parameter([])
    both = [parameter([3.0]), without, empty, parameter([4.0], torch.float64)]
    assert gradient_norm(both) == 5.0
    assert gradient_norm([without]) == 0.0
    assert gradient_norms([("a", both[0]), ("b", without)]) == {"a": 3.0}


def test_a_nan_makes_the_norm_nan_and_is_named():
    named = [("fine", parameter([1.0])), ("lost", parameter([math.nan, math.inf]))]
    assert math.isnan(gradient_norm(p for _, p in named))
    assert non_finite_gradients(named) == ["lost"]


def test_sparse_gradients_are_counted_once_coalesced():
    table = nn.Embedding(5, 2, sparse=True)
    table(torch.tensor([1, 1, 3])).sum().backward()
    assert table.weight.grad.is_sparse
    assert gradient_norm([table.weight]) == pytest.approx(math.sqrt(2 * (4 + 1)))


def looked_at(model, run):
    watch = Watch(model)
    watch.start()
    run(model).backward()
    return watch


def at(t, batch=1, value=math.nan):
    x = torch.randn(T, B, M)
    x[t - 1, batch, 0] = value
    return x


def test_the_first_input_or_state_that_is_not_finite_is_found():
    model = seeded(lambda: nn.Sequential(nn.Linear(M, M), nn.GRU(M, N)))
    watch = looked_at(model, lambda m: m(at(4))[0].sum())
    assert lost_going_forward(watch) == Lost("input", "1", 4, T)
    watch = looked_at(seeded(lambda: nn.GRU(M, N)), lambda m: m(at(4))[0].sum())
    assert lost_going_forward(watch) == Lost("input", "", 4, T)


def test_a_state_that_overflows_is_found_with_its_time():
    model = seeded(lambda: nn.RNN(M, N, nonlinearity="relu", batch_first=True))
    with torch.no_grad():
        model.weight_hh_l0.copy_(1e15 * torch.eye(N))
    # h_t ≈ 1e15^(t−1) |W x|: float32 ends at 3e38, in h_4.
    x = torch.ones(B, T, M)
    with torch.no_grad():
        model.weight_ih_l0.fill_(1.0)
    watch = looked_at(model, lambda m: m(x)[0].sum())
    assert lost_going_forward(watch) == Lost("state", "", 4, T)


def test_a_cell_is_found_with_its_time_too():
    watch = looked_at(seeded(Looped), lambda m: m(at(3)).sum())
    assert lost_going_forward(watch) == Lost("input", "cell", 3, T)
    watch = looked_at(seeded(Looped), lambda m: m(torch.randn(T, B, M)).sum())
    assert lost_going_forward(watch) is None


def test_a_weight_and_a_first_state_are_looked_at_before():
    model = seeded(lambda: nn.GRU(M, N))
    h0 = torch.full((1, B, N), math.inf)
    watch = looked_at(model, lambda m: m(at(2), h0)[0].sum())
    assert lost_going_forward(watch) == Lost("state", "", 0, T)
    with torch.no_grad():
        model.weight_hh_l0[2, 3] = math.nan
    assert lost_going_forward(watch) == Lost("weight", "weight_hh_l0")


def test_packed_sequences_are_looked_at_by_their_own_time():
    model = seeded(lambda: nn.GRU(M, N))
    x = at(2, batch=0)
    packed = nn.utils.rnn.pack_padded_sequence(x, torch.tensor([T, 4, 2]))
    watch = looked_at(model, lambda m: m(packed)[0].data.sum())
    assert lost_going_forward(watch) == Lost("input", "", 2, T)


def test_a_gradient_from_outside_is_found_at_the_latest_step():
    model = seeded(lambda: nn.GRU(M, N))
    weights = torch.ones(T, B, N)
    weights[1] = weights[3] = math.inf
    watch = looked_at(model, lambda m: (m(torch.randn(T, B, M))[0] * weights).sum())
    ((name, calls),) = watch.sequences().items()
    assert lost_going_forward(watch) is None
    assert lost_going_back(name, model, calls) == Lost("gradient", "", 4, T)


def test_the_scale_is_known_before_and_after_unscale():
    model = nn.Linear(2, 2)
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    assert loss_scale(scaler) == gradient_scale(scaler, optimizer) == 1024.0
    scaler.scale(model(torch.ones(1, 2)).sum()).backward()
    assert gradient_scale(scaler, optimizer) == 1024.0
    scaler.unscale_(optimizer)
    assert (loss_scale(scaler), gradient_scale(scaler, optimizer)) == (1024.0, 1.0)
    assert gradient_scale(scaler, None) == 1024.0
    assert loss_scale(torch.amp.GradScaler("cpu", enabled=False)) == 1.0
    with pytest.raises(InputTypeError, match=r"must be a torch\.amp\.GradScaler"):
        loss_scale(3)


class Writer:
    def __init__(self, folder=None):
        self.folder, self.rows, self.closed = folder, [], False

    def add_scalar(self, *row):
        self.rows.append(row)

    def close(self):
        self.closed = True


def test_scalars_go_to_a_given_writer_which_stays_open():
    writer = Writer()
    board = TensorBoard(writer)
    board.write({"norm": 1.5, "horizon": math.inf, "rate": math.nan}, 7)
    board.close()
    assert writer.rows == [("gradlab/norm", 1.5, 7)]
    assert not writer.closed


def test_a_writer_that_is_made_is_closed(monkeypatch, tmp_path):
    module = type(sys)("torch.utils.tensorboard")
    made = []
    module.SummaryWriter = lambda folder: made.append(Writer(folder)) or made[-1]
    monkeypatch.setitem(sys.modules, "tensorboard", type(sys)("tensorboard"))
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", module)
    for target, folder in ((True, None), (tmp_path, tmp_path)):
        board = TensorBoard(target)
        board.close()
        assert (made[-1].folder, made[-1].closed) == (folder, True)


def test_without_tensorboard_the_error_is_the_instruction(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    with pytest.raises(
        MissingExtraError, match=r"pip install 'gradlab\[tensorboard\]'"
    ):
        TensorBoard(True)
    with pytest.raises(InputTypeError, match="a folder, or a writer with add_scalar"):
        TensorBoard(3)
