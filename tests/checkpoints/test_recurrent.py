"""Architectures from names and shapes, and everything that does not fit, at once."""

import re

import numpy as np
import pytest

from gradlab.checkpoints import recurrent_architecture
from gradlab.checkpoints.layouts import layer_weights
from gradlab.checkpoints.vocabulary import vocabulary_of
from gradlab.errors import CheckpointError, InputError

N, M = 5, 3
GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}


def torch_weights(
    kind="LSTM", layers=1, *, both=False, bias=True, projected=0, head="rnn."
):
    """Zeros of the shapes that torch's documentation gives, by their names."""
    rows, p = GATES[kind] * N, projected or N
    found = {}
    for layer in range(layers):
        inputs = p * (1 + both) if layer else M
        for end in ("", "_reverse")[: 1 + both]:
            tail = f"_l{layer}{end}"
            found[f"{head}weight_ih{tail}"] = np.zeros((rows, inputs))
            found[f"{head}weight_hh{tail}"] = np.zeros((rows, p))
            if bias:
                found[f"{head}bias_ih{tail}"] = np.zeros(rows)
                found[f"{head}bias_hh{tail}"] = np.zeros(rows)
            if projected:
                found[f"{head}weight_hr{tail}"] = np.zeros((p, N))
    return found


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("both", [True, False])
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("kind", GATES)
def test_torch_s_shapes_tell_the_module(kind, layers, both, bias):
    weights = torch_weights(kind, layers, both=both, bias=bias)
    one = recurrent_architecture(weights).module()
    assert (one.name, one.kind, one.naming) == ("rnn", kind, "torch")
    assert (one.inputs, one.hidden, one.layers, one.bias) == (M, N, layers, bias)
    assert one.directions == ("forward", "backward")[: 1 + both]
    assert one.outputs == N * (1 + both)
    assert one.unsupported == ""
    assert set(one.weights.values()) == set(weights)


def test_a_cell_of_torch_s_has_no_layer_in_its_names():
    weights = {
        name.removesuffix("_l0"): array
        for name, array in torch_weights("GRU", head="").items()
    }
    one = recurrent_architecture(weights).module()
    assert (one.name, one.kind, one.layers, one.directions) == (
        "",
        "GRU",
        1,
        ("forward",),
    )


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("both", [True, False])
def test_a_projection_is_seen_and_said(both, bias):
    weights = torch_weights(layers=2, both=both, bias=bias, projected=2)
    one = recurrent_architecture(weights).module()
    assert (one.kind, one.hidden, one.projection) == ("LSTM", N, 2)
    assert one.outputs == 2 * (1 + both)
    assert one.unsupported == ""
    assert str(one).startswith("`rnn`: LSTM 3 → 5 → 2 projected, 2 layers")


def test_a_projection_to_more_than_the_units_is_none_of_torch_s():
    (one,) = recurrent_architecture(torch_weights(projected=N + 1)).modules
    assert one.unsupported.startswith("its state is projected to 6 entries, of 5 units")


def without(*names):
    return {k: v for k, v in torch_weights(layers=2).items() if k not in names}


