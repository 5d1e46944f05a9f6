"""How good is what a model makes of somebody's picture, and how is it made better?"""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np
from PIL import Image
from torch import Tensor

from genimg.editor.loaded import Loaded
from genimg.editor.match import Bytes, Match, judge
from genimg.editor.refine import STEPS, Refined, check_steps, soften
from genimg.images import to_pixels
from genimg.latents import Latent, covariance_of
from genimg.metrics import Calibration, psnr
from genimg.models.inversion import FAITHFUL, Inversion


class Judging(Loaded):
    """One loaded model: how well it knows a picture, and the latent that draws it best."""

    def match(self, original: Image.Image, reconstruction: Image.Image) -> Match:
        """How close two pictures are, both fitted to the model first, and whether the model knows
        such pictures at all; see `judge` for what the words mean.
        """
        fitted = self.fit(original)
        first = None
        if self.can_encode:
            [seen] = self.decode(self.encode(fitted))
            first = self._array(seen)
        shown = self._array(fitted)
        return judge(shown, self._array(self.fit(reconstruction)), self.header.metrics, first)

    def start(self, original: Image.Image) -> Latent:
        """A first latent for a picture, at once: the encoder's; where there is none, that of the
        most similar of some draws.
        """
        if self.can_encode:
            return self.encode(original)
        drawn = self._inversion.draw(to_pixels([self.fit(original)]))
        return Latent(drawn, self.model_id)

    def refine(
        self,
        original: Image.Image,
        start: Latent | None = None,
        steps: int = STEPS,
        *,
        layered: bool = False,
    ) -> Iterator[Refined]:
        """Search for the latent that draws a picture best, and report on the way.

        The first report is `start` itself; the next come after some steps each (at 64 pixels and
        with one thread some 0.1 s). Stop by leaving the loop, or by closing the iterator: the
        latest report is good to use. The same picture and start give the same latents on the CPU.
        Any number of threads may refine with one Editor.

        Args:
            start: by default `start(original)`.
            steps: at most how often the decoder and its gradient are computed.
            layered: whether each layer of the network may get a latent of its own (the space W+ of
                Abdal et al. 2019) in the second half of the steps. The shipped GANs then draw their
                own kind of pictures 0.2 to 0.8 dB better, but what is foreign up to 3 dB, and edits
                of that fail more often (of photographs, 33 % instead of 72 % of the named
                directions of fashion-32-gan did what they say); so it is not the default.

        Raises:
            LatentError: a start of another model, or an impossible number of steps.
        """
        check_steps(steps)
        first = self.start(original) if start is None else start
        self._require(first)
        return self._refine(self.fit(original), first, steps, layered)

    def _refine(
        self, fitted: Image.Image, first: Latent, steps: int, layered: bool
    ) -> Iterator[Refined]:
        shown = self._array(fitted)
        pixels = to_pixels([fitted])
        best = Refined(0, steps, first, self._decibels(shown, first))
        yield best
        starts = [first.z]
        if first.layers == 1:
            starts.append(self._inversion.draw(pixels) if self.can_encode else self._inversion.mean)
        apart = layered and self.layers > 1 and first.layers == 1
        used, least = 0, starts[0]
        for found in self._inversion.search(
            pixels, starts, steps // 2 if apart else steps, FAITHFUL
        ):
            used, least = found.evaluations, found.z
            best = self._better(best, shown, used, least)
            yield best
        if apart:
            rows = least.expand(self.layers, -1)
            for found in self._inversion.descend(pixels, rows, steps - used, FAITHFUL):
                best = self._better(best, shown, used + found.evaluations, found.z)
                yield best

    def editable(self, latent: Latent, original: Image.Image | None = None) -> Latent:
        """The latent that draws a picture about as well as `latent`, from among those that are
        typical of the model: directions and labels work on it as on the model's own pictures.

        Takes about as long as `refine`. See `soften` for what lies between the two.

        Args:
            original: the picture that shall be drawn; by default what `latent` draws.

        Raises:
            LatentError: a latent of another model.
        """
        self._require(latent)
        wanted = self.decode(latent)[0] if original is None else self.fit(original)
        pixels = to_pixels([wanted])
        row = latent.z if latent.layers == 1 else latent.z.mean(dim=0)
        starts = [row, self._inversion.draw(pixels)]
        return Latent(self._inversion.typical(pixels, starts), self.model_id)

    def soften(self, faithful: Latent, editable: Latent, t: float) -> Latent:
        """The latent at `t` of the way from the editable one (0) to the faithful one (1).

        Raises:
            LatentError: latents of another model, or `t` outside 0 to 1.
        """
        self._require(faithful)
        self._require(editable)
        return soften(faithful, editable, t)

    def oddness(self, latent: Latent) -> float | None:
        """The part of the model's own held-out pictures whose latents are more typical than this
        one, 0 to 1; None where the model is not calibrated.

        Near 1, directions and labels may not do what they say.

        Raises:
            LatentError: a latent of another model.
        """
        self._require(latent)
        calibration = Calibration.from_metrics(self.header.metrics)
        if calibration is None:
            return None
        return calibration.share_nearer(float(self._inversion.distance(latent.z[None])))

    @functools.cached_property
    def _inversion(self) -> Inversion:
        return Inversion(self._model, covariance_of(self._model.prior))

    def _better(self, best: Refined, shown: Bytes, step: int, z: Tensor) -> Refined:
        """The report after a step that has led to `z`: the score never falls."""
        step, latent = min(step, best.of), Latent(z, self.model_id)
        if latent != best.latent:
            decibels = self._decibels(shown, latent)
            if decibels > best.psnr:
                return Refined(step, best.of, latent, decibels)
        return Refined(step, best.of, best.latent, best.psnr)

    def _decibels(self, shown: Bytes, latent: Latent) -> float:
        [image] = self.decode(latent)
        return psnr(shown, self._array(image))

    def _array(self, image: Image.Image) -> Bytes:
        """A picture of the model's size as uint8 `[H, W, C]`."""
        channels, height, width = self.image_shape
        return np.asarray(image).reshape(height, width, channels)
