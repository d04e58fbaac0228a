"""One change of meaning at one place of a syntax tree: the mutations, all by a table.

Operators and comparisons swap, boundaries open and close, whole numbers go up and down
by one, directed rounding turns round, min and max, any and all, lower and upper swap,
a negation is dropped, and a check that would raise is left out.
"""

import ast
import pathlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gradlab.linalg import powers_of_two, rounding

__all__ = ["Mutant", "mutants", "source_of"]

COMPARISONS = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
OPERATORS = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Pow: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.And: ast.Or,
    ast.Or: ast.And,
}
_PAIRS = (
    ("min", "max"),
    ("minimum", "maximum"),
    ("any", "all"),
    ("lower", "upper"),
    ("tril", "triu"),
    ("PROVED", "REFUTED"),
    ("arb_down", "arb_up"),
    ("add", "sub"),
    ("mul", "div"),
)
SWAPS = {a: b for pair in _PAIRS for a, b in (pair, pair[::-1])}
DIRECTED = {
    name: module.__name__
    for module in (rounding, powers_of_two)
    for name in module.__all__
    if name.startswith(("up_", "down_"))
}
SKIPPED = (ast.Import, ast.ImportFrom, ast.JoinedStr, ast.arg)
SPOKEN = {"__all__", "statement", "source", "assumptions", "quantity", "sources"}


@dataclass(frozen=True)
class Mutant:
    """A file with one node changed: the k-th in the order of `ast.walk`.

    `code` and `becomes` are the smallest expression around the place, before and after.
    """

    file: str
    function: str
    code: str
    becomes: str
    lines: tuple[int, ...]
    at_import: bool
    node: int
    choice: int

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What it is known by: not its line."""
        return self.file, self.function, self.code, self.becomes

    def __str__(self) -> str:
        """Say where and what."""
        where = f"{self.file}:{self.lines[0]} {self.function}"
        return f"{where}: {self.code}  →  {self.becomes}"


def mutants(path: pathlib.Path, root: pathlib.Path) -> Iterator[Mutant]:
    """Yield every mutant of a file."""
    source, file = path.read_text(encoding="utf-8"), path.relative_to(root).as_posix()
    tree = ast.parse(source)
    above = _parents(tree)
    skipped = _skipped(tree)
    for index, node in enumerate(ast.walk(tree)):
        if id(node) in skipped or not hasattr(node, "lineno"):
            continue
        shown = _shown(node, above)
        for choice, change in enumerate(_changes(node)):
            before = _text(shown)
            old = {name: getattr(node, name) for name in change}
            _set(node, change)
            after = _text(shown)
            _set(node, old)
            function = _function(node, above)
            yield Mutant(
                file,
                function,
                before,
                after,
                _lines(node, above),
                function in ("", "class"),
                index,
                choice,
            )


def source_of(mutant: Mutant, root: pathlib.Path) -> str:
    """Return the text of a mutant's file; rounding that it turns round is imported."""
    tree = ast.parse((root / mutant.file).read_text(encoding="utf-8"))
    node = [*ast.walk(tree)][mutant.node]
    change = [*_changes(node)][mutant.choice]
    _set(node, change)
    name = change.get("id")
    if name in DIRECTED:
        names = [ast.alias(name)]
        line = ast.ImportFrom(module=DIRECTED[name], names=names, level=0)
        tree.body.insert(1, line)  # after the docstring
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n"


def _changes(node: ast.AST) -> Iterator[dict[str, Any]]:
    """Yield new values of a node's fields, one mutation each."""
    yield from _of_operator(node)
    yield from _of_constant(node)
    match node:
        case ast.If(body=body) if any(isinstance(line, ast.Raise) for line in body):
            yield {"test": ast.Constant(value=False)}
        case ast.Name(id=name):
            yield from ({"id": other} for other in _names(name))
        case ast.Attribute(attr=name) if name in SWAPS:
            yield {"attr": SWAPS[name]}


def _of_operator(node: ast.AST) -> Iterator[dict[str, Any]]:
    match node:
        case ast.Compare(ops=[op]):
            yield from ({"ops": [other()]} for other in COMPARISONS[type(op)])
        case ast.BinOp(op=op) | ast.AugAssign(op=op) | ast.BoolOp(op=op):
            if type(op) in OPERATORS:
                yield {"op": OPERATORS[type(op)]()}
        case ast.UnaryOp(op=ast.USub()):
            yield {"op": ast.UAdd()}
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield {"operand": ast.UnaryOp(ast.Not(), operand)}


def _of_constant(node: ast.AST) -> Iterator[dict[str, Any]]:
    match node:
        case ast.Constant(value=bool(value)):
            yield {"value": not value}
        case ast.Constant(value=int(value) | float(value)):
            yield {"value": value + 1}
            yield {"value": value - 1}


def _names(name: str) -> Iterator[str]:
    """Yield what a name may be taken for."""
    if name in SWAPS:
        yield SWAPS[name]
    way, _, operation = name.partition("_")
    if name not in DIRECTED:
        return
    turned = "down" if way == "up" else "up"
    for other in (f"{turned}_{operation}", f"{way}_{SWAPS.get(operation, '')}"):
        if other in DIRECTED:
            yield other


def _set(node: ast.AST, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(node, name, value)


def _parents(tree: ast.AST) -> dict[int, ast.AST]:
    return {
        id(child): node
        for node in ast.walk(tree)
        for child in ast.iter_child_nodes(node)
    }


def _skipped(tree: ast.AST) -> set[int]:
    """Return the nodes that are spoken, not computed: imports, messages, types."""
    found: set[int] = set()
    for node in ast.walk(tree):
        parts: list[ast.AST | None] = []
        if isinstance(node, SKIPPED):
            parts = [node]
        elif isinstance(node, ast.AnnAssign):
            parts = [node.annotation]
        elif isinstance(node, ast.FunctionDef):
            parts = [node.returns, *node.decorator_list]
        elif isinstance(node, ast.ClassDef):
            parts = [*node.decorator_list]
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in SPOKEN:
            parts = [node]
        found |= {id(x) for part in parts if part for x in ast.walk(part)}
    return found


def _statement(node: ast.AST, above: dict[int, ast.AST]) -> ast.AST:
    while not isinstance(node, ast.stmt):
        node = above[id(node)]
    return node


def _lines(node: ast.AST, above: dict[int, ast.AST]) -> tuple[int, ...]:
    """Return the lines of a node, then those of the rest of its statement's head."""
    first = _statement(node, above)
    last = first.body[0].lineno if hasattr(first, "body") else first.end_lineno + 1
    own = range(node.lineno, min(node.end_lineno + 1, last))
    return (*own, *(line for line in range(first.lineno, last) if line not in own))


def _shown(node: ast.AST, above: dict[int, ast.AST]) -> ast.AST:
    """Return the expression around a name or a number, or the node itself."""
    while isinstance(node, ast.Name | ast.Constant | ast.UnaryOp | ast.keyword):
        node = above[id(node)]
    return node


def _text(node: ast.AST) -> str:
    """Return a node's source on one line; of a statement with a body, its head."""
    if isinstance(node, ast.FunctionDef):
        return f"def {node.name}({ast.unparse(node.args)})"
    return " ".join(ast.unparse(node).partition(":\n")[0].split())


def _function(node: ast.AST, above: dict[int, ast.AST]) -> str:
    """Return the name of the function around a node, "class" or "" outside of one."""
    while id(node) in above:
        inside, node = node, above[id(node)]
        if isinstance(node, ast.FunctionDef):
            return node.name if inside in node.body else "class"
        if isinstance(node, ast.ClassDef):
            return "class"
    return ""
