"""Are torchvision's files read with plain labels, at any size, or is it said what is missing?

The files are small ones written here in torchvision's layout: no download, no real data.
"""

from __future__ import annotations

import csv
import pickle
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import URLError

import numpy as np
import pytest
from PIL import Image

from genimg.data import load_dataset
from genimg.data.standard import ATTRIBUTES, CARDS, DIGITS, GARMENTS, THINGS
from genimg.errors import DataError
from genimg.files import write_atomically


@pytest.fixture(autouse=True)
def no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **options: Any) -> None:
        raise URLError("no connection in tests")

    for module in ("mnist", "cifar"):
        monkeypatch.setattr(f"torchvision.datasets.{module}.download_and_extract_archive", refuse)
    monkeypatch.setattr("torchvision.datasets.celeba.download_file_from_google_drive", refuse)


def write_idx(root: Path, folder: str, train: int = 40, test: int = 10) -> tuple[Any, Any]:
    """IDX files of random pictures, 28 x 28; returns all images [N, 28, 28] and labels [N]."""
    raw = root / folder / "raw"
    raw.mkdir(parents=True)
    rng = np.random.default_rng(1)
    images = rng.integers(0, 256, (train + test, 28, 28)).astype(np.uint8)
    labels = (np.arange(train + test) % 10).astype(np.uint8)
    for stem, rows in (("train", slice(0, train)), ("t10k", slice(train, None))):
        head = struct.pack(">IIII", 0x803, len(images[rows]), 28, 28)
        (raw / f"{stem}-images-idx3-ubyte").write_bytes(head + images[rows].tobytes())
        head = struct.pack(">II", 0x801, len(labels[rows]))
        (raw / f"{stem}-labels-idx1-ubyte").write_bytes(head + labels[rows].tobytes())
    return images, labels


@pytest.mark.parametrize(
    ("name", "folder", "values"),
    [("mnist", "MNIST", DIGITS), ("fashion-mnist", "FashionMNIST", GARMENTS)],
)
def test_idx_files_become_a_data_set(
    tmp_path: Path, name: str, folder: str, values: tuple[str, ...]
) -> None:
    images, labels = write_idx(tmp_path, folder)
    dataset = load_dataset(name, root=tmp_path, cache=tmp_path / "cache")
    assert dataset.name == name and dataset.card == CARDS[name] and not dataset.flip
    assert dataset.image_shape == (1, 28, 28)
    assert (dataset.images[..., 0] == images).all()
    assert dataset.labels is not None and (dataset.labels[:, 0] == labels).all()
    assert [factor.values for factor in dataset.factors] == [values]
    assert dataset.splits["test"].tolist() == list(range(40, 50))
    both = np.concatenate([dataset.splits["train"], dataset.splits["validation"]])
    assert sorted(both.tolist()) == list(range(40)) and len(dataset.splits["validation"]) == 4


def test_validation_follows_the_seed(tmp_path: Path) -> None:
    write_idx(tmp_path, "MNIST")
    first, again, other = (
        load_dataset("mnist", root=tmp_path, seed=seed).splits for seed in (0, 0, 1)
    )
    assert (first["validation"] == again["validation"]).all()
    assert (first["validation"] != other["validation"]).any()
    assert (first["test"] == other["test"]).all()


def test_32_pixels_keep_every_pixel_inside_a_black_border(tmp_path: Path) -> None:
    images, _ = write_idx(tmp_path, "MNIST")
    padded = load_dataset("mnist", 32, tmp_path, tmp_path / "cache").images
    assert padded.shape == (50, 32, 32, 1)
    assert (padded[:, 2:-2, 2:-2, 0] == images).all()
    assert padded.sum(dtype=np.int64) == images.sum(dtype=np.int64)
    assert not (tmp_path / "cache").exists()


