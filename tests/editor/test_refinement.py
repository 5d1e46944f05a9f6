"""A latent is brought closer to a picture, visibly and without harm to anybody else."""

import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from genimg import Editor, Latent
from genimg.data import load_dataset
from genimg.editor.refinement import MAX_STEPS, Refined
from genimg.errors import LatentError
from genimg.metrics import psnr


@pytest.fixture(scope="module")
def cats(data_cache: Path) -> list[Image.Image]:
    test = load_dataset("cats", size=16, count=400).split("test").images[:4]
    return [Image.fromarray(np.asarray(image)) for image in test]


@pytest.fixture(scope="module")
def noise() -> Image.Image:
    rng = np.random.default_rng(0)
    return Image.fromarray(rng.integers(0, 256, (16, 16, 3), np.uint8))


def drawn(editor: Editor, latent: Latent, original: Image.Image) -> float:
    """dB of what a latent draws, counted here and not by the editor."""
    return psnr(np.asarray(original), np.asarray(editor.decode(latent)[0]))


def test_the_score_begins_with_the_encoder_and_never_falls(
    editor: Editor, cats: list[Image.Image]
) -> None:
    for cat in cats:
        start = editor.start(cat)
        assert start == editor.encode(cat)
        states = list(editor.refine(cat, start, 60))
        assert (states[0].step, states[0].latent) == (0, start)
        scores = [state.psnr for state in states]
        assert scores == sorted(scores)
        assert scores[-1] > scores[0] + 0.1
        for state in states:
            assert state.psnr == pytest.approx(drawn(editor, state.latent, cat))
            assert state.psnr == pytest.approx(
                editor.match(cat, editor.decode(state.latent)[0]).psnr
            )
        steps = [state.step for state in states]
        assert steps == sorted(steps)
        assert {state.of for state in states} == {60}
        assert steps[-1] <= 60


def test_a_bad_start_is_no_trap(editor: Editor, cats: list[Image.Image]) -> None:
    far = Latent(torch.full((16,), 1000.0), editor.model_id)
    [*_, last] = editor.refine(cats[0], far, 100)
    [*_, usual] = editor.refine(cats[0], None, 100)
    assert last.psnr > usual.psnr - 1.0


def test_anybody_may_stop_any_time(editor: Editor, cats: list[Image.Image]) -> None:
    search = editor.refine(cats[0], steps=MAX_STEPS)
    first, second = next(search), next(search)
    search.close()  # type: ignore[attr-defined]
    assert second.psnr >= first.psnr
    assert torch.is_grad_enabled() and not torch.is_inference_mode_enabled()
    with pytest.raises(StopIteration):
        next(search)


def test_nothing_is_left_on_the_model(editor: Editor, cats: list[Image.Image]) -> None:
    model = editor.model.network
    before = {name: weights.clone() for name, weights in model.state_dict().items()}
    list(editor.refine(cats[0], steps=30))
    editor.editable(editor.start(cats[0]), cats[0])
    assert not model.training
    assert all(weights.grad is None for weights in model.parameters())
    assert not any(weights.requires_grad for weights in model.parameters())
    assert all(torch.equal(before[name], now) for name, now in model.state_dict().items())


