"""`python -m surae` is `surae`."""

from __future__ import annotations

import sys

from surae.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