def test_other_sizes_are_scaled_and_kept(tmp_path: Path) -> None:
    images, _ = write_idx(tmp_path, "MNIST")
    cache = tmp_path / "cache"
    small = load_dataset("mnist", 14, tmp_path, cache)
    assert small.image_shape == (1, 14, 14)
    expected = Image.fromarray(images[7]).resize((14, 14), Image.Resampling.LANCZOS)
    assert (small.images[7, ..., 0] == np.asarray(expected)).all()
    (kept,) = cache.iterdir()
    before = kept.stat().st_mtime_ns
    assert (load_dataset("mnist", 14, tmp_path, cache).images == small.images).all()
    assert kept.stat().st_mtime_ns == before
    write_atomically(kept, kept.read_bytes()[:1000])  # half a file is made anew, never used
    assert (load_dataset("mnist", 14, tmp_path, cache).images == small.images).all()
    other = tmp_path / "other"
    write_idx(other, "MNIST", train=39)  # other pictures of the same name do not take its place
    assert len(load_dataset("mnist", 14, other, cache)) == 49


def test_count_limits_the_training_pictures(tmp_path: Path) -> None:
    write_idx(tmp_path, "MNIST")
    whole = load_dataset("mnist", root=tmp_path)
    few = load_dataset("mnist", root=tmp_path, count=9)
    assert len(few.splits["train"]) == 9
    assert set(few.splits["train"]) < set(whole.splits["train"])
    assert (few.splits["test"] == whole.splits["test"]).all()
    for count in (0, -1, 37):
        with pytest.raises(DataError, match="ask for 1 to 36"):
            load_dataset("mnist", root=tmp_path, count=count)


def test_impossible_sizes_and_seeds_are_refused(tmp_path: Path) -> None:
    for name in ("mnist", "cifar10", "celeba"):
        for size in (0, 7, 513):
            with pytest.raises(DataError, match="8 to 512"):
                load_dataset(name, size, tmp_path)
        with pytest.raises(DataError, match="seed"):
            load_dataset(name, root=tmp_path, seed=-1)


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("mnist", "MNIST/raw"),
        ("fashion-mnist", "FashionMNIST/raw"),
        ("cifar10", "cifar-10-batches-py"),
        ("celeba", "celeba"),
    ],
)
def test_missing_files_are_named_with_a_remedy(tmp_path: Path, name: str, folder: str) -> None:
    with pytest.raises(DataError) as caught:
        load_dataset(name, root=tmp_path / "nothing")
    message = str(caught.value)
    assert str(tmp_path / "nothing" / folder) in message
    assert "--data-root" in message and "GENIMG_DATA" in message and "connection" in message
    assert "download=True" not in message


def test_damaged_files_are_a_plain_refusal(tmp_path: Path) -> None:
    write_idx(tmp_path, "MNIST")
    file = tmp_path / "MNIST/raw/train-images-idx3-ubyte"
    file.write_bytes(file.read_bytes()[:5000])
    with pytest.raises(DataError, match="damaged"):
        load_dataset("mnist", root=tmp_path)


# ------------------------------------------------------------------------------------- CIFAR-10


def write_cifar(root: Path, each: int = 4) -> np.ndarray:
    """The six pickles of CIFAR-10 with random pictures; returns them as [N, 32, 32, 3]."""
    folder = root / "cifar-10-batches-py"
    folder.mkdir(parents=True)
    images = np.random.default_rng(2).integers(0, 256, (6 * each, 32, 32, 3)).astype(np.uint8)
    names = [f"data_batch_{i}" for i in range(1, 6)] + ["test_batch"]
    for i, name in enumerate(names):
        rows = images[i * each : (i + 1) * each].transpose(0, 3, 1, 2).reshape(each, -1)
        batch = {"data": rows, "labels": [(i * each + j) % 10 for j in range(each)]}
        (folder / name).write_bytes(pickle.dumps(batch))
    (folder / "batches.meta").write_bytes(pickle.dumps({"label_names": list("abcdefghij")}))
    return images


def test_cifar_files_with_another_checksum_are_refused(tmp_path: Path) -> None:
    write_cifar(tmp_path)
    with pytest.raises(DataError, match=r"cifar-10-batches-py.*damaged"):
        load_dataset("cifar10", root=tmp_path)


def test_cifar_pictures_are_colour_and_may_be_mirrored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torchvision.datasets.cifar.check_integrity", lambda *args: True)
    images = write_cifar(tmp_path)
    dataset = load_dataset("cifar10", root=tmp_path)
    assert dataset.image_shape == (3, 32, 32) and dataset.flip
    assert (dataset.images == images).all()
    assert dataset.labels is not None
    assert dataset.labels[:, 0].tolist() == [i % 10 for i in range(24)]
    assert dataset.factors[0].values == THINGS
    assert dataset.splits["test"].tolist() == list(range(20, 24))
    assert load_dataset("cifar10", 16, tmp_path, tmp_path / "cache").image_shape == (3, 16, 16)


