"""Joint spectral radius: ρ{A_i} = lim max ‖A_{i_k} ⋯ A_{i_1}‖^(1/k), from both sides.

For every k, every word w of length k and every norm [daubechies1992sets]

    ρ(A_w)^(1/k) ≤ ρ{A_i} ≤ max over |v| = k of ‖A_v‖^(1/k).

The lower bound is that of one good word, rounded down.  The upper one is the least of
what a tree of words shows in a Euclidean or ellipsoidal norm [gripenberg1996computing],
and of the norm of the word's invariant polytope, which is the lower bound itself, up to
rounding, wherever that polytope closes [guglielmi2013exact].  Both are proved in
float64 as long as `gradlab.linalg.arithmetic.fault` finds nothing.
"""

import enum
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from gradlab._checks import (
    require_count,
    require_memory,
    require_number,
    require_stack,
)
from gradlab._results import Origin, Result
from gradlab.errors import InputError
from gradlab.linalg._blocks import balanced, irreducible_blocks
from gradlab.linalg._joint_search import JointSearch
from gradlab.linalg._vanishing import products_vanish
from gradlab.linalg.powers_of_two import down_ldexp, up_ldexp
from gradlab.references import Reference
from gradlab.typing import Array, ArrayLike, Factors

__all__ = ["JointRadius", "JointStop", "joint_spectral_radius"]

_PRODUCTS, _ENTRIES = 50_000, 2**22


class JointStop(enum.Enum):
    """Why the bracket of a joint spectral radius is as it is."""

    EXACT = "the value is exact: every block is a number, or all long products vanish"
    POLYTOPE = "the polytope of the product closed, up to rtol/8 or 2⁻³⁰ at most"
    TOLERANCE = "the bracket is narrower than rtol"
    PRODUCTS = "max_products were formed; the bracket holds"
    ROUNDING = "words too long or too near the bound for float64; the bracket holds"


@final
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class JointRadius(Result):
    """ρ{A_i} in [lower, upper].

    Attributes
    ----------
    lower, upper : float
        Proved, the matrices taken as exact.
    product : tuple of int
        A word w, in time order, with ρ(A_w)^(1/|w|) ≥ lower: no other grows faster by
        more than the bracket is wide.
    norm : str
        The norm that proves `upper`.
    stop : JointStop
    evaluations : int
        Products formed.
    """

    sources: ClassVar[tuple[Reference, ...]] = (
        Reference("gripenberg1996computing"),
        Reference("guglielmi2013exact"),
        Reference("jungers2009joint"),
    )

    lower: float
    upper: float
    product: tuple[int, ...]
    norm: str
    stop: JointStop
    evaluations: int


def joint_spectral_radius(
    matrices: ArrayLike, *, rtol: float = 1e-6, max_products: int | None = None
) -> JointRadius:
    """Return the largest growth per step of all products of some matrices.

    Parameters
    ----------
    matrices : (m, n, n) array_like
        Real or complex, finite, m >= 1 and n >= 1.
    rtol : float
        Relative width of the bracket, above 0.
    max_products : int, optional
        How many products of matrices may be formed for each block on the diagonal; one
        word's more in each of its trees may be.  If not given, 50 000 for n up to 9 and
        2²²/n² above: some seconds.

    Returns
    -------
    JointRadius
        Usually far narrower than `rtol`, because a polytope closes.  Deciding whether
        ρ{A_i} < 1 is NP-hard in general: where nothing closes, the bracket is wide and
        says so.

    Raises
    ------
    InputError, InputTypeError
        If `matrices` is not a stack of finite square matrices of numbers, or is empty;
        if `rtol` is not above 0 or `max_products` not a count.

    Notes
    -----
    Zeros that all A_i share and that make them block triangular are used exactly.  A
    set of complex matrices is taken as one of real matrices of twice the size.

    Examples
    --------
    >>> found = joint_spectral_radius([[[1, 1], [0, 1]], [[1, 0], [1, 1]]])
    >>> golden = (1 + 5**0.5) / 2
    >>> found.lower <= golden <= found.upper < found.lower + 1e-12
    True
    >>> sorted(found.product), found.stop.value
    ([0, 1], 'the bracket is narrower than rtol')
    """
    stack = require_stack("matrices", matrices, allow_complex=True)
    if not stack.size:
        message = f"`matrices` needs m >= 1 and n >= 1; got shape {stack.shape}."
        raise InputError(message)
    ratio = require_number("rtol", rtol, above=0.0)
    most = _most_products(max_products, stack.shape[-1])
    stack = _real(stack)
    parts = [
        _of_block(stack[:, block[:, None], block], ratio, most)
        for block in irreducible_blocks(stack)
    ]
    best = max(parts, key=lambda part: part.lower)
    # Where blocks tie, that of the widest bracket says why it is wide.
    top = max(parts, key=lambda part: part.upper)
    return JointRadius(
        lower=best.lower,
        upper=top.upper,
        product=best.product,
        norm=top.norm,
        stop=top.stop,
        evaluations=sum(part.evaluations for part in parts),
        origin=Origin(parameters={"rtol": ratio, "max_products": most}),
    )


def _most_products(wanted: int | None, n: int) -> int:
    if wanted is None:
        return max(1, min(_PRODUCTS, _ENTRIES // n**2))
    most = require_count("max_products", wanted)
    require_memory("max_products", most, 2 * most * n**2)
    return most


def _of_block(S: Factors, rtol: float, most: int) -> JointRadius:
    """Return the joint spectral radius of real matrices that share no zero block."""
    if S.shape[-1] == 1:
        sizes = np.abs(S[:, 0, 0])
        at, size = int(sizes.argmax()), float(sizes.max())
        return _exact(size, at, "absolute value", len(S))
    if products_vanish(S):
        return _exact(0.0, 0, "none", len(S))
    moved = balanced(S)
    # One power of two for all of them.
    exponent = int(np.frexp(np.abs(moved).max())[1])
    search = JointSearch(np.ldexp(moved, -exponent), rtol)
    search.run(most)
    return JointRadius(
        lower=float(down_ldexp(search.lower, exponent)),
        upper=float(up_ldexp(search.upper, exponent)),
        product=search.word,
        norm=search.norm,
        stop=_stop(search),
        evaluations=search.products,
    )


def _exact(value: float, letter: int, norm: str, evaluations: int) -> JointRadius:
    return JointRadius(
        lower=value,
        upper=value,
        product=(letter,),
        norm=norm,
        stop=JointStop.EXACT,
        evaluations=evaluations,
    )


def _stop(search: JointSearch) -> JointStop:
    if search.closed:
        return JointStop.POLYTOPE
    if search.is_narrow():
        return JointStop.TOLERANCE
    return JointStop.PRODUCTS if search.spent else JointStop.ROUNDING


def _real(stack: Array) -> Factors:
    """Return X + iY as [[X, −Y], [Y, X]]: norms and spectral radii are the same."""
    if not np.iscomplexobj(stack):
        return stack
    top = np.concatenate([stack.real, -stack.imag], axis=2)
    bottom = np.concatenate([stack.imag, stack.real], axis=2)
    return np.concatenate([top, bottom], axis=1)
