"""How is the browser app started? `python -m genimg app`.

Of the names by which people of Gradio's world set such things, GRADIO_SERVER_NAME,
GRADIO_SERVER_PORT and GRADIO_ROOT_PATH count where no option does.
"""

from __future__ import annotations

import argparse
import ipaddress
import os
import signal
import socket
import sys
import webbrowser
from pathlib import Path

from genimg.errors import ConfigError
from genimg.files import CHECKPOINTS


def run(options: argparse.Namespace) -> int:
    """Serve until Ctrl-C or a signal to end, which ends the looks at pictures, too.

    Raises ConfigError for options that cannot be, or a port that cannot be had.
    """
    if options.training_at_once < 1:
        raise ConfigError(f"at least one run has to train at once, not {options.training_at_once}")
    if not 0 <= options.port <= 65535:
        raise ConfigError(f"a port is a number from 0 to 65535, not {options.port}")
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    try:
        listener = socket.create_server((options.host, options.port), family=family)
    except OSError as error:
        raise ConfigError(
            f"port {options.port} of {options.host} cannot be used: {error.strerror}; "
            "choose another one, such as --port 7861"
        ) from None
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(options.host, options.host)
    shown = f"[{shown}]" if ":" in shown else shown
    address = f"http://{shown}:{listener.getsockname()[1]}"

    def ready() -> None:
        print(f"genimg is at {address}  (Ctrl-C stops it)", flush=True)
        if options.open:
            webbrowser.open(address)

    print("genimg is starting ...", flush=True)
    earlier = signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C
    try:
        # The page, and gradio with it: only here, and not before the port is known to be free.
        from genimg.ui.server import serve
        from genimg.ui.serving.settings import HERE, Access, read_accounts

        named = options.behind_proxy
        access = Access(
            hosts=tuple(options.allow_host),
            name="" if _is_address(options.host) else options.host,
            embedding=tuple(options.allow_embedding),
            root_path=options.root_path,
            accounts=read_accounts(options.auth, options.auth_file),
            proxies=tuple(proxy for one in named for proxy in ([one] if one else HERE)),
        )
        serve(
            options.checkpoints,
            listener,
            ready,
            options.runs,
            options.allow_training,
            options.training_at_once,
            options.no_training,
            access,
            options.language,
        )
    except KeyboardInterrupt:
        print("genimg has stopped")
    finally:
        signal.signal(signal.SIGTERM, earlier)
    return 0


def configure(parser: argparse.ArgumentParser) -> None:
    """The options, with the defaults of this moment."""
    parser.description = "Open the image editor in the browser."
    parser.add_argument(
        "--checkpoints",
        type=Path,
        default=CHECKPOINTS,
        metavar="DIR",
        help="folder of the models (default: %(default)s, with the shipped ones behind)",
    )
    parser.add_argument(
        "--runs",
        type=Path,
        default=Path("runs"),
        metavar="DIR",
        help="folder of the training runs (default: %(default)s)",
    )
    parser.add_argument(
        "--host",
        default=os.environ.get("GRADIO_SERVER_NAME") or "127.0.0.1",
        help="0.0.0.0 lets other machines in (default: $GRADIO_SERVER_NAME, or 127.0.0.1)",
    )
    parser.add_argument(
        "--port",
        type=int,
        default=os.environ.get("GRADIO_SERVER_PORT") or "7860",
        help="default: $GRADIO_SERVER_PORT, or 7860",
    )
    parser.add_argument(
        "--open",
        action=argparse.BooleanOptionalAction,
        default=sys.stdout.isatty(),
        help="open a browser window (default: when started from a terminal)",
    )
    parser.add_argument(
        "--language",
        default="en",
        metavar="XX",
        help="what the page speaks, a file of genimg/ui/words (default: %(default)s)",
    )
    training = parser.add_mutually_exclusive_group()
    training.add_argument(
        "--allow-training",
        action="store_true",
        help="with --host or a proxy: let all who reach the app send pictures and train on them; "
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
    _add_access(parser)


def _add_access(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group(
        "who is let in",
        "Without these: all who reach it by an address, as localhost, or by the machine's name.",
    )
    group.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="a name that it is opened by, as behind a proxy: example.org, *.example.org for all "
        "below, or example.org:8443 for that port (may be given several times)",
    )
    group.add_argument(
        "--allow-embedding",
        action="append",
        default=[],
        metavar="ORIGIN",
        help="a site whose pages may show it in a frame: https://example.org (several times)",
    )
    group.add_argument(
        "--root-path",
        default=os.environ.get("GRADIO_ROOT_PATH", ""),
        metavar="PATH",
        help="where a proxy has it: /apps/genimg, or https://example.org/apps/genimg (default: "
        "$GRADIO_ROOT_PATH)",
    )
    group.add_argument(
        "--behind-proxy",
        action="append",
        nargs="?",
        const="",
        default=[],
        metavar="ADDRESS",
        help="a proxy asks for all others; its X-Forwarded-For tells who (several times). Without "
        "an address: any proxy of this machine, as with --allow-host and --root-path",
    )
    group.add_argument(
        "--auth",
        action="append",
        default=[],
        metavar="NAME:PASSWORD",
        help="let in only those who log in (several times); others on this machine can see it in "
        "the list of programs",
    )
    group.add_argument(
        "--auth-file", type=Path, metavar="FILE", help="the same, a NAME:PASSWORD in each line"
    )


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return not host
    return True