def test_many_may_refine_with_one_editor_at_once(
    editor: Editor, cats: list[Image.Image], noise: Image.Image
) -> None:
    """Each gets what they would get alone, bit by bit."""
    pictures = [*cats, noise]
    alone = [list(editor.refine(picture, steps=40)) for picture in pictures]
    together: dict[int, list[Refined]] = {}

    def work(i: int) -> None:
        together[i] = list(editor.refine(pictures[i], steps=40))

    threads = [threading.Thread(target=work, args=(i,)) for i in range(len(pictures))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for i, states in enumerate(alone):
        assert [state.latent for state in states] == [state.latent for state in together[i]]


def test_a_large_picture_is_fitted_first(editor: Editor, cats: list[Image.Image]) -> None:
    large = cats[0].resize((64, 64), Image.Resampling.NEAREST)
    states = [list(editor.refine(picture, steps=20)) for picture in (large, editor.fit(large))]
    assert states[0] == states[1]


def test_a_model_that_only_draws_takes_an_upload(gan: Editor) -> None:
    """Of its own pictures, one is met better than by any draw that it began with."""
    [hidden] = gan.sample(seed=77)
    [picture] = gan.decode(hidden)
    states = list(gan.refine(picture, gan.start(picture), 200))
    assert states[-1].psnr > states[0].psnr + 3.0
    assert states[0].latent.layers == 1
    assert states == list(gan.refine(picture, steps=200)), "the start is the same each time"


def test_each_layer_may_have_a_latent_of_its_own(gan: Editor, noise: Image.Image) -> None:
    [*_, one] = gan.refine(noise, steps=80)
    [*_, many] = gan.refine(noise, steps=160, layered=True)
    assert one.latent.layers == 1
    assert many.latent.layers == gan.layers == 3
    assert many.psnr > one.psnr
    [*_, more] = gan.refine(noise, many.latent, steps=40)
    assert more.latent.layers == 3
    assert more.psnr >= many.psnr


@pytest.mark.parametrize("steps", [-1, MAX_STEPS + 1, 2.5, True, "10"])
def test_impossible_steps_are_refused_before_anything_is_done(
    editor: Editor, cats: list[Image.Image], steps: object
) -> None:
    with pytest.raises(LatentError, match="a refinement takes 0 to"):
        editor.refine(cats[0], steps=steps)  # type: ignore[arg-type]


def test_no_steps_are_the_start_alone(editor: Editor, cats: list[Image.Image]) -> None:
    [only] = editor.refine(cats[0], steps=0)
    assert only.latent == editor.encode(cats[0])


def test_latents_of_another_model_are_refused(
    editor: Editor, other: Editor, cats: list[Image.Image]
) -> None:
    foreign, own = other.sample()[0], editor.sample()[0]
    for refused in (
        lambda: editor.refine(cats[0], foreign),
        lambda: editor.editable(foreign),
        lambda: editor.soften(foreign, own, 0.5),
        lambda: editor.soften(own, foreign, 0.5),
        lambda: editor.novelty(foreign),
    ):
        with pytest.raises(LatentError, match="belongs to model"):
            refused()


# -- faithful and editable


def test_what_is_editable_is_typical_of_the_model(editor: Editor, noise: Image.Image) -> None:
    """Noise is met best by a latent that is like none of the model's own."""
    [*_, last] = editor.refine(noise, steps=100)
    editable = editor.editable(last.latent, noise)
    before, after = editor.novelty(last.latent), editor.novelty(editable)
    assert before is not None and after is not None
    assert before > 0.99 > after
    assert drawn(editor, editable, noise) < last.psnr


def test_a_picture_of_the_models_own_loses_little(editor: Editor, cats: list[Image.Image]) -> None:
    for cat in cats:
        [*_, last] = editor.refine(cat)
        assert drawn(editor, editor.editable(last.latent, cat), cat) > last.psnr - 1.5


def test_without_the_original_it_is_what_the_latent_draws(editor: Editor) -> None:
    [latent] = editor.sample(seed=3)
    [picture] = editor.decode(latent)
    assert drawn(editor, editor.editable(latent), picture) > 30.0


def test_between_faithful_and_editable(editor: Editor) -> None:
    faithful, editable = editor.sample(2)
    assert editor.soften(faithful, editable, 1.0) == faithful
    assert editor.soften(faithful, editable, 0.0) == editable
    quarter = editor.soften(faithful, editable, 0.25)
    torch.testing.assert_close(quarter.z, 0.75 * editable.z + 0.25 * faithful.z)
    for t in (-0.1, 1.5, float("nan")):
        with pytest.raises(LatentError, match="from 0 to 1"):
            editor.soften(faithful, editable, t)


def test_between_one_latent_and_one_for_each_layer(gan: Editor, noise: Image.Image) -> None:
    [*_, faithful] = gan.refine(noise, steps=60, layered=True)
    editable = gan.editable(faithful.latent, noise)
    assert editable.layers == 1
    half = gan.soften(faithful.latent, editable, 0.5)
    torch.testing.assert_close(half.z, 0.5 * (faithful.latent.z + editable.z))


def test_novelty_needs_a_calibration(editor: Editor, other: Editor) -> None:
    [own] = other.sample()
    assert other.novelty(own) is None
    far = Latent(torch.full((16,), 50.0), editor.model_id)
    assert editor.novelty(far) == editor.oddness(far) == 1.0  # by its old name, too
    common = [editor.novelty(latent) for latent in editor.sample(40)]
    assert 0.2 < np.mean([novelty for novelty in common if novelty is not None]) < 0.8
