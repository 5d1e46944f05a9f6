"""Start the browser app from a checkout: `python app.py`, which is `python -m genimg app`."""

import sys

from genimg.cli import main

if __name__ == "__main__":
    sys.exit(main(["app", *sys.argv[1:]]))
