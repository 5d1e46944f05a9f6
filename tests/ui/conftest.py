"""A served app with tiny real models, a browser, and a page that notes what goes wrong."""

from __future__ import annotations

import os
import re
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import torch
import uvicorn
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)

from genimg import Editor
from genimg.images import encode_png
from genimg.models import build_model, save_model

from .train.forked import use_forks
from .train.training_site import Place

FIRST, SECOND, DRAWER = "a-tiny-cats", "b-untrained", "c-tiny-gan"
"""The models of the served folder, in the order of the menu: the last one only draws."""

UNTRUSTED = "192.0.2.1"
"""An address of the app that a browser trusts no more than any other page over plain http."""

CHROMIUM = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    f"--host-resolver-rules=MAP {UNTRUSTED} 127.0.0.1",
]  # fmt: skip

GIVEN_UP = ("AbortError: signal is aborted", "AbortError: BodyStreamBuffer was aborted")
"""What Gradio's client says at times of its own streams, when a page goes."""

REFUSED = "the server responded with a status of 4"
"""What the browser itself notes about an answer that is a refusal."""

UNREACHED = (
    "net::ERR|Failed to fetch|network error|Connection errored out|BodyStreamBuffer was aborted"
)
"""The same about an answer that never came, or broke off: the last is of Gradio's own stream."""

expect.set_options(timeout=15_000)  # a slow machine with other things to do

CANVAS = "#edited .frame > canvas >> nth=0"

_PICTURE = """(place) => {
  const canvas = document.querySelector(`${place} .frame > canvas:not([hidden])`);
  if (canvas) return canvas.toDataURL();
  return document.querySelector(`${place} img:not([hidden])`)?.src ?? '';
}"""

_EXPOSE = """(async () => {
  window.genimg = {};
  let main = null;
  while (!(main = document.querySelector('script[type=module][src$="/main.js"]'))) {
    await new Promise((done) => setTimeout(done, 20));
  }
  const names = ['tab', 'opening', 'links', 'saving'].map((name) => `edit/${name}`);
  names.push('shell/http', 'shell/models', 'train/client');
  await import(main.src);
  const [tab, ...others] = await Promise.all(
    names.map((name) => import(main.src.replace('main.js', `${name}.js`))));
  Object.assign(window.genimg, ...others);
  Object.defineProperty(window.genimg, 'work', { get: () => tab.session });
})()"""

_THREE_FRAMES = """() => new Promise((done) => {
  let left = 3;
  const next = () => (left-- ? requestAnimationFrame(next) : done());
  next();
})"""


@dataclass(frozen=True)
class Site:
    """The running app: its address, its folder of models, and its folder of temporary files."""

    url: str
    folder: Path
    temporary: Path

    def editor(self, name: str = FIRST) -> Editor:
        return Editor.load(self.folder / f"{name}.safetensors", "cpu")

    def temporary_files(self) -> set[Path]:
        return {path for path in self.temporary.rglob("*") if path.is_file()}


def save_gan(path: Path) -> None:
    """A GAN of three layers that can be asked for labels, whose w nobody has described."""
    model = build_model("gan", (3, 16, 16), "style", label_sizes=(3, 2), seed=5)
    rng = torch.Generator().manual_seed(0)
    for name, weights in model.named_parameters():
        if "scale" in name or "conv2" in name:  # they start at zero: as if it had been trained
            weights.data = 0.3 * torch.randn(weights.shape, generator=rng)
    factors = [
        {"name": "fur", "values": ["black fur", "white fur", "pink fur"]},
        {"name": "hat", "values": ["no hat", "red hat"]},
    ]
    row = {"name": "component 1", "group": "component", "factor": "", "std": 1.0}
    save_model(
        path,
        model,
        "gan",
        name=path.stem,
        extra={
            "data": {"name": "cats", "title": "Drawn", "factors": factors},
            "directions": ({**row, "reliability": 0.5},),
        },
        tensors={"directions.vectors": torch.eye(16)[:1]},
    )


