"""Conversion between photos (8 bits) and tensors (-1..1), transparency included.

Importing this module does not import torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

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

    rgb = as_tensor(photo.rgb, device)[None]
    if photo.alpha is None:
        return rgb
    alpha = torch.tensor(photo.alpha, device=device)[None, None].float()
    return torch.cat([rgb * (alpha / 255), alpha / 127.5 - 1], dim=1)


def as_tensor(values: NDArray[np.uint8], device: str | torch.device = "cpu") -> torch.Tensor:
    """Colours uint8 [H, W, 3] as float32 [3, H, W], -1..1."""
    import torch

    # Without torch, whose thread pool would compete for the cores if several threads read images.
    planes = np.ascontiguousarray(np.asarray(values).transpose(2, 0, 1)).astype(np.float32)
    planes /= np.float32(127.5)
    planes -= np.float32(1)
    return torch.from_numpy(planes).to(device)


def to_image(tensor: torch.Tensor) -> Image.Image:
    """Convert an image tensor to a PIL image: the exact inverse of ``to_tensor``.

    Args:
        tensor: [C, H, W] or [1, C, H, W], -1..1 (clamped), C = 3, or 4 with colours composited on mid-grey and alpha.

    Returns:
        RGB, or RGBA with the mid-grey removed from the colours (un-premultiplied); the colour of transparent pixels is
        black.

    Raises:
        ValueError: another shape, or values that are not finite: an error of the caller, not of the user.
    """
    import torch

    image = tensor.detach()
    if image.ndim == 4 and image.shape[0] == 1:
        image = image[0]
    if image.ndim != 3 or image.shape[0] not in (3, 4):
        raise ValueError(f"not an image tensor: {list(tensor.shape)}, expected [C, H, W] or [1, C, H, W], C = 3 or 4")
    image = image.to("cpu", torch.float32)
    if not torch.isfinite(image).all():
        raise ValueError("an image tensor holds values that are not finite")
    if image.shape[0] == 3:
        return Image.fromarray(as_bytes(image))
    opacity = ((image[3:] + 1) / 2).clamp(0, 1)
    colour = torch.where(opacity > 0, image[:3] / opacity.clamp_min(1e-6), torch.full_like(image[:3], -1))
    rgba = as_bytes(torch.cat([colour, image[3:]]))
    rgba[rgba[..., 3] == 0] = 0
    return Image.fromarray(rgba)


def as_bytes(image: torch.Tensor) -> NDArray[np.uint8]:
    """[C, H, W] -1..1 to uint8 [H, W, C], rounded."""
    values = ((image.clamp(-1, 1) + 1) * 127.5).round().permute(1, 2, 0)
    return np.ascontiguousarray(values.numpy().astype(np.uint8))
