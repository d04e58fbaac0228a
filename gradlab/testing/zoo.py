"""The zoo: wrong bounds, each of which a harness must refute, or it is no harness.

The strategies of this room and the exact decision refute every one within a thousand
runs, as the project's own tests say.
"""

from collections.abc import Mapping
from types import MappingProxyType

from gradlab.testing.wrong_bound import WrongBound
from gradlab.testing.zoo_of_gates import GATES
from gradlab.testing.zoo_of_norms import NORMS
from gradlab.testing.zoo_of_powers import POWERS
from gradlab.testing.zoo_of_steps import STEPS

__all__ = ["wrong_bounds"]

_ZOO = MappingProxyType({**NORMS, **STEPS, **POWERS, **GATES})


def wrong_bounds() -> Mapping[str, WrongBound]:
    """Return the wrong bounds by what is wrong with them.

    Examples
    --------
    >>> zoo = wrong_bounds()
    >>> len(zoo) >= 40, zoo["slope squared"].twin, zoo["slope squared"].caught
    (True, 'slope_norm', 'exceeded')
    """
    return _ZOO
