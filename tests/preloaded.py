"""What does a process load that forks others? All that genimg loads where it is needed: every fork
would load it anew, which takes longer than what the tests have it do.
"""

from __future__ import annotations

import importlib

LATE = (
    "torch._dynamo",  # the first step of an optimizer loads it
    "imagehash",
    "sklearn.linear_model",
    "sklearn.metrics",
    "sklearn.mixture",
    "sklearn.neighbors",
    "skimage.filters",
    "skimage.metrics",
)


def preload() -> None:
    """Load it now."""
    for name in LATE:
        importlib.import_module(name)
