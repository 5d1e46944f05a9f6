"""The app in a process of its own, as a person starts it, and a real browser to look at it."""

from __future__ import annotations

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

EDITED = "#edited img"
SLIDER = "#slider-0 input[type=range]"
EDITS = "#active"


class App:
    """`python app.py` on a free port; a context that ends it."""

    def __init__(self, checkpoints: Path) -> None:
        self.checkpoints = checkpoints.resolve()
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


def pull_slider(page: Page, amount: float) -> None:
    """Set the first slider to an amount that is not 0, and wait until the app has answered."""
    page.locator(SLIDER).fill(f"{amount:.1f}")
    page.wait_for_function(
        "([where, amount]) => document.querySelector(where).textContent.includes(amount)",
        arg=[EDITS, f"{amount:+.1f}"],
        timeout=1000.0 * PATIENCE,
    )
