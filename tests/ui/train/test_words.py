"""Names of sent files, curves and addresses, as the routes of the Train tab understand them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from genimg.runs import RunFiles
from genimg.runs.processes import ROOT
from genimg.ui.serving.http import Refused, read
from genimg.ui.train.requests import NOTHING, RunRequest, training_options
from genimg.ui.train.routes import is_loopback
from genimg.ui.train.uploads import Uploads, safe_parts
from genimg.ui.train.views import MOST_POINTS, curves, shell_command


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("a.jpg", ("a.jpg",)),
        ("/etc/passwd", ("etc", "passwd")),
        ("..\\..\\a:b?.jpg", ("a_b_.jpg",)),
        ("C:\\x\\a.jpg", ("C_", "x", "a.jpg")),
        ("con.jpg", ("_con.jpg",)),
        ("-rf.jpg", ("_rf.jpg",)),
        ("a\0b.jpg", ("a_b.jpg",)),
        ("é/" + "x" * 300 + ".jpeg", ("é", "x" * 80 + ".jpeg")),
        ("__MACOSX/a.jpg", None),
        ("cats/.hidden", None),
    ],
)
def test_names_of_sent_files_are_made_harmless(name: str, parts: tuple[str, ...] | None) -> None:
    assert safe_parts(name) == parts


def test_paths_of_sent_pictures_are_kept_from_the_page(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path / "my cache" / "uploads")
    pictures = uploads.pictures(uploads.new())
    assert uploads.plainly(f"{pictures} has 3.") == "what you have sent has 3."
    assert uploads.plainly(f"{pictures.parent}: full") == "what you have sent: full"
    assert uploads.plainly("/home/me/pictures has 3.") == "/home/me/pictures has 3."


def test_long_curves_are_thinned_from_end_to_end() -> None:
    rows = [{"images": i, "seconds": i, "loss": -i} for i in range(5000)]
    found = curves(rows)
    assert len(found["images"]) == len(found["loss"]) == MOST_POINTS
    assert (found["images"][0], found["images"][-1]) == (0, 4999)


@pytest.mark.parametrize(
    ("host", "local"),
    [("127.0.0.1", True), ("127.8.9.1", True), ("::1", True), ("localhost", True),
     ("0.0.0.0", False), ("::", False), ("192.168.1.5", False), ("localhost.evil.example", False),
     ("", False)],
)  # fmt: skip
def test_which_addresses_are_of_this_machine_alone(host: str, local: bool) -> None:
    assert is_loopback(host) == local


def test_a_start_is_a_model_of_the_menu_or_nothing_or_what_fits() -> None:
    models = {"cats": Path("/models/cats.safetensors")}

    def options(**asked: object) -> list[str]:
        return training_options(read(RunRequest, json.dumps({"data": "cats"} | asked)), models)

    assert options() == options(init_from="") == options(init_from=None) == []
    assert options(init_from="cats") == ["--init-from=/models/cats.safetensors"]
    assert options(init_from=NOTHING) == ["--from-nothing"]
    with pytest.raises(Refused, match="init_from cannot be"):
        options(init_from="/models/cats.safetensors")


def test_a_command_says_where_its_run_and_its_model_lie(tmp_path: Path) -> None:
    files = RunFiles(tmp_path / "my runs" / "cats")
    usual, other = ROOT / "checkpoints", tmp_path / "my models"
    assert shell_command(files, usual) == ""
    files.path.mkdir(parents=True)
    files.command.write_text(json.dumps({"arguments": ["vae", "--title=Tom's"]}))
    out = f"--out={files.path}"
    train = "python -m genimg train vae"
    assert shell_command(files, usual, windows=False) == f"{train} '--title=Tom'\"'\"'s' '{out}'"
    assert shell_command(files, usual, windows=True) == f'{train} --title=Tom\'s "{out}"'
    set_first = shell_command(files, other, windows=False).partition(" python")[0]
    assert set_first == f"GENIMG_CHECKPOINTS='{other}'"
    assert shell_command(files, other, windows=True).startswith(
        f'set "GENIMG_CHECKPOINTS={other}" && {train}'
    )
