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
from genimg.images import load_image

EXAMPLES = Path(__file__).resolve().parents[2] / "assets" / "examples"
"""Example pictures, in one folder for each checkpoint or data set, named like it."""

_MOST_EXAMPLES = 8
_KEPT_PICTURES = 8
_KEPT_SIDE = 1024  # uploads are kept this large: enough to crop from for models up to 128 px


class Store:
    """The models of one folder, and the pictures that were opened last.

    Args:
        folder: where the `*.safetensors` files are; looked at again by `refresh`.
        capacity: how many models stay loaded.
    """

    def __init__(self, folder: Path, capacity: int = 3) -> None:
        self.folder = folder
        self.capacity = capacity
        self._infos: dict[str, CheckpointInfo] = {}
        self._problems: tuple[str, ...] = ()
        self._editors: OrderedDict[str, Editor] = OrderedDict()
        self._pictures: OrderedDict[str, Image.Image] = OrderedDict()
        self._lock = threading.Lock()
        self.refresh()

    def refresh(self) -> None:
        """Look at the folder again: new files join the menu, replaced ones are loaded anew."""
        infos, problems = list_checkpoints(self.folder)
        good = {info.name: info for info in infos}
        with self._lock:
            for name, info in self._infos.items():
                if name not in good or good[name].header != info.header:
                    self._editors.pop(name, None)
            self._infos = good
            self._problems = tuple(problems.values())

    def file(self, name: str) -> Path:
        """Where the model of this name is, or would be."""
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
        if name in infos:
            return infos[name]
        if not infos:
            raise CheckpointError(
                f"There is no model in the folder '{self.folder}'. Train one with `python -m "
                "genimg train vae --data cats --name my-cats`, then load this page again."
            )
        raise CheckpointError(
            f"There is no model named {name!r}. Choose one of: {', '.join(infos)}."
        )

    def get(self, name: str) -> Editor:
        """The editor of a model, loaded if need be. Raises CheckpointError as `info` does."""
        path = self.info(name).path
        with self._lock:  # held while loading, so that two visitors do not load one model twice
            editor = self._editors.pop(name, None) or Editor.load(path)
            self._editors[name] = editor
            while len(self._editors) > self.capacity:
                self._editors.popitem(last=False)
        return editor

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
        with self._lock:
            kept = self._pictures.get(path)
        if kept is not None:
            return kept
        image = load_image(path)
        if max(image.size) > _KEPT_SIDE:
            image.thumbnail((_KEPT_SIDE, _KEPT_SIDE), Image.Resampling.LANCZOS)
        with self._lock:
            self._pictures[path] = image
            while len(self._pictures) > _KEPT_PICTURES:
                self._pictures.popitem(last=False)
        return image

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
