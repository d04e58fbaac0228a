"""Bits of python-flint's balls: set for a while, and put back whatever happens."""

import contextlib

import flint

__all__ = ["ball_precision"]


@contextlib.contextmanager
def ball_precision(bits):
    """Compute with balls of so many bits inside the ``with`` block."""
    before, flint.ctx.prec = flint.ctx.prec, bits
    try:
        yield
    finally:
        flint.ctx.prec = before
