"""What Gradio's routes cannot make sense of: one sentence for who asked, and one line in the log.

Gradio lets a name that it does not know, or a field that is missing, end in an exception, hence in
an answer without words and a page of traceback for each such request.
"""

from __future__ import annotations

import logging
import traceback

from fastapi import FastAPI
from gradio.route_utils import FnIndexInferError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from genimg.ui.serving.answers import Refusal
from genimg.ui.serving.gradio_routes import API
from genimg.ui.words import say

_LOG = logging.getLogger("genimg")


def tell_plainly(mounted: FastAPI) -> None:
    """Have Gradio's app answer requests that it cannot read with what is wrong."""
    mounted.add_exception_handler(FnIndexInferError, _unknown)
    mounted.add_exception_handler(ClientDisconnect, _gone)
    for kind in (LookupError, TypeError, ValueError):
        mounted.add_exception_handler(kind, _unreadable)


async def _unknown(request: Request, error: Exception) -> Response:
    return Refusal(404, say("serving.no_endpoint", api=API)).response()


async def _unreadable(request: Request, error: Exception) -> Response:
    *_, last = traceback.extract_tb(error.__traceback__)
    _LOG.warning(
        "%s could not be answered: %.200r (%s, line %s)",
        request.url.path[:200], error, last.filename, last.lineno,
    )  # fmt: skip
    return Refusal(400, say("serving.unreadable", api=API)).response()


async def _gone(request: Request, error: Exception) -> Response:
    return Response(status_code=400)  # which nobody gets
