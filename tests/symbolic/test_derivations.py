"""What is printed is what was derived: every equation, in LaTeX and in Unicode."""

import re

import numpy as np
import pytest
import sympy

from gradlab.cells import LSTM
from gradlab.errors import InputError
from gradlab.symbolic import DERIVATIONS, derivation, gate_form, to_latex, to_text

ALL = [
    pytest.param(part, id=part.key) for name in DERIVATIONS for part in derivation(name)
]


def test_keys_are_unique():
    keys = [param.values[0].key for param in ALL]
    assert len(keys) == len(set(keys))
    assert set(DERIVATIONS) == {
        "rnn",
        "lstm",
        "gru",
        "linear",
        "bptt",
        "scalar",
        "stability",
    }


@pytest.mark.parametrize("part", ALL)
def test_every_derivation_is_written_in_latex_and_in_unicode(part):
    latex, text = to_latex(part), to_text(part)
    assert latex.isascii()
    assert latex.count("{") == latex.count("}")
    assert latex.count(r"\left") == latex.count(r"\right")
    rows = len(part.equations)
    assert latex.count("&=") == (rows if rows > 1 else 0)
    assert len(re.findall(r" = ", text)) >= rows
    assert max(map(len, text.splitlines())) <= 100


def test_a_derivative_is_written_as_one():
    (slopes,) = (part for part in derivation("rnn") if part.key == "rnn.slopes")
    assert to_latex(slopes) == (
        r"\partial h' / \partial a = 1 - \tanh^{2}{\left(a \right)}"
    )
    (whole,) = (part for part in derivation("rnn") if part.key == "rnn.jacobian")
    assert r"\partial h' / \partial a" in to_latex(whole)
    assert to_latex(whole).endswith("W_{hh}")


def test_the_lstm_rows_for_h_are_those_for_c_passed_through():
    """What the blocks of `lstm.jacobian` say: ∂h'/∂k = ∂h'/∂c' ∂c'/∂k for i, f, g."""
    form = gate_form(LSTM)
    new_h, new_c = form.image
    through = form.step[new_h].diff(new_c)
    for k in range(3):
        assert sympy.expand(form.slopes[0, k] - through * form.slopes[1, k]) == 0
    assert form.slopes[1, 3] == 0
    assert sympy.expand(form.carry[0, 1] - through * form.carry[1, 1]) == 0
    assert np.all(np.array(form.carry[:, 0]) == 0)


def test_the_arms_of_the_unit_are_in_terms_of_w():
    texts = {part.key: to_latex(part) for part in derivation("scalar")}
    assert texts["tanh.fold.arms"] == (
        r"\left|{b}\right| = \sqrt{w \left(w - 1\right)} - "
        r"\operatorname{acosh}{\left(\sqrt{w} \right)}"
    )
    assert texts["sigmoid.cusp"].replace(r"\  ", "").endswith(r"\left( 4, -2\right)")
    assert texts["cliff.line"] == r"b = - w \sigma{\left(x_{0} \right)} + x_{0}"


def test_an_unknown_subject_is_refused():
    with pytest.raises(InputError, match="`name` must be one of 'rnn', 'lstm', 'gru'"):
        derivation("transformer")
