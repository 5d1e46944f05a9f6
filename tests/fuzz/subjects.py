"""Which files are fuzzed: good ones of every kind, how each is spoiled, and how it is read."""

from __future__ import annotations

import hashlib
import io
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from safetensors import safe_open
from safetensors.torch import load_file
from safetensors.torch import save as serialize
from torch import Tensor

from genimg.checkpoint import read_header
from genimg.cli import report
from genimg.editor import Editor, Recipe, install_checkpoint
from genimg.edits.operations import Details
from genimg.images import encode_png, encode_webp, load_image
from genimg.models import MODELS, load_any_model, round_weights, save_model
from genimg.models.autoencoder import Autoencoder, AutoencoderConfig
from genimg.models.classifier import Classifier, ClassifierConfig
from genimg.models.gan import GAN, GANConfig
from genimg.models.photo_vae import PhotoVAE, PhotoVAEConfig
from genimg.models.vae import VAE, VAEConfig
from genimg.runs import RunFiles, judge, runs_in, summary
from genimg.ui.shell import opening
from genimg.ui.shell.card import model_card
from genimg.ui.shell.store import Store

from ..edits.texts import as_version_3
from . import mutations

Subject = tuple[str, int, str, Callable[[random.Random], bytes], Callable[[Path], object]]

FACTORS = [
    {"name": "fur", "values": ["black fur", "white fur", "pink fur"]},
    {"name": "hat", "values": ["no hat", "red hat"]},
]
SHAPE = (3, 16, 16)


def subjects(folder: Path) -> list[Subject]:
    """(kind, how many, suffix, make a bad one, read it); good files go to `folder`."""
    store_folder = folder / "good"
    store_folder.mkdir()
    models = {family: _save(store_folder, family) for family in MODELS}
    models["photo"] = _save_photo(store_folder)
    store = Store(store_folder)
    editor = store.get("vae")
    found: list[Subject] = []
    for family, path in models.items():
        found += _checkpoints(family, path)
    base = store.get("base")
    now = json.loads(_recipe(editor).to_text())
    recipes = _recipes("recipe", store, editor, now)
    recipes += _recipes("old-recipe", store, editor, as_version_3(now))
    photograph = Recipe(base.encode(Image.new("RGB", (30, 20), "red")), origin="upload")
    moved = photograph.pulled({"brightness": 1.0}).after(photograph, "brightness +1.0")
    recipes += _recipes("photo-recipe", store, base, json.loads(moved.to_text()))
    kept = store.get("photo")
    faded = Details(0.5).onto(Recipe(kept.encode(Image.new("RGB", (30, 20), "red"))), kept)
    recipes += _recipes("details-recipe", store, kept, json.loads(faded.to_text()))
    return [*found, *_pictures(store, editor), *recipes, *_runs()]


# --------------------------------------------------------------------------------- checkpoints


def _save(folder: Path, family: str) -> Path:
    torch.manual_seed(0)
    model: Any
    if family == "vae":
        model = VAE(VAEConfig(SHAPE, 4, "residual", (4, 8)))
    elif family == "gan":
        model = GAN(GANConfig(SHAPE, 4, widths=(4, 8), label_sizes=(3, 2), encoder_widths=(4, 8),
                              source_components=2, source_by_value=True))  # fmt: skip
    elif family == "base":
        model = Autoencoder(AutoencoderConfig(SHAPE, 4, (4, 8), (1, 1), (1, 1)))
        round_weights(model, family)
    else:
        model = Classifier(ClassifierConfig(SHAPE, (3, 2), (4, 8), 1, 8))
    rows = [
        {"name": name, "group": group, "factor": "", "std": 1.0, "reliability": 0.5}
        for name, group in (("red hat", "named"), ("brightness", "measured"), ("dim 3", "raw"))
    ]
    sheet = io.BytesIO()
    Image.new("RGB", (8, 8)).save(sheet, "WEBP")
    labels = {} if family == "vae" else {"factors": FACTORS}
    extra: dict[str, Any] = {
        "data": {"name": "cats", "title": "Cats", "credit": "me", "licence": "CC0", **labels},
        "trained": {"images": 100, "minutes": 0.5, "options": {"seed": 1}},
        "metrics": {"psnr": 20.5, "samples": {"fd": 1.5, "seeds": [0, 1]}, "accuracy": 0.5},
    }
    if family != "classifier":
        extra["directions"] = tuple(rows)
    vectors = {}
    if family == "base":
        vectors = {"directions.maps": 0.1 * torch.randn(3, 4, 5)}
    elif family != "classifier":
        vectors = {"directions.vectors": torch.eye(4)[:3]}
    path = folder / f"{family}.safetensors"
    save_model(path, model, family, name=family, extra=extra, tensors=vectors)
    return path


