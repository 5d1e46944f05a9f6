"""What is the Train tab told? The shapes of all answers of its routes; see routes.py.

`python -m genimg.ui.declarations` writes them down for the page's own code.
"""

from __future__ import annotations

from typing import Any, Literal

from typing_extensions import TypedDict


class Option(TypedDict):
    """What can be chosen: its name, and what a person reads."""

    name: str
    title: str
    words: str


class StartModel(TypedDict):
    """A model that training can start from; `shape` is the height and width of its pictures."""

    name: str
    title: str
    shape: tuple[int, int]
    family: str


RunAct = Literal["stop", "resume", "extend", "delete"]
"""What can be done to a run."""


class RunFacts(TypedDict):
    """What is always said of a run.

    `kind` is its family in words, which `draws` pictures or not; `phase` one of genimg.runs.PHASES,
    "interrupted" or "damaged"; one that waits is `starting` when it has its turn; `model` its model
    in the menu, which it `opens` where there is one to be opened; `prepared` is the part of its
    pictures that are there, before it trains; times are seconds, `created` since 1970.
    """

    name: str
    title: str
    family: str
    kind: str
    draws: bool
    data: str
    phase: str
    starting: bool
    working: bool
    acts: list[RunAct]
    words: str
    trouble: str
    progress: float
    prepared: float
    images: int
    seconds: float
    seconds_left: float | None
    speed: float
    created: float
    model: str | None
    opens: bool
    last_frame: str | None


class RunBrief(RunFacts):
    """A run as the list shows it, and how many sheets of pictures it has."""

    frames: int


class FamilyOption(Option):
    """A family to train, and whether its models draw pictures."""

    draws: bool


class CropOption(TypedDict):
    """A part of each picture that can be learned from."""

    name: str
    title: str


class MinutesRange(TypedDict):
    """How long a training may take."""

    least: float
    most: float


class ExampleFacts(TypedDict):
    """What a training has given, of which there is a sheet: the `network` ("vae photo") learned
    from so many `pictures` of `size` pixels a side, for so many `minutes`, in which it saw `images`
    at a `speed` of so many a second; `fd` is the Frechet distance of what it draws from real
    pictures, and `fd_floor` that of real ones from each other, where they were measured.
    """

    name: str
    network: str
    title: str
    pictures: int
    size: int
    minutes: float
    images: int
    speed: float
    fd: int | None
    fd_floor: int | None


class TrainingExample(ExampleFacts):
    """The same, with the address of its sheet."""

    url: str


class Offers(TypedDict):
    """What can be chosen for a new model.

    `letters` are at most in a title, a credit or a licence; `nothing` stands in place of a model to
    start from.
    """

    data: list[Option]
    families: list[FamilyOption]
    crops: list[CropOption]
    sizes: list[int]
    minutes: MinutesRange
    letters: int
    nothing: str
    examples: list[TrainingExample]


class Overview(Offers):
    """All that there is to train with, and all runs; no runs, with `why`, for those who may not."""

    allowed: bool
    why: str
    here: bool
    models: list[StartModel]
    runs: list[RunBrief]
    disk_free: int


class Choice(TypedDict):
    """What was chosen for a run, and why."""

    what: str
    value: str
    why: str


class Frame(TypedDict):
    """A sheet of pictures, after so many training images."""

    images: int
    url: str


class HealthAnswer(TypedDict):
    """One sentence on how a run is doing, and how serious that is."""

    kind: str
    words: str


class GraphAnswer(TypedDict):
    """A graph over the minutes: each line is a curve's name and what is said of it."""

    title: str
    hint: str
    lines: list[tuple[str, str]]


class Run(RunFacts):
    """A run with all that its page shows; `removable` says that its model may go with it."""

    graphs: list[GraphAnswer]
    plan: list[Choice]
    curves: dict[str, list[float | None]]
    frames: list[Frame]
    rows: list[str]
    columns: int
    health: list[HealthAnswer]
    log: list[str]
    command: str
    removable: bool


class LookProgress(TypedDict):
    """How far a look is."""

    done: int
    of: int
    words: str


class LeftOutFile(TypedDict):
    """A file that is not used, and why."""

    name: str
    reason: str
    detail: str


class Label(TypedDict):
    """A kind of pictures, and how many there are."""

    name: str
    count: int


class Sides(TypedDict):
    """The short sides of pictures, in pixels."""

    least: int
    median: int
    most: int


class PicturesReport(TypedDict):
    """What `python -m genimg prepare` has found; `settled` are reasons that cannot be overruled,
    `shape` the height and width of the prepared pictures.
    """

    source: str
    found: int
    used: int
    reasons: dict[str, int]
    settled: list[str]
    left_out: list[LeftOutFile]
    labels: list[Label]
    splits: dict[str, int]
    beside: dict[str, int]
    colour: bool
    sides: Sides
    shape: tuple[int, int]
    crop: str
    notes: list[str]


class Plan(TypedDict):
    """What `python -m genimg train --dry-run` has planned; see genimg.training.planning.plan.

    `network` is the family and the preset, such as "vae photo"; `hints` are what is not among the
    choices and the numbers; pictures are shown as they are where they are not `varied`. `minutes`
    are those of training, `drawing` those in which the pictures are drawn before it.
    """

    network: str
    choices: list[Choice]
    varied: bool
    speed: float
    memory: int
    minutes: float
    drawing: float
    pictures: int
    hints: list[str]


class LookSheets(TypedDict, total=False):
    """The addresses of sheets of pictures: those that are used, left out, and varied."""

    used: str
    left_out: str
    changes: str


class LookAnswer(TypedDict):
    """What is known of some pictures by now."""

    done: bool
    stage: str
    progress: LookProgress
    report: PicturesReport | None
    plan: Plan | None
    error: str | None
    sheets: LookSheets


class LookStarted(TypedDict):
    """A look has begun."""

    id: str


class RunStarted(TypedDict):
    """A run has begun, or waits for its turn."""

    name: str


class ModelOpened(TypedDict):
    """A model is in the menu."""

    model: str


class PicturesSent(TypedDict):
    """A file has arrived in a set; `name` is null for what no picture can be."""

    set: str
    name: str | None


Nothing = dict[str, Any]
"""It has been done."""
