"""The app in a process of its own, as a person starts it, and a real browser to look at it."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from benchmarks.common import ROOT
from genimg.errors import GenimgError

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE = 120.0
"""Seconds after which something that has not happened is a failure."""

EDITED = "#edited .frame > canvas:not([hidden])"
SLIDER = "#slider-0 input[type=range]"

_PULL = """([where, value, keep]) => new Promise((done) => {
  const slider = document.querySelector(where);
  const seen = ({ detail }) => {
    if (Math.abs((detail.totals[slider.dataset.name] ?? 0) - value) > 1e-6) return;
    document.removeEventListener('genimg:frame', seen);
    done();
  };
  document.addEventListener('genimg:frame', seen);
  slider.value = value;
  slider.dispatchEvent(new Event('input', { bubbles: true }));
  if (keep) slider.dispatchEvent(new Event('change', { bubbles: true }));
})"""


class App:
    """`python app.py` on a free port; a context that ends it."""

    def __init__(self, checkpoints: Path, **environment: str) -> None:
        self.checkpoints = checkpoints.resolve()
        self._environment = {**os.environ, **environment}
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> App:
        self._log = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")
        self.started = time.perf_counter()
        self._process = subprocess.Popen(
            [
                sys.executable,
                "app.py",
                "--no-open",
                "--port",
                str(self.port),
                "--checkpoints",
                str(self.checkpoints),
            ],
            cwd=ROOT,
            env=self._environment,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()

    def seconds(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self.started

    def wait_for_page(self) -> None:
        """Wait until the address answers with the page.

        Raises:
            GenimgError: the app ended, or did not answer for a long time.
        """
        while self.seconds() < PATIENCE:
            if self._process.poll() is not None:
                self._log.seek(0)
                raise GenimgError(f"app.py ended by itself:\n{self._log.read()[-2000:]}")
            try:
                with urllib.request.urlopen(self.address, timeout=PATIENCE) as answer:
                    if answer.status == 200 and answer.read():
                        return
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.02)
        raise GenimgError(f"app.py did not answer within {PATIENCE:.0f} s")

    def log(self) -> str:
        """All that it has said."""
        self._log.seek(0)
        return self._log.read()

    @property
    def process_id(self) -> int:
        """Of the app's process."""
        return self._process.pid

    def memory(self) -> float:
        """Resident memory of the app's process in MB (10^6 bytes)."""
        process = str(self._process.pid)
        status = Path("/proc") / process / "status"
        if status.is_file():
            found = re.search(r"^VmRSS:\s*(\d+) kB", status.read_text(), re.MULTILINE)
            kilobytes = found[1] if found else "0"
        else:  # no Linux
            command = ["ps", "-o", "rss=", "-p", process]
            kilobytes = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        return int(kilobytes) * 1024 / 1e6


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def browser() -> Iterator[Browser]:
    """The system's own Chromium, without a window.

    Raises:
        GenimgError: there is none.
    """
    from playwright.sync_api import sync_playwright

    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        raise GenimgError("this part needs Chromium; install it (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        try:
            yield started
        finally:
            started.close()


def wait_for_editor(page: Page) -> None:
    """Wait until the Edit tab shows a picture and a slider that can be pulled."""
    patience = 1000.0 * PATIENCE
    page.wait_for_selector(EDITED, timeout=patience)
    page.wait_for_selector(f"{SLIDER}:enabled", timeout=patience)


def pull_slider(page: Page, amount: float, keep: bool = False) -> None:
    """Set the first slider to an amount and wait for its picture; with `keep`, let it go there."""
    page.evaluate(_PULL, [SLIDER, round(amount, 1), keep])


def shown_picture(page: Page) -> str:
    """The edited picture, as a data: URI."""
    return str(page.locator(EDITED).first.evaluate("(canvas) => canvas.toDataURL()"))
