"""Which file did the browser, or a program, send with an event?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gradio.utils import get_upload_folder

from genimg.errors import GenimgError
from genimg.ui.words import say

LONGEST_PATH = 4096
NOT_UPLOADED = "serving.not_uploaded"


def uploaded(file: Any) -> str:
    """The path of an uploaded file, from the mapping by which Gradio speaks of it.

    Raises:
        GenimgError: nothing was sent, or something that is not an upload.
    """
    path = file.get("path") if isinstance(file, dict) else None
    if not isinstance(path, str) or not path:
        raise GenimgError(say("serving.no_picture"))
    if not is_upload(path):
        raise GenimgError(say(NOT_UPLOADED))
    return path


def is_upload(path: str) -> bool:
    """Whether a path leads into the folder of uploads, past all links.

    Events may name any path, and Gradio checks only some of them; what lies elsewhere is nobody's
    business, so that nobody reads files of the server.
    """
    if len(path) > LONGEST_PATH:
        return False
    folder = Path(get_upload_folder()).resolve()
    try:
        return "\0" not in path and Path(path).resolve().is_relative_to(folder)
    except (OSError, RuntimeError, ValueError):  # too long, links in a circle, a lone surrogate
        return False
