"""A picture of a label map of any size, by a generator that needs multiples of a grid."""

from __future__ import annotations

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor

from calotype.errors import InputError
from calotype.run import Run
from calotype.semantic.config import LayoutConfig
from calotype.semantic.labels import LabelMaps


def drawn(
    generator: Callable[[LabelMaps], Tensor],
    cfg: LayoutConfig,
    run: Run,
    label_map: Tensor,
    grid: int,
    instances: Tensor | None = None,
) -> Tensor:
    """A picture of a label map.

    Args:
        generator: makes a picture of label maps whose sides are multiples of ``grid``.
        cfg: the settings.
        run: where it runs.
        label_map: int64 [1, h, w], at least 1 x 1, of any size: padded on the right and at the bottom by repeating the
            last pixels, and the picture is cut.
        grid: pixels.
        instances: int64 [1, h, w] or ``None``, as for ``LabelMaps``.

    Returns:
        [1, 3, h, w], -1..1, on the run's device.

    Raises:
        InputError: the map has a class that the settings do not know, or a wrong shape.
    """
    height, width = checked(label_map).shape[1:]
    picture = generator(padded_maps(label_map, cfg, grid, run, instances))
    return picture[:, :, :height, :width].contiguous().to(run.device)


def padded_maps(
    label_map: Tensor, cfg: LayoutConfig, grid: int, run: Run, instances: Tensor | None = None
) -> LabelMaps:
    """Label maps on the run's device, padded to multiples of ``grid``; see ``drawn``."""
    height, width = checked(label_map).shape[1:]
    over = (0, -width % grid, 0, -height % grid)
    edges = None if instances is None else _padded(instances.to(run.device), over)
    return LabelMaps(_padded(label_map.to(run.device), over), cfg, edges)


def checked(label_map: Tensor) -> Tensor:
    """A label map [1, h, w].

    Raises:
        InputError: it has another shape, or no pixels.
    """
    if label_map.dim() != 3 or not label_map.numel():
        raise InputError(f"a label map of shape {list(label_map.shape)} cannot be drawn: give [1, height, width]")
    return label_map


def _padded(numbers: Tensor, over: tuple[int, int, int, int]) -> Tensor:
    """Whole numbers [1, h, w] with the last column and row repeated."""
    return F.pad(numbers[None].double(), over, mode="replicate")[0].long() if any(over) else numbers
