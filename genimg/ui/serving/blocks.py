"""Which files may an event bring to the page's components? Those that were uploaded, alone.

Whatever a component is given, or shows, Gradio looks in it for what speaks of files, and copies
these into its cache, from where it serves them: of any path of the machine, and of any address of
the network. It has a check against that, which `launch` switches on and `mount_gradio_app` does
not, and which lets through what a function gives out of the working folder, the folder of temporary
files, and the network. Here it is switched on, and what an event brings, in its values or as its
data, and what comes of it are looked through before Gradio touches them.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import gradio as gr
from gradio.block_function import BlockFunction
from gradio.state_holder import SessionState

from genimg.errors import GenimgError
from genimg.ui.serving.uploads import NOT_UPLOADED, is_upload
from genimg.ui.words import say

_LOG = logging.getLogger("genimg")
NOT_FITTING = "serving.not_fitting"
NO_ADDRESSES = "serving.no_addresses"


class SafeBlocks(gr.Blocks):
    """A page whose events read no file that was not uploaded, and fetch no address."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.has_launched = True

    async def preprocess_data(
        self,
        block_fn: BlockFunction,
        inputs: list[Any],
        state: SessionState | None,
        explicit_call: bool = False,
    ) -> list[Any]:
        """As Gradio's own, for files that were uploaded. Raises gr.Error."""
        check_files(inputs)
        try:
            return list(await super().preprocess_data(block_fn, inputs, state, explicit_call))
        except (gr.Error, GenimgError):
            raise
        except Exception as error:  # a text for a slider, and the like
            _LOG.warning("what %s brings does not fit it: %.200r", block_fn.name, error)
            raise gr.Error(say(NOT_FITTING), print_exception=False) from None

    async def process_api(
        self, block_fn: BlockFunction | int, *arguments: Any, **options: Any
    ) -> dict[str, Any]:
        """As Gradio's own, for an event whose data speak of uploads alone. Raises gr.Error."""
        event = self.fns[block_fn] if isinstance(block_fn, int) else block_fn
        if event.fn is None:  # a script of the page does it all
            raise gr.Error(say(NOT_FITTING), print_exception=False)
        for value in (*arguments, *options.values()):
            if isinstance(value, gr.EventData):
                check_files(value._data)
        answer: dict[str, Any] = await super().process_api(block_fn, *arguments, **options)
        return answer

    async def postprocess_data(
        self, block_fn: BlockFunction, predictions: Any, state: SessionState | None
    ) -> list[Any]:
        """As Gradio's own, for files that were uploaded or made for somebody. Raises gr.Error."""
        check_files(predictions)
        processed: list[Any] = await super().postprocess_data(block_fn, predictions, state)
        return processed


def check_files(values: Any) -> None:
    """Look through what an event brings, or what comes of it, as deep as it goes.

    Raises:
        gr.Error: it speaks of a file that was not uploaded, or of an address.
    """
    for path in _paths(values):
        if not isinstance(path, str) or not is_upload(path):
            said = say(NO_ADDRESSES if _is_address(path) else NOT_UPLOADED)
            raise gr.Error(said, print_exception=False)


def _paths(values: Any) -> Iterator[Any]:
    """What Gradio would take for the path of a file: what has a path and something about it.

    A mapping of plain words may well have a key "path", as a label of somebody's pictures.
    """
    left = [values]
    while left:
        value = left.pop()
        if isinstance(value, dict):
            if "path" in value and "meta" in value:
                yield value["path"] if isinstance(value["meta"], dict) else None
            left += value.values()
        elif isinstance(value, (list, tuple)):
            left += value


def _is_address(path: Any) -> bool:
    try:
        return isinstance(path, str) and urlsplit(path).scheme in ("http", "https", "ftp", "data")
    except ValueError:
        return False
