"""genimg: an image editor in the browser that you can train yourself."""

from genimg.editor import Editor
from genimg.errors import GenimgError
from genimg.latents import Direction, Latent

__version__ = "0.1.0"

__all__ = ["Direction", "Editor", "GenimgError", "Latent", "__version__"]
