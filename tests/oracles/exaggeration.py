"""Directed rounding overdone at one place: an enclosure may only widen.

A call of `up_…` is made to return more, and one of `down_…` less, than it has to.  If
every place rounds the way it must, the ends move outward or stay; where `up_` stands in
for `down_`, they move inward, by as much as was overdone and not by 1e-16.
"""

import contextlib
import functools
import importlib
import pkgutil
import sys

import numpy as np

from gradlab.linalg import rounding

__all__ = ["Exaggeration", "exaggerated"]

DIRECTED = [name for name in rounding.__all__ if name.startswith(("up_", "down_"))]
DIRECTED += ["up_ldexp", "down_ldexp", "arb_up", "arb_down"]


class Exaggeration:
    """Notes the places that round, and overdoes one of them.

    A place is a code object and the index of the call in it.
    """

    def __init__(self):
        self.places, self.chosen, self.amount = {}, None, 0.0

    def wrapped(self, function):
        name = function.__name__
        outward = 1.0 if "up" in name.split("_") else -1.0

        @functools.wraps(function)
        def call(*args, **options):
            frame = sys._getframe(1)
            place = frame.f_code, frame.f_lasti
            self.places.setdefault(place, (name, frame.f_lineno))
            found = function(*args, **options)
            if place != self.chosen:
                return found
            with np.errstate(all="ignore"):
                return found + outward * self.amount * np.maximum(np.abs(found), 1.0)

        return call


@contextlib.contextmanager
def exaggerated(package, monkeypatch):
    """Let every directed operation of a package's files go through an Exaggeration."""
    found = Exaggeration()
    with monkeypatch.context() as patch:
        for info in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            module = importlib.import_module(info.name)
            for name in DIRECTED:
                function = vars(module).get(name)
                if function is not None:
                    patch.setattr(module, name, found.wrapped(function))
        yield found
