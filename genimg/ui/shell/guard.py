"""How does a failure that a person can mend reach that person, in plain words?"""

from __future__ import annotations

import html
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import gradio as gr

from genimg.errors import GenimgError

P = ParamSpec("P")
T = TypeVar("T")


def guard(fn: Callable[P, T]) -> Callable[P, T]:
    """Show a GenimgError of `fn` as a message on the page; bugs surface in the log.

    The name and the signature stay, so the API keeps readable endpoints. Messages may quote file
    names, and Gradio renders them as HTML, so they are escaped.
    """

    @wraps(fn)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return fn(*args, **kwargs)
        except GenimgError as error:
            message = html.escape(str(error), quote=False)
            raise gr.Error(message, print_exception=False) from error

    return guarded
