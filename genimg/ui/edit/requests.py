"""What may the page ask of the Edit tab's routes? See routes.py."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, ConfigDict, Discriminator, Field, Tag, TypeAdapter

from genimg.edits import OPERATIONS
from genimg.ui.serving.http import LONGEST_VALUE, Question

LONGEST_NODE = 100
"""Characters of what the page knows a step by."""


class Act(Question):
    """Something is done to the picture of `recipe`, while the model `chosen` is chosen."""

    chosen: str
    recipe: str | None = None


class OpenAct(Act):
    """An upload is opened, by the chosen model or `model`, which then takes any picture."""

    act: Literal["open"]
    path: str
    model: str | None = None
    refine: bool = False


class ExampleAct(Act):
    """What is behind a thumbnail is opened."""

    act: Literal["example"]
    pick: str


class DrawAct(Act):
    """The model draws a picture."""

    act: Literal["draw"]


class GoAct(Act):
    """A step is gone to, which the page knows as `node`."""

    act: Literal["go"]
    node: Annotated[str, Field(max_length=LONGEST_NODE)]


class CropAct(Act):
    """Another part of an upload is encoded; see `Editor.fit`."""

    act: Literal["crop"]
    path: str
    focus: Annotated[list[float], Field(min_length=2, max_length=2)]
    zoom: float


class BaseAct(Act):
    """A better start for an upload has been found."""

    act: Literal["base"]
    better: str
    editable: str | None = None
    original: str | None = None


class PullAct(Act):
    """Sliders have been moved: {direction: standard deviations}; "" is the share of own details."""

    act: Literal["pull"]
    amounts: dict[str, float]


class TakeAct(Act):
    """The exchange of a factor is taken back ("change"), that less of the own details is shown
    ("details"), or all that a direction was moved.
    """

    act: Literal["take"]
    kind: str
    name: str


class ResetAct(Act):
    """All edits are taken back."""

    act: Literal["reset"]


class NudgeAct(Act):
    """A few sliders are moved at random."""

    act: Literal["nudge"]


class LockAct(Act):
    """Directions are kept from now on, or let go."""

    act: Literal["lock"]
    names: list[str]
    on: bool


def _operation(name: str) -> str:
    if name not in OPERATIONS:
        raise ValueError(f"cannot be {name[:LONGEST_VALUE]!r}: there is no act of that name")
    return name


class OperationAct(Act):
    """An operation is done to the picture; its parameters beside `act` are read by it."""

    model_config = ConfigDict(extra="allow")

    act: Annotated[str, AfterValidator(_operation)]


ListEdit = (
    OpenAct | ExampleAct | DrawAct | GoAct | CropAct | BaseAct
    | PullAct | TakeAct | ResetAct | NudgeAct | LockAct
)  # fmt: skip
LIST_EDITS = {
    name for kind in get_args(ListEdit) for name in get_args(kind.model_fields["act"].annotation)
}


def _tag(values: Any) -> str:
    name = values.get("act") if isinstance(values, dict) else getattr(values, "act", None)
    return "own" if isinstance(name, str) and name in LIST_EDITS else "operation"


ActRequest = Annotated[
    Annotated[Annotated[ListEdit, Field(discriminator="act")], Tag("own")]
    | Annotated[OperationAct, Tag("operation")],
    Discriminator(_tag),
]
ACT: TypeAdapter[ActRequest] = TypeAdapter(ActRequest)


class FrameRequest(Question):
    """A slider is being pulled where the live socket is blocked: where all of them stand."""

    recipe: str
    totals: dict[str, float]


class RefineRequest(Question):
    """The start of an upload is to be made better; `original` is what the model was shown."""

    recipe: str
    original: str


class StepToSave(Question):
    """A step that led to a picture; `parents` are places among the steps before."""

    recipe: str
    label: str = ""
    parents: list[int] = []


class StepOfAll(Question):
    """A step in an archive; `parents` are ids, `time` milliseconds since 1970."""

    id: str
    recipe: str
    label: str = ""
    parents: list[str] = []
    star: bool | None = None
    time: float = 0


class SavePicture(Question):
    """A picture is to be saved; see `saving.picture`."""

    what: Literal["picture"]
    recipe: str
    label: str = ""
    steps: list[StepToSave] = []
    parents: list[int] = []
    kind: str = "png"
    scale: int = 1
    smooth: bool = False
    bare: bool = False


class SaveAll(Question):
    """All these steps are to be saved in an archive."""

    what: Literal["all"]
    steps: list[StepOfAll]


SaveRequest = Annotated[SavePicture | SaveAll, Field(discriminator="what")]
SAVE: TypeAdapter[SaveRequest] = TypeAdapter(SaveRequest)
