"""What can be done to a picture? Each operation is one file here, and one line in OPERATIONS."""

from __future__ import annotations

from typing import Any

from genimg.edits.operations.cross import Cross
from genimg.edits.operations.details import Details
from genimg.edits.operations.exchange import Exchange
from genimg.edits.operations.move import Move
from genimg.edits.operations.operation import Operation, Tools
from genimg.edits.operations.soften import Soften
from genimg.errors import RecipeError

OPERATIONS: dict[str, type[Operation]] = {
    "exchange": Exchange,
    "move": Move,
    "cross": Cross,
    "soften": Soften,
    "details": Details,
}
"""All operations by the names that recipes, pages, programs and the command line give them."""


def read_operation(values: Any) -> Operation:
    """The operation that plain JSON means: {"operation": its name, and its parameters}.

    Raises:
        RecipeError: there is none of this name, or a parameter is missing, unknown or no such.
        LatentError: a parameter is out of range.
    """
    name = values.get("operation") if isinstance(values, dict) else None
    if not isinstance(name, str) or name not in OPERATIONS:
        raise RecipeError(
            f"there is no operation {str(name)[:40]!r} here; choose {', '.join(OPERATIONS)} "
            "(a newer genimg may have more)"
        )
    return OPERATIONS[name].read({k: v for k, v in values.items() if k != "operation"})


def write_operation(operation: Operation) -> dict[str, Any]:
    """What `read_operation` reads.

    Raises:
        RecipeError: an operation that is not in OPERATIONS, or that cannot be written down.
    """
    for name, kind in OPERATIONS.items():
        if kind is type(operation):
            return {"operation": name, **operation.write()}
    raise RecipeError(f"{type(operation).__name__} is not in OPERATIONS: add it there first")


__all__ = [
    "OPERATIONS",
    "Cross",
    "Details",
    "Exchange",
    "Move",
    "Operation",
    "Soften",
    "Tools",
    "read_operation",
    "write_operation",
]
