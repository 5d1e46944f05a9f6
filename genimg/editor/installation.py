"""How does a model file from somewhere else join a folder of models?

It is read completely first, as if it were to be used. What cannot be used, or was made to do harm,
never gets a name in the folder.
"""

from __future__ import annotations

import os
import re
import shutil
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from genimg.checkpoint import read_header
from genimg.editor.editor import Editor
from genimg.editor.library import CheckpointInfo, checkpoint_info
from genimg.errors import CheckpointError
from genimg.files import SUFFIX, critic_beside, model_files
from genimg.models import MODELS, load_classifier
from genimg.runs import is_reserved

MAX_STEM = 80
"""Characters of a file's name; with what is added to it, it stays one on every system."""
MAX_ALIKE = 1000


@dataclass(frozen=True)
class Installed:
    """A model that has come into a folder.

    `known` is set if the same weights were in the folder before, under the name in `info`; `draws`
    tells whether an Editor opens it, and so it belongs into a menu.
    """

    info: CheckpointInfo
    known: bool
    draws: bool


def install_checkpoint(temporary: Path, folder: Path, name: str) -> Installed:
    """Move a model file into a folder of models, once it has been found whole and harmless.

    Args:
        temporary: the file, in the same folder under a name that is hidden; it is gone afterwards
            unless something is raised.
        name: what the file was called where it came from; made safe, and given a number where
            another model has that name already.

    Raises:
        CheckpointError: it is no usable model. The message speaks of it by `name`.
        OSError: the folder cannot be written.
    """
    try:
        header = read_header(temporary)
        draws = header.family not in MODELS or MODELS[header.family].opens
        if draws:
            Editor.load(temporary, "cpu")
        else:
            load_classifier(temporary)
    except CheckpointError as error:
        raise CheckpointError(str(error).replace(str(temporary), safe_stem(name))) from None
    known = _same(folder, header.id)
    if known is not None:
        temporary.unlink()
        return Installed(known, True, draws)
    path = _move(temporary, folder, safe_stem(name))
    return Installed(checkpoint_info(path, header), False, draws)


def remove_checkpoint(path: Path) -> None:
    """Delete a model file, and what stays beside it. Raises OSError."""
    path.unlink()
    critic_beside(path).unlink(missing_ok=True)


def safe_stem(name: str) -> str:
    """The name of a file from somewhere else, without its ending, as one that every system takes:
    letters, digits, spaces, dots and dashes, never hidden, never a path.
    """
    name = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1].removesuffix(SUFFIX)
    kept = "".join(c if c.isalnum() or c in " ._-" else "-" for c in name)
    stem = re.sub(r"-{2,}", "-", kept)[:MAX_STEM].strip(" .-")
    return stem if stem and not is_reserved(stem) else f"model-{stem}".rstrip("-")


def _same(folder: Path, model_id: str) -> CheckpointInfo | None:
    """The model of the folder with these weights."""
    for path in model_files(folder):
        try:
            header = read_header(path)
        except CheckpointError:
            continue
        if header.id == model_id:
            return checkpoint_info(path, header)
    return None


def _move(temporary: Path, folder: Path, stem: str) -> Path:
    """Give the file a free name in the folder: what is there is never replaced."""
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    for number in range(1, MAX_ALIKE):
        path = folder / (f"{stem}-{number}{SUFFIX}" if number > 1 else f"{stem}{SUFFIX}")
        try:
            os.link(temporary, path)  # which fails where there is such a name
        except FileExistsError:
            continue
        except OSError:  # a file system without links
            if path.exists():
                continue
            shutil.move(temporary, path)
            return path
        temporary.unlink()
        return path
    raise CheckpointError(f"there are too many models named {stem}; choose another name")
