"""How do the well-known data sets (digits, garments, small photos, faces) become a `Dataset`?

torchvision finds their files, downloads them where they are missing, and checks them; this file
gives their labels plain names and brings the pictures to the wanted size. The official test
pictures are the test split. torchvision is imported only when a set is loaded.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from genimg.data.dataset import Bytes, Card, Dataset, Factor, Integers
from genimg.data.prepare import (
    check_seed,
    check_size,
    deal,
    decode_files,
    limit_train,
    resize_array,
)
from genimg.errors import DataError

_FOLDERS = {  # where torchvision looks, below its root
    "MNIST": "MNIST/raw",
    "FashionMNIST": "FashionMNIST/raw",
    "CIFAR10": "cifar-10-batches-py",
    "CelebA": "celeba",
}
DIGITS = ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9")
GARMENTS = (
    "t-shirt", "trousers", "pullover", "dress", "coat",
    "sandal", "shirt", "trainer", "bag", "ankle boot",
)  # fmt: skip
THINGS = (
    "aeroplane", "car", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
)  # fmt: skip

# CelebA's name of each attribute, in its order, and how a picture without it is described.
# What follows the first word is the factor and the description of a picture that has it.
ATTRIBUTES = {
    "5_o_Clock_Shadow": "no stubble",
    "Arched_Eyebrows": "no arched eyebrows",
    "Attractive": "not rated attractive",
    "Bags_Under_Eyes": "no bags under the eyes",
    "Bald": "not bald",
    "Bangs": "no fringe",
    "Big_Lips": "no big lips",
    "Big_Nose": "no big nose",
    "Black_Hair": "no black hair",
    "Blond_Hair": "no blond hair",
    "Blurry": "not blurred",
    "Brown_Hair": "no brown hair",
    "Bushy_Eyebrows": "no bushy eyebrows",
    "Chubby": "not chubby",
    "Double_Chin": "no double chin",
    "Eyeglasses": "no glasses",
    "Goatee": "no goatee",
    "Gray_Hair": "no grey hair",
    "Heavy_Makeup": "no heavy make-up",
    "High_Cheekbones": "no high cheekbones",
    "Male": "not male",
    "Mouth_Slightly_Open": "no open mouth",
    "Mustache": "no moustache",
    "Narrow_Eyes": "no narrow eyes",
    "No_Beard": "no beard",  # the one that is told the other way round in the files
    "Oval_Face": "no oval face",
    "Pale_Skin": "no pale skin",
    "Pointy_Nose": "no pointed nose",
    "Receding_Hairline": "no receding hairline",
    "Rosy_Cheeks": "no rosy cheeks",
    "Sideburns": "no sideburns",
    "Smiling": "not smiling",
    "Straight_Hair": "no straight hair",
    "Wavy_Hair": "no wavy hair",
    "Wearing_Earrings": "no earrings",
    "Wearing_Hat": "no hat",
    "Wearing_Lipstick": "no lipstick",
    "Wearing_Necklace": "no necklace",
    "Wearing_Necktie": "no tie",
    "Young": "not young",
}

CARDS = {
    "mnist": Card(
        name="mnist",
        title="MNIST handwritten digits",
        licence="CC BY-SA 3.0",
        credit="MNIST by Yann LeCun and Corinna Cortes, CC BY-SA 3.0",
        description="70,000 handwritten digits, white on black, 28 x 28 pixels.",
    ),
    "fashion-mnist": Card(
        name="fashion-mnist",
        title="Fashion-MNIST garments",
        licence="MIT",
        credit="Fashion-MNIST, Copyright 2017 Zalando SE, MIT licence",
        description="70,000 photographs of garments of ten kinds, grey on black, 28 x 28 pixels.",
    ),
    "cifar10": Card(
        name="cifar10",
        title="CIFAR-10 small photographs",
        licence="no explicit licence",
        credit="CIFAR-10 by Alex Krizhevsky (Learning Multiple Layers of Features from Tiny "
        "Images, 2009)",
        description="60,000 photographs of ten kinds of animals and vehicles, 32 x 32 pixels. "
        "Its authors name no licence: ask before you publish what was made with it.",
    ),
    "celeba": Card(
        name="celeba",
        title="CelebA faces",
        licence="non-commercial research only",
        credit="CelebA by Ziwei Liu, Ping Luo, Xiaogang Wang and Xiaoou Tang (ICCV 2015), "
        "for non-commercial research only",
        description="202,599 photographs of well-known people's faces with 40 attributes, as "
        "judged by annotators. For non-commercial research only: do not publish checkpoints "
        "that were trained on it.",
    ),
}


def mnist(size: int | None, root: Path, cache: Path, count: int | None, seed: int) -> Dataset:
    """MNIST: grey digits 0 to 9, 28 pixels unless `size` says otherwise. See `load_dataset`."""
    return _classes("mnist", "MNIST", Factor("digit", DIGITS), size, root, cache, count, seed)


def fashion_mnist(
    size: int | None, root: Path, cache: Path, count: int | None, seed: int
) -> Dataset:
    """Fashion-MNIST: grey garments of ten kinds, 28 pixels unless `size` says otherwise."""
    factor = Factor("garment", GARMENTS)
    return _classes("fashion-mnist", "FashionMNIST", factor, size, root, cache, count, seed)


def cifar10(size: int | None, root: Path, cache: Path, count: int | None, seed: int) -> Dataset:
    """CIFAR-10: colour photographs of ten kinds, 32 pixels unless `size` says otherwise."""
    return _classes("cifar10", "CIFAR10", Factor("kind", THINGS), size, root, cache, count, seed)


def celeba(size: int | None, root: Path, cache: Path, count: int | None, seed: int) -> Dataset:
    """CelebA: aligned faces with 40 attributes, 64 pixels unless `size` says otherwise.

    The square of 148 pixels in the middle of each 178 x 218 picture is used, as is common. The
    official splits are kept.
    """
    size = 64 if size is None else size
    check_size(size)
    check_seed(seed)
    source = _open("celeba", "CelebA", root, split="all")
    base = Path(source.root) / source.base_folder
    paths = [base / "img_align_celeba" / name for name in source.filename]
    images, rows = decode_files(paths, size, cache, "celeba", zoom=178 / 148)
    partition = np.loadtxt(base / "list_eval_partition.txt", dtype=str, usecols=1)[rows]
    splits = {
        split: np.flatnonzero(partition == number).astype(np.int64)
        for split, number in (("train", "0"), ("validation", "1"), ("test", "2"))
    }
    factors, labels = _attributes([name for name in source.attr_names if name], source.attr.numpy())
    dataset = Dataset("celeba", images, labels[rows], factors, splits, CARDS["celeba"], flip=True)
    return limit_train(dataset, count, seed)


def _attributes(names: list[str], table: Any) -> tuple[tuple[Factor, ...], Integers]:
    """Factors and labels int64 [N, F] from CelebA's names and its table of 0 and 1."""
    if set(names) != set(ATTRIBUTES):
        unknown = ", ".join(sorted(set(names) ^ set(ATTRIBUTES)))
        raise DataError(
            f"list_attr_celeba.txt has other attributes than expected ({unknown}). "
            "Delete it and let it be downloaded again."
        )
    factors, columns = [], []
    for name, column in zip(names, table.T, strict=True):
        absent = ATTRIBUTES[name]
        present = absent.split(" ", 1)[1]
        factors.append(Factor(present, (absent, present)))
        columns.append(1 - column if name == "No_Beard" else column)
    return tuple(factors), np.stack(columns, axis=1).astype(np.int64)


