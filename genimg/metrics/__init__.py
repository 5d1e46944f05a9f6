"""Measuring pictures: how close two are (`reconstruction`), what one shows (`attributes`), whether
many samples are spread as the data are (`distribution`, `neighbours`); and whether each number of a
code stands for one thing that they show (`disentanglement`).
"""

from genimg.metrics.attributes import measure
from genimg.metrics.calibration import Calibration
from genimg.metrics.disentanglement import DCI, Disentanglement, score_disentanglement
from genimg.metrics.distribution import (
    FactorHistograms,
    KernelDistance,
    diversity,
    factor_histograms,
    frechet_distance,
    frechet_distance_of_moments,
    histogram_distance,
    kernel_distance,
    squared_mmd,
)
from genimg.metrics.neighbours import (
    DensityCoverage,
    Memorisation,
    PrecisionRecall,
    density_coverage,
    memorisation,
    precision_recall,
)
from genimg.metrics.reconstruction import contrast_error, psnr, relative_error, ssim

__all__ = [
    "DCI",
    "Calibration",
    "DensityCoverage",
    "Disentanglement",
    "FactorHistograms",
    "KernelDistance",
    "Memorisation",
    "PrecisionRecall",
    "contrast_error",
    "density_coverage",
    "diversity",
    "factor_histograms",
    "frechet_distance",
    "frechet_distance_of_moments",
    "histogram_distance",
    "kernel_distance",
    "measure",
    "memorisation",
    "precision_recall",
    "psnr",
    "relative_error",
    "score_disentanglement",
    "squared_mmd",
    "ssim",
]
