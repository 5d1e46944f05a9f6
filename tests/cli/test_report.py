"""Do `describe` and `evaluate` tell what is in the file, and what was measured?"""

import json
import re
from pathlib import Path

import pytest

from genimg import Editor
from genimg.checkpoint import read_header
from genimg.cli import main
from genimg.models import build_model, save_model


def test_describe_for_people(tiny_checkpoint: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["describe", str(tiny_checkpoint)]) == 0
    told = capsys.readouterr().out
    editor = Editor.load(tiny_checkpoint, "cpu")
    parameters = sum(p.numel() for p in editor.model.network.parameters())
    for fact in (
        editor.header.name,
        editor.model_id,
        "16 x 16, colour",
        f"{parameters:,}",
        editor.header.data["credit"],
        editor.header.data["licence"],
        f"{editor.header.metrics['psnr']:.4g}",
        str(editor.header.trained["images"]),
        f"{len(editor.directions)} directions",
        "calibrated with 1,000 validation pictures",
    ):
        assert fact in told
    for direction in editor.directions:
        assert f"{direction.reliability:4.0%}  {direction.name}" in told
    words = " ".join(told.split())
    for values in editor.factors.values():
        assert ", ".join(values) in words


def test_describe_as_json(tiny_checkpoint: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["describe", str(tiny_checkpoint), "--json"]) == 0
    header = json.loads(capsys.readouterr().out)
    editor = Editor.load(tiny_checkpoint, "cpu")
    assert header["id"] == editor.model_id
    assert header["metrics"] == editor.header.metrics
    assert [row["name"] for row in header["directions"]] == [d.name for d in editor.directions]


