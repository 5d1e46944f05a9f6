"""Start the browser app:  python app.py [--checkpoints DIR] [--host HOST] [--port PORT]

`python app.py --help` tells the other options.
"""

from __future__ import annotations

import argparse
import socket
import sys
import webbrowser
from pathlib import Path


def main(arguments: list[str] | None = None) -> None:
    """Read the arguments and serve until Ctrl-C."""
    parser = argparse.ArgumentParser(description="genimg: an image editor in the browser.")
    parser.add_argument("--checkpoints", type=Path, default=Path("checkpoints"), metavar="DIR")
    parser.add_argument("--runs", type=Path, default=Path("runs"), metavar="DIR")
    parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0 lets other machines in")
    parser.add_argument("--port", type=int, default=7860)
    parser.add_argument(
        "--open",
        action=argparse.BooleanOptionalAction,
        default=sys.stdout.isatty(),
        help="open a browser window (default: when started from a terminal)",
    )
    training = parser.add_mutually_exclusive_group()
    training.add_argument(
        "--allow-training",
        action="store_true",
        help="with --host: let everybody who can reach the app send pictures and train on them; "
        "they may then also stop, delete and prolong all runs, and add models",
    )
    training.add_argument(
        "--no-training",
        action="store_true",
        help="let nobody train, also not at this machine",
    )
    parser.add_argument(
        "--training-at-once",
        type=int,
        default=1,
        metavar="N",
        help="so many runs train at the same time, further ones wait (default: %(default)s)",
    )
    options = parser.parse_args(arguments)
    if options.training_at_once < 1:
        parser.error(f"at least one run has to train at once, not {options.training_at_once}")
    if not 0 <= options.port <= 65535:
        parser.error(f"a port is a number from 0 to 65535, not {options.port}")
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    try:
        listener = socket.create_server((options.host, options.port), family=family)
    except OSError as error:
        sys.exit(
            f"genimg cannot use port {options.port} of {options.host}: {error.strerror}. "
            "Choose another one, such as --port 7861."
        )
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(options.host, options.host)
    shown = f"[{shown}]" if ":" in shown else shown
    address = f"http://{shown}:{listener.getsockname()[1]}"

    def ready() -> None:
        print(f"genimg is at {address}  (Ctrl-C stops it)", flush=True)
        if options.open:
            webbrowser.open(address)

    print("genimg is starting ...", flush=True)
    from genimg.ui.server import serve  # slow to import: not before the port is known to be free

    try:
        serve(
            options.checkpoints,
            listener,
            ready,
            options.runs,
            options.allow_training,
            options.training_at_once,
            options.no_training,
        )
    except KeyboardInterrupt:
        print("genimg has stopped")


if __name__ == "__main__":
    main()