WRONG = {
    "missing": (
        without("rnn.weight_hh_l0", "rnn.bias_ih_l1"),
        ["`rnn.weight_hh_l0` must have shape (20, 5), it is missing",
         "`rnn.bias_ih_l1` must have shape (20,), it is missing"],
    ),
    "a missing layer": (
        without(*(n for n in torch_weights(layers=2) if "l0" in n)),
        ["`rnn.weight_ih_l0` must have shape (20, m), it is missing"],
    ),
    "transposed": (
        torch_weights() | {"rnn.weight_hh_l0": np.zeros((N, 4 * N))},
        ["`rnn.weight_hh_l0` must have shape (20, 5), got (5, 20), its transpose"],
    ),
    "wrong": (
        torch_weights(layers=2) | {"rnn.weight_ih_l1": np.zeros((20, 4)),
                                   "rnn.bias_hh_l0": np.zeros(15)},
        ["`rnn.weight_ih_l1` must have shape (20, 5), got (20, 4)",
         "`rnn.bias_hh_l0` must have shape (20,), got (15,)"],
    ),
    "too many": (
        torch_weights() | {"rnn.weight_xx_l0": np.zeros(3),
                           "rnn.weight_hr_l0_reverse": np.zeros(3)},
        ["`rnn.weight_xx_l0` is one too many"],
    ),
    "another kind": (
        torch_weights(layers=3) | {"rnn.weight_hh_l1": np.zeros((15, 5))},
        ["`rnn.weight_hh_l1` must have shape (20, 5), got (15, 5)"],
    ),
    "no kind": (
        {"rnn.weight_ih_l0": np.zeros((10, 3)), "rnn.weight_hh_l0": np.zeros((10, 5))},
        ["`rnn.weight_hh_l0` must have shape (n, n), (3n, n) or (4n, n), got (10, 5)"],
    ),
    "no matrix": (
        {"rnn.weight_ih_l0": np.zeros((20, 3))},
        ["`rnn.weight_hh_l0` must have shape (n, n), (3n, n) or (4n, n), it is missi"],
    ),
    "no axes": (
        torch_weights() | {"rnn.weight_hh_l0": np.zeros(())},
        ["`rnn.weight_hh_l0` must have shape (n, n), (3n, n) or (4n, n), got ()"],
    ),
    "nothing": ({}, ["There is no recurrent weight", "Found: nothing."]),
    "another model": (
        {"conv.weight": np.zeros((3, 2)), "<script>\n": np.zeros(1)},
        ["There is no recurrent weight", r"`conv.weight` (3, 2), `<script>\n` (1,)."],
    ),
    "two modules": (
        torch_weights(head="a.") | {"b.weight_hh_l0": np.zeros((2, 7))},
        ["`b.weight_hh_l0` must have shape"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_all_that_is_wrong_is_named_with_got_and_expected(name):
    weights, causes = WRONG[name]
    with pytest.raises(CheckpointError) as found:
        recurrent_architecture(weights)
    for cause in causes:
        assert cause in str(found.value)
    assert str(found.value).isprintable()


def test_a_hundred_wrong_weights_are_a_list_of_twenty():
    weights = torch_weights(layers=100)
    for layer in range(1, 100):
        weights[f"rnn.bias_hh_l{layer}"] = np.zeros(1)
    with pytest.raises(CheckpointError, match=r"got \(1,\); 79 more\.$"):
        recurrent_architecture(weights)


def test_a_layer_numbered_beyond_reason_is_no_layer():
    weights = torch_weights() | {"rnn.weight_hh_l999999999": np.zeros((20, 5))}
    with pytest.raises(
        CheckpointError, match=r"`rnn\.weight_hh_l999999999` is one too"
    ):
        recurrent_architecture(weights)


def test_several_modules_are_told_apart_by_name():
    weights = torch_weights("GRU", head="enc.") | torch_weights("LSTM", head="dec.")
    found = recurrent_architecture(weights)
    assert [str(one) for one in found.modules] == [
        "`enc`: GRU 3 → 5, float64 (torch)",
        "`dec`: LSTM 3 → 5, float64 (torch)",
    ]
    assert found.module("dec").kind == "LSTM"
    for name in (None, "rnn"):
        expected = f"modules are 'enc', 'dec'. Name one; got {name!r}"
        with pytest.raises(InputError, match=expected):
            found.module(name)


def test_what_else_is_within_a_module_is_a_caveat():
    weights = torch_weights() | {"rnn.norm.scale": np.zeros(5)}
    (caveat,) = recurrent_architecture(weights).module().caveats
    assert caveat == "taken to be a plain LSTM, though `rnn.norm.scale` is in it"


def test_names_are_data():
    head = "<script>alert(1)</script>\n\x1b[31m../../x."
    one = recurrent_architecture(torch_weights(head=head)).module()
    assert one.name == head[:-1]
    assert r"<script>alert(1)</script>\n\x1b[31m../../x`" in str(one)
    long = recurrent_architecture(torch_weights(head="x" * 100_000 + ".")).module()
    assert len(str(long)) < 200


@pytest.mark.parametrize(
    ("value", "shown"), [(np.nan, "nan"), (np.inf, "inf"), (-np.inf, "-inf")]
)
def test_a_number_that_is_none_is_named_with_its_place(value, shown):
    weights = torch_weights()
    weights["rnn.weight_hh_l0"][2, 3] = value
    one = recurrent_architecture(weights).module()
    expected = rf"`rnn.weight_hh_l0[2, 3]` must be finite; got {shown}."
    with pytest.raises(CheckpointError, match=re.escape(expected)):
        layer_weights(one, weights, 0, "forward")


@pytest.mark.parametrize("dtype", ["int8", "bool", "complex64"])
def test_weights_without_fractions_are_named(dtype):
    weights = torch_weights()
    weights["rnn.bias_hh_l0"] = weights["rnn.bias_hh_l0"].astype(dtype)
    one = recurrent_architecture(weights).module()
    expected = f"`rnn.bias_hh_l0` must hold floating-point numbers; got {dtype}"
    with pytest.raises(CheckpointError, match=expected):
        layer_weights(one, weights, 0, "forward")


def keras_weights(kind, head="model/rnn/cell/", rng=0, bias=True):
    draw, rows = np.random.default_rng(rng).normal, GATES[kind] * N
    found = {
        f"{head}kernel": draw(size=(M, rows)),
        f"{head}recurrent_kernel": draw(size=(N, rows)),
    }
    shape = (2, rows) if kind == "GRU" else (rows,)
    return found | ({f"{head}bias": draw(size=shape)} if bias else {})


@pytest.mark.parametrize("head", ["", "model/lstm/lstm_cell/", "layers.0."])
@pytest.mark.parametrize("kind", GATES)
def test_keras_s_shapes_tell_the_module(kind, head):
    one = recurrent_architecture(keras_weights(kind, head)).module()
    assert (one.kind, one.naming, one.unsupported) == (kind, "Keras", "")
    assert (one.inputs, one.hidden, one.layers) == (M, N, 1)
    assert one.name == head[:-1]


def test_keras_s_gates_come_in_the_order_of_gradlab_s():
    """As Keras documents them: LSTM i, f, c, o; GRU z, r, h, with two biases."""
    weights = keras_weights("GRU")
    one = recurrent_architecture(weights).module()
    found = layer_weights(one, weights, 0, "forward")
    z, r, h = np.split(weights["model/rnn/cell/recurrent_kernel"], 3, axis=1)
    np.testing.assert_array_equal(found.W_hh, np.hstack([r, z, h]).T)
    (zx, rx, hx), (zh, rh, hh) = weights["model/rnn/cell/bias"].reshape(2, 3, N)
    np.testing.assert_array_equal(found.b_hx, [*rx, *zx, *hx])
    np.testing.assert_array_equal(found.b_hh, [*rh, *zh, *hh])
    weights = keras_weights("LSTM")
    one = recurrent_architecture(weights).module()
    found = layer_weights(one, weights, 0, "forward")
    np.testing.assert_array_equal(found.W_hx, weights["model/rnn/cell/kernel"].T)
    np.testing.assert_array_equal(found.b_hx, weights["model/rnn/cell/bias"])
    assert not found.b_hh.any()


def test_a_gru_of_keras_that_resets_before_its_product_has_no_cell():
    weights = keras_weights("GRU")
    one = recurrent_architecture(weights | {"model/rnn/cell/bias": np.zeros(3 * N)})
    assert "(reset_after=False)" in one.module().unsupported
    one = recurrent_architecture(keras_weights("GRU", bias=False))
    assert "do not tell where its reset gate is" in one.module().unsupported


def test_a_dense_layer_of_keras_is_not_recurrent():
    weights = keras_weights("LSTM") | {
        "model/dense/kernel": np.zeros((N, 7)),
        "model/dense/bias": np.zeros(7),
    }
    one = recurrent_architecture(weights).module()
    found = vocabulary_of(weights, one)
    assert found.readout == ("model/dense/kernel", "model/dense/bias", True)
    assert found.embedding == ""


Q = 9
READER = {
    "emb.weight": np.zeros((Q, M)),
    **torch_weights(),
    "head.weight": np.zeros((Q, N)),
    "head.bias": np.zeros(Q),
}
SQUARE = {  # m = n: widths do not tell them apart
    "encoder.weight": np.zeros((Q, N)),
    "rnn.weight_ih_l0": np.zeros((4 * N, N)),
    "rnn.weight_hh_l0": np.zeros((4 * N, N)),
    "decoder.weight": np.zeros((Q, N)),
}
VOCABULARIES = {
    "both": (READER, ("emb.weight", "head.weight", "head.bias")),
    "alone": (torch_weights(), ("", None, None)),
    "square": (SQUARE, ("encoder.weight", "decoder.weight", "")),
    "square with a bias": (
        SQUARE | {"decoder.bias": np.zeros(Q)},
        ("encoder.weight", "decoder.weight", "decoder.bias"),
    ),
    "Keras's embedding": (
        {"e/embeddings": np.zeros((Q, M)), **keras_weights("LSTM"),
         "d/kernel": np.zeros((N, Q))},
        ("e/embeddings", "d/kernel", ""),
    ),
    "the readout of as many symbols": (
        READER | {"value.weight": np.zeros((1, N)), "value.bias": np.zeros(1)},
        ("emb.weight", "head.weight", "head.bias"),
    ),
    "a classifier": (
        {k: v for k, v in READER.items() if "head" not in k}
        | {"fc.weight": np.zeros((2, N)), "fc.bias": np.zeros(2)},
        ("emb.weight", "fc.weight", "fc.bias"),
    ),
    "a bias of another size": (
        READER | {"head.bias": np.zeros(Q + 1)},
        ("emb.weight", None, None),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", VOCABULARIES)
def test_embedding_and_readout_are_found_by_width_and_name(name):
    weights, (embedding, weight, bias) = VOCABULARIES[name]
    found = vocabulary_of(weights, recurrent_architecture(weights).module())
    assert found.embedding == embedding
    assert (found.readout and found.readout.weight) == weight
    assert (found.readout and found.readout.bias) == bias
    assert found.caveats == ()


def test_where_several_fit_none_is_taken_and_a_name_helps():
    weights = READER | {
        "head2.weight": np.zeros((Q, N)),
        "emb2.weight": np.zeros((Q, M)),
    }
    one = recurrent_architecture(weights).module()
    found = vocabulary_of(weights, one)
    assert (found.embedding, found.readout) == ("", None)
    assert found.caveats == (
        "its embedding could be `emb.weight` or `emb2.weight`, and none is taken",
        "its readout could be `head.weight` or `head2.weight`, and none is taken",
    )
    told = vocabulary_of(weights, one, embedding="emb2.weight", readout="head.weight")
    assert (told.embedding, told.readout.weight, told.caveats) == (
        "emb2.weight",
        "head.weight",
        (),
    )
    assert vocabulary_of(weights, one, embedding="", readout="")[:2] == ("", None)


def test_one_matrix_is_both_if_a_name_says_so():
    weights = {k: v for k, v in SQUARE.items() if k != "decoder.weight"}
    one = recurrent_architecture(weights).module()
    assert vocabulary_of(weights, one)[:2] == ("encoder.weight", None)
    tied = vocabulary_of(weights, one, readout="encoder.weight")
    assert tied.embedding == tied.readout.weight == "encoder.weight"


@pytest.mark.parametrize("what", ["embedding", "readout"])
def test_a_name_that_is_not_there_or_does_not_fit_is_refused(what):
    one = recurrent_architecture(READER).module()
    with pytest.raises(InputError, match=f"`{what}` must be a name in the file; got"):
        vocabulary_of(READER, one, **{what: "no\nname"})
    expected = rf"The {what} `rnn.bias_hh_l0` must have shape \(q, [35]\)"
    with pytest.raises(CheckpointError, match=expected):
        vocabulary_of(READER, one, **{what: "rnn.bias_hh_l0"})
