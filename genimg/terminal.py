"""How is text shown where not every character can be: a terminal, or a file, in cp1252 or ASCII?"""

from __future__ import annotations

import io
import sys


def show_what_can_be_shown() -> None:
    """From now on print a "?" for a character that standard output or error cannot show.

    Names of files and of labels may hold any; without this a command would end at such a one.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors in ("strict", "surrogateescape"):
            stream.reconfigure(errors="replace")
