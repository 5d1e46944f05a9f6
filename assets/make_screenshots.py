"""Make the README's pictures anew: `python assets/make_screenshots.py`, from the repository.

Starts the app, uses it in a real browser (Debian's chromium), and writes assets/screenshots. With a
name (people, walk, live, edit, generate, train) only those; "train" trains for some minutes.
"""

from __future__ import annotations

import io
import math
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from benchmarks.pictures import folder_of_pictures  # noqa: E402  the path comes first
from genimg import Editor  # noqa: E402
from genimg.editor import Recipe, path_times  # noqa: E402
from genimg.files import write_atomically  # noqa: E402
from genimg.images.sheets import encode_animation  # noqa: E402
from genimg.ui.edit.photographs import photographs  # noqa: E402
from genimg.ui.shell.static import address  # noqa: E402

FOLDER = HERE / "screenshots"
CHECKPOINTS = HERE.parent / "checkpoints"
ROWS = {"age": 7, "skin darkness": 1, "lit from the right": 3}
"""Numbers of portraits, and the example in which each is pulled."""
COLUMNS = 7
ENLARGED = 4
FRAMES, WIDE = 36, 912


def settle(page: Page) -> None:
    """Until all that was done in the Edit tab is shown, with its small pictures."""
    page.wait_for_function(f"""async () => {{
      const {{ session }} = await import(new URL('{address("edit/tab.js")}', document.baseURI));
      return session?.settled && session.uploads.run === null;
    }}""")
    time.sleep(1.5)


def exchange(page: Page, group: str, value: str) -> None:
    """Open a page of sliders and choose another value for what the picture shows."""
    page.locator("#group label", has_text=group).click()
    page.locator("#exchange select").select_option(value)
    settle(page)


def edit_tab(page: Page) -> None:
    """An edit in progress: exchanges, sliders, a lock, and another way that was tried."""
    page.locator("#examples button").nth(2).click()
    settle(page)
    exchange(page, "Fur colour", "blue fur")
    exchange(page, "Eyes", "glasses")
    page.click("#undo")
    settle(page)
    exchange(page, "Accessory", "pink bow")
    page.locator("#group label", has_text="Measured").click()
    page.locator("#slider-1 .lock").click()
    page.locator("#slider-0 input[type=range]").fill("1.5")
    settle(page)
    page.locator("#group label", has_text="Markings").click()
    settle(page)
    page.screenshot(path=FOLDER / "edit.png")


def live(page: Page) -> None:
    """A photograph is opened in a model of fruit, and a slider pulled by hand; what the page shows
    meanwhile.
    """
    page.locator("#model input").click()
    page.get_by_role("option").filter(has_text="fruit-128").click()
    settle(page)
    [photograph] = [path for path in photographs() if path.stem == "coffee"]
    page.locator("#upload input[type=file]").set_input_files(photograph)
    page.wait_for_function("() => document.querySelector('#own-details')?.hidden === false")
    settle(page)
    grid = page.locator("#edit-grid").bounding_box()
    track = page.locator('#pool input[data-name="Lime"]')
    track.scroll_into_view_if_needed()
    box = track.bounding_box()
    assert grid is not None and box is not None
    clip = {"x": grid["x"], "y": grid["y"], "width": grid["width"], "height": 560}
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, middle)
    page.mouse.down()
    frames = []
    for i in range(FRAMES):
        share = 0.5 + 0.46 * math.sin(2 * math.pi * i / FRAMES)
        page.mouse.move(box["x"] + box["width"] * share, middle)
        time.sleep(0.1)
        shot = Image.open(io.BytesIO(page.screenshot(clip=clip)))
        frames.append(
            shot.convert("RGB").resize((912, round(912 * clip["height"] / clip["width"])))
        )
    page.mouse.up()
    buffer = io.BytesIO()
    frames[0].save(
        buffer, "WEBP", save_all=True, append_images=frames[1:], duration=70, loop=0, quality=70
    )
    write_atomically(FOLDER / "live.webp", buffer.getvalue())
    page.locator("#model input").click()
    page.get_by_role("option").filter(has_text="cats-64-vae").click()
    settle(page)


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


