"""Do the drawing commands write what the model draws, with its recipe where it is one picture?"""

from pathlib import Path

import pytest
from PIL import Image, ImageChops

from genimg import Editor
from genimg.cli import main
from genimg.images import load_image


def run(*words: object) -> int:
    return main([*map(str, words), "--device", "cpu"])


def same(a: Image.Image, b: Image.Image) -> bool:
    return ImageChops.difference(a.convert("RGB"), b.convert("RGB")).getbbox() is None


def cells(path: Path, count: int) -> list[Image.Image]:
    """The first row of a sheet of 16-pixel pictures that was written with --scale 1."""
    with Image.open(path) as sheet:
        return [sheet.crop((4 + 20 * i, 4, 20 + 20 * i, 20)) for i in range(count)]


# -- sample


def test_sample(tiny_checkpoint: Path, editor: Editor, tmp_path: Path) -> None:
    out, again, one = (tmp_path / name for name in ("a.png", "b.png", "one.png"))
    words = ("sample", tiny_checkpoint, "--n", 4, "--seed", 3, "--temperature", 0.5, "--scale", 1)
    assert run(*words, "--out", out) == 0
    assert run(*words, "--out", again) == 0
    assert out.read_bytes() == again.read_bytes()
    with Image.open(out) as sheet:
        second = sheet.crop((24, 4, 40, 20))
    assert same(second, editor.decode(*editor.sample(4, 3, 0.5))[1])
    assert run("sample", tiny_checkpoint, "--n", 1, "--seed", 8, "--out", one) == 0
    with Image.open(one) as small, Image.open(out) as large:
        assert small.width < large.width * 2


def test_both_words_for_the_spread_mean_the_same(tiny_checkpoint: Path, tmp_path: Path) -> None:
    out, again = tmp_path / "a.png", tmp_path / "b.png"
    assert run("sample", tiny_checkpoint, "--truncation", 0.5, "--out", out) == 0
    assert run("sample", tiny_checkpoint, "--temperature", 0.5, "--out", again) == 0
    assert out.read_bytes() == again.read_bytes()


@pytest.mark.parametrize("scale", [None, 3])
def test_a_single_picture_carries_its_recipe(
    gan_path: Path, tmp_path: Path, scale: int | None
) -> None:
    gan, out = Editor.load(gan_path, "cpu"), tmp_path / "one.png"
    words = [] if scale is None else ["--scale", scale]
    assert run("sample", gan_path, "--n", 1, "--seed", 8, *words, "--out", out) == 0
    recipe = gan.open_picture(out)
    assert recipe.latent == gan.sample(1, 8)[0]
    assert recipe.origin == "sample, seed 8"
    picture = load_image(out)
    assert picture.width == 16 * (scale or 1)
    assert same(picture.resize((16, 16), Image.Resampling.NEAREST), gan.decode(recipe.latent)[0])


@pytest.mark.parametrize(
    "words", [("sample", "--n", 1), ("vary", "seed:3", "--n", 1), ("mix", "seed:1", "seed:2")]
)
def test_a_single_picture_can_be_webp(
    words: tuple[object, ...], gan_path: Path, tmp_path: Path
) -> None:
    gan = Editor.load(gan_path, "cpu")
    png, webp = tmp_path / "one.png", tmp_path / "one.webp"
    command, *rest = words
    for out in (png, webp):
        assert run(command, gan_path, *rest, "--out", out) == 0
    assert gan.open_picture(webp) == gan.open_picture(png)
    assert same(load_image(webp), load_image(png))


