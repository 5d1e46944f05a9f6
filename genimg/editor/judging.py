"""How good is what a model makes of somebody's picture, and how is it made better?"""

from __future__ import annotations

import functools
from collections.abc import Iterator

from PIL import Image
from torch import Tensor

from genimg.editor.match import Bytes, Match, judge, judge_kept
from genimg.editor.model import LoadedModel
from genimg.editor.refinement import STEPS, Refined, checked_steps, soften
from genimg.errors import LatentError
from genimg.images import Picture, images_to_array, to_pixels
from genimg.latents import Latent, covariance_of
from genimg.metrics import Calibration, psnr
from genimg.models.inversion import FAITHFUL, Inversion


class Judging:
    """How well a model knows a picture, and the latent that draws it best."""

    def __init__(self, model: LoadedModel) -> None:
        self._model = model

    def match(self, original: Picture, reconstruction: Picture) -> Match:
        """How close two pictures are, both fitted to the model first, and whether the model knows
        such pictures at all; see `judge` for what the words mean, and `judge_kept` where the model
        keeps details.
        """
        fitted, other = self._model.fit(original), self._model.fit(reconstruction)
        first = None
        if self._model.network.has_encoder:
            [seen] = self._model.decode(self._model.encode(fitted, details=0.0))
            first = _array(seen)
        metrics = self._model.header.metrics
        if first is not None and self._model.network.keeps_details:
            return judge_kept(_array(fitted), _array(other), metrics, first)
        return judge(_array(fitted), _array(other), metrics, first)

    def start(self, original: Picture) -> Latent:
        """A first latent for a picture, at once: the encoder's; where there is none, that of the
        most similar of some draws.
        """
        if self._model.network.has_encoder:
            return self._model.encode(original)
        drawn = self._inversion.draw(to_pixels([self._model.fit(original)]))
        return self._model.latent(drawn)

    def refine(
        self,
        original: Picture,
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
            LatentError: a start of another model, an impossible number of steps, or a model that
                keeps details: with them its first latent draws the picture as closely as any.
        """
        self._require_search()
        steps = checked_steps(steps)
        first = self.start(original) if start is None else start
        self._model.require(first)
        return self._refine(self._model.fit(original), first, steps, layered)

    def _refine(
        self, fitted: Image.Image, first: Latent, steps: int, layered: bool
    ) -> Iterator[Refined]:
        shown = _array(fitted)
        pixels = to_pixels([fitted])
        best = Refined(0, steps, first, self._decibels(shown, first))
        yield best
        starts = [first.z]
        if first.layers == 1:
            starts.append(
                self._inversion.draw(pixels)
                if self._model.network.has_encoder
                else self._inversion.mean
            )
        apart = layered and self._model.network.layers > 1 and first.layers == 1
        used, least = 0, starts[0]
        for found in self._inversion.search(
            pixels, starts, steps // 2 if apart else steps, FAITHFUL
        ):
            used, least = found.evaluations, found.z
            best = self._better(best, shown, used, least)
            yield best
        if apart:
            rows = least.expand(self._model.network.layers, -1)
            for found in self._inversion.descend(pixels, rows, steps - used, FAITHFUL):
                best = self._better(best, shown, used + found.evaluations, found.z)
                yield best

    def editable(self, latent: Latent, original: Picture | None = None) -> Latent:
        """The latent that draws a picture about as well as `latent`, from among those that are
        typical of the model: directions and labels work on it as on the model's own pictures.

        Takes about as long as `refine`. See `soften` for what lies between the two.

        Args:
            original: the picture that shall be drawn; by default what `latent` draws.

        Raises:
            LatentError: a latent of another model, or a model that keeps details.
        """
        self._require_search()
        self._model.require(latent)
        wanted = self._model.decode(latent)[0] if original is None else self._model.fit(original)
        pixels = to_pixels([wanted])
        row = latent.z if latent.layers == 1 else latent.z.mean(dim=0)
        starts = [row, self._inversion.draw(pixels)]
        return self._model.latent(self._inversion.typical(pixels, starts))

    def soften(self, faithful: Latent, editable: Latent, t: float) -> Latent:
        """The latent at `t` of the way from the editable one (0) to the faithful one (1).

        Raises:
            LatentError: latents of another model, `t` outside 0 to 1, or a model that keeps
                details.
        """
        self._require_search()
        self._model.require(faithful)
        self._model.require(editable)
        return soften(faithful, editable, t)

    def novelty(self, latent: Latent) -> float | None:
        """How unlike the model's own pictures a latent is, 0 to 1: the part of its held-out
        pictures whose latents lie nearer to the middle of all. None where the model is not
        calibrated.

        Near 1, directions and labels may not do what they say.

        Raises:
            LatentError: a latent of another model.
        """
        self._model.require(latent)
        calibration = Calibration.from_metrics(self._model.header.metrics)
        if calibration is None:
            return None
        return calibration.share_nearer(float(self._inversion.distance(latent.z[None])))

    @functools.cached_property
    def _inversion(self) -> Inversion:
        return Inversion(self._model.network, covariance_of(self._model.network.prior))

    def _require_search(self) -> None:
        """Refuse a model that keeps details: there is nothing to search for. With the details, any
        latent draws the picture as closely as the base can; and the encoder's is the one that is
        easy to edit.
        """
        if self._model.network.keeps_details:
            raise LatentError(
                f"{self._model.header.name} keeps the details of a picture: it comes as close as "
                "it can at once, and there is nothing between faithful and easy to edit"
            )

    def _better(self, best: Refined, shown: Bytes, step: int, z: Tensor) -> Refined:
        """The report after a step that has led to `z`: the score never falls."""
        step, latent = min(step, best.of), self._model.latent(z)
        if latent != best.latent:
            decibels = self._decibels(shown, latent)
            if decibels > best.psnr:
                return Refined(step, best.of, latent, decibels)
        return Refined(step, best.of, best.latent, best.psnr)

    def _decibels(self, shown: Bytes, latent: Latent) -> float:
        [image] = self._model.decode(latent)
        return psnr(shown, _array(image))


def _array(image: Image.Image) -> Bytes:
    """A picture as uint8 `[H, W, C]`."""
    array: Bytes = images_to_array([image])[0]
    return array
