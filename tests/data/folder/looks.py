"""Looks through folders in processes of their own, some of which are killed.

    python -m tests.data.folder.looks < rounds.json

Its input is a list of rounds, each a list of looks that begin together:
{"folder", "cache", "after": seconds until it is killed or null, "signal": number}. One process
loads the package and forks the looks. Prints, for each look, whether it came to its end.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import traceback
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]


def look_all(rounds: list[list[dict[str, Any]]]) -> list[list[bool]]:
    """Run the rounds in another process; which looks came to their end."""
    words = [sys.executable, "-m", "tests.data.folder.looks"]
    done = subprocess.run(
        words, input=json.dumps(rounds), cwd=ROOT, text=True, check=True, stdout=subprocess.PIPE
    )
    found: list[list[bool]] = json.loads(done.stdout)
    return found


def _main() -> None:
    import imagehash  # noqa: F401 - else every fork would load it

    from genimg.data import load_dataset
    from genimg.data.folder import array_cache, reading

    reading._MEMORY, array_cache._CHUNK = 10, 40_000  # written often, so that kills hit it

    def begin(look: dict[str, Any]) -> int:
        child = os.fork()
        if child:
            return child
        try:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            cache = Path(look["cache"])
            load_dataset(f"folder:{look['folder']}", 32, cache=cache, progress=lambda *told: None)
            os._exit(0)
        except KeyboardInterrupt:
            os._exit(130)
        except BaseException:
            traceback.print_exc()
            os._exit(1)

    found = []
    for together in json.load(sys.stdin):
        children = [begin(look) for look in together]
        for look, child in zip(together, children, strict=True):
            if look["after"] is not None:
                time.sleep(look["after"])
                os.kill(child, look["signal"])
        found.append([os.waitpid(child, 0)[1] == 0 for child in children])
    print(json.dumps(found))


if __name__ == "__main__":
    _main()
