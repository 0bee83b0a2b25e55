"""``python -m seig_search`` is ``seig``."""

import sys

from seig_search.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
