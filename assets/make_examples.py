"""Make the example pictures anew: `python assets/make_examples.py`, from the repository's folder.

Cats and portraits are drawn, from the test split, which no model was trained on. Fashion pictures
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
from genimg.data.drawn.portraits.person import draw_person  # noqa: E402
from genimg.data.drawn.portraits.scene import draw_portrait  # noqa: E402
from genimg.files import write_atomically  # noqa: E402
from genimg.images import encode_png  # noqa: E402

COUNT = 8
SIDE = 256
PORTRAITS = (0, 1, 2, 8, 10, 12, 15, 23)
"""Numbers of portraits that differ."""


def main() -> None:
    """Write the folders of assets/examples."""
    folder = HERE / "examples" / "cats"
    folder.mkdir(parents=True, exist_ok=True)
    labels = load_dataset("cats", size=16, count=100).split("test").labels
    assert labels is not None
    for number, values in enumerate(labels[:COUNT].tolist(), 1):
        write_atomically(folder / f"{number}.png", encode_png(draw("cats", values, SIDE)))
    folder = HERE / "examples" / "portraits"
    folder.mkdir(parents=True, exist_ok=True)
    for number, person in enumerate(PORTRAITS, 1):
        picture = draw_portrait(draw_person(person), SIDE)
        write_atomically(folder / f"{number}.png", encode_png(picture))
    editor = Editor.load(HERE.parent / "checkpoints" / "fashion-32-vae.safetensors")
    folder = HERE / "examples" / "fashion-mnist"
    folder.mkdir(parents=True, exist_ok=True)
    for number, image in enumerate(editor.decode(*editor.sample(COUNT, temperature=0.7)), 1):
        write_atomically(folder / f"{number}.png", encode_png(image))


if __name__ == "__main__":
    main()
