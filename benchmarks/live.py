"""How closely does a picture follow a slider: in genimg, the plain way, and with many people?

    python benchmarks/live.py --json

One run, three drags in a real Chromium, all with the same model and the same values: genimg's Edit
tab, a plain Gradio app (see plain.py), and genimg's Edit tab while PEOPLE others pull sliders, too
(see drags.py). A drag sets the slider to another value in every frame of the display.

Latency is from the slider's input event to the moment when the pixels of that value, or of a newer
one, have been drawn: on genimg's canvas, or as the decoded picture of the plain app. When the
display shows them is not seen from inside a page: that is the next frame for both.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # a checkout need not be installed

from benchmarks.common import ROOT, Settings, say
from benchmarks.drags import WARM_UP
from benchmarks.plain import VALUES
from benchmarks.server import PATIENCE, App, browser, free_port
from genimg.errors import GenimgError

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

MODEL, CLASSIFIER = "cats-64-vae", "cats-64-classifier"
PEOPLE = 10
SECONDS = 6.0
"""Of each drag, after WARM_UP."""
BAR_MS, BAR_FPS, BAR_RATIO = 33.0, 50.0, 5.0
"""95 % of the latencies within two frames of a display; frames a second; times the plain way."""

OURS = "#pool input[type=range][data-name]:enabled"
PLAIN = "#slider input[type=range]"

WATCH_OURS = """(note) => {
  const slider = document.querySelector(where);
  const hear = ({ detail }) => note(detail.totals[slider.dataset.name] ?? 0);
  document.addEventListener('genimg:frame', hear);
  return () => document.removeEventListener('genimg:frame', hear);
}"""
_WATCH_PLAIN = """(note) => {
  let seen = null;
  const look = () => {
    const image = document.querySelector('#picture img');
    const kept = image && /([0-9a-f]{32,})\\/image/.exec(image.src)?.[1];
    if (!kept || kept === seen) return;
    seen = kept;
    image.decode().then(() => note(values[kept]), () => {});
  };
  const observer = new MutationObserver(look);
  observer.observe(document.body, {
    subtree: true, childList: true, attributes: true, attributeFilter: ['src'],
  });
  return () => observer.disconnect();
}"""
_DRAG = """([where, steps, values, seconds]) => new Promise((resolve) => {
  const slider = document.querySelector(where);
  const events = [], frames = [];
  const stop = (%s)((value) => frames.push([performance.now(), value]));
  const begin = performance.now();
  slider.dispatchEvent(new PointerEvent('pointerdown', { bubbles: true }));
  const end = (patience) => {
    if (frames.at(-1)?.[1] !== events.at(-1)[1] && performance.now() < patience) {
      setTimeout(end, 20, patience);
      return;
    }
    stop();
    slider.dispatchEvent(new PointerEvent('pointerup', { bubbles: true }));
    slider.dispatchEvent(new Event('change', { bubbles: true }));
    resolve({ events, frames });
  };
  const step = () => {
    const now = performance.now();
    if (now - begin > 1000 * seconds) { end(now + 5000); return; }
    slider.value = steps[events.length %% steps.length];
    events.push([performance.now(), Number(slider.value)]);
    slider.dispatchEvent(new Event('input', { bubbles: true }));
    requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
})"""

Moments = list[tuple[float, float]]


def run_live(settings: Settings, seconds: float = SECONDS) -> dict[str, Any]:
    """The three drags: latency in ms, frames a second, and the server's processor time a frame."""
    model = settings.checkpoints / f"{MODEL}.safetensors"
    if not model.is_file():
        raise GenimgError(f"this part needs {model}")
    with browser() as chromium:
        with alone_in(settings.checkpoints, MODEL, CLASSIFIER) as folder, App(folder) as app:
            app.wait_for_page()
            page, name = open_editor(chromium, app)
            process = app.process_id
            idle = _load(process, 3.0)
            alone = drag(page, OURS, WATCH_OURS, process, seconds)
            say(f"  genimg: {told(alone)}")
            with _people(app, model, name, seconds) as others:
                crowded = drag(page, OURS, WATCH_OURS, process, seconds)
            crowded["server_ms"] = None  # it has drawn for the others, too
            say(f"  genimg, {PEOPLE} others at the same time: {told(crowded)}")
            page.close()
        with _plain_app(model, name) as (process, address, kept):
            page = chromium.new_page()
            page.goto(address)
            page.wait_for_selector(PLAIN, timeout=1000 * PATIENCE)
            plain = drag(page, PLAIN, _WATCH_PLAIN, process, seconds, kept)
            say(f"  plain: {told(plain)}")
            page.close()
    frames = others["frames"] / seconds + crowded["fps"]
    return {
        "model": MODEL,
        "people": PEOPLE,
        "seconds": seconds,
        "direction": name,
        "bars": {"p95_ms": BAR_MS, "fps": BAR_FPS, "ratio": BAR_RATIO},
        "alone": alone,
        "plain": plain,
        "crowded": crowded,
        "others": others,
        "idle_percent": idle,
        "median_ms": alone["median_ms"],
        "p95_ms": alone["p95_ms"],
        "fps": alone["fps"],
        "server_ms": alone["server_ms"],
        "plain_median_ms": plain["median_ms"],
        "plain_p95_ms": plain["p95_ms"],
        "plain_fps": plain["fps"],
        "ratio": round(plain["p95_ms"] / alone["p95_ms"], 1),
        "people_median_ms": crowded["median_ms"],
        "people_p95_ms": crowded["p95_ms"],
        "people_fps": round(frames, 1),
    }


def told(drag: Mapping[str, Any]) -> str:
    server = drag["server_ms"]
    return (
        f"{drag['median_ms']:.1f} ms, 95 % within {drag['p95_ms']:.1f} ms, "
        f"{drag['fps']:.1f} frames/s, {drag['frames_per_event']:.2f} frames an event"
        + ("" if server is None else f", {server:.1f} ms of the server a frame")
    )


# -- a drag


def drag(
    page: Page,
    where: str,
    watch: str,
    process: int,
    seconds: float,
    values: Mapping[str, float] | None = None,
) -> dict[str, Any]:
    """Pull a slider to and fro; `values` says which picture of the plain app is which value."""
    before = cpu_seconds(process)
    seen = page.evaluate(_DRAG % watch, [where, VALUES, dict(values or {}), seconds + WARM_UP])
    used = cpu_seconds(process) - before
    page.wait_for_timeout(500)  # what a release leads to shall not disturb the next measurement
    frames = _answers(seen["events"], seen["frames"])
    return {**_measured(seen["events"], frames), "server_ms": round(1000 * used / len(frames), 2)}


def _answers(events: Moments, frames: Moments) -> list[tuple[float, int]]:
    """(when, number of the newest event that is answered) for each frame that brings a newer one.

    A value comes again only after all others have been, more than a second later.
    """
    answers: list[tuple[float, int]] = []
    for when, value in frames:
        told = [i for i, (at, said) in enumerate(events) if at <= when and abs(said - value) < 1e-6]
        if told and (not answers or told[-1] > answers[-1][1]):
            answers.append((when, told[-1]))
    if not answers:
        raise GenimgError("no picture followed the slider")
    return answers


def _measured(events: Moments, answers: list[tuple[float, int]]) -> dict[str, Any]:
    begin, end = events[0][0] + 1000 * WARM_UP, events[-1][0]
    later = iter(answers)
    when, newest = next(later)
    took = []
    for number, (at, _) in enumerate(events):
        while newest < number:
            when, newest = next(later, (float("inf"), len(events)))
        if at >= begin and when < float("inf"):
            took.append(when - at)
    took.sort()
    counted = [at for at, _ in events if at >= begin]
    shown = [at for at, _ in answers if begin <= at <= end]
    return {
        "median_ms": round(statistics.median(took), 2),
        "p95_ms": round(took[int(0.95 * len(took))], 2),
        "fps": round(1000 * len(shown) / (end - begin), 1),
        "events_per_second": round(1000 * len(counted) / (end - begin), 1),
        "frames_per_event": round(len(shown) / len(counted), 3),
        "last_value_shown": answers[-1][1] == len(events) - 1,
    }


def cpu_seconds(process: int) -> float:
    """Processor time that a process and all its threads have used, on Linux."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _load(process: int, seconds: float) -> float:
    """Per cent of a core that a process uses while nobody does anything."""
    before = cpu_seconds(process)
    time.sleep(seconds)
    return round(100 * (cpu_seconds(process) - before) / seconds, 1)


# -- who takes part


@contextmanager
def alone_in(checkpoints: Path, *names: str) -> Iterator[Path]:
    """A folder with these models alone."""
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            if (path := (checkpoints / f"{name}.safetensors").resolve()).is_file():
                (Path(folder) / path.name).symlink_to(path)
        yield Path(folder)


def open_editor(chromium: Browser, app: App) -> tuple[Page, str]:
    """The Edit tab with its socket open, and the name of its first slider."""
    page = chromium.new_page()
    patience = 1000 * PATIENCE
    page.goto(app.address, timeout=patience)
    page.wait_for_selector("#edited canvas", timeout=patience)
    page.wait_for_selector(OURS, timeout=patience)
    page.wait_for_selector("body[data-live=live]", timeout=patience)
    page.wait_for_timeout(3000)  # the small pictures under the sliders are drawn
    name = page.locator(OURS).first.get_attribute("data-name")
    assert name is not None
    return page, name


@contextmanager
def _people(app: App, model: Path, name: str, seconds: float) -> Iterator[dict[str, Any]]:
    """The others, who pull while the block runs; what they got is known afterwards."""
    from genimg.editor import Editor, Recipe

    editor = Editor.load(model)
    recipes = [Recipe.of(latent).to_text() for latent in editor.sample(PEOPLE, seed=100)]
    url = app.address.replace("http", "ws") + "/genimg/live"
    process = _python(["-m", "benchmarks.drags", "--url", url, "--seconds", str(seconds)])
    assert process.stdin and process.stdout
    process.stdin.write(json.dumps({"recipes": recipes, "name": name}))
    process.stdin.close()
    assert process.stdout.readline().strip() == "begin"
    got: dict[str, Any] = {}
    yield got
    got.update(json.loads(process.stdout.read()))
    process.wait(PATIENCE)


@contextmanager
def _plain_app(model: Path, name: str) -> Iterator[tuple[int, str, dict[str, float]]]:
    """Its process, its address, and {folder of a picture: value}."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        command = ["-m", "benchmarks.plain", "--model", str(model), "--direction", name]
        process = _python([*command, "--port", str(port)], GRADIO_TEMP_DIR=folder)
        try:
            assert process.stdout
            kept = json.loads(process.stdout.readline())
            address = f"http://127.0.0.1:{port}"
            _wait_for(address)
            yield process.pid, address, kept
        finally:
            process.terminate()
            process.wait(PATIENCE)


def _python(arguments: list[str], **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _wait_for(address: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(address, timeout=PATIENCE) as answer:
                answer.read()
                return
        except OSError:
            time.sleep(0.05)
    raise GenimgError(f"nothing answered at {address}")


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Measure how closely pictures follow sliders.")
    parser.add_argument("--json", action="store_true", help="the numbers, as the last line")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each drag")
    parser.add_argument("--checkpoints", type=Path, default=ROOT / "checkpoints")
    options = parser.parse_args(arguments)
    settings = Settings(checkpoints=options.checkpoints)
    measured = run_live(settings, options.seconds)
    if options.json:
        print(json.dumps(measured))


if __name__ == "__main__":
    main()
