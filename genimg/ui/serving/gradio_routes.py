"""Which of Gradio's routes does this page need? All others are closed.

Gradio brings some seventy, among them ones that fetch addresses for anybody, write recordings and
links to the disk, change the program's own text, or tell what others do. Most of them ask nobody
who they are, and a later version may bring more; so this is a list of what is open.
"""

from __future__ import annotations

from urllib.parse import parse_qs

from genimg.ui.serving.uploads import is_upload

API = "/gradio_api"

_PAGES = frozenset({
    "/", "/config", "/theme.css", "/favicon.ico", "/manifest.json", "/robots.txt",
})  # fmt: skip
_ASSETS = ("/assets/", "/static/", "/svelte/")
_EXACT = frozenset({
    "app_id", "cancel", "info", "openapi.json", "queue/data", "queue/join", "queue/status", "reset",
    "startup-events", "theme.css", "upload", "upload_progress",
})  # fmt: skip
_BELOW = ("api/", "call/", "heartbeat/", "run/")
_FILE = f"{API}/file="
_DEEP_LINK = "deep_link"


def is_open(path: str, query: bytes = b"") -> bool:
    """Whether a path of Gradio's is one that the page, or a program, needs.

    Of the files, those that were uploaded or made for somebody are; an address is none. A link that
    Gradio keeps for somebody would have it read from the disk: genimg has links of its own.

    Args:
        path: what follows the name of the host, decoded; it begins with "/".
        query: what follows "?", as it was sent.
    """
    if path.startswith(_FILE):
        return is_upload(path.removeprefix(_FILE))
    if path.startswith(f"{API}/"):
        rest = path.removeprefix(f"{API}/")
        return rest.removesuffix("/") in _EXACT or rest.startswith(_BELOW)
    if path in ("/", "/config", "/config/"):
        names = parse_qs(query.decode("latin-1"), keep_blank_values=True)
        if _DEEP_LINK in map(str.lower, names):
            return False
    return path in _PAGES or path == "/config/" or path.startswith(_ASSETS)


def is_file(path: str) -> bool:
    """Whether it is the path of a file that Gradio serves."""
    return path.startswith(_FILE)
