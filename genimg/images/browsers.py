"""Does a browser show a picture file as it is read here, or has it to be shown a copy?"""

from __future__ import annotations

from genimg.images.kinds import ICO
from genimg.images.modes import orientation
from genimg.images.opening import Source, open_header, read_file

_SHOWN = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "AVIF")  # an MPO is shown by its first picture
_MOST = 32 * 10**6  # pixels: four bytes of each are held by every page that shows it


def browsers_show(source: Source) -> bool:
    """Whether browsers show this file, upright and in a size that does not weigh them down.

    Raises ImageError as `load_image` does, as far as that is seen from the header.
    """
    data, name = read_file(source)
    image = open_header(data, name)
    if image.format not in _SHOWN or data.startswith(ICO):
        return False
    # Of other kinds than JPEG not every browser looks for the side on which they lie.
    upright = image.format == "JPEG" or orientation(image) == 1
    return upright and image.width * image.height <= _MOST
