"""Make the example pictures anew: `python assets/make_examples.py`, from the repository's folder.

Cats are drawn, from combinations of the test split, which no model was trained on. Fashion pictures
are samples of the shipped model, as the repository ships no photographs.
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from genimg import Editor  # noqa: E402  the path comes first
from genimg.data import load_dataset  # noqa: E402
from genimg.data.drawn.drawing import draw  # noqa: E402
from genimg.files import write_atomically  # noqa: E402
from genimg.images import encode_png  # noqa: E402

COUNT = 8
SIDE = 256


def main() -> None:
    """Write assets/examples/cats and assets/examples/fashion-mnist."""
    folder = HERE / "examples" / "cats"
    folder.mkdir(parents=True, exist_ok=True)
    labels = load_dataset("cats", size=16, count=100).split("test").labels
    assert labels is not None
    for number, values in enumerate(labels[:COUNT].tolist(), 1):
        write_atomically(folder / f"{number}.png", encode_png(draw("cats", values, SIDE)))
    editor = Editor.load(HERE.parent / "checkpoints" / "fashion-32-vae.safetensors")
    folder = HERE / "examples" / "fashion-mnist"
    folder.mkdir(parents=True, exist_ok=True)
    for number, image in enumerate(editor.decode(*editor.sample(COUNT, temperature=0.7)), 1):
        write_atomically(folder / f"{number}.png", encode_png(image))


if __name__ == "__main__":
    main()
