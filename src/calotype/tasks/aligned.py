"""Photos, masks and pictures of the photo's shape, as a model of a data set takes them: cropped and resized alike."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from calotype.errors import InputError
from calotype.types import Photo, Size

if TYPE_CHECKING:
    import torch

_SAME_SHAPE = 0.02  # relative tolerance of aspect ratios


def same_shape(one: Size, other: Size) -> bool:
    """Whether the aspect ratios are equal, within 2 %."""
    return abs(one.width * other.height / (one.height * other.width) - 1) <= _SAME_SHAPE


def fitted(photo: Photo, size: tuple[int, int]) -> Photo:
    """A photo cropped around its centre and resized to (height, width), without transparency."""
    from calotype.data.folder import fitted_photo
    from calotype.image.io import open_photo

    fitting = open_photo(fitted_photo(photo, size))
    return replace(fitting, name=photo.name, source=photo.source, notes=photo.notes, carried=photo.carried)


def fitted_alpha(photo: Photo, size: tuple[int, int]) -> torch.Tensor:
    """The alpha of a photo, cropped and resized as ``fitted`` does: [1, 1, h, w], -1 clear to 1 opaque."""
    import torch

    from calotype.data.folder import middle
    from calotype.image.io import to_tensor
    from calotype.image.resize import resize

    if photo.alpha is None:
        return torch.ones(1, 1, *size)
    top, left, height, width = middle(photo.rgb.shape[:2], size)
    return resize(to_tensor(photo)[:, 3:, top : top + height, left : left + width], size).clamp(-1, 1)


def aligned(picture: Photo, photo: Photo, size: tuple[int, int]) -> Photo:
    """A picture of the photo's shape, cropped and resized as the photo is.

    Raises:
        InputError: it has another shape.
    """
    if not same_shape(picture.size, photo.size):
        raise InputError(
            f"'{picture.name}' is {picture.size} and '{photo.name}' {photo.size} pixels: "
            "give a picture of the photo's size or aspect ratio"
        )
    return fitted(picture, size)


def aligned_mask(mask: Photo, photo: Photo, size: tuple[int, int]) -> Photo:
    """A mask of the photo's shape, cropped and resized as the photo is.

    Raises:
        InputError: it has another shape, or selects nothing of what is left of the photo.
    """
    from calotype.image.io import open_photo, to_image
    from calotype.image.mask import open_mask

    selected = open_mask(mask, photo.size)
    picture = open_photo(to_image((selected * 2 - 1).expand(-1, 3, -1, -1)))
    fitting = fitted(replace(picture, name=mask.name, source=mask.source), size)
    if fitting.rgb.max() < 128:
        raise InputError(
            f"the mask selects nothing in the middle of '{photo.name}', to which it is cropped for the model: paint a "
            "larger region"
        )
    return fitting
