"""The app in the browser: which tabs it has, and how a page is put together from them."""

from __future__ import annotations

import os

# Read when gradio is imported: no telemetry, and no summary of all events after each one.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", "1000")

import gradio as gr

from genimg.ui import api, edit, generate, interpolate, train
from genimg.ui.desk import Desk
from genimg.ui.store import Store

TABS = {edit.ID: edit, generate.ID: generate, interpolate.ID: interpolate, train.ID: train}
"""The tabs in their order; each module has ID, TITLE and build(desk)."""


def build_page(store: Store) -> gr.Blocks:
    """Put the page together: header, tabs, model card, and the public API."""
    page = gr.Blocks(
        title="genimg", analytics_enabled=False, delete_cache=(600, 3600), fill_width=True
    )
    with page:
        desk = Desk(store)
        opened = {}
        for name, tab in TABS.items():
            with desk.tabs, gr.Tab(tab.TITLE, id=name, elem_id=f"tab-{name}") as opened[name]:
                tab.build(desk)
        desk.connect(page, opened)
        api.publish(store, page)
    page.queue(max_size=32, default_concurrency_limit=4, api_open=True)
    return page
