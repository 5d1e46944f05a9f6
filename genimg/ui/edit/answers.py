"""What is the Edit tab told? The shapes of what scene.py, foreign.py and routes.py give.

`python -m genimg.ui.declarations` writes them down for the page's own code.
"""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict


class SliderPage(TypedDict):
    """Directions that are shown together; `factor` is what they are values of, and `series` what
    several pages of one group are called together; "" for others.
    """

    title: str
    factor: str
    names: list[str]
    series: str


class NumberSheet(TypedDict):
    """What a direction is in units: between which values it lies, how far it is `off` on average,
    in words, and with how many decimal places it is told.
    """

    unit: str
    low: float
    high: float
    off: str
    digits: int


class NumberAnswer(TypedDict):
    """Which number a slider shows: `base + step * amount`, in its unit."""

    base: float
    step: float


class ModelSheet(TypedDict):
    """What the page has to know of a model: `shape` is the height and width of a picture,
    `directions` the reliability of each in percent, `numbers` those of them that speak in units,
    `kind` whether all its pictures are of a kind, `refines` whether uploads can be made better.
    """

    name: str
    id: str
    title: str
    shape: tuple[int, int]
    kind: bool
    refines: bool
    pages: list[SliderPage]
    directions: dict[str, int]
    numbers: dict[str, NumberSheet]
    factors: dict[str, list[str]]


class CropAnswer(TypedDict):
    """The part of an upload that the model sees; `ratio` is its width to its height, `preview` the
    whole picture where browsers cannot show the file.
    """

    path: str
    focus: tuple[float, float]
    zoom: float
    ratio: float
    preview: NotRequired[str]


class UploadAnswer(TypedDict, total=False):
    """What is remembered of an upload: what the model was shown, and the recipes of two starts for
    it, `editable` and `faithful`; the start in use is at `t` of the way from the first to the
    second.
    """

    original: str
    crop: CropAnswer
    faithful: str
    editable: str
    t: float


class MatchAnswer(TypedDict):
    """How close the model comes to an upload, for people; `captions` say for each label how much
    its name is worth.
    """

    words: str
    level: str
    numbers: str
    advice: str
    captions: dict[str, str]


class EarlierStep(TypedDict):
    """A step that led to a picture; `parents` are places among the steps before."""

    recipe: str
    label: str
    parents: list[int]
    thumb: str


class SceneAnswer(TypedDict):
    """A picture with all that the page shows of it. Pictures are data: URIs.

    `opened`: it is another picture than before. `refine`: the page shall make its start better at
    once. `node`: the step that was gone to. `details`: the share of its own details that is shown,
    where it has some. `numbers`: the sliders that speak in units, under its locks.
    """

    model: ModelSheet
    recipe: str
    label: str
    note: str
    amounts: dict[str, float]
    locks: list[str]
    changes: dict[str, str]
    shows: dict[str, str]
    numbers: dict[str, NumberAnswer]
    details: NotRequired[float]
    picture: str
    plain: str
    thumb: str
    earlier: list[EarlierStep]
    parents: list[int]
    number: int
    match: NotRequired[MatchAnswer]
    upload: NotRequired[UploadAnswer]
    opened: NotRequired[bool]
    refine: NotRequired[bool]
    node: NotRequired[str | None]


class OfferAnswer(TypedDict):
    """What can be done with a picture that the chosen model does not know: open it in the model
    `photo`, called `title`, or all the same in `model`; null where there is none.
    """

    path: str
    words: str
    thumb: str
    model: str | None
    photo: str | None
    title: str | None


class ModelParts(TypedDict):
    """What belongs to a model that is now chosen: what to begin with as HTML, whether it takes
    pictures, and, as HTML, what is said where it does not.
    """

    model: str
    examples: str
    takes_pictures: bool
    hint: str


class ActAnswer(TypedDict):
    """What comes of an act: a scene, an offer, or the words why it has failed.

    `parts` are there where another model is chosen now.
    """

    warnings: list[str]
    scene: NotRequired[SceneAnswer]
    offer: NotRequired[OfferAnswer]
    failed: NotRequired[str]
    parts: NotRequired[ModelParts]


class SessionValue(TypedDict):
    """What a component of Gradio's has opened: a scene, an offer, or the words why the page is
    `empty`.
    """

    number: NotRequired[int]
    scene: NotRequired[SceneAnswer]
    offer: NotRequired[OfferAnswer]
    empty: NotRequired[str]


class RefineNews(TypedDict):
    """How far an upload's start has been made better: `step` of `of`, the `better` recipe (null as
    long as there is none) and what it draws; at the end a recipe that is easy to edit, too.
    """

    step: int
    of: int
    words: str
    better: str | None
    picture: str
    editable: NotRequired[str]


class RefineEnd(TypedDict):
    """The last line of a refining; `error` says what went wrong, if anything did."""

    done: Literal[True]
    error: NotRequired[str]
