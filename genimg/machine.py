"""What may be used of the machine that this runs on?"""

from __future__ import annotations

import os


def usable_cores() -> int:
    """CPU cores that this process may use, which are fewer than there are in a container."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
