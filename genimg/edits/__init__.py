"""An edit as plain data: where a picture started, what was done to it, and how that is written."""

from genimg.edits.locks import Locks
from genimg.edits.operations import OPERATIONS, Operation, Tools, read_operation
from genimg.edits.operations import Move as Moves
from genimg.edits.recipe import MAX_STEPS, SLIDER_DIGITS, TEXT_KEY, Recipe, Step, edit_words

__all__ = [
    "MAX_STEPS",
    "OPERATIONS",
    "SLIDER_DIGITS",
    "TEXT_KEY",
    "Locks",
    "Moves",
    "Operation",
    "Recipe",
    "Step",
    "Tools",
    "edit_words",
    "read_operation",
]
