"""Whether an expression is identically 0, decided by algebra and by nothing else."""

import sympy

__all__ = ["vanishes"]


def vanishes(difference):
    """Return whether every entry is 0 as a rational function of its exp and tanh.

    Each exp(u), tanh(u) and erf(u) becomes a symbol of its own, and exp(−u) the inverse
    of one.  If that gives 0 the identity is proved; it is quick.
    """
    entries = list(difference) if hasattr(difference, "__iter__") else [difference]
    return all(_vanishes(sympy.sympify(entry)) for entry in entries)


def _vanishes(entry):
    kinds = (sympy.exp, sympy.tanh, sympy.erf)
    while atoms := entry.atoms(*kinds):
        outermost = max(atoms, key=sympy.count_ops)
        name = sympy.Dummy()
        (argument,) = outermost.args
        entry = entry.subs(outermost, name)
        if isinstance(outermost, sympy.exp):
            entry = entry.subs(sympy.exp(-argument), 1 / name)
    return sympy.cancel(sympy.together(entry)) == 0