def _save_photo(folder: Path) -> Path:
    """A VAE on a base."""
    torch.manual_seed(0)
    base = AutoencoderConfig(SHAPE, 4, (4, 8), (1, 1), (1, 1))
    model = PhotoVAE(PhotoVAEConfig(SHAPE, 4, base, (4,), 1))
    round_weights(model, "vae")
    path = folder / "photo.safetensors"
    save_model(path, model, "vae", name="photo")
    return path


def _checkpoints(family: str, path: Path) -> list[Subject]:
    data = path.read_bytes()
    with safe_open(path, "pt") as file:
        header = json.loads(file.metadata()["genimg"])
    tensors = load_file(path)
    table = int.from_bytes(data[:8], "little") + 8

    def spoiled_bytes(rng: random.Random) -> bytes:
        return mutations.any_bytes(data, rng, table)

    def spoiled_header(rng: random.Random) -> bytes:
        text = mutations.any_text(header, rng)
        return serialize(tensors, {"genimg": text.encode("utf-8", "replace").decode()})

    def spoiled_config(rng: random.Random) -> bytes:
        part = rng.choice(("config", "config", "data", "directions", "metrics", "trained"))
        values = {**header, part: mutations.any_tree(header[part], rng)}
        return serialize(tensors, {"genimg": json.dumps(values)})

    def spoiled_tensors(rng: random.Random) -> bytes:
        changed = _spoil(tensors, rng)
        fields = {**header, "id": _digest(changed)} if rng.random() < 0.9 else header
        return serialize(changed, {"genimg": json.dumps(fields)})

    return [
        (f"{family}-bytes", 110, ".safetensors", spoiled_bytes, read_checkpoint),
        (f"{family}-header", 70, ".safetensors", spoiled_header, read_checkpoint),
        (f"{family}-config", 100, ".safetensors", spoiled_config, read_checkpoint),
        (f"{family}-tensors", 70, ".safetensors", spoiled_tensors, read_checkpoint),
    ]


def _spoil(tensors: Mapping[str, Tensor], rng: random.Random) -> dict[str, Tensor]:
    """One or two tensors with other numbers, of another shape or type, gone, or too many."""
    changed = dict(tensors)
    special = [name for name in tensors if not name.endswith((".weight", ".bias"))]
    for _ in range(rng.choice((1, 1, 2))):
        name = rng.choice(rng.choice((special or list(changed), list(changed))))
        old = changed.get(name, torch.zeros(2))
        extreme = rng.choice((0.0, -1.0, 1e-30, 1e30, 3e38, -1e10, float("nan"), float("inf")))
        kind = rng.randrange(9)
        if kind < 3:
            number = extreme if old.is_floating_point() else rng.choice((-1, 2**40, 0))
            changed[name] = torch.tensor(number).to(old.dtype).expand_as(old).clone()
        elif kind == 3 and old.numel():
            flat = old.flatten().clone()
            number = extreme if old.is_floating_point() else -7
            flat[rng.randrange(len(flat))] = torch.tensor(number).to(old.dtype)
            changed[name] = flat.reshape(old.shape)
        elif kind == 4:
            changed[name] = old.to(rng.choice((torch.float16, torch.float64, torch.int64)))
        elif kind == 5:
            changed[name] = rng.choice(
                (old[None], old.flatten(), torch.zeros(0), old.reshape(old.shape[::-1]))
            ).contiguous()
        elif kind == 6:
            changed.pop(name, None)
        elif kind == 7:
            changed[rng.choice(("rider", "", "prior.extra", "directions.vectors"))] = old.clone()
        else:
            changed[name] = changed[rng.choice(list(changed))].clone()
    return changed


