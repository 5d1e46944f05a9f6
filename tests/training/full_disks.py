"""What meets a full disk for `test_full_disk.py`: short runs that may not write one of their files.

    python -m tests.training.full_disks FOLDER

As in `kills.py` one process forks the runs. Each is the command of a terminal, and goes on once
there is room again. The operating system refuses the writing for real: by a limit on the size of a
file, or by the rights of its folder. Prints a JSON object of what came of each.
"""

from __future__ import annotations

import errno
import json
import os
import re
import resource
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from genimg.cli import main as command_line
from genimg.runs import RunFiles
from genimg.training import run as training
from tests.training.kills import draw_pictures, end_of

NOBODY = 65534
"""A user who may write nowhere, for those who may otherwise write everywhere."""
HALF = 2_000
"""Bytes of each file that there is still room for."""


@dataclass(frozen=True)
class Refusal:
    """What a run may not write.

    Attributes:
        file: a pattern for the path of the file, as it is opened.
        time: how often it has been opened by then.
        room: bytes that can be written of each file from then on; None where it is the rights of
            the folder that are gone.
        only: whether there is room for all other files.
        links: whether the disk knows links, so that a copy takes no room.
    """

    file: str
    time: int = 1
    room: int | None = HALF
    only: bool = False
    links: bool = True


REFUSALS = {
    "vae": {
        "description": Refusal(r"/run/\.run-\w+\.json$", room=200),
        "progress": Refusal(r"/progress\.jsonl$", time=2, room=100),
        "state": Refusal(r"/state/\.state-\w+\.pt$", time=5),
        "rights": Refusal(r"/state/\.state-\w+\.pt$", time=7, room=None),
        "sheet": Refusal(r"/samples/\.\d+-\w+\.png$", room=200),
        "model": Refusal(r"/run/\.model-\w+\.safetensors$"),
        "copy": Refusal(r"/checkpoints/\.killed-\w+\.safetensors$"),
    },
    "gan": {
        "good state": Refusal(r"/state/\.good-\w+\.pt$", time=4, links=False),
        "critic": Refusal(r"/run/critics/\.model-\w+\.safetensors$"),
    },
}
"""What each family meets, one after the other in one run."""
STATUS = Refusal(r"/run/\.status-\w+\.json$", room=10, only=True)


def arguments(family: str, place: Path) -> list[str]:
    words = f"train {family} --size 16 --images 96 --batch-size 16 --width 8 --seed 3 --device cpu"
    words += " --precision fp32 --layout channels_last --threads 1 --validate-every 32"
    words += " --snapshot-seconds 0 --name killed"
    return [*words.split(), f"--data=folder:{place.parent / 'pictures'}", f"--out={place / 'run'}"]


def refuse(refusal: Refusal) -> None:
    """From the given opening of a file on, let the operating system refuse it."""
    opened = 0
    none = resource.RLIM_INFINITY

    def look(event: str, values: tuple[Any, ...]) -> None:
        nonlocal opened
        if event != "open":
            return
        if not re.search(refusal.file, str(values[0])):
            if refusal.only:
                resource.setrlimit(resource.RLIMIT_FSIZE, (none, none))
            return
        opened += 1
        if opened >= refusal.time and refusal.room is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (refusal.room, none))
        elif opened == refusal.time:
            no_rights(Path(str(values[0])).parent)

    def no_link(source: Path, target: Path) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    if not refusal.links:
        os.link = no_link  # type: ignore[assignment]
    sys.addaudithook(look)


def no_rights(folder: Path) -> None:
    folder.chmod(0o555)
    if os.geteuid() == 0:
        os.seteuid(NOBODY)


def run(words: Sequence[str], place: Path, before: Callable[[], None] | None) -> dict[str, Any]:
    """The exit code of a command and what it said; `before` is called in its process."""
    training.CHECKPOINTS = place / "checkpoints"
    hearing, speaking = os.pipe()
    child = os.fork()
    if not child:
        code = 1
        try:
            for number in (1, 2):
                os.dup2(speaking, number)
            if before is not None:
                before()
            code = command_line(words)
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(code)
    os.close(speaking)
    with os.fdopen(hearing) as heard:
        said = heard.read()
    hidden = [str(x.relative_to(place)) for x in place.rglob(".*") if x.name != ".lock"]
    return {"code": end_of(child), "said": said, "hidden": hidden}


def mute(*streams: Any) -> None:
    """Leave no room for what is said."""
    full = os.open("/dev/full", os.O_WRONLY)
    for stream in streams:
        os.dup2(full, stream.fileno())
        stream.reconfigure(line_buffering=True)


def unwatched() -> None:
    """Leave no room for what a run says and tells."""
    mute(sys.stdout, sys.stderr)
    refuse(STATUS)


def meet(family: str, place: Path) -> dict[str, Any]:
    """A run that meets one refusal after another, and goes on whenever one is taken back."""
    words = arguments(family, place)
    files = RunFiles(place / "run")
    told: dict[str, Any] = {}
    for name, refusal in REFUSALS[family].items():
        met = run(words, place, lambda refusal=refusal: refuse(refusal))  # type: ignore[misc]
        for folder in place.glob("run/*/"):
            folder.chmod(0o755)
        states = [path for path in (files.state, files.good) if path.exists()]
        clocks = [torch.load(path, weights_only=True)["clock"] for path in states]
        told[name] = met | {"kept": [clock["images"] for clock in clocks]}
    return told | {f"{family} at last": run(words, place, None)}


def main() -> int:
    torch.set_num_threads(1)
    out = Path(sys.argv[1])
    draw_pictures(out / "pictures")
    told: dict[str, Any] = {}
    for family in REFUSALS:
        place = out / f"{family} whole"
        told[place.name] = run(arguments(family, place), place, None)
        told |= meet(family, out / family)
    place = out / "unwatched"
    told[place.name] = run(arguments("vae", place), place, unwatched)
    model = str(place / "run" / "model.safetensors")
    told["words"] = run(["describe", model], place, lambda: mute(sys.stdout))
    for name, closed in (("itself", out / "closed" / "run"), ("parent", out / "shut")):
        closed.mkdir(parents=True)
        place = closed.parent if name == "itself" else closed
        told[name] = run(arguments("vae", place), place, lambda x=closed: no_rights(x))  # type: ignore[misc]
        closed.chmod(0o755)
    print(json.dumps(told), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