# --------------------------------------------------------------------------------------- CelebA


@pytest.fixture
def celeba_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """CelebA's files for 12 pictures, of which number 5 is damaged."""
    monkeypatch.setattr("torchvision.datasets.celeba.check_integrity", lambda *args: True)
    base = tmp_path / "celeba"
    (base / "img_align_celeba").mkdir(parents=True)
    names = [f"{i:06d}.jpg" for i in range(1, 13)]
    for i, name in enumerate(names):
        picture = Image.new("RGB", (178, 218), (20 * i, 100, 50))
        picture.paste((255, 255, 255), (0, 0, 178, 30))  # cut off by the crop
        picture.save(base / "img_align_celeba" / name, quality=95)
    (base / "img_align_celeba" / names[4]).write_bytes(b"broken")

    def write(file: str, rows: list[list[Any]], *head: str) -> None:
        with (base / file).open("w", newline="") as out:
            out.writelines(line + "\n" for line in head)
            csv.writer(out, delimiter=" ", lineterminator="\n").writerows(rows)

    write("list_eval_partition.txt", [[n, 0 if i < 8 else i % 2 + 1] for i, n in enumerate(names)])
    write("identity_CelebA.txt", [[n, 1] for n in names])
    write("list_bbox_celeba.txt", [[n, 0, 0, 1, 1] for n in names], "12", "image_id x y w h")
    write("list_landmarks_align_celeba.txt", [[n, *range(10)] for n in names], "12", "a b")
    signs = [[n, *(1 if (i + j) % 3 == 0 else -1 for j in range(40))] for i, n in enumerate(names)]
    write("list_attr_celeba.txt", signs, "12", " ".join(ATTRIBUTES))
    yield tmp_path


def test_celeba_keeps_its_splits_and_its_attributes_aligned(celeba_root: Path) -> None:
    dataset = load_dataset("celeba", 32, celeba_root, celeba_root / "cache")
    assert dataset.image_shape == (3, 32, 32) and dataset.flip and len(dataset) == 11
    kept = [i for i in range(12) if i != 4]
    assert np.abs(dataset.images[:, 16, 16, 0] - 20.0 * np.array(kept)).max() < 4
    assert dataset.images[:, 0, :, 2].max() < 80  # nothing of the white band at the top
    splits = {key: [kept[row] for row in rows] for key, rows in dataset.splits.items()}
    assert splits == {"train": [0, 1, 2, 3, 5, 6, 7], "validation": [8, 10], "test": [9, 11]}
    assert dataset.labels is not None and dataset.labels.shape == (11, 40)
    for j, (name, factor) in enumerate(zip(ATTRIBUTES, dataset.factors, strict=True)):
        expected = [int((i + j) % 3 == 0) for i in kept]
        if name == "No_Beard":
            assert factor.values == ("no beard", "beard")
            expected = [1 - value for value in expected]
        assert dataset.labels[:, j].tolist() == expected, name
    assert ("no glasses", "glasses") in [factor.values for factor in dataset.factors]
    assert "non-commercial research only" in dataset.card.licence


def test_celeba_with_other_attributes_is_refused(celeba_root: Path) -> None:
    file = celeba_root / "celeba" / "list_attr_celeba.txt"
    file.write_text(file.read_text().replace("Eyeglasses", "Spectacles"))
    with pytest.raises(DataError, match="Eyeglasses, Spectacles"):
        load_dataset("celeba", 32, celeba_root, celeba_root / "cache")


def test_cards_say_whose_pictures_they_are() -> None:
    assert CARDS["fashion-mnist"].licence == "MIT" and "Zalando SE" in CARDS["fashion-mnist"].credit
    assert "LeCun" in CARDS["mnist"].credit and CARDS["mnist"].licence == "CC BY-SA 3.0"
    assert "Krizhevsky" in CARDS["cifar10"].credit
    assert CARDS["cifar10"].licence == "no explicit licence"
    assert "non-commercial" in CARDS["celeba"].description
