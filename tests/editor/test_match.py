"""How close two pictures are, in numbers and in words."""

import json
from pathlib import Path

import pytest
from PIL import Image

from genimg import Editor
from genimg.models import build_model, save_model


@pytest.mark.parametrize(("own", "usual"), [(28.0, 28.0), (16.0, 24.0), (40.0, 32.0), (None, 32.0)])
def test_the_words_compare_with_what_the_model_can_do(
    tmp_path: Path, own: float | None, usual: float
) -> None:
    """With its PSNR on held-out pictures, from 24 to 32 dB: a bad model is not praised for less."""
    path = tmp_path / "m.safetensors"
    metrics = {} if own is None else {"psnr": own}
    model = build_model("vae", (3, 16, 16), seed=0)
    save_model(path, model, "vae", name="m", extra={"metrics": metrics})
    judge = Editor.load(path, "cpu")

    def words(gap: float) -> str:
        """For a picture whose PSNR lies `gap` dB under the usual one."""
        level = round(255 / 10 ** ((usual - gap) / 20))
        grey = Image.new("RGB", (16, 16), (level,) * 3)
        match = judge.match(Image.new("RGB", (16, 16)), grey)
        assert match.psnr == pytest.approx(usual - gap, abs=0.5)
        return match.words

    assert words(2.4) == words(-2.0) == "very close"
    assert words(3.6) == words(7.4) == "close"
    assert words(8.6) == words(12.4) == "only roughly like it"
    assert words(13.6) == "not what this model knows"


def test_equal_pictures_match_perfectly(editor: Editor) -> None:
    cats = editor.decode(*editor.sample(2))
    match = editor.match(cats[0], cats[0])
    assert (match.psnr, match.words) == (100.0, "very close")
    assert match.ssim == pytest.approx(1.0)
    assert editor.match(cats[0], cats[1]).ssim < 0.9
    assert json.dumps([match.psnr, match.ssim]), "plain numbers"


def test_pictures_are_fitted_before_they_are_compared(editor: Editor) -> None:
    large = Image.new("RGB", (64, 64), "red")
    assert editor.match(large, Image.new("RGB", (16, 16), "red")).psnr == 100.0


def test_a_model_that_measured_no_psnr_judges_all_the_same(gan: Editor) -> None:
    assert "psnr" not in gan.header.metrics
    [picture] = gan.decode(*gan.sample())
    assert gan.match(picture, picture).words == "very close"
