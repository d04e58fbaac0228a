"""Pseudospectra Λ_ε(A) = {z : σ_min(zI − A) ≤ ε}, as ln σ_min(zI − A) on a grid.

A is taken to Schur form once, and all points of the grid are then iterated together
(`gradlab.linalg._inverse_lanczos`), those of one half-plane if A is real.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, final

import numpy as np
from scipy import linalg

from gradlab._checks import (
    require_array,
    require_count,
    require_memory,
    require_number,
)
from gradlab._results import Origin, Result
from gradlab.errors import InputError
from gradlab.linalg._doors import require_square
from gradlab.linalg._inverse_lanczos import least_singular_values
from gradlab.linalg._least_singular import (
    least_singular_of_few,
    rounding,
    size_above,
)
from gradlab.linalg._refinement import finer, sampled
from gradlab.linalg.field_of_values import supports
from gradlab.linalg.scaled import Scaled
from gradlab.references import Reference
from gradlab.typing import Array, ArrayLike, Matrix, Vector

__all__ = ["Pseudospectrum", "pseudospectrum"]

_SMALL = 12  # below this size an SVD per point is faster
_MARGIN = 0.15  # around W(A), of its larger side
_MOST_LEVELS = 9


@final
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Pseudospectrum(Result):
    """ln σ_min(zI − A) on a grid of the complex plane, in nats.

    Attributes
    ----------
    x, y : (mx,), (my,) array
        Real and imaginary parts of the grid, ascending.
    log_sigma : (my, mx) array
        ln σ_min((x + iy)I − A), from above by at most `error` but for rounding.
    computed : (my, mx) array of bool
        False where a refined grid was interpolated, far from every level.
    eigenvalues : (n,) complex array
    levels : (k,) array
        ε, ascending: those asked for, or decades that cross the grid.
    error : float
        The largest relative error of σ among the computed points, as estimated.
    resolution : float
        n u ‖A‖: smaller σ are not resolved, unless A was triangular.
    """

    sources: ClassVar[tuple[Reference, ...]] = (
        Reference("trefethen1999computation"),
        Reference("lui1997computation"),
        Reference("trefethen2005spectra"),
    )

    x: Vector
    y: Vector
    log_sigma: Array
    computed: Array
    eigenvalues: Vector
    levels: Vector
    error: float
    resolution: float


def pseudospectrum(
    A: ArrayLike,
    *,
    window: Sequence[float] | None = None,
    points: int = 100,
    levels: ArrayLike | None = None,
    refine: int = 0,
    tolerance: float = 1e-3,
) -> Pseudospectrum:
    """Return ln σ_min(zI − A) on a grid.

    Parameters
    ----------
    A : (n, n) array_like
        Real or complex, finite, n >= 1.
    window : (x_min, x_max, y_min, y_max), optional
        Part of the plane; by default the box around the numerical range and the
        largest level, with a margin.
    points : int
        Along the longer side, at least 2; the spacing is the same in both directions
        unless `window` says otherwise.
    levels : (k,) array_like, optional
        ε > 0 that matter: they are stored for the plot, and `refine` works near them.
    refine : int
        How many times the spacing is halved where a level may pass.  Elsewhere the
        finer grid is interpolated.
    tolerance : float
        Bound on the residual of 1/σ² at which a point is done, as an error of σ; the
        error itself is far smaller unless singular values are close.

    Returns
    -------
    Pseudospectrum

    Raises
    ------
    InputError, InputTypeError
        If `A` is not square, finite and made of numbers, the window is empty, a level
        is not above 0, or a count is out of range.

    Notes
    -----
    Values are upper bounds of σ_min: an iterate cannot be below it.  They are checked
    by their residuals; the largest relative one is `error`.

    Examples
    --------
    For a normal matrix, σ_min(zI − A) is the distance to the nearest eigenvalue.

    >>> found = pseudospectrum(np.diag([1.0, -1.0]), window=(0, 2, -1, 1), points=3)
    >>> np.exp(found.log_sigma[1]).round(9).tolist()  # at z = 0, 1 and 2
    [1.0, 0.0, 1.0]
    """
    field = _Field.of(require_square("A", A), tolerance)
    m = require_count("points", points, minimum=2)
    times = require_count("refine", refine, minimum=0)
    require_memory("points", m, 6 * m * m * 4 ** min(times, 30))
    given = None if levels is None else _require_levels(levels)
    x, y = _axes(field.box(given) if window is None else _require_box(window), m)
    grid = sampled(field.log_sigma, x, y)
    chosen = _decades(grid[2], field.resolution) if given is None else given
    for _ in range(times):
        grid = finer(field.log_sigma, grid, np.log(chosen))
    x, y, logs, computed = grid
    parameters = {"points": m, "refine": times, "tolerance": field.tolerance}
    return Pseudospectrum(
        x=x,
        y=y,
        log_sigma=logs,
        computed=computed,
        eigenvalues=field.eigenvalues,
        levels=chosen,
        error=max(field.errors),
        resolution=field.resolution,
        origin=Origin(parameters=parameters),
    )


@dataclass(frozen=True, eq=False)
class _Field:
    """A = B 2^e with the triangular T that is similar to B: what z ↦ ln σ_min needs.

    `errors` collects the largest error of each evaluation.
    """

    B: Matrix
    T: Matrix
    exponent: int
    tolerance: float
    errors: list[float] = field(default_factory=lambda: [0.0])

    @classmethod
    def of(cls, A: Matrix, tolerance: float) -> "_Field":
        tolerance = require_number("tolerance", tolerance, above=0.0, maximum=0.5)
        scaled = Scaled.of(A)
        B = scaled.mantissa
        triangular = not np.tril(B, -1).any()
        T = B if triangular else linalg.schur(B, output="complex")[0]
        return cls(B, T.astype(complex), scaled.exponent, tolerance)

    @property
    def eigenvalues(self) -> Vector:
        return Scaled(np.diag(self.T), self.exponent).to_float()

    @property
    def resolution(self) -> float:
        size = rounding(len(self.B), size_above(self.B))
        return float(Scaled(np.array(size), self.exponent).to_float())

    def log_sigma(self, points: Vector) -> Vector:
        """Return ln σ_min(zI − A), once for z and its conjugate if A is real."""
        z = Scaled(points, -self.exponent).to_float()
        if np.isrealobj(self.B):
            z = z.real + 1j * np.abs(z.imag)
        once, where = np.unique(z, return_inverse=True)
        if len(self.T) <= _SMALL:
            values = least_singular_of_few(self.B, once)
        else:
            values, errors = least_singular_values(
                self.T, once, tolerance=self.tolerance
            )
            self.errors.append(float(errors.max()))
        values = np.maximum(values, np.finfo(float).tiny)
        return np.log(values)[where] + self.exponent * math.log(2)

    def box(self, levels: Vector | None) -> Vector:
        """Return the box around W(A) + ε, with a margin."""
        h, _ = supports(self.B, math.pi / 2 * np.arange(4))
        right, down, left, up = Scaled(h, self.exponent).to_float()
        side = max(right + left, up + down)
        extra = _MARGIN * side + (levels.max() if levels is not None else 0.0)
        if not extra > 1e-8 * max(abs(right), abs(up)):  # W(A) is a point
            extra = max(abs(right), abs(up)) or 1.0
        return np.array([-left - extra, right + extra, -down - extra, up + extra])


def _axes(box: Vector, points: int) -> tuple[Vector, Vector]:
    """Return the axes of a grid of one spacing, exactly symmetric where the box is."""
    sides = np.array([box[1] - box[0], box[3] - box[2]])
    counts = np.maximum(2, np.rint((points - 1) * sides / sides.max()).astype(int) + 1)
    x, y = (
        (low + high) / 2 + (np.arange(m) - (m - 1) / 2) * ((high - low) / (m - 1))
        for low, high, m in zip(box[::2], box[1::2], counts, strict=True)
    )
    return x, y


def _require_box(window: Sequence[float]) -> Vector:
    box = require_array("window", window, "(4,)")
    if not (box[0] < box[1] and box[2] < box[3]):
        message = (
            "`window` must be (x_min, x_max, y_min, y_max), both ascending; "
            f"got {tuple(box.tolist())}."
        )
        raise InputError(message)
    return box


def _require_levels(levels: ArrayLike) -> Vector:
    found = require_array("levels", levels, "(k,)")
    if not len(found) or not found.min() > 0:
        message = f"`levels` must be above 0, one at least; got {found.tolist()}."
        raise InputError(message)
    return np.unique(found)


def _decades(logs: Array, resolution: float) -> Vector:
    """Return the powers of ten among the values; one value if there is none."""
    low, high = float(logs.min()), float(logs.max())
    if resolution > 0:
        low = max(low, math.log(resolution))
    ten = math.log(10)
    powers = np.arange(math.ceil(low / ten), math.floor(high / ten) + 1)
    if not len(powers):
        return np.array([math.exp((low + high) / 2)])
    # From above, and so far apart that they stay readable.
    step = -(-len(powers) // _MOST_LEVELS)
    return 10.0 ** powers[::-step][::-1].astype(float)