def _classes(
    name: str,
    kind: str,
    factor: Factor,
    size: int | None,
    root: Path,
    cache: Path,
    count: int | None,
    seed: int,
) -> Dataset:
    """A set of one factor with training and test files; a tenth of training is validation."""
    check_seed(seed)
    if size is not None:
        check_size(size)
    parts = [_open(name, kind, root, train=train) for train in (True, False)]
    images = np.concatenate([_bytes(part.data) for part in parts])
    labels = np.concatenate([np.asarray(part.targets, np.int64) for part in parts])[:, None]
    trained = len(parts[0].data)
    validation, train = deal(trained, [max(1, round(trained / 10))], seed)
    dataset = Dataset(
        name=name,
        images=images if size is None else resize_array(images, size, cache, name),
        labels=labels,
        factors=(factor,),
        splits={
            "train": train,
            "validation": validation,
            "test": np.arange(trained, len(images), dtype=np.int64),
        },
        card=CARDS[name],
        flip=images.shape[3] == 3,  # a mirrored digit is no digit, and shoes all point one way
    )
    return limit_train(dataset, count, seed)


def _bytes(data: Any) -> Bytes:
    """torchvision's pictures, [N, H, W] or [N, H, W, C], as uint8 [N, H, W, C]."""
    array: Bytes = np.asarray(data, np.uint8)
    return array[..., None] if array.ndim == 3 else array


def _open(name: str, kind: str, root: Path, **options: Any) -> Any:
    """torchvision's data set of this kind; downloaded to `root` if its files are not there.

    Raises DataError, saying where it looked and what to do, if neither is possible.
    """
    from torchvision import datasets  # half a second, needed by nobody else

    open_set: Callable[..., Any] = getattr(datasets, kind)
    try:
        return open_set(root, download=False, **options)
    except Exception as error:  # torchvision raises a dozen kinds for missing and damaged files
        missing = error
    try:
        return open_set(root, download=True, **options)
    except Exception as error:
        folder = Path(root, _FOLDERS[kind]).absolute()
        raise DataError(
            f"{CARDS[name].title}: the files are not in {folder}, or are damaged "
            f"({_first_line(missing)}), and cannot be downloaded ({_first_line(error)}). "
            f"Name the folder that holds {_FOLDERS[kind]} with --data-root or GENIMG_DATA, or "
            "try again with a connection to the internet."
        ) from error


def _first_line(error: Exception) -> str:
    """What an error says, without torchvision's advice about its own arguments."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].partition(" You can use download")[0].rstrip(". ")
