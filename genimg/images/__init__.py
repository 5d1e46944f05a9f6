"""How does a picture from anywhere become pixels for a model, and pixels a picture again?

An `image` is an 8-bit `PIL.Image` of mode "RGB" or "L", in sRGB; `pixels` is a float32 tensor
[N, C, H, W] in [-1, 1] (C = 1 for "L", 3 for "RGB").
"""

from genimg.images.arrays import (
    array_to_pixels,
    change_in_levels,
    images_to_array,
    pixels_to_array,
    to_images,
    to_pixels,
)
from genimg.images.browsers import browsers_show
from genimg.images.fitting import MAX_SCALE, Box, crop_box, enlarge, fit_image, in_colour
from genimg.images.given import Picture, as_image
from genimg.images.opening import (
    MAX_BYTES,
    MAX_JPEG_PIXELS,
    MAX_PIXELS,
    MAX_SIDE,
    NotAPicture,
    TooLarge,
    check_size,
    load_image,
)
from genimg.images.writing import (
    MAX_TEXT,
    bytes_uri,
    data_uri,
    encode_jpeg,
    encode_png,
    encode_webp,
    read_text,
    small_uri,
)

__all__ = [
    "MAX_BYTES",
    "MAX_JPEG_PIXELS",
    "MAX_PIXELS",
    "MAX_SCALE",
    "MAX_SIDE",
    "MAX_TEXT",
    "Box",
    "NotAPicture",
    "Picture",
    "TooLarge",
    "array_to_pixels",
    "as_image",
    "browsers_show",
    "bytes_uri",
    "change_in_levels",
    "check_size",
    "crop_box",
    "data_uri",
    "encode_jpeg",
    "encode_png",
    "encode_webp",
    "enlarge",
    "fit_image",
    "images_to_array",
    "in_colour",
    "load_image",
    "pixels_to_array",
    "read_text",
    "small_uri",
    "to_images",
    "to_pixels",
]
