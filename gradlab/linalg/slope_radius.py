"""Slope radius: ρ{D W : D diagonal, l ≤ D_ii ≤ h}, which no run of an RNN can outgrow.

The Jacobian of h' = φ(W h + …) is D W with the slopes of φ in D, whatever the inputs
are.  So with r above the joint spectral radius of all D W, ‖J_T ⋯ J_1‖ ≤ C r^T for all
sequences of inputs: below 1, no input can explode a gradient.  And it is sharp: where a
word of slopes has a spectral radius above 1, some sequence of slopes does explode.

Above, the least of four bounds counts, each for every block of W on its diagonal:

    s ρ(|W|),  s ‖E W E⁻¹‖₂ with a diagonal E,  s = max(|l|, |h|),

an ellipsoid for all D at once [boyd1994linear], and the search of
`gradlab.linalg.joint_radius` on the 2ⁿ vertices where they are few.  Below there is a
word of slopes.
"""

import enum
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from gradlab._checks import require_array, require_count, require_number
from gradlab._results import Origin, Result
from gradlab.errors import InputError
from gradlab.linalg._blocks import balanced, irreducible_blocks
from gradlab.linalg._joint_search import JointSearch
from gradlab.linalg._sector_norm import sector_rate_above
from gradlab.linalg._slope_norms import (
    best_scale,
    perron_vectors,
    radius_of_sizes_above,
    scaled_norm_above,
)
from gradlab.linalg._slope_words import ascended_slopes, slope_rate_below
from gradlab.linalg.arithmetic import ETA, UNIT
from gradlab.linalg.powers_of_two import down_ldexp, up_ldexp
from gradlab.linalg.rounding import up_add, up_mul
from gradlab.references import Reference
from gradlab.typing import Array, ArrayLike, Matrix

__all__ = ["SlopeRadius", "SlopeStop", "slope_radius"]

# D W is rounded once, and W, l and h lie within 2⁻¹⁰⁷⁴ of what they are.
_WITHIN = float(up_add(UNIT, 4 * ETA))
_FEW = 4  # units whose vertices are searched
_PRODUCTS = 8192
_DEEPEST, _FINEST = 2.0**-20, 1e-3
Slopes = tuple[float, float]


class SlopeStop(enum.Enum):
    """Why the bracket of a slope radius is as it is."""

    TOLERANCE = "the bracket is narrower than rtol"
    TRIED = "all that there is for so many units was tried; the bracket holds"


@final
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class SlopeRadius(Result):
    """ρ{D W} in [lower, upper]; the growth per step of all runs is not above `upper`.

    Attributes
    ----------
    lower, upper : float
        Proved, `W` and the slopes taken as exact.  upper < 1: no input can explode a
        gradient.  lower > 1: some sequence of slopes does.
    slopes : (k, n) array
        D_1, …, D_k, in time order, with ρ(D_k W ⋯ D_1 W)^(1/k) ≥ lower.
    norm : str
        What proves `upper`.
    stop : SlopeStop
    """

    sources: ClassVar[tuple[Reference, ...]] = (
        Reference("jungers2009joint"),
        Reference("boyd1994linear", "Sec. 5.1"),
    )

    lower: float
    upper: float
    slopes: Array
    norm: str
    stop: SlopeStop