@contextmanager
def served(folder: Path, temporary: Path, runs: Path, port: int = 0) -> Iterator[Site]:
    """The app with the models of a folder, on this port or on one of its own."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
        port = probe.getsockname()[1]

    from genimg.ui.server import build_app

    app = build_app(folder, "127.0.0.1", port, runs)
    server = uvicorn.Server(
        uvicorn.Config(
            app, host="127.0.0.1", port=port, log_level="warning", timeout_graceful_shutdown=1
        )  # pages may still be listening when it ends
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 60
    while not server.started:
        assert thread.is_alive() and time.monotonic() < deadline, "the app did not start"
        time.sleep(0.05)
    yield Site(f"http://127.0.0.1:{port}", folder, temporary)
    server.should_exit = server.force_exit = True  # some listen to it still
    for connection in list(server.server_state.connections):  # as when a process ends
        connection.loop.call_soon_threadsafe(connection.transport.abort)
    thread.join(timeout=20)
    app.state.training.close()


@pytest.fixture(scope="session")
def site(tiny_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site") / "checkpoints"
    folder.mkdir()
    shutil.copy(tiny_checkpoint, folder / f"{FIRST}.safetensors")
    other = build_model("vae", image_shape=(1, 16, 16), latent_dim=8, seed=3)
    save_model(folder / f"{SECOND}.safetensors", other, "vae", name=SECOND)
    save_gan(folder / f"{DRAWER}.safetensors")
    judge = build_model("classifier", image_shape=(3, 16, 16), label_sizes=(2,), seed=4)
    save_model(folder / "judge.safetensors", judge, "classifier", name="judge")  # not in the menu
    (folder / "damaged.safetensors").write_bytes(b"not a model at all")
    temporary = tmp_path_factory.mktemp("temporary")
    os.environ["GRADIO_TEMP_DIR"] = str(temporary)
    with served(folder, temporary, folder.parent / "runs") as site:
        yield site


def chromium() -> str | None:
    """The browser that is installed. One without windows has the same engine, and less to do."""
    names = ("chromium-headless-shell", "chromium", "chromium-browser")
    return next(filter(None, map(shutil.which, names)), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM)
        yield started
        started.close()


def expose_modules(page: Page) -> None:
    """Let `evaluate` find the page's modules: `genimg` has what they export, and `genimg.work` is
    the session of the Edit tab, once it is there.
    """
    page.add_init_script(_EXPOSE)


@dataclass
class Visitor:
    """Somebody at the page: the browser's page, and what must not happen there."""

    site: Site
    context: BrowserContext
    page: Page
    heard: list[str] = field(default_factory=list)
    forgiven: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        expose_modules(self.page)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(GIVEN_UP):
            self.heard.append(f"{message.text} {message.location.get('url', '')}".rstrip())

    @property
    def complaints(self) -> list[str]:
        """What went wrong in the page, without what is forgiven."""
        return [said for said in self.heard if not any(re.search(x, said) for x in self.forgiven)]

    def forgive(self, pattern: str) -> None:
        """Complaints like this were meant to come, whenever they do: the browser takes its time."""
        self.forgiven.append(pattern)

    def open(self, address: str = "") -> Visitor:
        page = self.page
        page.on("pageerror", lambda error: self.heard.append(str(error)))
        page.on("console", self._hear)
        own = (self.site.url, self.site.url.replace("127.0.0.1", UNTRUSTED), "data:", "blob:")
        page.on(
            "request",
            lambda request: (
                None if request.url.startswith(own) else self.foreign.append(request.url)
            ),
        )
        page.goto(address or self.site.url)
        expect(page.locator(CANVAS)).to_be_visible(timeout=90_000)  # all tests may begin at once
        expect(page.locator("#slider-0")).to_be_visible()
        expect(page.locator("#exchange")).to_be_visible()
        return self

    def picture(self, place: str) -> str:
        """The data: URI of the picture that is shown at a place ("#edited"), or ""."""
        return str(self.page.evaluate(_PICTURE, place))

    def await_change(self, place: str, before: str) -> str:
        """The picture at a place, once it is another one than `before`, and all is answered."""
        self.page.wait_for_function(f"(old) => ({_PICTURE})({place!r}) !== old", arg=before)
        self.settle()
        return self.picture(place)

    def await_picture(self, place: str, wanted: str) -> None:
        """Until the picture at a place is that one."""
        self.page.wait_for_function(f"(wanted) => ({_PICTURE})({place!r}) === wanted", arg=wanted)

    def settle(self) -> None:
        """Until nothing that was done in the Edit tab is still on its way."""
        self.page.wait_for_function("() => genimg.work?.settled")

    def await_refined(self) -> None:
        """Until the start of an upload has been made as faithful as it gets."""
        self.page.wait_for_function("() => genimg.work.uploads.run === null")
        self.settle()

    def await_kept(self) -> None:
        """Until the browser has written down all steps."""
        self.page.evaluate("genimg.storage.then((storage) => storage.flush())")

    def steps(self) -> list[str]:
        """The labels of all steps that the page keeps, the oldest first."""
        script = "[...genimg.work.tree.nodes.values()].map((node) => node.label)"
        return [str(label) for label in self.page.evaluate(script)]

    def upload(self, path: Path) -> None:
        remove = self.page.locator('#upload button[aria-label="Remove Image"]')
        if remove.count():
            remove.click()
        self.page.set_input_files("#upload input[type=file]", str(path))

    def set_slider(self, index: int, value: float) -> None:
        """As the arrow keys would: the step is kept a moment after the last one."""
        self.page.locator(f"#slider-{index} input[type=range]").fill(str(value))

    def slots(self) -> list[str]:
        """The directions of the visible sliders."""
        script = "genimg.work.panel.names"
        return [str(name) for name in self.page.evaluate(script)]

    def open_tab(self, name: str) -> None:
        self.page.get_by_role("tab", name=name).click()
        expect(self.page.locator(f"#tab-{name.lower()}")).to_be_visible()
        self.await_frames()

    def choose_model(self, number: int) -> None:
        self.page.locator("#model input").click()
        self.page.get_by_role("option").nth(number).click()

    def await_frames(self) -> None:
        """Until a tab that has just been opened is as it stays.

        Gradio puts the parts of a tab into the page when it is opened for the first time, and
        sets them to their values once more in the next frame. Nobody types as fast as that, except
        for a test.
        """
        self.page.evaluate(_THREE_FRAMES)


