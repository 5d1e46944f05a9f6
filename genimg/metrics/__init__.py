"""Measuring pictures: how close two are (`reconstruction`), what one shows (`attributes`)."""

from genimg.metrics.attributes import measure
from genimg.metrics.reconstruction import psnr, ssim

__all__ = ["measure", "psnr", "ssim"]
