"""Which trained VAEs can a run start from, and whose pictures has such a model learned from?"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from genimg.checkpoint import read_header
from genimg.data import Dataset
from genimg.errors import GenimgError
from genimg.files import model_files
from genimg.models import MODELS
from genimg.models.photo_vae import PRESET, photo_config
from genimg.training.options import TrainOptions

FEW_PICTURES = 3_000
"""With more training pictures a VAE starts from nothing, and a critic learns as a whole."""
MOST_ANCESTORS = 20
STATED = ("name", "title", "credit", "licence")
TOOK = ("name", "images", "minutes")


def fitting_vaes(options: TrainOptions, dataset: Dataset, folder: Path) -> list[Path]:
    """The VAEs in a folder of the architecture of a run, or of that which a GAN can start from."""
    preset = options.preset or "residual"
    return [p for p in model_files(folder) if can_start_from(p, dataset.image_shape, preset)]


def can_start_from(path: Path, image_shape: tuple[int, int, int], preset: str = "residual") -> bool:
    """Whether a model file is a VAE of this preset for pictures of this shape, of the widths and
    blocks that `build_model` can give it.
    """
    try:
        header = read_header(path)
        if header.family != "vae" or header.image_shape != image_shape:
            return False
        own = MODELS["vae"].config_from(header.config)
        width = own.widths[0]
        if preset == PRESET:
            like: Any = photo_config(image_shape, own.latent_dim, width)
        else:
            like = MODELS["vae"].preset_config(preset, image_shape, own.latent_dim, ())
            like = replace(
                like, widths=tuple(min(width * 2**i, 4 * width) for i in range(len(like.widths)))
            )
    except (GenimgError, LookupError, AttributeError):
        return False
    return bool(own == like)


def trained_before(path: Path | None) -> tuple[dict[str, Any], ...]:
    """The runs that made the model which a run starts from, the first one first, for its file."""
    if path is None:
        return ()
    rows = read_header(path).trainings[-MOST_ANCESTORS:]
    return tuple({key: row[key] for key in TOOK if key in row} for row in rows)


def ancestry(*paths: Path | None) -> tuple[dict[str, str], ...]:
    """Whose pictures model files, and those that they were started from, have learned from: name,
    title, credit and licence of each, for the file of a model that is started from them.
    """
    rows: list[dict[str, str]] = []
    for path in dict.fromkeys(paths):
        if path is not None:
            header = read_header(path)
            known = [{**header.data, "name": header.name}, *header.data.get("started_from", [])]
            rows += [{key: str(row.get(key) or "") for key in STATED} for row in known]
    return tuple(row for i, row in enumerate(rows) if row not in rows[:i])[:MOST_ANCESTORS]
