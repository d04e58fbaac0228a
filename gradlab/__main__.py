"""``python -m gradlab`` is the command ``gradlab``."""

import sys

from gradlab.cli.main import main

__all__: list[str] = []

if __name__ == "__main__":
    sys.exit(main())
