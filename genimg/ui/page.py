"""Which tabs does the page have, and how is it put together from them?"""

from __future__ import annotations

import gradio as gr

from genimg.ui import api, words
from genimg.ui.edit import tab as edit
from genimg.ui.generate import tab as generate
from genimg.ui.interpolate import tab as interpolate
from genimg.ui.serving.blocks import SafeBlocks
from genimg.ui.serving.queueing import share_fairly
from genimg.ui.shell.store import Store
from genimg.ui.shell.wiring import Wiring
from genimg.ui.train import tab as train

TABS = {edit.ID: edit, generate.ID: generate, interpolate.ID: interpolate, train.ID: train}
"""The tabs in their order; each module has ID, TITLE and build(wiring).

TITLE is the key of a sentence in ui/words, or the title itself.
"""


def build_page(store: Store) -> gr.Blocks:
    """Put the page together: header, tabs, model card, and the public API."""
    # What Gradio does not know of is swept, too (see serving/temp.py); it forgets what it deletes.
    page = SafeBlocks(
        title="genimg", analytics_enabled=False, delete_cache=(600, 3600), fill_width=True
    )
    with page:
        wiring = Wiring(store)
        opened = {}
        for name, tab in TABS.items():
            title = words.say(tab.TITLE) if words.knows(tab.TITLE) else tab.TITLE
            with wiring.tabs, gr.Tab(title, id=name, elem_id=f"tab-{name}") as opened[name]:
                tab.build(wiring)
        wiring.connect(page, opened)
        api.publish(store, page)
    share_fairly(page, limit=4)
    return page
