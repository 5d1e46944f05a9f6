"""How a VAE learns from the numbers that its pictures bear: its first latent numbers are them.

The decoder is given the true numbers of a picture in their places, and only the rest of the latent
from the posterior (Kingma et al. 2014, "Semi-supervised learning with deep generative models", the
model M2). What it is given for nothing it need not be told by the rest, where each bit costs: so
the rest becomes independent of the numbers, and who changes a number changes what it stands for,
and little else. The encoder learns to read the numbers beside. In the time that people have, the
rest does not let go of them all, and a decoder goes by what it finds there: so where it learns from
a critic, it also learns that numbers of another picture, put in their places, are what is read from
its picture (as of an exchanged code: Chen et al. 2016, "InfoGAN").

Labels that the numbers do not tell are numbers, too, see `told`. Of 2,000 held-out portraits the
hair style is read in 92 % and the glasses in 94 % since then, in 46 % and 48 % before; new ones had
the hair style that they were asked for in 88 %, and in 22 % before (with a flow in the prior and
more minutes).

Measured on portraits, after 33,000 pictures of the first phase and 2,500 of the second, without and
with the exchange (not yet `BLUNT`): of a move that sliders are asked for, the encoder reads 56 %
and 71 % in what is drawn, and a regression on features of another network, fitted to portraits
alone, 29 % and 35 %; 22.2 and 22.6 dB from the latent alone. The exchange weighed 0.03 a number
then, and now as much for all that is told as for 27 numbers: with 0.03 for each of 66 columns the
gradient was 5 to 15 times as long as it may be, and pictures got no sharper.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from genimg.models import DiagonalGaussian
from genimg.training.pictures.numbers import NumberPlaces

WEIGHT = 30.0
"""Of a squared error in standard deviations, in nats, beside the likelihood. Chosen when numbers
were not yet given to the decoder: with 100 the pictures suffered, 5 did nothing in 20 minutes.
"""
BLUNT = math.log(0.1)
"""The least log-variance with which numbers are read in what is drawn of exchanged ones. An encoder
gets ever surer (of how far a head is turned, to a tenth of a standard deviation), and the term
grows with that: without this a run of portraits drew blue sparks in the hair after 80,000 pictures
of the second phase; with it one of 38,000 did not.
"""


class NumberTerm(NumberPlaces):
    """How well an encoder reads numbers, and what it need not code besides."""

    def nll(
        self,
        posterior: DiagonalGaussian,
        values: Tensor,
        weight: float = 0.0,
        least: float = -math.inf,
    ) -> Tensor:
        """-log q of the known ones of the numbers `[N, K]`, less a constant, in nats, `[N]`; with
        `weight` times their squared errors beside, and log-variances of `least` or more.
        """
        aims = self.aims(values)
        mean, logvar = (each[:, : self.count] for each in (posterior.mean, posterior.logvar))
        logvar = logvar.clamp_min(least)
        squares = (mean - aims.nan_to_num()).square()
        nats = weight * squares + 0.5 * (squares * torch.exp(-logvar) + logvar)
        return torch.where(aims.isnan(), 0.0, nats).sum(dim=1)

    def __call__(self, posterior: DiagonalGaussian, values: Tensor) -> Tensor:
        """What the encoder minimises to read the numbers `[N, K]` of pictures, in nats, `[N]`."""
        return self.nll(posterior, values, WEIGHT)

    def kl(self, posterior: DiagonalGaussian, values: Tensor) -> Tensor:
        """The KL of each picture in nats without its known numbers, `[N]`."""
        nats = posterior.kl_per_dimension()
        first = torch.where(self.aims(values).isnan(), nats[:, : self.count], 0.0)
        return first.sum(dim=1) + nats[:, self.count :].sum(dim=1)
