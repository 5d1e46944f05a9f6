"""Which drawings is a robot head composed of, and what is each called?

Every name was given by looking at the drawing. It becomes the label of a slider.
"""

from __future__ import annotations

from genimg.data.dataset import Card
from genimg.data.drawn.artwork import Artwork

# The 90 faces are ten shapes in nine colours, numbered shape by shape, each in its own order.
_FORWARD = ("purple", "lime", "pink", "grey", "orange", "green", "yellow", "blue", "red")
_BLUE_FIRST = ("purple", "lime", "pink", "grey", "orange", "green", "blue", "red", "yellow")
_BACKWARD = _FORWARD[::-1]
_FACES = {
    "nicked": _FORWARD,
    "boxy": _BACKWARD,
    "swooping": _FORWARD,
    "pointed": _BACKWARD,
    "round": _BLUE_FIRST,
    "folded": _BACKWARD,
    "finned": _FORWARD,
    "sloping": _FORWARD,
    "rolled": _BACKWARD,
    "notched": _FORWARD,
}

HEADS = Artwork(
    folder="set3",
    layers=(
        "005#01BaseFace/{colour} {shape}",
        "001#02Wave/wave1",
        "006#03Antenna/{ears}",
        "003#04Eyes/{eyes}",
        "002#05Eyebrows/{eyebrows}",
        "004#06Nose/{nose}",
        "000#07Mouth/{mouth}",
    ),
    factors={
        "colour": {
            "purple": "purple head",
            "lime": "lime head",
            "pink": "pink head",
            "grey": "grey head",
            "orange": "orange head",
            "green": "green head",
            "yellow": "yellow head",
            "blue": "blue head",
            "red": "red head",
        },
        "shape": {
            "nicked": "nicked head",
            "boxy": "boxy head",
            "swooping": "swooping head",
            "pointed": "pointed head",
            "round": "round head",
            "folded": "folded head",
            "finned": "finned head",
            "sloping": "sloping head",
            "rolled": "rolled head",
            "notched": "notched head",
        },
        "ears": {
            "Robot-Design1": "red ball antennas",
            "Robot-Design2": "orange dome ears",
            "Robot-Design3": "zigzag antennas",
            "Robot-Design4": "orange knob ears",
            "Robot-Design5": "blue bulb ears",
            "Robot-Design6": "yellow ball antennas",
            "Robot-Design7": "blue panel ears",
            "Robot-Design8": "yellow spike ears",
            "Robot-Design9": "bent red antennas",
            "Robot-Design10": "six-sided ears",
        },
        "eyes": {
            "Robot-Design1": "yellow arrow eyes",
            "Robot-Design2": "pink eyes in a mask",
            "Robot-Design3": "sleepy orange eyes",
            "Robot-Design4": "golden oval eyes",
            "Robot-Design5": "yellow eyes in a visor",
            "Robot-Design6": "blue bar eyes",
            "Robot-Design7": "blue drop eyes",
            "Robot-Design8": "one camera eye",
            "Robot-Design9": "blue pixel eyes",
            "Robot-Design10": "gold ring eyes",
            "Robot-Design11": "cat eyes",
            "Robot-Design12": "blue half-moon eyes",
        },
        "eyebrows": {
            "Robot-Design1": "one arched eyebrow",
            "Robot-Design2": "triangle eyebrows",
            "Robot-Design3": "bar eyebrows",
            "Robot-Design4": "one wavy eyebrow",
            "Robot-Design5": "oval eyebrows",
            "Robot-Design6": "square eyebrows",
            "Robot-Design7": "hooked eyebrows",
            "Robot-Design8": "angry eyebrows",
            "Robot-Design9": "half-moon eyebrows",
            "Robot-Design10": "ragged eyebrows",
            "Robot-Design11": "slanted eyebrows",
            "Robot-Design12": "crescent eyebrows",
        },
        "nose": {
            "Robot-Design1": "flared nose",
            "Robot-Design2": "L-shaped nose",
            "Robot-Design3": "forked nose",
            "Robot-Design4": "bean nose",
            "Robot-Design5": "bent nose",
            "Robot-Design6": "flat nose",
            "Robot-Design7": "oval nose",
            "Robot-Design8": "coil nose",
            "Robot-Design9": "wedge nose",
            "Robot-Design10": "long nose",
            "Robot-Design11": "cube nose",
        },
        "mouth": {
            "Robot-Design1": "braces",
            "Robot-Design2": "big grin",
            "Robot-Design3": "pink teeth",
            "Robot-Design4": "blue and black stripes",
            "Robot-Design5": "blue and white stripes",
            "Robot-Design6": "pixel smile",
            "Robot-Design7": "blue smile",
            "Robot-Design8": "yellow grin",
            "Robot-Design9": "yellow line mouth",
        },
    },
    card=Card(
        name="heads",
        title="Robot heads",
        licence="CC BY 3.0",
        credit="Head artwork by Julian Peter Arias, CC BY 3.0",
        description="Drawn robot heads, combined from 145 part drawings."
        " Composed artwork, not photographs: parts laid over each other and reduced in size.",
    ),
    renamed={
        f"005#01BaseFace/{colour} {shape}": f"005#01BaseFace/Robot-Design{9 * row + column + 1}"
        for row, (shape, colours) in enumerate(_FACES.items())
        for column, colour in enumerate(colours)
    },
)
