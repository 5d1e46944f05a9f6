"""How good is what a model makes of somebody's picture?"""

from __future__ import annotations

import numpy as np
from PIL import Image

from genimg.editor.loaded import Loaded
from genimg.editor.match import Match, judge


class Judging(Loaded):
    """One loaded model: how well it knows a picture."""

    def match(self, original: Image.Image, reconstruction: Image.Image) -> Match:
        """How close two pictures are, both fitted to the model first."""
        channels, height, width = self.image_shape
        a, b = (
            np.asarray(self.fit(image)).reshape(height, width, channels)
            for image in (original, reconstruction)
        )
        return judge(a, b, self.header.metrics)