@pytest.fixture
def visit(
    site: Site, browser: Browser, tidied: BrowserContext, monkeypatch: pytest.MonkeyPatch
) -> Iterator[object]:
    """Opens the page in a fresh session; at the end nothing may have gone wrong in any of them.

    The tiny model knows hardly any picture, and would be offered every one: here they are opened at
    once, but where a test wants `offers`.
    """
    visitors: list[Visitor] = []

    def enter(
        width: int = 1280,
        height: int = 900,
        address: str = "",
        script: str = "",
        offers: bool = False,
    ) -> Visitor:
        if not offers:
            monkeypatch.setattr("genimg.ui.edit.foreign.unknown", lambda store, opened: None)
        # The first has the files of the page already; whoever comes next is somebody else.
        context = browser.new_context() if visitors else tidied
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": height})
        if script:  # runs before those of the page
            page.add_init_script(f"({script})()")
        visitor = Visitor(site, context, page)
        visitors.append(visitor)
        return visitor.open(address)

    yield enter
    for visitor in visitors:
        for page in visitor.context.pages:
            page.close()
        if visitor.context is not tidied:
            visitor.context.close()
        assert visitor.complaints == []
        assert visitor.foreign == []


@pytest.fixture(scope="session")
def returning(browser: Browser) -> BrowserContext:
    """A browser that has been here: to get and to compile all of the page's files takes seconds."""
    return browser.new_context()


@pytest.fixture
def tidied(site: Site, returning: BrowserContext) -> BrowserContext:
    """The same, with nothing in it but those files."""
    page = returning.new_page()
    session = returning.new_cdp_session(page)
    for host in ("127.0.0.1", "localhost", UNTRUSTED):
        origin = site.url.replace("127.0.0.1", host)
        session.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "all"})
    page.close()
    returning.set_offline(False)
    returning.clear_cookies()
    returning.clear_permissions()
    return returning


@pytest.fixture(scope="session")
def photo(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture to upload, larger than the model's and not square, that the model knows."""
    editor = site.editor()
    [image] = editor.decode(*editor.sample(1, seed=77))
    path = tmp_path_factory.mktemp("photos") / "photo.png"
    path.write_bytes(encode_png(image.resize((90, 60))))
    return path


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache folder of this test alone."""
    monkeypatch.setenv("GENIMG_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def place(
    own_cache: Path, tmp_path: Path, tiny_checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Place]:
    """An app that can train, without a browser."""
    use_forks(monkeypatch)
    made = Place(tmp_path, tiny_checkpoint)
    yield made
    made.close()
