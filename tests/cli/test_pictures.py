"""Do the picture commands write what the model makes, and say what was wrong where they cannot?"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageChops

from genimg import Editor
from genimg.cli import main
from genimg.editor import Moves, Recipe
from genimg.images import enlarge, load_image


@pytest.fixture
def names(editor: Editor) -> tuple[str, str]:
    """Two directions of the model."""
    return editor.directions[0].name, editor.directions[1].name


def run(*words: object) -> int:
    return main([*map(str, words), "--device", "cpu"])


def same(a: Image.Image, b: Image.Image) -> bool:
    return ImageChops.difference(a.convert("RGB"), b.convert("RGB")).getbbox() is None


def test_edit_a_photo(
    tiny_checkpoint: Path,
    editor: Editor,
    names: tuple[str, str],
    pictures: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file, out = pictures / "05.png", tmp_path / "edited.png"
    moves = (f"--move={names[0]}=2", f"--move={names[1]}=-1.5")
    assert run("edit", tiny_checkpoint, file, *moves, "--out", out) == 0
    assert f"edits: {names[0]} +2, {names[1]} -1.5" in capsys.readouterr().out
    latent = editor.encode(load_image(file))
    amounts = {names[0]: 2.0, names[1]: -1.5}
    assert same(load_image(out), editor.decode(editor.move(latent, amounts))[0])
    recipe = editor.open_picture(out)
    assert recipe.latent == latent
    assert recipe.amounts == amounts
    assert recipe.origin == "05.png"


def test_edit_exchanges_labels(
    tiny_checkpoint: Path, editor: Editor, names: tuple[str, str], tmp_path: Path
) -> None:
    out = tmp_path / "edited.png"
    latent = editor.sample(1, 4)[0]
    factor, values = next(iter(editor.factors.items()))
    other = next(value for value in values if value != editor.labels(latent)[factor])
    words = (f"--set={factor}={other}", f"--move={names[0]}=1")
    assert run("edit", tiny_checkpoint, "seed:4", *words, "--out", out) == 0
    recipe = editor.open_picture(out)
    assert (recipe.latent, recipe.changes) == (latent, {factor: other})
    assert recipe.amounts == {names[0]: 1.0}
    expected = editor.move(editor.change(latent, {factor: other}), {names[0]: 1.0})
    assert editor.edited(recipe) == expected != editor.move(latent, {names[0]: 1.0})
    assert load_image(out).tobytes() == editor.decode(expected)[0].tobytes()


def test_edit_brings_numbers_to_values(
    numbered_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, people = tmp_path / "older.png", Editor.load(numbered_path, "cpu")
    words = ("--to", "age=60", "--to=smile=0.9", "--move=red hat=1", "--out", out)
    assert run("edit", numbered_path, "seed:3", *words) == 0
    said = capsys.readouterr().out
    assert "age: about 60 years (± 4 years)" in said
    assert "smile: about 0.90 (± 0.15)" in said
    recipe = people.open_picture(out)
    assert people.numbers(people.edited(recipe)) == {
        "age": pytest.approx(60, abs=0.01), "smile": pytest.approx(0.9, abs=1e-3),
    }  # fmt: skip
    assert recipe.amounts["red hat"] == 1.0
    assert recipe.label == "red hat +1, age 60 years, smile 0.90"
    # What was kept is let go when it is named, and its neighbours stay.
    again = tmp_path / "again.png"
    assert run("edit", numbered_path, out, "--to", "smile=0.5", "--keep=age", "--out", again) == 0
    assert run("edit", numbered_path, again, "--to", "age=30", "--out", again) == 0
    last = people.open_picture(again)
    assert people.numbers(people.edited(last))["age"] == pytest.approx(30, abs=0.01)
    assert last.locks == ()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--to", "aeg=60"), "tells no number 'aeg' (did you mean 'age'?); it tells age, smile"),
        (("--to", "age"), "is not NUMBER=VALUE, such as age=60"),
        (("--to", "age=old"), "'old' is not a number"),
        (("--to", "age=60", "--to", "age=61"), "--to 'age' is given twice"),
        (("--to", "age=60", "--move", "age=1"), "is given with --move and with --to"),
        (("--to", "age=60", "--keep", "age"), "cannot both move and be kept"),
        (("--to", "age=9999999"), "do not lead to age 9999999 years"),
    ],
)
def test_numbers_that_cannot_be_are_refused(
    numbered_path: Path, words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("edit", numbered_path, "seed:3", *words) == 2
    assert said in capsys.readouterr().err


def test_edit_goes_on_from_a_saved_picture(
    tiny_checkpoint: Path, editor: Editor, names: tuple[str, str], tmp_path: Path
) -> None:
    first, second = tmp_path / "first.png", tmp_path / "second.png"
    assert run("edit", tiny_checkpoint, "seed:4", f"--move={names[0]}=1", "--out", first) == 0
    moves = (f"--move={names[0]}=3", f"--move={names[1]}=1")
    assert run("edit", tiny_checkpoint, first, *moves, "--out", second) == 0
    recipe = editor.open_picture(second)
    assert recipe.latent == editor.sample(1, 4)[0]
    assert recipe.amounts == {names[0]: 3.0, names[1]: 1.0}
    assert recipe.origin == "sample, seed 4"
    assert [step.label for step in recipe.lineage] == ["", f"{names[0]} +1"]
    before = replace(editor.open_picture(first), lineage=(), label="", parents=())
    assert recipe.lineage[1].recipe == before
    assert (recipe.label, recipe.parents) == (f"{names[0]} +3, {names[1]} +1", (1,))


def test_edit_in_place(tiny_checkpoint: Path, editor: Editor, tmp_path: Path) -> None:
    file = tmp_path / "picture.png"
    assert run("edit", tiny_checkpoint, "seed:4", "--out", file) == 0
    before = file.read_bytes()
    assert run("edit", tiny_checkpoint, file, "--out", file) == 0
    assert file.read_bytes() == before
    assert same(load_image(file), editor.decode(*editor.sample(1, 4))[0])
    assert list(tmp_path.iterdir()) == [file]


def test_edit_keeps_what_shall_stay(
    tiny_checkpoint: Path,
    editor: Editor,
    names: tuple[str, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out, again, freed = (tmp_path / name for name in ("a.png", "b.png", "c.png"))
    words = (f"--move={names[0]}=2", f"--keep={names[1]}")
    assert run("edit", tiny_checkpoint, "seed:4", *words, "--out", out) == 0
    assert f"edits: {names[0]} +2\nkept: {names[1]}\n" in capsys.readouterr().out
    recipe = editor.open_picture(out)
    assert recipe.moves == (Moves({names[0]: 2.0}, (names[1],)),)
    [latent] = editor.sample(1, 4)
    assert editor.edited(recipe) != editor.move(latent, {names[0]: 2.0})
    assert same(load_image(out), editor.decode(editor.edited(recipe))[0])
    third = editor.directions[2].name
    assert run("edit", tiny_checkpoint, out, f"--move={third}=1", "--out", again) == 0
    assert editor.open_picture(again).moves == (Moves({names[0]: 2.0, third: 1.0}, (names[1],)),)
    assert run("edit", tiny_checkpoint, out, f"--move={names[1]}=1", "--out", freed) == 0
    recipe = editor.open_picture(freed)
    assert recipe.locks == ()
    assert recipe.moves[1] == Moves({names[1]: 1.0})


def test_edit_does_operations(
    tiny_checkpoint: Path,
    editor: Editor,
    names: tuple[str, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out, other = tmp_path / "child.png", tmp_path / "other.png"
    assert run("edit", tiny_checkpoint, "seed:7", f"--move={names[1]}=2", "--out", other) == 0
    words = (f"--move={names[0]}=1", "--do", "cross", f"other={other}", "label=my friend")
    assert run("edit", tiny_checkpoint, "seed:4", *words, "--out", out) == 0
    a, b = (editor.sample(1, seed)[0] for seed in (4, 7))
    parents = (editor.move(a, {names[0]: 1.0}), editor.move(b, {names[1]: 2.0}))
    recipe = editor.open_picture(out)
    assert (recipe.latent, recipe.origin) == (editor.mix(*parents), "cross")
    assert recipe.label == f"{names[0]} +1, cross with my friend"
    assert same(load_image(out), editor.decode(recipe.latent)[0])
    more = ("--do", "move", f'amounts={{"{names[0]}": 1.5}}', f'keep=["{names[1]}"]')
    assert run("edit", tiny_checkpoint, out, *more, "--out", out) == 0
    assert editor.open_picture(out).moves == (Moves({names[0]: 1.5}, (names[1],)),)
    capsys.readouterr()
    for wrong, said in (
        (["cross"], "cross has the parameters other, label"),
        (["cross", "other=no.png"], "no.png"),
        (["cross", "friend"], "'friend' is not NAME=VALUE"),
        (["paint"], "no operation 'paint' here; choose exchange, move, cross, soften, details"),
        (["move", "amounts=far"], "amounts of move: an object of names is none"),
    ):
        assert run("edit", tiny_checkpoint, "seed:4", "--do", *wrong, "--out", out) == 2
        assert said in capsys.readouterr().err


@pytest.mark.parametrize("ending", ["png", "webp", "WEBP"])
@pytest.mark.parametrize("words", [(), ("--scale", 3), ("--scale", 3, "--smooth")], ids=str)
def test_edit_writes_any_kind_and_size(
    ending: str,
    words: tuple[object, ...],
    tiny_checkpoint: Path,
    editor: Editor,
    names: tuple[str, str],
    tmp_path: Path,
) -> None:
    out = tmp_path / f"edited.{ending}"
    move = f"--move={names[0]}=2"
    assert run("edit", tiny_checkpoint, "seed:4", move, *words, "--out", out) == 0
    [expected] = editor.decode(editor.move(editor.sample(1, 4)[0], {names[0]: 2.0}))
    with Image.open(out) as picture:
        assert picture.format == ending.upper()
    larger = enlarge(expected, 3 if words else 1, "--smooth" in words)
    assert same(load_image(out), larger)
    assert same(editor.decode(editor.edited(editor.open_picture(out)))[0], expected)


@pytest.mark.parametrize("method", ["slerp", "lerp"])
def test_interpolate_as_a_strip(
    method: str, tiny_checkpoint: Path, editor: Editor, names: tuple[str, str], tmp_path: Path
) -> None:
    saved, out = tmp_path / "saved.png", tmp_path / "strip.png"
    assert run("edit", tiny_checkpoint, "seed:1", f"--move={names[0]}=2", "--out", saved) == 0
    words = ("interpolate", tiny_checkpoint, saved, "seed:2", "--frames", 5, "--scale", 1)
    assert run(*words, "--method", method, "--out", out) == 0
    a = editor.move(editor.sample(1, 1)[0], {names[0]: 2.0})
    expected = editor.decode(*editor.interpolate(a, editor.sample(1, 2)[0], 5, method))
    with Image.open(out) as strip:
        assert strip.size == (5 * 16, 16)
        shown = [strip.crop((16 * i, 0, 16 * i + 16, 16)) for i in range(5)]
    assert all(map(same, shown, expected))
    assert same(shown[0], load_image(saved))


@pytest.mark.parametrize("ending", ["webp", "gif"])
def test_interpolate_as_an_animation(ending: str, tiny_checkpoint: Path, tmp_path: Path) -> None:
    out = tmp_path / f"way.{ending}"
    words = ("interpolate", tiny_checkpoint, "seed:1", "seed:2", "--frames", 6, "--frame-ms", 50)
    assert run(*words, "--loop", "--easing", "smooth", "--scale", 3, "--out", out) == 0
    with Image.open(out) as animation:
        assert animation.format == ending.upper()
        assert getattr(animation, "n_frames", 1) == 2 * 6 - 2
        assert animation.size == (48, 48)
        animation.seek(0)
        first = np.asarray(animation.convert("RGB"), dtype=float)
        animation.seek(5)
        last = np.asarray(animation.convert("RGB"), dtype=float)
    assert np.abs(first - last).mean() > 1


def test_a_video_without_ffmpeg(
    tiny_checkpoint: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    words = ("interpolate", tiny_checkpoint, "seed:1", "seed:2", "--frames", 2)
    assert run(*words, "--out", tmp_path / "way.mp4") == 2
    assert "ffmpeg" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("reconstruct", "gone.png"), "gone.png"),
        (("reconstruct", "words.txt"), "words.txt"),
        (("reconstruct", "."), "."),
        (("edit", "seed:x"), "seed:x"),
        (("edit", "seed:1", "--move", "pink"), "NAME=AMOUNT"),
        (("edit", "seed:1", "--move", "=2"), "NAME=AMOUNT"),
        (("edit", "seed:1", "--move", "brightness=much"), "much"),
        (("edit", "seed:1", "--move", "brightness=inf"), "finite"),
        (("edit", "seed:1", "--move", "brightness=1e9"), "brightness"),
        (("edit", "seed:1", "--move", "brightness=1", "--move", "brightness=2"), "twice"),
        (("edit", "seed:1", "--move", "brihgtness=1"), "did you mean 'brightness'"),
        (("edit", "seed:1", "--keep", "brihgtness"), "did you mean 'brightness'"),
        (("edit", "seed:1", "--keep", "warmth", "--move", "warmth=1"), "both move and be kept"),
        (("edit", "seed:1", "--scale", "0"), "--scale"),
        (("edit", "seed:1", "--scale", "17"), "from 1 to 16"),
        (("edit", "seed:1", "--set", "eyes"), "LABEL=VALUE"),
        (("edit", "seed:1", "--set", "tail=long"), "eyes"),
        (("edit", "seed:1", "--set", "eyes=none"), "glasses"),
        (("edit", "seed:1", "--set", "eyes=glasses", "--set", "eyes=monocle"), "twice"),
        (("interpolate", "seed:1", "seed:2", "--frames", "1"), "--frames"),
        (("interpolate", "seed:1", "seed:2", "--frames", "9999"), "1000"),
        (("interpolate", "seed:1", "seed:2", "--method", "jump"), "slerp"),
        (("interpolate", "seed:1", "gone.png"), "gone.png"),
    ],
)
def test_what_cannot_be_made(
    words: tuple[str, ...],
    reason: str,
    tiny_checkpoint: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "words.txt").write_text("these are words")
    command, *rest = words
    assert run(command, tiny_checkpoint, *rest, "--out", tmp_path / "out.png") == 2
    told = capsys.readouterr().err
    assert told.startswith("genimg: error: ")
    assert reason in told
    assert not (tmp_path / "out.png").exists()


def test_a_picture_of_another_model_is_refused(
    tiny_checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from genimg.models import build_model, save_model

    other = tmp_path / "other.safetensors"
    save_model(other, build_model("vae", (3, 16, 16), seed=7), "vae", name="other-model")
    picture = tmp_path / "picture.png"
    assert run("edit", other, "seed:1", "--out", picture) == 0
    assert run("edit", tiny_checkpoint, picture, "--out", tmp_path / "x.png") == 2
    assert "other-model" in capsys.readouterr().err


def test_the_whole_photograph_is_edited_at_its_own_size(
    tiny_checkpoint: Path, editor: Editor, names: tuple[str, str], tmp_path: Path
) -> None:
    levels = np.random.default_rng(0).integers(60, 200, (90, 150, 3), dtype=np.uint8)
    Image.fromarray(levels).save(file := tmp_path / "photo.png")
    recipe = Recipe(editor.encode(file)).pulled({names[0]: 2.0})
    expected = editor.apply_to(file, recipe)
    words = ("edit", tiny_checkpoint, file, f"--move={names[0]}=2", "--whole", "--out")
    for out in ("whole.png", "whole.webp"):
        assert run(*words, tmp_path / out) == 0
        assert same(load_image(tmp_path / out), expected)
    assert run(*words, tmp_path / "whole.jpg") == 0
    picture = Image.open(tmp_path / "whole.jpg")
    assert (picture.format, picture.size) == ("JPEG", (150, 90))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("seed:1",), "needs the photograph itself"),
        (("saved.png",), "needs the photograph itself"),
        (("photo.png", "--scale", "2"), "leave out --scale"),
        (("photo.png", "--smooth"), "leave out --scale and --smooth"),
        (("photo.png", "--do", "cross", "other=seed:1"), "none of the photograph"),
    ],
)
def test_what_is_no_whole_photograph_is_refused(
    tiny_checkpoint: Path,
    editor: Editor,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (40, 30), "teal").save("photo.png")
    Path("saved.png").write_bytes(editor.save_picture(Recipe(editor.sample(1)[0])))
    assert run("edit", tiny_checkpoint, *words, "--whole", "--out", "out.png") == 2
    assert message in capsys.readouterr().err and not Path("out.png").exists()