def test_a_sheet_is_a_png(
    gan_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("sample", gan_path, "--n", 2, "--out", tmp_path / "two.webp") == 2
    assert "must end in .png" in capsys.readouterr().err


def test_labels_are_asked_for_by_name_or_in_words(
    gan_path: Path, gan: Editor, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    named, said = tmp_path / "a.png", tmp_path / "b.png"
    sets = ("--set", "fur=pink fur", "--set", "hat=red hat")
    assert run("sample", gan_path, "--n", 4, "--scale", 1, *sets, "--out", named) == 0
    assert capsys.readouterr().out.startswith("asked for: fur=pink fur, hat=red hat\n")
    ask = ("--ask", "a PINK cat with a red hat")
    assert run("sample", gan_path, "--n", 4, "--scale", 1, *ask, "--out", said) == 0
    assert named.read_bytes() == said.read_bytes()
    labels = {"fur": "pink fur", "hat": "red hat"}
    assert all(map(same, cells(said, 2), gan.decode(*gan.sample(4, labels=labels))))
    assert capsys.readouterr().err == ""


def test_words_that_are_not_known_are_said_and_the_rest_is_drawn(
    gan_path: Path, gan: Editor, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "a.png"
    words = ("--ask", "pink cat, blue scarf", "--set", "fur=white fur", "--scale", 1)
    assert run("sample", gan_path, "--n", 2, *words, "--out", out) == 0
    told = capsys.readouterr()
    assert "asked for: fur=white fur" in told.out, "what is set wins"
    assert told.err.startswith("genimg: note: ") and "scarf" in told.err
    expected = gan.decode(*gan.sample(2, labels={"fur": "white fur"}))
    assert same(cells(out, 1)[0], expected[0])


# -- vary


def test_vary_shows_the_start_and_pictures_like_it(
    tiny_checkpoint: Path, editor: Editor, tmp_path: Path
) -> None:
    out = tmp_path / "v.png"
    words = ("vary", tiny_checkpoint, "seed:3", "--n", 8, "--seed", 5, "--strength", 0.3)
    assert run(*words, "--scale", 1, "--out", out) == 0
    [start] = editor.sample(1, 3)
    expected = editor.decode(start, *editor.vary(start, 8, 5, 0.3))
    assert all(map(same, cells(out, 3), expected))


def test_a_single_variation_carries_its_recipe_and_the_edits_of_its_start(
    gan_path: Path, gan: Editor, tmp_path: Path
) -> None:
    first, second = tmp_path / "a.png", tmp_path / "b.png"
    assert run("vary", gan_path, "seed:3", "--n", 1, "--seed", 5, "--out", first) == 0
    recipe = gan.open_picture(first)
    assert recipe.latent == gan.vary(gan.sample(1, 3)[0], 1, 5)[0]
    assert recipe.origin == "like sample, seed 3, seed 5"
    assert run("vary", gan_path, first, "--n", 1, "--strength", 0, "--out", second) == 0
    assert gan.open_picture(second).latent == recipe.latent


# -- mix


@pytest.mark.parametrize(("cut", "meant"), [("fine", "fine"), ("1", 1), (None, "middle")])
def test_mix(
    cut: str | None, meant: int | str, gan_path: Path, gan: Editor, tmp_path: Path
) -> None:
    out, again = tmp_path / "m.png", tmp_path / "again.png"
    words = [] if cut is None else ["--take", cut]
    assert run("mix", gan_path, "seed:1", "seed:2", *words, "--out", out) == 0
    a, b = (gan.sample(1, seed)[0] for seed in (1, 2))
    recipe = gan.open_picture(out)
    assert recipe.latent == gan.mix(a, b, meant)
    assert same(load_image(out), gan.decode(recipe.latent)[0])
    assert recipe.origin == "mix of sample, seed 1 and sample, seed 2"
    assert run("edit", gan_path, out, "--out", again) == 0
    assert load_image(again).tobytes() == load_image(out).tobytes()


# -- mistakes


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("sample", "--n", "0"), "--n"),
        (("sample", "--n", "5000"), "1024"),
        (("sample", "--seed", "-1"), "--seed"),
        (("sample", "--seed", "99999999999999"), "seed"),
        (("sample", "--temperature", "-1"), "--temperature"),
        (("sample", "--temperature", "99"), "temperature"),
        (("sample", "--scale", "0"), "--scale"),
        (("sample", "--set", "fur"), "LABEL=VALUE"),
        (("sample", "--set", "fur=blue fur"), "did you mean"),
        (("sample", "--set", "shoes=red"), "it knows fur, hat"),
        (("sample", "--set", "fur=black fur", "--set", "fur=pink fur"), "twice"),
        (("vary", "seed:1", "--strength", "2"), "--strength"),
        (("vary", "seed:1", "--strength", "nan"), "finite"),
        (("vary", "gone.png"), "gone.png"),
        (("vary", "photo.png"), "only draws pictures"),
        (("edit", "photo.png"), "only draws pictures"),
        (("interpolate", "photo.png", "seed:1"), "only draws pictures"),
        (("mix", "seed:1", "seed:2", "--take", "coarse"), "it can 'middle' or 'fine'"),
        (("mix", "seed:1", "seed:2", "--take", "9"), "from 1 to 2"),
        (("mix", "seed:1", "seed:2", "--take", "-1"), "from 1 to 2"),
        (("mix", "seed:1"), "B"),
    ],
)
def test_what_cannot_be_drawn(
    words: tuple[str, ...],
    reason: str,
    gan_path: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (20, 20), "red").save("photo.png")
    command, *rest = words
    assert run(command, gan_path, *rest, "--out", tmp_path / "out.png") == 2
    told = capsys.readouterr().err
    assert told.startswith("genimg: error: ")
    assert len(told.splitlines()) == 1
    assert reason in told
    assert not (tmp_path / "out.png").exists()


def test_a_model_of_one_layer_mixes_nothing(
    tiny_checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("mix", tiny_checkpoint, "seed:1", "seed:2", "--take", "1")
    assert run(*words, "--out", tmp_path / "m.png") == 2
    assert "a single layer" in capsys.readouterr().err


def test_samples_are_asked_for_by_numbers(
    numbered_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, people = tmp_path / "one.png", Editor.load(numbered_path, "cpu")
    words = ("--n", "1", "--seed", "3", "--ask", "age 60", "--to", "smile=0.9", "--device", "cpu")
    assert main(["sample", str(numbered_path), *words, "--out", str(out)]) == 0
    assert "asked for: age=60 years, smile=0.90" in capsys.readouterr().out
    assert people.numbers(people.edited(people.open_picture(out))) == {
        "age": pytest.approx(60, abs=0.01), "smile": pytest.approx(0.9, abs=1e-3),
    }  # fmt: skip
    words = ("--n", "1", "--to", "years=3", "--device", "cpu")
    assert main(["sample", str(numbered_path), *words, "--out", str(out)]) == 2
    assert "it tells age, smile" in capsys.readouterr().err
