"""How many roots a function has in an interval, counted in balls by subdivision."""

from flint import arb

__all__ = ["count_roots"]


def count_roots(f, slope, low, high, *, depth=60):
    """Return the number of roots in (low, high), each proved to be there or not.

    `f` and `slope` take balls and return balls around f and f'.  A piece on which f is
    not 0 has no root; one on which f' is not 0 has one if the signs at its ends differ.
    """
    count, pieces = 0, [(arb(low), arb(high), depth)]
    while pieces:
        left, right, left_over = pieces.pop()
        piece = left.union(right)
        if not f(piece).contains(0):
            continue
        if not slope(piece).contains(0):
            ends = f(left) < 0, f(right) < 0
            assert f(left) != 0, "an end is a root: move it"
            assert f(right) != 0, "an end is a root: move it"
            count += ends[0] != ends[1]
            continue
        assert left_over, "the roots are too near to each other"
        # Not the middle: a symmetric function would have a root there.
        cut = left + (right - left) * arb("0.47")
        cut = cut.mid()
        pieces += [(left, cut, left_over - 1), (cut, right, left_over - 1)]
    return count
