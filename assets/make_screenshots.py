"""Make the README's pictures anew: `python assets/make_screenshots.py`, from the repository.

Starts the app, uses it in a real browser (Debian's chromium), and writes assets/screenshots.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from genimg import Editor  # noqa: E402  the path comes first
from genimg.editor import path_times  # noqa: E402
from genimg.files import write_atomically  # noqa: E402
from genimg.sheets import encode_animation  # noqa: E402

FOLDER = HERE / "screenshots"
CATS = HERE.parent / "checkpoints" / "cats-64-gan.safetensors"
ENLARGED = 4


def exchange(page: Page, group: str, value: str) -> None:
    """Open a page of sliders and choose another value for what the picture shows."""
    page.locator("#group label", has_text=group).click()
    before = page.locator("#edited img").get_attribute("src") or ""
    page.locator("#exchange input").click()
    page.get_by_role("option", name=value, exact=True).click()
    expect(page.locator("#edited img")).not_to_have_attribute("src", before)


def edit_tab(page: Page) -> None:
    """An edit in progress: two exchanges and one slider."""
    page.locator("#examples button").nth(2).click()
    expect(page.locator("#examples button").nth(2)).to_have_attribute("aria-pressed", "true")
    time.sleep(1.5)
    exchange(page, "Fur colour", "blue fur")
    exchange(page, "Eyes", "glasses")
    before = page.locator("#edited img").get_attribute("src") or ""
    page.locator("#group label", has_text="Accessory").click()
    slider = page.locator("#pool .direction", has_text="blue scarf")
    slider.locator("input[type=range]").fill("2.5")
    expect(page.locator("#edited img")).not_to_have_attribute("src", before)
    time.sleep(0.5)
    page.screenshot(path=FOLDER / "edit.png")


def generate_tab(page: Page) -> None:
    """A wish in words, the pictures that it gives, and one of them chosen."""
    page.get_by_role("tab", name="Generate").click()
    expect(page.locator("#samples img").first).to_be_visible(timeout=20_000)
    time.sleep(1.0)
    before = page.locator("#samples button").first.get_attribute("data-pick") or ""
    page.locator("#describe textarea").fill("blue cat with glasses")
    page.locator("#describe textarea").press("Enter")
    expect(page.locator("#samples button").first).not_to_have_attribute("data-pick", before)
    page.locator("#samples button").nth(4).click()
    time.sleep(1.5)
    page.screenshot(path=FOLDER / "generate.png")


def walk() -> None:
    """An animation of some samples turning into each other, drawn by the editor itself."""
    editor = Editor.load(CATS)
    stops = editor.sample(5, seed=2)
    frames = []
    for a, b in zip(stops, [*stops[1:], stops[0]], strict=True):
        times = path_times(12, "smooth")
        frames += editor.decode(*(editor.between(a, b, t) for t in times[:-1]))
    large = [frame.resize((frame.width * ENLARGED, frame.height * ENLARGED)) for frame in frames]
    write_atomically(FOLDER / "interpolation.webp", encode_animation(large, "webp", frame_ms=70))


def main() -> None:
    """Write all of them."""
    FOLDER.mkdir(exist_ok=True)
    walk()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    app = subprocess.Popen(
        [sys.executable, "app.py", "--no-open", "--port", str(port)], cwd=HERE.parent
    )
    try:
        for _ in range(120):
            time.sleep(0.5)
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox"]
            )
            page = browser.new_page(viewport={"width": 1280, "height": 920})
            page.goto(f"http://127.0.0.1:{port}")
            expect(page.locator("#edited img")).to_be_visible(timeout=30_000)
            edit_tab(page)
            generate_tab(page)
            browser.close()
    finally:
        app.terminate()


if __name__ == "__main__":
    main()