def test_describe_tells_what_a_gan_can_be_asked_for(
    gan_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["describe", str(gan_path)]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "`sample --set` asks for fur black fur, white fur, pink fur" in told
    assert "it only draws pictures, and mixes styles over 3 layers" in told
    assert "exchanges" not in told


def test_describe_a_classifier(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = build_model("classifier", (3, 16, 16), label_sizes=(3,), seed=0)
    save_model(tmp_path / "judge.safetensors", model, "classifier", name="judge")
    assert main(["describe", str(tmp_path / "judge.safetensors")]) == 0
    told = capsys.readouterr().out
    assert "classifier" in told and "16 x 16, colour" in told
    assert "draws" not in told


def test_evaluate_as_json(tiny_checkpoint: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["evaluate", str(tiny_checkpoint), "--samples", "20", "--json", "--device", "cpu"]
    assert main(words) == 0
    result = json.loads(capsys.readouterr().out)
    for name in ("fd", "fd_floor", "coverage", "diversity"):
        assert isinstance(result["samples"][name], float), "what scripts read"
    header = Editor.load(tiny_checkpoint, "cpu").header
    assert result["id"] == header.id
    assert result["data"] == "cats"
    # The run measured itself on the same test pictures when it ended.
    assert result["psnr"] == pytest.approx(header.metrics["psnr"], abs=0.01)
    assert result["ssim"] == pytest.approx(header.metrics["ssim"], abs=0.001)
    assert result["active_dimensions"] == header.metrics["active_dimensions"]


def test_evaluate_on_other_pictures(
    tiny_checkpoint: Path, pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["evaluate", str(tiny_checkpoint), "--data", f"folder:{pictures}", "--count", "2"]
    assert main([*words, "--samples", "0", "--device", "cpu"]) == 0
    told = dict(line.rsplit(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    numbers = {name.strip(): value for name, value in told.items()}
    assert numbers["pictures"] == "2"
    assert float(numbers["psnr"]) > 0


def numbers(start: float) -> dict[str, object]:
    """What was measured of samples in some features."""
    names = ("fd", "kid", "precision", "recall", "density", "coverage", "diversity")
    floors = {f"{name}_floor": start + 0.5 for name in names}
    copies = {"memorisation": {"verdict": f"No sign of {start}"}}
    return {**dict.fromkeys(names, start), **floors, **copies}


def test_samples_are_told_in_all_features(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In fixed ones and in a classifier's; older files have the latter alone."""
    drawn = {
        "count": 1000, "seeds": [0], "temperature": 1.0, "weights": "EMA", "caveat": "not Inception"
    }  # fmt: skip
    fixed = {**drawn, **numbers(1.0), "features": {"name": "EfficientNet", "weights": "ImageNet"}}
    told = {
        **drawn, **numbers(3.0), "count": 2000,
        "features": {"name": "judge", "id": "abc", "accuracy": 0.9},
        "recognised": 0.25, "recognised_floor": 0.75,
        "factors": {"hat": {"distance": 0.125, "missing": ["red"]}},
    }  # fmt: skip
    path = tmp_path / "drawn.safetensors"
    for samples, expected in (
        ({**fixed, "classifier": told}, 2),
        (told, 1),
        ({**fixed, "classifier": "there is none"}, 1),
    ):
        model = build_model("vae", (1, 16, 16), latent_dim=4, seed=1)
        save_model(path, model, "vae", name="drawn", extra={"metrics": {"samples": samples}})
        assert main(["describe", str(path)]) == 0
        said = capsys.readouterr().out
        assert said.count("in the features of") == said.count("copies  ") == expected
        assert said.count("not Inception") == 1
        assert "cannot be read" not in said
        if samples is not told:
            assert re.search(r"in the features of EfficientNet \(ImageNet\)", said)
            assert re.search(r"diversity +1\.0000 +1\.5000", said)
        if expected == 2 or samples is told:
            assert re.search(r"in the features of judge \(abc, accuracy 90\.0%\)", said)
            assert re.search(r"recognised +0\.2500 +0\.7500", said)
            assert re.search(r"values never drawn +hat red", said)
        else:
            assert re.search(r"classifier +there is none", said)
    assert "recognised" not in said


@pytest.mark.parametrize(
    ("words", "reason"),
    [(["--count", "0"], "--count"), (["--data", "dogs"], "dogs"), (["--device", "tpu"], "tpu")],
)
def test_what_cannot_be_measured(
    words: list[str],
    reason: str,
    tiny_checkpoint: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["evaluate", str(tiny_checkpoint), *words]) == 2
    assert reason in capsys.readouterr().err


def test_describe_says_what_is_not_stated_and_what_is_unfinished(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "half.safetensors"
    model = build_model("vae", (1, 16, 16), latent_dim=4, seed=1)
    trained = {"images": 100, "unfinished": 0.4}
    broken = {"samples": {"fd": 1.0}}
    extra = {"trained": trained, "metrics": broken}
    save_model(path, model, "vae", name="half", extra=extra)
    assert main(["describe", str(path)]) == 0
    said = capsys.readouterr().out
    assert re.search(r"still training +40%", said)
    assert re.search(r"licence +not stated", said)
    assert "cannot be read" in said  # measures of another program


def test_a_statement_is_changed_and_the_model_stays(
    gan_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.safetensors"
    path.write_bytes(gan_path.read_bytes())
    words = ["--set-title", "My cats", "--set-credit", "Me", "--set-licence", "CC0"]
    assert main(["describe", str(path), *words]) == 0
    assert re.search(r"licence +CC0", capsys.readouterr().out)
    old, new = read_header(gan_path), read_header(path)
    assert new.data == {**old.data, "title": "My cats", "credit": "Me", "licence": "CC0"}
    assert (new.id, new.config) == (old.id, old.config)
    assert main(["describe", str(path), "--set-title", "x" * 2000]) == 2
    assert read_header(path) == new


def test_describe_refuses_a_hostile_file_in_one_line(
    gan_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "hostile.safetensors"
    path.write_bytes((2**63).to_bytes(8, "little") + gan_path.read_bytes()[8:])
    assert main(["describe", str(path), "--set-title", "mine"]) == 2
    said = capsys.readouterr()
    assert said.err.count("\n") == 1 and "cannot be read as a model" in said.err


def test_describe_tells_numbers_with_their_range_and_error(
    numbered_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["describe", str(numbered_path)]) == 0
    told = capsys.readouterr().out
    assert "3 directions for `edit --move`, numbers also for `edit --to`" in told
    assert " 80%  age  20 to 75 years (± 4 years)" in told
    assert " 80%  smile  0 to 1 (± 0.15)" in told
