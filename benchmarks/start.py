"""How long does a person wait from `python app.py` to a page that can be used?

The browser is open already, as it is for a person. Usable means that the Edit tab shows a picture
and sliders; to prove it, one slider is pulled and the edited picture awaited.
"""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any

from benchmarks.common import Settings, say
from benchmarks.server import App, browser, pull_slider, shown_picture, wait_for_editor

if TYPE_CHECKING:
    from playwright.sync_api import Browser

BAR = 12.0
"""Seconds to a usable page, at most, on 2 idle cores."""


def run_start(settings: Settings) -> dict[str, Any]:
    """Seconds from the start of the app to its answer, to a usable page, to the first edit."""
    with browser() as chromium:
        runs = [_once(settings, chromium) for _ in range(settings.repeats)]
    return {
        "bar": BAR,
        "runs": runs,
        **{name: round(statistics.median(run[name] for run in runs), 2) for name in runs[0]},
    }


def _once(settings: Settings, chromium: Browser) -> dict[str, float]:
    page = chromium.new_page()
    try:
        with App(settings.checkpoints) as app:
            app.wait_for_page()
            answered = app.seconds()
            page.goto(app.address)
            wait_for_editor(page)
            usable = app.seconds()
            before = shown_picture(page)
            pull_slider(page, 2.0)
            edited = app.seconds()
            assert shown_picture(page) != before, "the picture stayed as it was"
    finally:
        page.close()
    say(f"  answers after {answered:.1f} s, usable {usable:.1f} s, first edit {edited:.1f} s")
    return {"answers": round(answered, 2), "usable": round(usable, 2), "edited": round(edited, 2)}