def train_tab(page: Page) -> None:
    """A folder of 300 pictures is trained; what the page shows of it after some minutes."""
    page.get_by_role("tab", name="Train").click()
    form = page.locator("#train-form")
    form.locator("[data-part=path-box] summary").click()
    form.locator("[data-part=path]").fill(str(folder_of_pictures()))
    form.locator("[data-part=use-path]").click()
    form.locator("[data-part=title]").fill("My robots")
    form.locator("[data-part=minutes]").fill("12")
    start = form.locator("[data-part=start]")
    expect(start).to_be_enabled(timeout=120_000)
    start.click()
    expect(page.locator("#train-run .health")).to_contain_text("improving", timeout=500_000)
    page.screenshot(path=FOLDER / "train.png")
    page.locator("#train-run [data-part=stop]").click()
    expect(page.locator("#train-run [data-part=resume]")).to_be_visible(timeout=60_000)


def people() -> None:
    """Each row is a rendered person who does not exist, brought to values of one number."""
    editor = Editor.load(CHECKPOINTS / "portraits-128.safetensors")
    _, height, width = editor.image_shape
    sheet = Image.new("RGB", (COLUMNS * width, len(ROWS) * height))
    for row, (number, example) in enumerate(ROWS.items()):
        start = Recipe(editor.encode(HERE / "examples" / "portraits" / f"{example}.png"))
        scale = editor.scales[number]
        for column in range(COLUMNS):
            value = scale.low + (scale.high - scale.low) * column / (COLUMNS - 1)
            [picture] = editor.decode(editor.edited(editor.brought(start, {number: value})))
            sheet.paste(picture, (column * width, row * height))
    buffer = io.BytesIO()
    sheet.save(buffer, "WEBP", quality=90)
    write_atomically(FOLDER / "people.webp", buffer.getvalue())


def walk() -> None:
    """An animation of some samples turning into each other, drawn by the editor itself."""
    editor = Editor.load(CHECKPOINTS / "cats-64-gan.safetensors")
    stops = editor.sample(5, seed=2)
    frames = []
    for a, b in zip(stops, [*stops[1:], stops[0]], strict=True):
        times = path_times(12, "smooth")
        frames += editor.decode(*(editor.between(a, b, t) for t in times[:-1]))
    large = [frame.resize((frame.width * ENLARGED, frame.height * ENLARGED)) for frame in frames]
    write_atomically(FOLDER / "interpolation.webp", encode_animation(large, "webp", frame_ms=70))


def main() -> None:
    """Write all of them, or those that are named."""
    alone = {"people": people, "walk": walk}
    wanted = set(sys.argv[1:]) or {*alone, "live", "edit", "generate", "train"}
    FOLDER.mkdir(exist_ok=True)
    for name in wanted & set(alone):
        alone[name]()
    if wanted - set(alone):
        with tempfile.TemporaryDirectory() as runs:
            of_the_app(wanted, Path(runs))


def of_the_app(wanted: set[str], runs: Path) -> None:
    """Start the app, and use it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    app = subprocess.Popen(
        [sys.executable, "app.py", "--no-open", "--port", str(port), "--runs", str(runs)],
        cwd=HERE.parent,
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
            page = browser.new_page(viewport={"width": 1280, "height": 1160})
            page.goto(f"http://127.0.0.1:{port}")
            expect(page.locator("#edited canvas").first).to_be_visible(timeout=30_000)
            settle(page)
            if "live" in wanted:
                live(page)
            if "edit" in wanted:
                edit_tab(page)
            if "generate" in wanted:
                generate_tab(page)
            if "train" in wanted:
                train_tab(page)
            browser.close()
    finally:
        app.terminate()


if __name__ == "__main__":
    main()
