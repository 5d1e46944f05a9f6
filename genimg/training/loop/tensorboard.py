"""How are a run's curves written for TensorBoard, for those who watch many runs with it?

The package is not among what genimg needs: `pip install tensorboard`.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from genimg.errors import ConfigError

FOLDER = "tensorboard"
_NO_CURVES = frozenset(("images", "step"))


class Curves:
    """Writes the numbers of each validation to <run>/tensorboard, over the pictures seen.

    Args:
        run: the folder of the run.
        images: pictures seen so far; what an earlier sitting wrote beyond them is passed over.

    Raises:
        ConfigError: the package is not installed.
    """

    def __init__(self, run: Path, images: int) -> None:
        require()
        from torch.utils.tensorboard import SummaryWriter

        self._writer: Any = SummaryWriter(str(run / FOLDER), purge_step=images + 1)

    def write(self, record: Mapping[str, Any]) -> None:
        """Write one line of progress.jsonl; held-out and training scores share a chart."""
        for name, value in record.items():
            if name in _NO_CURVES or isinstance(value, bool) or not isinstance(value, (int, float)):
                continue
            kind, _, rest = name.partition("held_out_")
            tag = f"held out/{rest}" if not kind and rest else f"training/{name}"
            self._writer.add_scalar(tag, value, record["images"])
        self._writer.flush()

    def close(self) -> None:
        """Write what is left."""
        self._writer.close()


def require() -> None:
    """Raises ConfigError if the package is not installed."""
    try:
        importlib.import_module("tensorboard")
    except ImportError as error:
        raise ConfigError(
            "--tensorboard needs the package tensorboard: pip install tensorboard"
        ) from error
