"""Which drawings is a cat composed of, and what is each called?

Every name was given by looking at the drawing. It becomes the label of a slider.
"""

from __future__ import annotations

from genimg.data.dataset import Card
from genimg.data.drawn.artwork import Artwork

CATS = Artwork(
    folder="set4",
    layers=(
        "000#00body/{fur colour}",
        "001#01fur/{markings}",
        "002#02eyes/{eyes}",
        "003#03mouth/{mouth}",
        "004#04accessories/{accessory}",
    ),
    factors={
        "fur colour": {
            "body0": "wine red fur",
            "body1": "green fur",
            "body2": "black fur",
            "body3": "lilac fur",
            "body4": "coral red fur",
            "body5": "sandy fur",
            "body6": "pink fur",
            "body7": "brown fur",
            "body8": "blue fur",
            "body9": "yellow fur",
            "body10": "golden fur",
            "body11": "grey fur",
            "body12": "caramel fur",
            "body13": "cream fur",
            "body14": "orange fur",
        },
        "markings": {
            "fur0": "faint stripes",
            "fur1": "tiger stripes",
            "fur2": "no markings",
            "fur3": "swirls",
            "fur4": "dark patch",
            "fur5": "pale patch",
            "fur7": "pale nose",
            "fur8": "pale squares",
            "fur9": "pale spots",
        },
        "eyes": {
            "eyes0": "big round eyes",
            "eyes1": "sly eyes",
            "eyes2": "tiny dot eyes",
            "eyes3": "pointed eyes",
            "eyes4": "monocle",
            "eyes5": "tall square eyes",
            "eyes6": "happy closed eyes",
            "eyes7": "wide grey eyes",
            "eyes8": "small square eyes",
            "eyes9": "green eyes",
            "eyes10": "eyeliner",
            "eyes11": "oval eyes",
            "eyes12": "glasses",
            "eyes13": "long narrow eyes",
            "eyes14": "eyelashes",
        },
        "mouth": {
            "mouth0": "red open smile",
            "mouth1": "wide smile",
            "mouth2": "tiny round mouth",
            "mouth3": "shouting mouth",
            "mouth4": "open smile",
            "mouth5": "crooked smile",
            "mouth6": "small smile",
            "mouth7": "narrow open smile",
            "mouth8": "toothy grin",
            "mouth9": "laughing mouth",
        },
        "accessory": {
            "accessory0": "red scarf",
            "accessory1": "bell collar",
            "accessory2": "red collar",
            "accessory3": "red headband",
            "accessory4": "pink bow",
            "accessory5": "black hat",
            "accessory6": "red headphones",
            "accessory7": "blue scarf",
            "accessory8": "barrel collar",
            "accessory9": "typewriter",
            "accessory10": "diamond necklace",
            "accessory11": "black bandana",
            "accessory12": "blue bow",
            "accessory13": "red hat",
            "accessory14": "silver headphones",
            "accessory15": "no accessory",
        },
    },
    card=Card(
        name="cats",
        title="Cats",
        licence="CC BY 4.0",
        credit="Cat artwork by David Revoy, CC BY 4.0",
        description="Drawn cats, combined from 66 part drawings."
        " Composed artwork, not photographs: parts laid over each other and reduced in size.",
    ),
    hidden={"mouth": (("accessory", "accessory0"), ("accessory", "accessory7"))},  # the scarfs
    unused=("001#01fur/fur6",),  # as empty as fur2: it would put the same cat into two splits
)
