"""How close two pictures are, in numbers and in words, with and without a calibration."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from genimg import Editor
from genimg.data import load_dataset
from genimg.editor.match import CLOSE, OUTSIDE, ROUGH, VERY_CLOSE, Match, judge, judge_kept
from genimg.metrics import Calibration, relative_error
from genimg.models import build_model, save_model

Bytes = npt.NDArray[np.uint8]


def grain(amount: float, seed: int = 0) -> Bytes:
    """A grey picture with some grain."""
    noise = amount * np.random.default_rng(seed).standard_normal((32, 32, 3))
    return np.clip(np.round(128 + noise), 0, 255).astype(np.uint8)


def missed(image: Bytes, relative: float) -> Bytes:
    """A copy with about this relative error."""
    rng = np.random.default_rng(1)
    sign = rng.choice([-1.0, 1.0], image.shape)
    levels = np.sqrt(relative / relative_error(image, shifted(image, 10))) * 10
    between = rng.random(image.shape)  # rounds up or down, right on average
    return np.clip(np.floor(image + levels * sign + between), 0, 255).astype(np.uint8)


def shifted(image: Bytes, levels: int) -> Bytes:
    return np.clip(image.astype(int) + levels, 0, 255).astype(np.uint8)


def calibrated(errors: Any) -> dict[str, Any]:
    """Metrics of a model whose held-out pictures have these relative errors."""
    found = Calibration.of("validation", 0, errors, [30.0] * len(errors), [4.0] * len(errors))
    return {"psnr": 30.0, "match": found.to_metrics()}


ERRORS = np.linspace(0.02, 2.0, 100)
"""Of a model that reaches a relative error of 1 in the middle, 1.9 for 95 of 100."""


@pytest.mark.parametrize(
    ("relative", "words", "percentile"),
    [(0.05, VERY_CLOSE, 98), (0.9, VERY_CLOSE, 55), (1.2, CLOSE, 40), (1.93, ROUGH, 4)],
)
def test_words_tell_where_a_picture_stands_among_the_models_own(
    relative: float, words: str, percentile: float
) -> None:
    image = grain(12.0)
    found = judge(image, missed(image, relative), calibrated(ERRORS), None)
    assert found.words == words
    assert found.percentile == pytest.approx(percentile, abs=4)
    assert (found.calibrated, found.known) == (True, True)
    assert f"{found.percentile:.0f} of 100" in found.sentence


def test_what_hardly_any_own_picture_does_is_outside() -> None:
    image = grain(12.0)
    found = judge(image, missed(image, 2.3), calibrated(ERRORS), None)
    assert (found.words, found.known, found.percentile) == (OUTSIDE, False, 0.0)
    assert found.sentence.startswith("Outside what this model knows")


def test_refining_does_not_make_a_foreign_picture_known() -> None:
    """The first look decides; a close match that was searched for changes nothing in that."""
    image = grain(12.0)
    first, refined = missed(image, 9.0), missed(image, 0.05)
    found = judge(image, refined, calibrated(ERRORS), first)
    assert (found.words, found.known) == (OUTSIDE, False)
    assert found.percentile == pytest.approx(98, abs=4), "the numbers are those of the refined one"
    known = judge(image, refined, calibrated(ERRORS), missed(image, 1.5))
    assert known.words == VERY_CLOSE


def test_what_shows_nothing_but_the_mean_colour_is_outside() -> None:
    """As a model draws noise, which is too busy for any error to be large beside a blurred copy."""
    image, grey = grain(40.0), np.full((32, 32, 3), 128, np.uint8)
    found = judge(image, 255 - grey, calibrated(5.0 * ERRORS), None)
    assert relative_error(image, 255 - grey) < 5.0 * ERRORS[-5]
    assert (found.words, found.known) == (OUTSIDE, False)


def test_no_model_is_so_good_that_a_near_miss_is_outside() -> None:
    """Its own pictures come out with errors of a thousandth, and this one is a little worse."""
    metrics = calibrated(ERRORS / 1000)
    image = grain(12.0)
    words = [judge(image, missed(image, e), metrics, None).words for e in (0.07, 0.4, 0.85, 1.3)]
    assert words == [VERY_CLOSE, CLOSE, ROUGH, OUTSIDE]


def test_a_bad_model_is_not_praised_for_its_own_pictures() -> None:
    """All its pictures come out badly, so none is outside; but they are not called close."""
    metrics = calibrated(1000 * ERRORS)
    image = np.full((32, 32, 3), 50, np.uint8)
    image[:, 16:] = 200
    for levels, words in ((15, VERY_CLOSE), (30, CLOSE), (50, ROUGH)):
        found = judge(image, shifted(image, levels), metrics, None)
        assert found.words == words
        assert found.percentile is not None and found.percentile > 50


@pytest.mark.parametrize("kept", [None, {"pictures": 3}, {"relative_error": [1.0]}])
def test_an_older_file_says_that_it_is_not_calibrated(kept: Any) -> None:
    metrics = {"psnr": 28.0} if kept is None else {"psnr": 28.0, "match": kept}
    image = grain(12.0)
    found = judge(image, shifted(image, 20), metrics, None)
    assert (found.calibrated, found.percentile, found.known) == (False, None, None)
    assert found.words == CLOSE
    assert "not calibrated" in found.sentence


@pytest.mark.parametrize(("own", "usual"), [(28.0, 28.0), (16.0, 24.0), (40.0, 32.0), (None, 32.0)])
def test_without_calibration_words_compare_with_what_the_model_can_do(
    tmp_path: Path, own: float | None, usual: float
) -> None:
    """With its PSNR on held-out pictures, from 24 to 32 dB: a bad model is not praised for less."""
    path = tmp_path / "m.safetensors"
    metrics = {} if own is None else {"psnr": own}
    model = build_model("vae", (3, 16, 16), seed=0)
    save_model(path, model, "vae", name="m", extra={"metrics": metrics})
    editor = Editor.load(path, "cpu")

    def words(gap: float) -> str:
        """For a picture whose PSNR lies `gap` dB under the usual one."""
        level = round(255 / 10 ** ((usual - gap) / 20))
        grey = Image.new("RGB", (16, 16), (level,) * 3)
        match = editor.match(Image.new("RGB", (16, 16)), grey)
        assert match.psnr == pytest.approx(usual - gap, abs=0.5)
        return match.words

    assert words(2.4) == words(-2.0) == VERY_CLOSE
    assert words(3.6) == words(7.4) == CLOSE
    assert words(8.6) == words(12.4) == ROUGH
    assert words(13.6) == OUTSIDE


def test_where_details_are_kept_both_are_told() -> None:
    image = grain(12.0)
    kept, alone = missed(image, 0.02), missed(image, 1.2)
    found = judge_kept(image, kept, calibrated(ERRORS), alone)
    assert (found.words, found.known, found.calibrated) == (VERY_CLOSE, True, True)
    assert found.psnr == judge(image, kept, {}, None).psnr
    assert found.understood == judge(image, alone, {}, None).psnr
    assert found.percentile == pytest.approx(40, abs=4)
    assert found.sentence.startswith("Very close: few people see a difference; the model by itself")
    assert f"{found.understood:.1f} dB" in found.sentence and "of its own kind" in found.sentence


def test_a_foreign_photograph_is_kept_and_its_named_sliders_are_doubted() -> None:
    image = grain(12.0)
    found = judge_kept(image, missed(image, 0.02), calibrated(ERRORS), missed(image, 3.0))
    assert (found.words, found.known) == (VERY_CLOSE, False)
    assert "named ones will not mean what they say" in found.sentence
    assert "dB" not in found.sentence and OUTSIDE not in found.sentence.lower()


def test_details_are_told_without_a_calibration() -> None:
    image = grain(12.0)
    found = judge_kept(image, missed(image, 0.02), {}, missed(image, 1.2))
    assert (found.words, found.known, found.calibrated) == (VERY_CLOSE, None, False)
    assert found.sentence.endswith(f"comes as close as {found.understood:.1f} dB")


def test_a_model_that_keeps_details_tells_how_much_it_understands(photo_path: Path) -> None:
    editor = Editor.load(photo_path, "cpu")
    picture = Image.fromarray(grain(40.0))
    found = editor.match(picture, editor.decode(editor.encode(picture))[0])
    alone = editor.match(picture, editor.decode(editor.encode(picture, details=0.0))[0])
    assert found.understood == alone.understood == alone.psnr


def test_equal_pictures_match_perfectly(editor: Editor) -> None:
    cats = editor.decode(*editor.sample(2))
    match = editor.match(cats[0], cats[0])
    assert match.psnr == 100.0
    assert match.ssim == pytest.approx(1.0)
    assert match.percentile == 100.0
    assert editor.match(cats[0], cats[1]).ssim < 0.9
    assert json.dumps([match.psnr, match.ssim, match.percentile, match.known]), "plain numbers"


def test_pictures_are_fitted_before_they_are_compared(editor: Editor) -> None:
    large = Image.new("RGB", (64, 64), "red")
    assert editor.match(large, Image.new("RGB", (16, 16), "red")).psnr == 100.0


def test_a_model_without_an_encoder_judges_all_the_same(gan: Editor) -> None:
    assert not gan.can_encode
    [picture] = gan.decode(*gan.sample())
    assert gan.match(picture, picture).words == VERY_CLOSE


# -- a trained model


@pytest.fixture(scope="module")
def cats(data_cache: Path) -> list[Image.Image]:
    """Pictures that have neither trained nor calibrated the tiny model."""
    test = load_dataset("cats", size=16, count=400).split("test").images[:200]
    return [Image.fromarray(np.asarray(image)) for image in test]


def told(editor: Editor, picture: Image.Image) -> Match:
    return editor.match(picture, editor.decode(editor.encode(picture))[0])


def test_a_trained_model_comes_calibrated(editor: Editor, cats: list[Image.Image]) -> None:
    found = [told(editor, cat) for cat in cats]
    assert all(match.calibrated for match in found)
    assert np.mean([match.known for match in found]) > 0.95, "false alarms are rare"
    assert 35 < np.mean([match.percentile for match in found]) < 65


def test_a_trained_model_knows_what_it_does_not_know(editor: Editor) -> None:
    rng = np.random.default_rng(0)
    noise = [Image.fromarray(rng.integers(0, 256, (16, 16, 3), np.uint8)) for _ in range(10)]
    assert not any(told(editor, picture).known for picture in noise)
    for picture in noise[:3]:
        *_, last = editor.refine(picture)
        after = editor.match(picture, editor.decode(last.latent)[0])
        assert after.psnr > told(editor, picture).psnr
        assert after.words == OUTSIDE
