"""Which file did the browser, or a program, send with an event?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gradio.utils import get_upload_folder

from genimg.errors import GenimgError


def uploaded(file: Any) -> str:
    """The path of an uploaded file, from the mapping by which Gradio speaks of it.

    Events may name any path, and Gradio checks only some of them: what lies outside the folder of
    uploads is refused here, so that nobody reads pictures of the server.

    Raises:
        GenimgError: nothing was sent, or something that is not an upload.
    """
    path = file.get("path") if isinstance(file, dict) else None
    if not isinstance(path, str) or not path:
        raise GenimgError(
            "No picture has arrived. Choose one again; programs send it as a file, with "
            "gradio_client's handle_file(...)."
        )
    folder = Path(get_upload_folder()).resolve()
    if "\0" in path or not Path(path).resolve().is_relative_to(folder):
        raise GenimgError("This file was not uploaded. Send the picture itself.")
    return path
