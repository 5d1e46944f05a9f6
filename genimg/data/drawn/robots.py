"""Which drawings is a robot composed of, and what is each called?

Every name was given by looking at the drawing. It becomes the label of a slider.
"""

from __future__ import annotations

from genimg.data.dataset import Card
from genimg.data.drawn.artwork import Artwork

ROBOTS = Artwork(
    folder="set1",
    layers=(
        "{colour}/003#01Body/{colour}_body-{body}",
        "{colour}/004#02Face/{colour}_face-{head}",
        "{colour}/002#Accessory/{colour}_accessory-{accessory}",
        "{colour}/001#Eyes/{colour}_eyes-{eyes}",
        "{colour}/000#Mouth/{colour}_mouth-{mouth}",
    ),
    factors={
        "colour": {
            "blue": "blue robot",
            "brown": "brown robot",
            "green": "green robot",
            "grey": "grey robot",
            "orange": "orange robot",
            "pink": "pink robot",
            "purple": "purple robot",
            "red": "red robot",
            "white": "white robot",
            "yellow": "yellow robot",
        },
        "body": {
            "01": "big round shoulders",
            "02": "cone body",
            "03": "slim body",
            "04": "funnel body",
            "05": "hatch body",
            "06": "post body",
            "07": "window body",
            "08": "bottle body",
            "09": "bucket body",
            "10": "tank body",
        },
        "head": {
            "01": "chin guard head",
            "02": "round head",
            "03": "bullet head",
            "04": "egg head",
            "05": "tin can head",
            "06": "light bulb head",
            "07": "upside-down triangle head",
            "08": "hooked head",
            "09": "triangle head",
            "10": "block head",
        },
        "accessory": {
            "01": "number seven",
            "02": "nose pipe",
            "03": "ringed antenna",
            "04": "red lamp",
            "05": "radar dish",
            "06": "moustache",
            "07": "top hat",
            "08": "TV aerial",
            "09": "tube hair",
            "10": "white horn",
        },
        "eyes": {
            "01": "angry slit eyes",
            "02": "goggle eyes",
            "03": "one red eye",
            "04": "red visor",
            "05": "one camera eye",
            "06": "red dot eyes",
            "07": "big yellow eyes",
            "08": "thin slit eyes",
            "09": "yellow lights visor",
            "10": "glass visor",
        },
        "mouth": {
            "01": "small slot mouth",
            "02": "hatch mouth",
            "03": "red tile mouth",
            "04": "yellow tile mouth",
            "05": "upright slot mouth",
            "06": "dark oval mouth",
            "07": "four bar mouth",
            "08": "yellow pocket mouth",
            "09": "slanted tile mouth",
            "10": "jaw plate mouth",
        },
    },
    card=Card(
        name="robots",
        title="Robots",
        licence="CC BY 3.0 or CC BY 4.0",
        credit="Robot artwork by Zikri Kader, CC BY 3.0 or CC BY 4.0",
        description="Drawn robots, combined from 50 part drawings in ten colours."
        " Composed artwork, not photographs: parts laid over each other and reduced in size.",
    ),
    renamed={  # ten files have a second underscore
        f"yellow/002#Accessory/yellow_accessory-{number:02d}": (
            f"yellow/002#Accessory/yellow__accessory-{number:02d}"
        )
        for number in range(1, 11)
    },
)
