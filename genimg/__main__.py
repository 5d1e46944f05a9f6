"""What does `python -m genimg` run? The command line."""

import sys

from genimg.cli import main

if __name__ == "__main__":
    sys.exit(main())
