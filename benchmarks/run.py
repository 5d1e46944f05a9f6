"""Measure genimg:  python benchmarks/run.py [training] [overhead] [arithmetic] [fashion-pair]
                                          [few] [gans] [samples] [gan-speed] [decode] [live]
                                          [live-sizes] [locks] [uploads] [base] [photographs]
                                          [photo] [portraits] [disentangle] [sliders] [priors]
                                          [folders] [people] [flood] [start] [memory]

Without a part: training, overhead, gan-speed, decode, live, folders, start and memory, one after
another.
Results are added to results.json part by part, and the tables of the README beside that file are
written from it.
"""

from __future__ import annotations

import argparse
import json
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # a checkout need not be installed

from benchmarks import (
    arithmetic,
    base,
    decode,
    disentangle,
    few,
    flood,
    folders,
    gans,
    live,
    live_sizes,
    locks,
    memory,
    overhead,
    people,
    photo,
    photographs,
    portraits,
    priors,
    samples,
    sliders,
    start,
    training,
    uploads,
)
from benchmarks.common import ROOT, Settings, machine, say
from benchmarks.tables import update_readme
from genimg.errors import GenimgError
from genimg.files import write_atomically

PARTS: dict[str, Callable[[Settings], dict[str, Any]]] = {
    "training": training.run_training,
    "overhead": overhead.run_overhead,
    "arithmetic": arithmetic.run_arithmetic,
    "fashion-pair": training.run_fashion_pair,
    "base": base.run_base,
    "gans": gans.run_gans,
    "few": few.run_few,
    "samples": samples.run_samples,
    "gan-speed": gans.run_gan_speed,
    "decode": decode.run_decode,
    "live": live.run_live,
    "live-sizes": live_sizes.run_live_sizes,
    "locks": locks.run_locks,
    "uploads": uploads.run_uploads,
    "folders": folders.run_folders,
    "photographs": photographs.run_photographs,
    "photo": photo.run_photo,
    "portraits": portraits.run_portraits,
    "disentangle": disentangle.run_disentangle,
    "sliders": sliders.run_sliders,
    "priors": priors.run_priors,
    "people": lambda settings: people.run_people(settings, minutes=settings.minutes),
    "flood": flood.run_flood,
    "start": start.run_start,
    "memory": memory.run_memory,
}
STANDARD = ("training", "overhead", "gan-speed", "decode", "live", "folders", "start", "memory")


def main(arguments: list[str] | None = None) -> int:
    """Run the chosen parts; 0 if all of them could be measured."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if unknown := [part for part in options.parts if part not in PARTS]:
        parser.error(f"no part {', '.join(unknown)}; choose from {', '.join(PARTS)}")
    settings = Settings(
        minutes=options.minutes,
        learners=tuple(options.learners),
        parallel=options.parallel,
        data_root=options.data_root and options.data_root.resolve(),
        checkpoints=options.checkpoints,
        repeats=options.repeats,
        edits=options.edits,
        files=options.files,
        photos=options.photos,
        data=tuple(options.data),
        sizes=tuple(options.sizes),
        sheets=options.sheets and options.sheets.resolve(),
        count=options.count,
        checkpoint=options.checkpoint,
        seed=options.seed,
    )
    results = _read(options.out)
    failed = False
    for name in options.parts or STANDARD:
        say(name)
        where = machine()
        try:
            measured = PARTS[name](settings)
        except GenimgError as error:
            say(f"{name} could not be measured: {error}")
            failed = True
            continue
        except Exception:  # the parts after this one are worth having all the same
            say(f"{name} failed:\n{traceback.format_exc()}")
            failed = True
            continue
        results[name] = {"machine": where, **measured}
        _write(options.out, results)
    return int(failed)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Measure genimg.")
    parser.add_argument("parts", nargs="*", metavar="part", help=", ".join(PARTS))
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results.json")
    parser.add_argument(
        "--minutes",
        type=_positive(float),
        help=f"training time of each learner (default: {training.STANDARD_MINUTES:g}, "
        f"in fashion-pair {training.PAIR_MINUTES:g}, in gans {gans.STANDARD_MINUTES:g}, "
        f"in photo each of {' and '.join(f'{minutes:g}' for minutes in photo.MINUTES)}, "
        f"in disentangle {disentangle.MINUTES:g}); "
        f"for which people use the app (default: {people.MINUTES:g})",
    )
    parser.add_argument(
        "--learners",
        nargs="+",
        default=[],
        metavar="NAME",
        help="see learners.py, gans.py, photo.py and disentangle.py, and the models of uploads.py; "
        "after the parts",
    )
    parser.add_argument(
        "--parallel",
        type=_positive(int),
        default=1,
        help="learners at the same time, each on a core of its own",
    )
    parser.add_argument("--data-root", type=Path, help="where Fashion-MNIST lies (or GENIMG_DATA)")
    parser.add_argument("--checkpoints", type=Path, default=ROOT / "checkpoints")
    parser.add_argument("--repeats", type=_positive(int), default=3, help="starts of the app")
    parser.add_argument("--edits", type=_positive(int), default=500, help="edits of the app")
    parser.add_argument("--files", type=_positive(int), default=1000, help="files in folders")
    parser.add_argument("--photos", type=Path, help="folder of the base's photographs")
    parser.add_argument(
        "--data",
        nargs="+",
        default=[],
        metavar="NAME",
        help="photo: what its learners train on, one set after another, such as folder:PATH for "
        "photographs of your own; nothing is downloaded, so it has to be given",
    )
    parser.add_argument(
        "--sizes",
        nargs="+",
        type=_positive(int),
        default=[],
        metavar="N",
        help=f"photo: sides in pixels (default: {' '.join(map(str, photo.SIZES))}); "
        f"disentangle: one, 32 or 64 (default: {disentangle.SIZE})",
    )
    parser.add_argument(
        "--count",
        type=_positive(int),
        help=f"disentangle: training pictures (default: {disentangle.COUNT}); sliders: those of "
        "the set that the model learned from, where they are drawn already",
    )
    parser.add_argument("--checkpoint", type=Path, help="sliders, priors: the finished model")
    parser.add_argument(
        "--sheets",
        type=Path,
        help="photo: folder for the sheets of what was drawn (default: runs/bench/photo/sheets); "
        "benchmarks/sheets only where the pictures may be passed on",
    )
    parser.add_argument("--seed", type=int, default=0)
    return parser


def _positive(kind: Callable[[str], float]) -> Callable[[str], float]:
    def read(text: str) -> float:
        value = kind(text)
        if not 0 < value < float("inf"):
            raise argparse.ArgumentTypeError(f"{text} is not above 0")
        return value

    return read


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    results: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return results


def _write(path: Path, results: dict[str, Any]) -> None:
    """Write the results, and the tables of the README beside them if there is one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    ordered = {name: results[name] for name in PARTS if name in results}
    write_atomically(path, (json.dumps(ordered, indent=1) + "\n").encode())
    readme = path.parent / "README.md"
    if readme.is_file():
        update_readme(readme, ordered)


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except KeyboardInterrupt:
        say("stopped; the parts that were finished are written")
        raise SystemExit(130) from None