def _digest(tensors: Mapping[str, Tensor]) -> str:
    """The id that weights ought to have, as in `genimg.models.model_digest`."""
    digest = hashlib.sha256()
    for name, tensor in sorted(tensors.items()):
        if name.startswith(("prior.", "directions.")):
            continue
        array = (tensor.float() if tensor.dtype == torch.float16 else tensor).numpy()
        digest.update(f"{name}{array.dtype}{array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()[:16]


def read_checkpoint(path: Path) -> None:
    """All that the program does with a model that it meets, as far as the model lets it."""
    folder = path.parent / "drop"
    folder.mkdir(exist_ok=True)
    store = Store(path.parent)
    for name in store.names:
        info = store.info(name)
        store.examples(name)
        shown = model_card(info)
        assert mutations.EVIL not in shown and "\u202e" not in shown, "markup came through"
        assert mutations.EVIL not in model_card(None, [f"{info.title} {info.path}"])
    header = read_header(path)
    described = "\n".join(report._description(header, path, 0))
    assert "\x1b" not in described and "\u202e" not in described, "it would write to a terminal"
    if header.family in MODELS and not MODELS[header.family].opens:
        model, *_ = load_any_model(path)
        assert torch.isfinite(torch.cat([*model(torch.zeros(1, *SHAPE))], 1)).all()
        return
    editor = Editor.load(path, "cpu")
    if editor.has_kind:
        [latent] = editor.sample(1, seed=1)
        editor.understand("a blue cat")
    else:
        latent = editor.encode(Image.new("RGB", (16, 16), "red"))
    _edit(editor, Recipe.of(latent))
    temporary = folder / "dropped.tmp"
    temporary.write_bytes(path.read_bytes())
    installed = install_checkpoint(temporary, folder, header.name)
    assert installed.info.path.parent == folder and not installed.info.path.name.startswith(".")
    installed.info.path.unlink()


def _edit(editor: Editor, recipe: Recipe) -> None:
    for name in list(editor.directions)[:3]:
        recipe = recipe.pulled({name.name: 2.0})
    editor.decode(editor.edited(recipe))
    editor.mixable, editor.can_encode  # noqa: B018
    if editor.can_encode:
        picture = Image.new("RGB", (20, 30), "red")
        latent = editor.encode(picture)
        if editor.has_kind:
            editor.novelty(latent)
        editor.match(picture, editor.decode(latent)[0])
    editor.save_picture(recipe)


# ------------------------------------------------------------------------------------ pictures


def _pictures(store: Store, editor: Editor) -> list[Subject]:
    noise = Image.effect_noise((40, 30), 60).convert("RGB")
    kinds: dict[str, tuple[str, dict[str, Any]]] = {
        "png": ("PNG", {}), "jpg": ("JPEG", {}), "gif": ("GIF", {"save_all": True}),
        "webp": ("WEBP", {}), "bmp": ("BMP", {}), "tiff": ("TIFF", {"compression": "tiff_lzw"}),
    }  # fmt: skip
    found: list[Subject] = []

    def open_it(path: Path) -> None:
        with_recipe = opening.from_saved(store, "vae", str(path))
        if with_recipe is None:
            editor.encode(load_image(path))

    for suffix, (name, options) in kinds.items():
        file = io.BytesIO()
        noise.save(file, name, **options)
        good = file.getvalue()
        found.append(
            (f"picture-{suffix}", 60, f".{suffix}",
             lambda rng, good=good: mutations.any_bytes(good, rng, 200), open_it)
        )  # fmt: skip
    recipe = _recipe(editor)
    for kind in ("png", "webp"):
        saved = editor.save_picture(recipe, kind=kind)
        found.append(
            (f"saved-{kind}", 80, f".{kind}",
             lambda rng, saved=saved: mutations.any_bytes(saved, rng), open_it)
        )  # fmt: skip
    text = json.loads(recipe.to_text())
    for kind, write in (("png", encode_png), ("webp", encode_webp)):

        def forged(rng: random.Random, write: Any = write) -> bytes:
            said = mutations.any_text(text, rng).encode("utf-8", "replace").decode()
            data: bytes = write(editor.decode(recipe.latent)[0], {"genimg": said.replace("\0", "")})
            return data

        found.append((f"forged-{kind}", 60, f".{kind}", forged, open_it))
    return found


# ------------------------------------------------------------------------------------- recipes


def _recipe(editor: Editor) -> Recipe:
    start = Recipe.of(editor.sample(1, seed=3)[0], {"brightness": 1.0}, model_name="vae")
    return replace(start.pulled({"red hat": -0.7}), origin="seed 3")


def _recipes(kind: str, store: Store, editor: Editor, good: dict[str, Any]) -> list[Subject]:
    """Texts of recipes: of links, of the live socket, of what a browser has kept."""

    def forged(rng: random.Random) -> bytes:
        return mutations.any_text(good, rng).encode("utf-8", "surrogatepass")

    def read(path: Path) -> None:
        text = path.read_bytes().decode("utf-8", "surrogatepass")
        opened = opening.from_recipe(store, opening.recipe_of(text))
        editor.decode(editor.edited(opened.recipe))

    return [(kind, 250, ".json", forged, read)]


# ---------------------------------------------------------------------------------------- runs

STATUS = {
    "phase": "training", "words": "learning", "progress": 0.4, "images": 4000, "seconds": 30.5,
    "seconds_left": 60.0, "speed": 130.0, "updated": 1.7e9, "pid": 123456789, "trouble": "",
}  # fmt: skip
RUN = {
    "name": "cats", "family": "vae", "data": "folder:cats", "title": "Cats",
    "options": {"minutes": 2}, "plan": [{"what": "size", "value": "64", "why": "they are large"}],
    "image_shape": [3, 16, 16], "pictures": 300, "created": 1.7e9,
    "sheet": {"columns": 10, "rows": ["before", "after"]},
}  # fmt: skip
ROWS = [
    {"step": 10 * i, "images": 320 * i, "seconds": i, "speed": 130.0, "loss": 9.0 - i,
     "held_out_loss": 9.5 - i, "held_out_psnr": 15.0 + i}
    for i in range(6)
]  # fmt: skip


def _runs() -> list[Subject]:
    good = {"status.json": STATUS, "run.json": RUN, "progress.jsonl": ROWS}

    def forged(rng: random.Random) -> bytes:
        name = rng.choice(list(good))
        if name != "progress.jsonl":
            text = mutations.any_text(good[name], rng)
        else:
            lines = [json.dumps(row) for row in ROWS]
            place = rng.randrange(len(lines))
            lines[place] = mutations.any_text(ROWS[place], rng)
            text = "\n".join(lines)
        return f"{name}\n{text}".encode("utf-8", "surrogatepass")

    def read(path: Path) -> None:
        name, _, text = path.read_bytes().partition(b"\n")
        runs = path.parent / "runs"
        run = runs / "cats"
        run.mkdir(parents=True, exist_ok=True)
        for other, value in good.items():
            rows = value if isinstance(value, list) else [value]
            (run / other).write_text("\n".join(map(json.dumps, rows)))
        (run / name.decode()).write_bytes(text)
        files = RunFiles(run)
        summary(files)
        runs_in(runs)
        judge(files.read_progress(), files.read_description(), files.status())

    return [("run", 250, ".txt", forged, read)]
