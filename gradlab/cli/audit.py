"""``gradlab audit``: what an initialisation does to gradients, beside its weights."""

import argparse
import json

from gradlab._store import plain
from gradlab.cli.arguments import count, number, whole
from gradlab.cli.curves import ASCII, signs_for
from gradlab.remedies import INITIALISATIONS
from gradlab.studies import InitialisationAudit, audit_initialisation
from gradlab.studies.audit_result import laid_out

__all__ = ["configure", "execute"]

_KINDS = ("rnn", "lstm", "gru", "linear")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument("kind", choices=_KINDS, help="the cell")
    parser.add_argument("--hidden", type=count, default=64, help="units; default: 64")
    parser.add_argument("--inputs", type=count, default=32, help="default: 32")
    parser.add_argument(
        "--init",
        choices=(*INITIALISATIONS, "jax"),
        action="append",
        help="whose initialisation; several may be given; default: torch, keras and "
        "jax, or what there is of this cell",
    )
    parser.add_argument("--steps", type=count, default=1000, help="default: 1000")
    parser.add_argument("--seed", type=whole, default=0, help="default: 0")
    parser.add_argument(
        "--memory",
        type=count,
        help="of chrono: the longest memory wanted; default: --steps",
    )
    parser.add_argument(
        "--ring",
        type=number,
        nargs=2,
        metavar=("MIN", "MAX"),
        help="of lru: the moduli of its eigenvalues; default: 0 1",
    )
    parser.add_argument(
        "--json", action="store_true", help="print one object a line, for machines"
    )
    parser.epilog = (
        "A random cell reads random inputs. The spectral radius and the norm of its\n"
        "weights stand beside the rate at which gradients really grow or shrink, and\n"
        "the steps back at which a thousandth is left of them.\n\n"
        "examples:\n"
        "  gradlab audit lstm --hidden 256\n"
        "  gradlab audit lstm --init forget_bias --init chrono --json"
    )


def execute(options: argparse.Namespace) -> int:
    """Print the audit of every initialisation that was asked for."""
    default = [
        name
        for name in ("torch", "keras", "flax", "lru")
        if options.kind in INITIALISATIONS[name].kinds
    ]
    for place, name in enumerate(options.init or default):
        found = _audit(options, name)
        if options.json:
            print(json.dumps(_record(found), allow_nan=False))
            continue
        if place:
            print()
        head, rows = found.headline, found.rows()
        if signs_for() is ASCII:
            head = _in_ascii(head)
            rows = [(_in_ascii(a), _in_ascii(b), _in_ascii(c)) for a, b, c in rows]
        print("\n".join([head, *laid_out(rows)]))
    return 0


def _audit(options: argparse.Namespace, name: str) -> InitialisationAudit:
    chosen = {}
    if name == "chrono" and options.memory is not None:
        chosen["memory"] = options.memory
    if name == "lru" and options.ring is not None:
        chosen["ring"] = tuple(options.ring)
    return audit_initialisation(
        options.kind,
        hidden=options.hidden,
        inputs=options.inputs,
        framework=name,
        rng=options.seed,
        steps=options.steps,
        **chosen,
    )


def _record(found: InitialisationAudit) -> dict[str, object]:
    values = {name: value for name, value in found.as_dict().items() if name != "left"}
    origin = {"version": found.origin.version, "seed": found.origin.seed}
    return plain("audit", {**values, **origin})


def _in_ascii(words: str) -> str:
    for sign, plain_sign in _PLAIN.items():
        words = words.replace(sign, plain_sign)
    return words


_PLAIN = {"ρ": "rho", "‖W‖₂": "|W|_2", "χ₁": "chi_1", "λ₁": "lambda_1"} | {
    "×": "x",
    "−": "-",
    "±": "+-",
    "√": "sqrt ",
}
