"""Conversion between photos (8 bits) and tensors (-1..1), transparency included.

Importing this module does not import torch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from calotype.errors import InputError
from calotype.types import Photo

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray


def image_of(photo: Photo) -> Image.Image:
    """A photo as a PIL image, RGB or RGBA."""
    if photo.alpha is None:
        return Image.fromarray(photo.rgb)
    return Image.fromarray(np.dstack([photo.rgb, photo.alpha]))


def to_tensor(photo: Photo, device: str | torch.device = "cpu") -> torch.Tensor:
    """The photo as an image tensor.

    Returns:
        float32 [1, 3, H, W], -1..1; or [1, 4, H, W] if the photo has transparency: three colour channels composited on
        mid-grey (value 0), then alpha (-1 transparent, 1 opaque).
    """
    import torch

    rgb = as_tensor(photo.rgb if photo.fine is None else photo.fine, device)[None]
    if photo.alpha is None:
        return rgb
    alpha = torch.tensor(photo.alpha, device=device)[None, None].float()
    return torch.cat([rgb * (alpha / 255), alpha / 127.5 - 1], dim=1)


def as_tensor(values: NDArray[np.unsignedinteger], device: str | torch.device = "cpu") -> torch.Tensor:
    """Colours uint8 or uint16 [H, W, 3] as float32 [3, H, W], -1..1."""
    import torch

    # Without torch, whose thread pool would compete for the cores if several threads read images.
    planes = np.ascontiguousarray(np.asarray(values).transpose(2, 0, 1)).astype(np.float32)
    planes /= np.float32(127.5 if values.dtype == np.uint8 else 32767.5)
    planes -= np.float32(1)
    return torch.from_numpy(planes).to(device)


def to_image(tensor: torch.Tensor, *, sixteen: bool = False) -> Image.Image:
    """Convert an image tensor to a PIL image: the exact inverse of ``to_tensor``.

    Args:
        tensor: [C, H, W] or [1, C, H, W], -1..1 (clamped), C = 3, or 4 with colours composited on mid-grey and alpha.
        sixteen: keep 16 bits a channel beside the picture, which ``save_png`` writes: PIL images have 8.

    Returns:
        RGB, or RGBA with the mid-grey removed from the colours (un-premultiplied); the colour of transparent pixels is
        black.

    Raises:
        InputError: values are not finite: weights are damaged, or a training diverged.
        ValueError: another shape: an error of the caller, not of the user.
    """
    import torch

    image = tensor.detach()
    if image.ndim == 4 and image.shape[0] == 1:
        image = image[0]
    if image.ndim != 3 or image.shape[0] not in (3, 4):
        raise ValueError(f"not an image tensor: {list(tensor.shape)}, expected [C, H, W] or [1, C, H, W], C = 3 or 4")
    image = image.to("cpu", torch.float32)
    if not all(torch.isfinite(part).all() for part in _strips(image)):
        raise InputError(
            "the computed image tensor holds values that are not finite: weights are damaged, or a training diverged; "
            "copy or train the model again"
        )
    made = Image.fromarray(as_bytes(image) if image.shape[0] == 3 else _values(image, _straight_bytes, np.uint8))
    if sixteen:
        setattr(made, _WORDS, _values(image, _words, np.uint16))
    return made


_WORDS = "calotype_sixteen"  # attribute of a PIL image that was just made; changed copies of it do not have it


def words_of(image: Image.Image) -> NDArray[np.uint16] | None:
    """The 16-bit values that ``to_image`` kept beside a picture: [H, W, 3 or 4]; ``None`` if there are none."""
    words = getattr(image, _WORDS, None)
    return words if isinstance(words, np.ndarray) and words.shape[:2] == (image.height, image.width) else None


def as_bytes(image: torch.Tensor) -> NDArray[np.uint8]:
    """[C, H, W] -1..1 to uint8 [H, W, C], rounded."""
    return _values(image, _bytes, np.uint8)


_STRIP = 1 << 20  # pixels that are converted at a time: a large picture is held once, not five times


def _strips(image: torch.Tensor) -> Sequence[torch.Tensor]:
    """[C, H, W] in strips of whole rows."""
    rows = max(1, _STRIP // max(1, image.shape[2]))
    return [image[:, start : start + rows] for start in range(0, image.shape[1], rows)]


def _values(image: torch.Tensor, convert: Callable[[torch.Tensor], NDArray[Any]], kind: type) -> NDArray[Any]:
    """[C, H, W] to [H, W, C], converted strip by strip."""
    channels, height, width = image.shape
    made: NDArray[Any] = np.empty((height, width, channels), kind)
    row = 0
    for part in _strips(image):
        made[row : row + part.shape[1]] = convert(part)
        row += part.shape[1]
    return made


def _bytes(image: torch.Tensor) -> NDArray[Any]:
    return ((image.clamp(-1, 1) + 1) * 127.5).round().permute(1, 2, 0).numpy()


def _straight_bytes(image: torch.Tensor) -> NDArray[Any]:
    rgba = _bytes(_straight(image))
    rgba[rgba[..., 3] == 0] = 0
    return rgba


def _words(image: torch.Tensor) -> NDArray[Any]:
    straight = image if image.shape[0] == 3 else _straight(image)
    values = ((straight.clamp(-1, 1).double() + 1) * 32767.5).round().permute(1, 2, 0).numpy()
    if values.shape[2] == 4:
        values[values[..., 3] == 0] = 0
    return values


def _straight(image: torch.Tensor) -> torch.Tensor:
    """Colours without the mid-grey they are composited on, and alpha: [4, H, W]."""
    import torch

    opacity = ((image[3:] + 1) / 2).clamp(0, 1)
    colour = torch.where(opacity > 0, image[:3] / opacity.clamp_min(1e-6), torch.full_like(image[:3], -1))
    return torch.cat([colour, image[3:]])
