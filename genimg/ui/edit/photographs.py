"""Which photographs can somebody try a model of any photograph with? Those that packages bring.

scikit-image and scikit-learn, which genimg needs anyway, come with some free photographs. They are
read where they are installed, and never copied.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

_FILES = {
    "skimage": ("data/chelsea.png", "data/coffee.png", "data/rocket.jpg", "data/astronaut.png"),
    "sklearn": ("datasets/images/china.jpg", "datasets/images/flower.jpg"),
}


@cache
def photographs() -> tuple[Path, ...]:
    """The files that are there; a package may leave some out."""
    found = []
    for package, files in _FILES.items():
        spec = find_spec(package)
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            found += [Path(folder) / file for file in files]
    return tuple(path for path in found if path.is_file())
