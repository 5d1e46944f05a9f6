"""Who is drawn? Everything that is decided about one portrait, drawn at random from its number.

Properties are drawn independently of each other, but for what would look odd together: beards grow
on less feminine faces, hair greys and recedes with age, and skin follows ancestry loosely.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

STYLES = (
    "bald head", "buzz cut", "short hair", "side parting", "slicked back hair", "tousled hair",
    "fringe", "curly hair", "afro", "bob", "long straight hair", "long wavy hair", "bun",
)  # fmt: skip
COLOURS = ("black hair", "dark brown hair", "brown hair", "red hair", "blond hair", "grey hair")
BEARDS = ("clean shaven", "stubble", "moustache", "goatee", "full beard")
GLASSES = ("no glasses", "thin glasses", "bold glasses", "sunglasses")
CLOTHES = ("crew neck", "v neck", "roll neck", "scoop neck", "shirt", "jacket")
BACKDROPS = ("studio", "greenery", "indoors", "sky", "evening lights")
SHAPES = ("face length", "jaw width", "cheekbones", "nose width", "nose length", "eye size",
          "lip fullness")  # fmt: skip

_LONGER = (0, 1, 1, 1, 1, 1, 1, 1, 1, 1.2, 1.6, 1.6, 1.2)
_SHORTER = (0.9, 1.2, 1.5, 1.4, 1.2, 1.2, 0.9, 1.1, 1, 0.35, 0.4, 0.45, 0.3)


_SKIN = np.array(((0.58, 0.42), (0.12, 0.38), (0.0, 0.42)))
"""The lightest skin that goes with African, East Asian and European features, and the range."""


@dataclass(frozen=True)
class Person:
    """All about one portrait.

    number      of the picture, which the details nobody names follow from.
    age         years, 20 to 75.
    femininity, weight, melanin, grey  0 to 1.
    ancestry    weights of African, East Asian and European features; they make 1.
    shape       an amount -1 to 1 for each of SHAPES.
    smile, mouth_open, brows_raised, eyes_closed  0 to 1.
    gaze, turn  degrees: to the picture's right and up, of the eyes and of the head.
    style, colour, beard, glasses, clothes, backdrop  numbers of the values above.
    hair_length  0 to 1, shortest to longest of its style.
    light       degrees: where the main light comes from, to the picture's right and up.
    warmth      -1 (bluish) to 1 (golden) light.
    """

    number: int
    age: float
    femininity: float
    weight: float
    melanin: float
    grey: float
    ancestry: tuple[float, float, float]
    shape: tuple[float, ...]
    smile: float
    mouth_open: float
    brows_raised: float
    eyes_closed: float
    gaze: tuple[float, float]
    turn: tuple[float, float]
    style: int
    colour: int
    beard: int
    glasses: int
    clothes: int
    backdrop: int
    hair_length: float
    light: tuple[float, float]
    warmth: float
    seed: int = 0

    def rng(self, purpose: int) -> np.random.Generator:
        """Random numbers of this person's own for details of one kind."""
        return np.random.Generator(np.random.PCG64([self.seed, self.number, purpose]))


def draw_person(number: int, seed: int = 0) -> Person:
    """The person with this number: the same on every machine."""
    rng = np.random.Generator(np.random.PCG64([seed, number]))
    age = float(rng.uniform(20, 75))
    femininity = float(rng.beta(0.45, 0.45))
    ancestry = rng.dirichlet((0.35, 0.35, 0.35))
    melanin = float(ancestry @ _SKIN @ (1, rng.uniform()))
    odds = np.array(_SHORTER) * (1 - femininity) + np.array(_LONGER) * femininity
    style = int(rng.choice(len(STYLES), p=odds / odds.sum()))
    greying = np.clip((age - 44) / 34 + rng.normal(0, 0.22), 0, 1)
    grey = float(greying if rng.uniform() < 0.65 else greying * 0.12)
    dark = min(1.0, ancestry[2] * 1.3)
    chances = np.array([0.3, 0.22, 0.2, 0.11, 0.17]) * dark + (1 - dark) * np.array(
        [0.66, 0.2, 0.06, 0.04, 0.04]
    )
    colour = int(rng.choice(5, p=chances / chances.sum()))
    bearded = rng.uniform() < 0.62 and femininity < 0.42
    beard = int(rng.integers(1, len(BEARDS))) if bearded else 0
    closed = rng.uniform()
    open_mouth = rng.uniform()
    return Person(
        number=number, seed=seed, age=age, femininity=femininity,
        weight=float(np.clip(rng.beta(2.2, 2.6), 0, 1)), melanin=melanin, grey=grey,
        ancestry=(float(ancestry[0]), float(ancestry[1]), float(ancestry[2])),
        shape=tuple(float(each) for each in np.clip(rng.normal(0, 0.45, len(SHAPES)), -1, 1)),
        smile=float(max(0.0, rng.uniform(-0.5, 1))),
        mouth_open=float(rng.uniform(0.2, 0.8)) if open_mouth > 0.75 else 0.0,
        brows_raised=float(max(0.0, rng.uniform(-0.8, 1))),
        eyes_closed=float(rng.uniform(0.93, 1.0)) if closed > 0.9 else float(closed * 0.08),
        gaze=(float(rng.uniform(-22, 22)), float(rng.uniform(-12, 10))),
        turn=(float(rng.uniform(-38, 38)), float(rng.uniform(-13, 13))),
        style=style, colour=5 if grey > 0.55 else colour, beard=beard,
        glasses=int(rng.choice(4, p=(0.66, 0.13, 0.13, 0.08))),
        clothes=int(rng.integers(len(CLOTHES))), backdrop=int(rng.integers(len(BACKDROPS))),
        hair_length=float(rng.uniform()),
        light=(float(rng.uniform(-62, 62)), float(rng.uniform(12, 52))),
        warmth=float(rng.uniform(-1, 1)),
    )  # fmt: skip
