"""The recursion a_t = b_t + c_t a_{t−1} unrolls to a_t = Σ_{i≤t} c_t ⋯ c_{i+1} b_i.

It starts from a_0 = 0.  With a_t = ∂h_t/∂w, b_t = ∂f_t/∂w and c_t = ∂f_t/∂h_{t−1} the
sum is the gradient through time.  All three are matrices: nothing commutes, and the
later factor stands on the left.
"""

import sympy

from gradlab._checks import require_count
from gradlab.symbolic.proof import ProofStep

__all__ = ["recursive_gradient", "unrolled_gradient", "unrolled_sum_proof"]


def recursive_gradient(T: int) -> sympy.Expr:
    """Return a_T by running a_t = b_t + c_t a_{t−1} from a_0 = 0, brackets and all.

    Parameters
    ----------
    T : int
        At least 1.

    Returns
    -------
    sympy.Expr
        In non-commuting symbols b_1 … b_T and c_2 … c_T.

    Examples
    --------
    >>> recursive_gradient(3)
    b_3 + c_3*(b_2 + c_2*b_1)
    """
    total: sympy.Expr = sympy.Integer(0)
    for t in range(1, require_count("T", T) + 1):
        total = _symbol("b", t) + _symbol("c", t) * total
    return total


def unrolled_gradient(T: int) -> sympy.Expr:
    """Return ∂h_T/∂w = b_T + Σ_{i<T} (c_T c_{T−1} ⋯ c_{i+1}) b_i, written out.

    Parameters
    ----------
    T : int
        At least 1.

    Returns
    -------
    sympy.Expr
        In non-commuting symbols b_t = ∂f_t/∂w and c_t = ∂f_t/∂h_{t−1}.

    Notes
    -----
    The sum of [zhang2023dive, Backpropagation through time], whose product of scalars
    leaves open what it means for matrices: newest factor first.

    Examples
    --------
    >>> unrolled_gradient(3)
    b_3 + c_3*b_2 + c_3*c_2*b_1
    """
    T = require_count("T", T)
    terms = []
    for i in range(1, T + 1):
        factors = [_symbol("c", j) for j in range(T, i, -1)]
        terms.append(sympy.Mul(*factors, _symbol("b", i)))
    return sympy.Add(*terms)


def unrolled_sum_proof() -> tuple[ProofStep, ...]:
    """Return the proof, for every t, that the unrolled sum obeys the recursion.

    S(t) = Σ_{i=1}^t P(t, i) b(i) with the product P defined by P(t, t) = 1 and
    P(t, i) = c(t) P(t − 1, i) for i < t.  Induction over a symbolic t: S(1) = a(1), the
    term i = t of S(t) is b(t), every older term of S(t) is c(t) times its term in
    S(t − 1), and therefore S(t) = b(t) + c(t) S(t − 1).

    Returns
    -------
    tuple of ProofStep
        base, newest term, older terms, induction.

    Examples
    --------
    >>> proof = unrolled_sum_proof()
    >>> [step.holds for step in proof]
    [True, True, True, True]
    >>> proof[2].left, proof[2].right
    (P(t, i)*b(i), c(t)*P(t - 1, i)*b(i))
    """
    t, i = sympy.symbols("t i", integer=True, positive=True)
    a, b, c, P = (sympy.Function(name, commutative=False) for name in "abcP")
    term = P(t, i) * b(i)
    newest, before = term.subs(i, t), term.subs(t, t - 1)
    whole = sympy.Sum(term, (i, 1, t))
    shorter = sympy.Sum(before, (i, 1, t - 1))
    on_diagonal = {P(1, 1): 1, P(t, t): 1}
    below_diagonal = {P(t, i): c(t) * P(t - 1, i)}

    first = whole.subs(t, 1).doit().subs(on_diagonal)
    older = sympy.expand(term.subs(below_diagonal) - c(t) * before)
    # S(t) is its newest term and a sum to t − 1; c(t) S(t − 1) is that sum with c(t)
    # inside, on the left: the two sums differ by the sum of `older`.
    rest = newest.subs(on_diagonal) - b(t) + sympy.Sum(older, (i, 1, t - 1))
    start = b(1) + c(1) * a(0)
    return (
        ProofStep(
            "base: with a(0) = 0, the sum to t = 1 is a(1)",
            whole.subs(t, 1),
            start,
            first - start.subs(a(0), 0),
        ),
        ProofStep(
            "newest term: an empty product leaves b(t)",
            newest,
            b(t),
            newest.subs(on_diagonal) - b(t),
        ),
        ProofStep(
            "older terms, i < t: each is carried on by c(t), from the left",
            term,
            c(t) * before,
            older,
        ),
        ProofStep(
            "induction: the sum obeys the recursion of a(t), hence is a(t)",
            whole,
            b(t) + c(t) * shorter,
            rest.doit(),
        ),
    )


def _symbol(name: str, t: int) -> sympy.Symbol:
    return sympy.Symbol(f"{name}_{t}", commutative=False)
