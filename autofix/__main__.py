"""``python -m autofix``."""

import sys

from autofix.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
