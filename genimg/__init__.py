"""genimg: an image editor in the browser that you can train yourself."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from genimg.errors import GenimgError

if TYPE_CHECKING:
    from genimg.editor import Editor
    from genimg.latents import Direction, Latent

__version__ = "0.7.0"

if sys.platform == "darwin":
    # What torch has not written for Apple's GPUs is done by the processor; it is read with torch.
    os.environ.setdefault("PYTORCH_ENABLE_MPS_FALLBACK", "1")

__all__ = ["Direction", "Editor", "GenimgError", "Latent", "__version__"]


def __getattr__(name: str) -> object:
    """Import what needs torch when it is first asked for: `--help` should not wait for it."""
    if name == "Editor":
        from genimg.editor import Editor

        return Editor
    if name in ("Direction", "Latent"):
        from genimg import latents

        return getattr(latents, name)
    raise AttributeError(f"module 'genimg' has no attribute {name!r}")
