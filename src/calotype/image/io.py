"""Reading photos and writing images: the functions of this package that the other packages use.

``opening`` (files and formats), ``limits`` (sizes), ``reading`` (photos), ``listing`` (folders), ``pixels`` (tensors)
and ``writing`` (results and their settings). Importing this module does not import torch, so that reading the settings
of a PNG is quick.
"""

from calotype.image.carried import DESCRIPTION
from calotype.image.limits import MAX_DECODED_PIXELS, MAX_PIXELS, MIN_SIDE
from calotype.image.listing import (
    list_photos,
    maps_among,
    natural_order,
    without_maps,
    without_results,
    without_sheets,
)
from calotype.image.opening import FORMATS, SUFFIXES, is_whole, opened
from calotype.image.pixels import as_bytes, as_tensor, image_of, to_image, to_tensor
from calotype.image.reading import open_photo, upright_size
from calotype.image.writing import (
    SETTINGS_KEY,
    named_path,
    png_bytes,
    read_settings,
    read_source_type,
    result_path,
    save_png,
    settings_of,
    settings_text,
    software_of,
)

__all__ = [
    "DESCRIPTION",
    "FORMATS",
    "MAX_DECODED_PIXELS",
    "MAX_PIXELS",
    "MIN_SIDE",
    "SETTINGS_KEY",
    "SUFFIXES",
    "as_bytes",
    "as_tensor",
    "image_of",
    "is_whole",
    "list_photos",
    "maps_among",
    "named_path",
    "natural_order",
    "open_photo",
    "opened",
    "png_bytes",
    "read_settings",
    "read_source_type",
    "result_path",
    "save_png",
    "settings_of",
    "settings_text",
    "software_of",
    "to_image",
    "to_tensor",
    "upright_size",
    "without_maps",
    "without_results",
    "without_sheets",
]
