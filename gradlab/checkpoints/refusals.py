"""What a refusal of a file says: its name, the cause in one line, and what to do."""

from gradlab._files import printable
from gradlab.errors import CheckpointError

__all__ = ["quoted", "refusal", "require_budget"]


def refusal(file: str, cause: str) -> CheckpointError:
    """Return the error that says of a file why it cannot be used."""
    return CheckpointError(f"{file} {cause}.")


def quoted(name: object) -> str:
    r"""Return a name out of a file: data, escaped, on one line, and not for ever.

    Examples
    --------
    >>> print(quoted("lstm.weight_hh_l0"), quoted("a\n\x1b[31m"), quoted(7))
    `lstm.weight_hh_l0` `a\n\x1b[31m` `7`
    """
    return f"`{printable(str(name), 80)}`"


def require_budget(file: str, needed: int, max_bytes: int) -> None:
    """Raise if the arrays of a file would fill more than `max_bytes` of memory."""
    if needed > max_bytes:
        cause = (
            f"holds arrays of {needed:,} bytes, more than {max_bytes:,}. "
            "Raise `max_bytes` to read it all the same"
        )
        raise refusal(file, cause)
