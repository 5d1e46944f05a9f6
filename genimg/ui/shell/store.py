"""Which models are there, and which of them are loaded?

Editors are shared by all visitors (they are stateless), so they live here and never in a
visitor's session. A few are kept loaded; the one that was used longest ago makes room.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from pathlib import Path

from PIL import Image

from genimg import Latent
from genimg.editor import CheckpointInfo, Editor, list_checkpoints
from genimg.errors import CheckpointError
from genimg.files import SHIPPED
from genimg.images import browsers_show, load_image, small_uri
from genimg.ui.words import say

EXAMPLES = SHIPPED / "assets" / "examples"
"""Example pictures, in one folder for each checkpoint or data set, named like it."""

WHOLE = "whole"
"""Key of a picture's `info` under which is its (width, height) before it was reduced."""
_MOST_EXAMPLES = 8
FIRST = "portraits-128"
"""The model that the app opens with, where it is there; all others follow by name."""
LONGEST_NAME = 80
"""Characters of a name that is repeated to whoever asked for it."""
_KEPT_PICTURES = 8
_KEPT_SIDE = 1024  # uploads are kept this large: enough to crop from for models up to 128 px
_PREVIEW_SIDE = 840  # twice what the page gives a picture to be cropped, for fine screens


class Store:
    """The models of one folder, and the pictures that were opened last.

    Args:
        folder: where the `*.safetensors` files are; looked at again by `refresh`. The usual one
            offers the shipped models, too.
        capacity: how many models stay loaded.
    """

    def __init__(self, folder: Path, capacity: int = 3) -> None:
        self.folder = folder
        self.capacity = capacity
        self._infos: dict[str, CheckpointInfo] = {}
        self._problems: tuple[str, ...] = ()
        self._editors: OrderedDict[str, Editor] = OrderedDict()
        self._pictures: OrderedDict[str, tuple[Image.Image, str]] = OrderedDict()
        self._lock = threading.Lock()
        self._loading: dict[str, threading.Lock] = {}
        self.refresh()

    def refresh(self) -> None:
        """Look at the folder again: new files join the menu, replaced ones are loaded anew."""
        infos, problems = list_checkpoints(self.folder)
        good = {info.name: info for info in sorted(infos, key=lambda info: info.name != FIRST)}
        with self._lock:
            for name, info in self._infos.items():
                if name not in good or good[name].header != info.header:
                    self._editors.pop(name, None)
            self._infos = good
            self._problems = tuple(problems.values())

    def file(self, name: str) -> Path:
        """Where a model of this name is, or would be, that is no shipped one."""
        return self.folder / f"{name}.safetensors"

    @property
    def problems(self) -> tuple[str, ...]:
        """One sentence for each file of the folder that cannot be used."""
        return self._problems

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the models, in the order of the menu."""
        return tuple(self._infos)

    @property
    def choices(self) -> list[tuple[str, str]]:
        """(title for people, name) of each model."""
        return [(info.title, info.name) for info in self._infos.values()]

    def info(self, name: str) -> CheckpointInfo:
        """What the header of a model says.

        Raises CheckpointError for a name that is not in the folder, or if there are no models.
        """
        infos = self._infos  # another visitor's refresh may replace it meanwhile
        if isinstance(name, str) and name in infos:  # events may bring anything
            return infos[name]
        if not infos:
            raise CheckpointError(say("shell.no_models", folder=self.folder))
        known = ", ".join(infos)
        raise CheckpointError(
            say("shell.no_such_model", name=repr(str(name)[:LONGEST_NAME]), known=known)
        )

    def get(self, name: str) -> Editor:
        """The editor of a model, loaded if need be. Raises CheckpointError as `info` does."""
        path = self.info(name).path
        with self._lock:
            if (editor := self._used(name)) is not None:
                return editor
            loading = self._loading.setdefault(name, threading.Lock())
        # Two visitors do not load one model twice, and those of other models do not wait for it.
        with loading:
            with self._lock:
                if (editor := self._used(name)) is not None:
                    return editor
            editor = Editor.load(path)
            with self._lock:
                info = self._infos.get(name)
                if info is not None and info.header == editor.header:  # not replaced meanwhile
                    self._editors[name] = editor
                while len(self._editors) > self.capacity:
                    self._editors.popitem(last=False)
        return editor

    def _used(self, name: str) -> Editor | None:
        """The editor of a model if it is loaded: it is the one that was used last, then."""
        if name in self._editors:
            self._editors.move_to_end(name)
        return self._editors.get(name)

    def drew(self, name: str, latent: Latent) -> bool:
        """Whether a latent belongs to the model that has this name now: one that is trained on has
        the same name and other weights.
        """
        return name in self._infos and self._infos[name].header.id == latent.model_id

    def name_of(self, model_id: str) -> str | None:
        """The name of the model with this id, or None if it is not in the folder."""
        for name, info in self._infos.items():
            if info.header.id == model_id:
                return name
        return None

    def picture(self, path: str) -> Image.Image:
        """The upright picture in a file, reduced to _KEPT_SIDE; the last few are remembered.

        Raises ImageError as `load_image` does.
        """
        return self._kept(path)[0]

    def preview(self, path: str) -> str:
        """A file as a data: URI that browsers show; "" for one that they show as it is.

        Raises ImageError as `load_image` does.
        """
        return self._kept(path)[1]

    def _kept(self, path: str) -> tuple[Image.Image, str]:
        with self._lock:
            kept = self._pictures.get(path)
        if kept is not None:
            return kept
        image = load_image(path, least=_KEPT_SIDE)
        if max(image.size) > _KEPT_SIDE:
            whole = image.size
            image.thumbnail((_KEPT_SIDE, _KEPT_SIDE), Image.Resampling.LANCZOS)
            image.info[WHOLE] = whole
        kept = image, "" if browsers_show(path) else small_uri(image, _PREVIEW_SIDE)
        with self._lock:
            self._pictures[path] = kept
            while len(self._pictures) > _KEPT_PICTURES:
                self._pictures.popitem(last=False)
        return kept

    def examples(self, name: str) -> list[Path]:
        """Example pictures for a model: of the folder named like it, or like its data set."""
        data = str(self.info(name).header.data.get("name", ""))
        # Names come from files that anybody may have made: they are looked up, and never a path.
        folders = {path.name: path for path in EXAMPLES.iterdir()} if EXAMPLES.is_dir() else {}
        for folder in (name, data):
            found = sorted(folders[folder].glob("*.png")) if folder in folders else []
            if found:
                return found[:_MOST_EXAMPLES]
        return []
