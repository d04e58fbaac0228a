"""Units of every LSTM: c' = σ(f) c + σ(i) tanh g, of which σ(o) tanh c' is shown."""

import numpy as np

from gradlab.algebra.base import Algebra
from gradlab.algebra.floats import FLOATS
from gradlab.cells.activations import Tanh, sigmoid_and_slope
from gradlab.cells.base import AbstractCell
from gradlab.cells.factored import rows_times
from gradlab.typing import Array

__all__ = ["GATES_FEED", "AbstractLSTM"]

GATES_FEED = (1, 1, 1, 0)
"""Which block of (shown, c') each gate feeds: i, f and g make c', o what is shown."""

_TANH = Tanh()
_AT_ONCE = 64  # steps whose gates are held


class AbstractLSTM(AbstractCell):
    """n units with gates (i, f, g, o) = W_hh h + W_hx x + b_h; the state is (h, c)."""

    W_hh: Array
    W_hx: Array
    b_h: Array

    @property
    def units(self) -> int:
        """The number n of units, the entries of c."""
        return len(self.b_h) // 4

    def gate_values(self, h: Array, x: Array) -> dict[str, Array]:
        """Return σ(i), σ(f) and σ(o), each (..., n) over the units."""
        i, f, _, o = self._gates(h, x, FLOATS)
        opened = {"i": i, "f": f, "o": o}
        return {gate: sigmoid_and_slope(a)[0] for gate, a in opened.items()}

    def carried(self, h: Array, x: Array, c0: Array, *, waiting: Array) -> Array:
        """Return c_0 … c_T (T + 1, B, n) from h_0 … h_{T−1} (T, B, ·) and the inputs.

        With h known the gates are products over many steps at once, and what is left of
        time is c_t = σ(f) c_{t−1} + σ(i) tanh g.  Where `waiting` (T, B), c stays.
        """
        c = np.empty((len(h) + 1, *c0.shape))
        c[0] = c0
        for start in range(0, len(h), _AT_ONCE):
            block = slice(start, start + _AT_ONCE)
            i, f, g, _ = self._gates(h[block], x[block], FLOATS)
            kept = sigmoid_and_slope(f)[0]
            written = sigmoid_and_slope(i)[0] * np.tanh(g)
            for t in range(len(kept)):
                moved = kept[t] * c[start + t] + written[t]
                waits = waiting[start + t][:, None]
                c[start + t + 1] = np.where(waits, c[start + t], moved)
        return c

    def _moved(self, h: Array, x: Array, algebra: Algebra) -> tuple[Array, Array]:
        """Return what is shown, σ(o) tanh c', and c' (..., n)."""
        i, f, g, o = self._gates(h, x, algebra)
        remembered = algebra.sigmoid(f) * h[..., self.hidden :]
        c = remembered + algebra.sigmoid(i) * algebra.tanh(g)
        return algebra.sigmoid(o) * algebra.tanh(c), c

    def _gates(self, h: Array, x: Array, algebra: Algebra) -> tuple[Array, ...]:
        W_hh, W_hx, b_h = (algebra.array(p) for p in (self.W_hh, self.W_hx, self.b_h))
        n, hidden = self.units, h[..., : self.hidden]
        a = rows_times(hidden, W_hh.T) + rows_times(algebra.array(x), W_hx.T) + b_h
        return tuple(a[..., k * n : (k + 1) * n] for k in range(4))

    def _slopes(self, h: Array, x: Array) -> tuple[Array, Array, Array]:
        """Return gates (..., 4, n), ∂c'/∂c at held gates and ∂shown/∂c' (..., n).

        The gates are ∂c'/∂(i, f, g) and ∂shown/∂o at held c'; what the others do to
        what is shown passes through c'.
        """
        with np.errstate(over="ignore"):  # ±inf, where the slopes are 0
            i, f, g, o = self._gates(h, x, FLOATS)
        c = h[..., self.hidden :]
        written, written_slope = sigmoid_and_slope(i)
        kept, kept_slope = sigmoid_and_slope(f)
        shown, shown_slope = sigmoid_and_slope(o)
        new = np.tanh(g)
        c_next = kept * c + written * new

        gates = np.empty((*c.shape[:-1], 4, self.units), new.dtype)
        np.multiply(new, written_slope, out=gates[..., 0, :])
        np.multiply(c, kept_slope, out=gates[..., 1, :])
        np.multiply(written, _TANH.slope(g), out=gates[..., 2, :])
        np.multiply(np.tanh(c_next), shown_slope, out=gates[..., 3, :])
        return gates, kept, shown * _TANH.slope(c_next)
