"""`python app.py`, as it is typed."""

from __future__ import annotations

import argparse
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

from genimg.cli import COMMANDS, main
from genimg.runs import STOPPED, TRAINING, RunFiles, launch, summary
from genimg.ui.serving.temp import VARIABLE

from .conftest import CANVAS, save_gan, served
from .train.training_site import picture, until

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def running(
    checkpoints: Path, *more: str, **environment: str
) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The program, started on a free port: the address that it says, and its process."""
    words = ["--no-open", "--port", "0", "--checkpoints", str(checkpoints), *more]
    program = subprocess.Popen(
        [sys.executable, "app.py", *words],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert program.stdout is not None
        said = ""
        while "genimg is at" not in said:
            line = program.stdout.readline()
            assert line, f"it ended: {said}"
            said += line
        found = re.search(r"http://127\.0\.0\.1:\d+", said)
        assert found is not None
        yield found[0], program
    finally:
        program.terminate()
        program.wait(timeout=20)


def test_it_says_where_it_is_and_answers_and_its_runs_outlive_it(
    checkpoints_dir: Path, tmp_path: Path
) -> None:
    runs = tmp_path / "runs"
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for number in range(30):
        (pictures / f"{number}.png").write_bytes(picture(number))
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    (temporary / "gradio").write_bytes(b"somebody else's")  # where Gradio would want a folder
    places = {"TMPDIR": str(temporary), VARIABLE: ""}
    with running(checkpoints_dir, "--runs", str(runs), **places) as (address, _):
        assert httpx.get(address, timeout=20).status_code == 200
        wanted = {"title": "Shapes", "data": f"folder:{pictures}", "size": 16, "minutes": 10}
        answer = httpx.post(f"{address}/genimg/training/runs", json=wanted, timeout=20)
        assert answer.json() == {"name": "shapes"}
        files = RunFiles(runs / "shapes")
        until(lambda: files.alive, bool)
        sent = {"files": ("a.png", b"picture")}
        [path] = httpx.post(f"{address}/gradio_api/upload", files=sent, timeout=20).json()
        assert Path(path).is_relative_to(temporary)
    assert files.alive, "it ended with the app"
    assert [path for path in temporary.rglob("*") if path.is_file()] == [temporary / "gradio"]
    until(lambda: summary(files).phase, lambda phase: phase == TRAINING)
    launch.stop(files)
    until(lambda: summary(files).phase, lambda phase: phase == STOPPED)


@pytest.mark.browser
def test_without_a_model_the_page_says_what_to_do(tmp_path: Path, browser: Browser) -> None:
    with served(tmp_path, tmp_path / "temporary", tmp_path / "runs") as site:
        page = browser.new_page()
        page.goto(site.url)
        expect(page.locator("#original")).to_contain_text("genimg train vae --data cats")
        page.close()


@pytest.mark.browser
def test_a_model_that_only_draws_is_no_reason_to_complain(tmp_path: Path, browser: Browser) -> None:
    save_gan(tmp_path / "tiny-gan.safetensors")
    with served(tmp_path, tmp_path / "temporary", tmp_path / "runs") as site:
        page = browser.new_page()
        page.goto(site.url)
        expect(page.locator(CANVAS)).to_be_visible(timeout=30_000)
        expect(page.locator("#only-draws")).to_contain_text("This model only draws")
        expect(page.locator("#upload")).to_be_hidden()
        expect(page.get_by_test_id("toast-body")).to_have_count(0)
        page.close()


def test_an_impossible_port_is_refused_before_anything_starts(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["app", "--port", "99999"]) == 2
    assert "from 0 to 65535, not 99999" in capsys.readouterr().err


def test_training_is_allowed_or_not() -> None:
    assert main(["app", "--no-training", "--allow-training"]) == 2


def test_no_run_at_all_at_once_is_refused_before_anything_starts() -> None:
    assert main(["app", "--training-at-once", "0"]) == 2


def test_a_language_that_nobody_has_written_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["app", "--checkpoints", str(tmp_path), "--port", "0", "--language", "xy"]
    assert main(words) == 2
    assert "no language 'xy'; choose one of: en" in capsys.readouterr().err


def test_a_port_in_use_is_said_plainly(checkpoints_dir: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ended = subprocess.run(
            [sys.executable, "app.py", "--no-open", "--port", port],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
        )
    assert ended.returncode != 0
    assert f"port {port}" in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stdout + ended.stderr


def test_what_gradio_calls_its_settings_counts_where_no_option_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GRADIO_SERVER_NAME", "0.0.0.0")
    monkeypatch.setenv("GRADIO_SERVER_PORT", "7000")
    monkeypatch.setenv("GRADIO_ROOT_PATH", "/apps/genimg")
    parser = argparse.ArgumentParser()
    COMMANDS["app"].configure(parser)
    said = parser.parse_args([])
    assert (said.host, said.port, said.root_path) == ("0.0.0.0", 7000, "/apps/genimg")
    words = ["--host", "127.0.0.1", "--port", "7001", "--root-path", ""]
    said = parser.parse_args(words)
    assert (said.host, said.port, said.root_path) == ("127.0.0.1", 7001, "")


def processes_of(look: str) -> list[str]:
    """The commands that work for a look now."""
    found = []
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has just ended
            words = place.read_bytes().decode(errors="replace").replace("\0", " ")
            found += [words] if f"/looks/{look}/" in words else []
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_look_at_pictures_ends_with_the_app(tmp_path: Path, number: signal.Signals) -> None:
    models, cache = tmp_path / "models", tmp_path / "cache"
    models.mkdir()
    with running(models, "--runs", str(tmp_path), GENIMG_CACHE=str(cache)) as (address, program):
        asked = {"data": "portraits", "size": 64}
        answer = httpx.post(f"{address}/genimg/training/look", json=asked, timeout=20)
        look = answer.json()["id"]
        until(lambda: processes_of(look), bool)
        program.send_signal(number)
        said, _ = program.communicate(timeout=60)
        assert "Traceback" not in said and program.returncode == 0
    assert processes_of(look) == []
    assert not list((cache / "looks").iterdir())


def test_options_say_who_is_let_in_and_what_is_off_and_ctrl_c_ends_it_quietly(
    checkpoints_dir: Path, tmp_path: Path
) -> None:
    (tmp_path / "accounts").write_text("ann:secret\n")
    words = ["--allow-host", "pictures.example.org", "--auth-file", str(tmp_path / "accounts")]
    words += ["--allow-embedding", "https://a.example", "--no-training"]
    with running(checkpoints_dir, *words) as (address, program):
        named = {"Host": "pictures.example.org"}
        assert httpx.get(address, headers={"Host": "evil.example"}, timeout=20).status_code == 403
        told = httpx.get(f"{address}/config", headers=named, timeout=20)
        assert told.status_code == 401 and "https://a.example" in str(told.headers)
        ann = ("ann", "secret")
        told = httpx.get(f"{address}/config", headers=named, auth=ann, timeout=20)
        assert told.status_code == 200
        told = httpx.get(f"{address}/genimg/training", auth=ann, timeout=20).json()
        assert not told["allowed"] and "--no-training" in told["why"]
        program.send_signal(signal.SIGINT)
        said, _ = program.communicate(timeout=30)
        assert "Traceback" not in said
        assert program.returncode == 0


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--allow-host", "http://example.org"], "--allow-host example.org"),
        (["--auth", "ann"], "NAME:PASSWORD"),
        (["--behind-proxy", "example.org"], "--behind-proxy 127.0.0.1"),
    ],
)
def test_who_cannot_be_let_in_is_said_plainly(
    words: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["app", "--no-open", "--port", "0", *words]) == 2
    assert why in capsys.readouterr().err
