"""Certified code adds, multiplies and sums by directed primitives only, or in balls.

Certified code is everything in `gradlab/verified` and `gradlab/bounds`, and the few
files of `gradlab/linalg` that they stand on, but for the files in `UNPROVED`.  A new
file there is certified code unless it is entered, with its reason.

In float64 no bare ``+ − * / // ** @`` and no function that rounds may stand: only
`gradlab.linalg.rounding` and what cannot round.  Operators are allowed on integers,
which are known by the names in `INTEGERS`.  Files `_ball_…` compute with FLINT's
balls and integers, whose operators are rigorous; no float64 arithmetic may be among
them, so they see neither `numpy` nor ``float(…)``, and convert by `conversion` only.
"""

import ast

import pytest

from tests.cases.proposals import WHOLE
from tests.repo.files import PACKAGE, modules, tree

UNPROVED = {
    **{file.removeprefix("gradlab/"): "only proposes" for file in WHOLE},
    "verified/conversion.py": "is itself primitive: tested on exact rationals",
}
FOUNDATION = [
    "linalg/_frames.py",
    "linalg/_outward_norm.py",
    "linalg/_polytope_norm.py",
    "linalg/discs.py",
    "linalg/entrywise.py",
    "linalg/outward.py",
    "linalg/similar.py",
]
INTEGERS = {
    *("K", "N", "T", "n", "p"),
    *("bits", "exponents", "failures", "half", "pairs", "places", "shift", "start"),
    "_BLOCK",
}
ROUNDING = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Pow, ast.MatMult)
EXACT_NUMPY = {
    *("abs", "all", "any", "arange", "array", "asarray", "broadcast_arrays", "diag"),
    "broadcast_to",
    *(
        "concatenate",
        "count_nonzero",
        "empty",
        "empty_like",
        "equal",
        "eye",
        "flatnonzero",
        "full",
    ),
    *(
        "imag",
        "insert",
        "int64",
        "iscomplexobj",
        "isfinite",
        "isinf",
        "isnan",
        "less_equal",
        "maximum",
        "minimum",
        "ndim",
    ),
    *("ndindex", "ones", "real", "stack", "swapaxes", "tril", "triu", "unique"),
    *("where", "zeros"),
}
EXACT_MATH = {"comb", "frexp", "inf", "isnan", "nan"}  # comb of integers is one
ROUNDING_METHODS = {"sum", "prod", "mean", "dot", "cumsum", "cumprod", "trace", "std"}
# ldexp rounds where it underflows; these places account for it.
LDEXP = {"verified/eigen.py"}


def name_of(path):
    return path.relative_to(PACKAGE).as_posix()


def certified():
    rooms = [*modules(PACKAGE / "bounds"), *modules(PACKAGE / "verified")]
    found = [*(PACKAGE / file for file in FOUNDATION), *rooms]
    return [path for path in found if name_of(path) not in UNPROVED]


FLOAT = [path for path in certified() if not path.name.startswith("_ball_")]
BALL = [path for path in certified() if path.name.startswith("_ball_")]


def is_whole(node):
    """Whether an expression is an integer by its looks."""
    if isinstance(node, ast.BinOp):
        return is_whole(node.left) and is_whole(node.right)
    if isinstance(node, ast.Constant):
        return isinstance(node.value, int)
    if isinstance(node, ast.Call):
        return ast.unparse(node.func) == "len"
    if isinstance(node, ast.Subscript):
        return ast.unparse(node.value).endswith("shape") or is_whole(node.value)
    return isinstance(node, ast.Name) and node.id in INTEGERS


def bare_operators(body):
    """Yield the operators in a syntax tree that may round."""
    for node in ast.walk(body):
        if isinstance(node, ast.BinOp):
            sides = (node.left, node.right)
        elif isinstance(node, ast.AugAssign):
            sides = (node.target, node.value)
        else:
            continue
        if isinstance(node.op, ROUNDING) and not all(map(is_whole, sides)):
            yield ast.unparse(node)


def rounding_functions(body, extra=()):
    """Yield the functions and methods in a syntax tree that may round."""
    for node in ast.walk(body):
        if isinstance(node, ast.Attribute):
            owner = ast.unparse(node.value)
            allowed = {"np": EXACT_NUMPY | {"inf", "nan", *extra}, "math": EXACT_MATH}
            if owner in allowed and node.attr not in allowed[owner]:
                yield f"{owner}.{node.attr}"
        if isinstance(node, ast.Call):
            function = node.func
            if isinstance(function, ast.Name) and function.id in (
                "sum",
                "pow",
                "round",
            ):
                yield function.id
            if (
                isinstance(function, ast.Attribute)
                and function.attr in ROUNDING_METHODS
            ):
                yield ast.unparse(function)


@pytest.mark.parametrize("path", FLOAT, ids=name_of)
def test_no_bare_operator_in_certified_float64(path):
    assert not list(bare_operators(tree(path)))


@pytest.mark.parametrize("path", FLOAT, ids=name_of)
def test_no_function_that_rounds_in_certified_float64(path):
    extra = {"ldexp"} if name_of(path) in LDEXP else set()
    assert not list(rounding_functions(tree(path), extra))


@pytest.mark.parametrize("path", BALL, ids=name_of)
def test_no_float64_among_balls(path):
    body = tree(path)
    for node in ast.walk(body):
        if isinstance(node, ast.Import):
            assert not {alias.name for alias in node.names} & {"numpy", "scipy"}
        if isinstance(node, ast.ImportFrom):
            assert not node.module.startswith(("numpy", "scipy", "gradlab.linalg"))
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "math":
            assert node.attr in EXACT_MATH
        if isinstance(node, ast.Call):
            assert ast.unparse(node.func) != "float"
        if isinstance(node, ast.BinOp):
            outs = {"arb_up", "arb_down"}
            calls = [
                side for side in (node.left, node.right) if isinstance(side, ast.Call)
            ]
            assert not outs & {ast.unparse(call.func) for call in calls}


def test_the_files_excepted_are_there_and_balls_are_made_nowhere_else():
    for file in [*UNPROVED, *FOUNDATION, *LDEXP]:
        assert (PACKAGE / file).is_file()
    assert len(BALL) >= 3
    for path in FLOAT:
        assert "flint" not in {
            alias.name
            for node in ast.walk(tree(path))
            if isinstance(node, ast.Import)
            for alias in node.names
        } | {
            node.module
            for node in ast.walk(tree(path))
            if isinstance(node, ast.ImportFrom)
        }


PLANTED = {
    "x + y": "x + y",
    "total += x": "total += x",
    "(n + 1) * x": "(n + 1) * x",
    "A @ B": "A @ B",
    "x ** 2": "x ** 2",
    "2 ** -k": "2 ** (-k)",
}


@pytest.mark.parametrize("line", PLANTED)
def test_a_planted_operator_is_found(line):
    assert PLANTED[line] in set(bare_operators(ast.parse(line)))


@pytest.mark.parametrize(
    "line",
    [
        "np.sqrt(x)",
        "np.add(x, y)",
        "math.log(x)",
        "x.sum()",
        "sum(xs)",
        "np.linalg.eig",
    ],
)
def test_a_planted_function_is_found(line):
    assert list(rounding_functions(ast.parse(line)))


@pytest.mark.parametrize(
    "line", ["n + 1", "len(x) * n", "x.shape[0] - 1", "-x", "x < y", "start + _BLOCK"]
)
def test_what_cannot_round_is_let_pass(line):
    body = ast.parse(line)
    assert not [*bare_operators(body), *rounding_functions(body)]