def slope_radius(
    W: ArrayLike,
    slopes: tuple[float, float] = (0.0, 1.0),
    *,
    rtol: float = 1e-3,
    max_ellipsoid: int = 16,
) -> SlopeRadius:
    """Return the largest growth per step of D_T W ⋯ D_1 W over all slopes in a range.

    Parameters
    ----------
    W : (n, n) array_like
        Recurrent weights, real and finite, n >= 1.
    slopes : (float, float)
        Least and largest slope of the activation: (0, 1) for tanh and ReLU, (0, ¼) for
        the sigmoid, (a, 1) for a leaky ReLU.
    rtol : float
        Relative width of the bracket that is wanted, above 0; it is reached for few
        units and for weights of one sign, and seldom else.
    max_ellipsoid : int
        Blocks of more units get no ellipsoid: it takes 2 s for 16, 40 s for 32.

    Returns
    -------
    SlopeRadius

    Raises
    ------
    InputError, InputTypeError
        If `W` is not square, real and finite, if `slopes` are not two finite numbers in
        order, or if `rtol` is not above 0.

    Notes
    -----
    Blocks of up to 4 units are searched.  Those that get no ellipsoid have the bound of
    a norm in which the units are scaled one by one: no more than a few hundred singular
    value decompositions.

    Examples
    --------
    The norm of W is 4, and still no input makes a gradient explode:

    >>> found = slope_radius([[0.0, 4.0], [-0.2, 0.3]])
    >>> found.lower <= found.upper < 1
    True
    >>> found = slope_radius([[0.5, 2.0], [1.0, 0.5]])  # of one sign: ρ(W) = ½ + √2
    >>> found.lower <= 0.5 + 2**0.5 <= found.upper < found.lower + 1e-12
    True
    """
    array = require_array("W", W, "(n, n)")
    if not array.size:
        message = f"`W` needs n >= 1; got shape {array.shape}."
        raise InputError(message)
    low, high = _range(slopes)
    ratio = require_number("rtol", rtol, above=0.0)
    largest = require_count("max_ellipsoid", max_ellipsoid, minimum=0)
    parts = []
    for block in irreducible_blocks(array[None]):
        part = _Block(array[block[:, None], block], (low, high), ratio, largest)
        parts.append((part, block))
    parameters = {
        "slopes": (low, high),
        "rtol": ratio,
        "max_ellipsoid": largest,
    }
    best, where = max(parts, key=lambda pair: pair[0].lower)
    top = max((part for part, _ in parts), key=lambda part: part.upper)
    is_narrow = top.upper <= best.lower * (1 + ratio)
    pattern = np.full((len(best.slopes), len(array)), low)
    pattern[:, where] = best.slopes
    return SlopeRadius(
        lower=best.lower,
        upper=top.upper,
        slopes=pattern,
        norm=top.norm,
        stop=SlopeStop.TOLERANCE if is_narrow else SlopeStop.TRIED,
        origin=Origin(parameters=parameters),
    )


def _range(slopes: object) -> Slopes:
    if not (isinstance(slopes, Sequence | np.ndarray) and len(slopes) == 2):
        message = f"`slopes` must be two numbers; got {slopes!r}."
        raise InputError(message)
    low = require_number("slopes[0]", slopes[0])
    high = require_number("slopes[1]", slopes[1])
    if low > high:
        message = f"`slopes` must be in order; got ({low}, {high})."
        raise InputError(message)
    return low, high


class _Block:
    """The bracket of one irreducible block."""

    def __init__(self, W: Matrix, slopes: Slopes, rtol: float, largest: int) -> None:
        W = balanced(W[None])[0]  # E⁻¹DWE = D E⁻¹WE
        powers = _power(W), _power(np.array(slopes))
        self.W = np.ldexp(W, -powers[0])
        low, high = np.ldexp(slopes, -powers[1]).tolist()
        self.ends, self.rtol, self.largest = (low, high), rtol, largest
        self.lower, self.upper, self.norm = 0.0, np.inf, "none"
        self.slopes = np.full((1, len(W)), max(slopes, key=abs))
        if self.W.any() and (low or high):
            self._search()
            self.slopes = np.where(self.slopes == high, slopes[1], slopes[0])
        else:
            self.upper = 0.0
        self.lower = float(down_ldexp(self.lower, sum(powers)))
        self.upper = float(up_ldexp(self.upper, sum(powers)))

    def _search(self) -> None:
        size = max(map(abs, self.ends))
        self._raise(ascended_slopes(self.W, self.ends))
        right, left = perron_vectors(self.W)
        bound = up_mul(size, radius_of_sizes_above(self.W, right))
        self._bound("spectral radius of |W|", bound)
        if not self._is_open():
            return
        scale = best_scale(self.W, np.log(right / left) / 2)
        self._bound("scaled units", up_mul(size, scaled_norm_above(self.W, scale)))
        one = self.ends[0] == self.ends[1]
        if self._is_open() and len(self.W) <= self.largest and not one:
            least = max(self.lower, self.upper * _DEEPEST)
            rtol = max(self.rtol, _FINEST)
            rate = sector_rate_above(self.W, self.ends, least=least, rtol=rtol)
            self._bound("ellipsoid", rate)
        if self._is_open() and (len(self.W) <= _FEW or one):
            self._enumerate()

    def _enumerate(self) -> None:
        pattern = np.array(list(itertools.product(set(self.ends), repeat=len(self.W))))
        search = JointSearch(pattern[:, :, None] * self.W, self.rtol, _WITHIN)
        search.run(_PRODUCTS)
        self._bound(search.norm, search.upper)
        self._raise(pattern[list(search.word)])

    def _is_open(self) -> bool:
        return self.upper > self.lower * (1 + self.rtol)

    def _raise(self, slopes: Array) -> None:
        lower = slope_rate_below(self.W, slopes, _WITHIN)
        if lower > self.lower:
            self.lower, self.slopes = lower, slopes

    def _bound(self, name: str, upper: float) -> None:
        if upper < self.upper:
            self.upper, self.norm = float(upper), name


def _power(values: Array) -> int:
    return int(np.frexp(np.abs(values).max())[1])
