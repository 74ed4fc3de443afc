"""Label maps as the networks see them: resized once for every size, and shared by all layers."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.errors import InputError
from calotype.semantic.config import LayoutConfig

_TAPS = 9  # of a convolution of 3 x 3


def label_channels(cfg: LayoutConfig) -> int:
    """Channels of a one-hot label map: those of the classes, and perhaps one for pixels without a class."""
    return cfg.classes + (cfg.unknown != "zeros")


def input_channels(cfg: LayoutConfig) -> int:
    """Channels of what the networks see: the one-hot label map, and perhaps the edges of instances."""
    return label_channels(cfg) + cfg.instances


def instance_edges(instances: Tensor) -> Tensor:
    """Pixels that differ from the pixel on their left, right, above or below: [B, H, W] to bool [B, H, W].

    Park et al., CVPR 2019, after Wang et al., CVPR 2018, sec. 3.3.
    """
    edges = torch.zeros_like(instances, dtype=torch.bool)
    across = instances[:, :, 1:] != instances[:, :, :-1]
    down = instances[:, 1:] != instances[:, :-1]
    edges[:, :, 1:] |= across
    edges[:, :, :-1] |= across
    edges[:, 1:] |= down
    edges[:, :-1] |= down
    return edges


class Neighbourhoods(NamedTuple):
    """Where the 3 x 3 neighbours of every pixel are found in a table of weights, for maps of one size.

    Attributes:
        rows: int32 [B * h * w, 9], rows of the table that belong to a pixel.
        order: int32 [9 * B * h * w], the pixels that use a row, row by row; ``None`` where no gradient is needed.
        offsets: int32 [rows of the table], where those of each row begin in ``order``.
        shape: (B, h, w).
    """

    rows: Tensor
    order: Tensor | None
    offsets: Tensor | None
    shape: tuple[int, int, int]


# What a convolution of a label map needs to know of it: where to look up weights, or the one-hot map itself.
Where = Neighbourhoods | Tensor


def numbers_at(where: Neighbourhoods, kinds: int, *, edges: bool) -> Tensor:
    """The kind of every pixel, its channel in the one-hot map, or the number of channels for none: int32 [B * h * w].

    Args:
        where: of ``LabelMaps.at``.
        kinds: of pixels, one more than channels.
        edges: whether the maps have edges of instances.
    """
    middle, table = _TAPS // 2, kinds * (1 + edges)
    return (where.rows[:, middle] - table * middle) % kinds


class Layouts(Protocol):
    """A batch of layouts, as generators and discriminators see them."""

    @property
    def size(self) -> tuple[int, int]:
        """Height and width, pixels."""

    def at(self, size: tuple[int, int]) -> Where:
        """The layouts after nearest-neighbour resizing to ``size`` (height, width), for a ``LabelConv``."""

    def one_hot(self, dtype: torch.dtype = torch.float32) -> Tensor:
        """What the discriminator sees, [B, channels, H, W]."""


def _check(maps: Tensor, cfg: LayoutConfig) -> None:
    low, high = (int(value) for value in maps.aminmax()) if maps.numel() else (0, 0)
    if low < -1 or high >= cfg.classes:
        wrong = low if low < -1 else high
        raise InputError(f"a label map has class {wrong}: this model knows 0 to {cfg.classes - 1}, and -1 for none")


class LabelMaps:
    """A batch of label maps, and perhaps edges of instances.

    Args:
        maps: int64 [B, H, W]: classes from 0, -1 for none.
        cfg: the settings.
        instances: int64 [B, H, W], numbers of instances; ``None`` takes the regions of one class as instances. Only
            used where ``cfg.instances`` is set.
        look_up: whether convolutions of the maps look up weights in a table; ``None`` for processors only. GPUs are
            faster at plain convolutions of the one-hot maps.

    Raises:
        InputError: a map has a class that the settings do not know.
    """

    def __init__(
        self, maps: Tensor, cfg: LayoutConfig, instances: Tensor | None = None, *, look_up: bool | None = None
    ) -> None:
        exporting = torch.compiler.is_exporting()  # to another format: no values are known, and no tables
        if not exporting:
            _check(maps, cfg)
        self.channels = label_channels(cfg)
        # One number more than channels: no channel at all.
        self.kinds = self.channels + 1
        first = int(cfg.unknown == "first")
        none = {"first": 0, "last": cfg.classes, "zeros": self.channels}[cfg.unknown]
        self.numbers = torch.where(maps < 0, none, maps + first)
        self.edges = instance_edges(maps if instances is None else instances) if cfg.instances else None
        self._look_up = (maps.device.type == "cpu" and not exporting) if look_up is None else look_up
        self._found: dict[tuple[int, int, bool], Where] = {}

    @property
    def size(self) -> tuple[int, int]:
        """Height and width, pixels."""
        return self.numbers.shape[1], self.numbers.shape[2]

    def at(self, size: tuple[int, int]) -> Where:
        """The maps after nearest-neighbour resizing to ``size`` (height, width), for a ``LabelConv``."""
        key = (*size, torch.is_grad_enabled())
        if key not in self._found:
            self._found[key] = self._neighbourhoods(size) if self._look_up else self._planes(size)
        return self._found[key]

    def one_hot(self, dtype: torch.dtype = torch.float32) -> Tensor:
        """[B, channels, H, W], 0 or 1, with the edges as the last channel; channels last in memory."""
        batch, height, width = self.numbers.shape
        planes = torch.zeros(batch, height, width, self.kinds, dtype=dtype, device=self.numbers.device)
        planes.scatter_(3, self.numbers[..., None], 1.0)
        if self.edges is None:
            return planes[..., : self.channels].contiguous().permute(0, 3, 1, 2)
        planes[..., -1] = self.edges
        return planes.permute(0, 3, 1, 2)

    def _planes(self, size: tuple[int, int]) -> Tensor:
        return F.interpolate(self.one_hot(), size=size, mode="nearest").contiguous(memory_format=torch.channels_last)

    def _neighbourhoods(self, size: tuple[int, int]) -> Neighbourhoods:
        numbers = self.numbers if self.edges is None else self.numbers + self.kinds * self.edges
        table = self.kinds * (1 if self.edges is None else 2)
        height, width = size
        down = torch.arange(height, device=numbers.device) * numbers.shape[1] // height
        across = torch.arange(width, device=numbers.device) * numbers.shape[2] // width
        padded = F.pad(numbers[:, down][:, :, across], (1, 1, 1, 1), value=self.kinds - 1)
        windows = [padded[:, i : i + height, j : j + width] for i in range(3) for j in range(3)]
        rows = torch.stack([each + table * tap for tap, each in enumerate(windows)], dim=-1).to(torch.int32)
        flat = rows.flatten()
        order, offsets = None, None
        if torch.is_grad_enabled():
            few = flat.to(torch.int16) if table * _TAPS < 1 << 15 else flat  # sorted several times as fast
            order = few.argsort().div_(_TAPS, rounding_mode="floor").to(torch.int32)
            counts = torch.bincount(flat, minlength=table * _TAPS)
            offsets = (counts.cumsum(0) - counts).to(torch.int32)
        return Neighbourhoods(rows.view(-1, _TAPS), order, offsets, (len(numbers), height, width))


def maps_of_training_size(maps: Tensor, cfg: LayoutConfig, device: torch.device) -> LabelMaps:
    """Label maps int64 [N, H, W] for a generator as layers.

    Raises:
        InputError: they are not of the size of training.
    """
    if tuple(maps.shape[1:]) != tuple(cfg.size):
        raise InputError(f"label maps of {maps.shape[2]}x{maps.shape[1]}: give some of {cfg.size[1]}x{cfg.size[0]}")
    return LabelMaps(maps.to(device), cfg)


class LabelConv(nn.Module):
    """Convolution of 3 x 3 pixels, zero padding, of a one-hot label map, computed by table look-up.

    Equal to ``nn.Conv2d(channels, outputs, 3, padding=1)`` of the one-hot map, at a cost that does not depend on the
    number of classes.

    Args:
        channels: of the one-hot map, without that of the edges.
        outputs: of the convolution.
        edges: whether there is a channel of edges after those; every group sees it.
        rectified: whether a ReLU follows.
        groups: of the convolution; divides both numbers of channels.
    """

    def __init__(
        self, channels: int, outputs: int, *, edges: bool = False, rectified: bool = True, groups: int = 1
    ) -> None:
        super().__init__()
        self.channels, self.edges, self.rectified, self.groups = channels, edges, rectified, groups
        self.weight = nn.Parameter(torch.empty(outputs, channels // groups + edges, 3, 3))
        self.bias = nn.Parameter(torch.zeros(outputs))
        nn.init.xavier_normal_(self.weight)

    def forward(self, where: Where) -> Tensor:
        """[B, outputs, h, w], of the type that autocast asks for; channels last in memory."""
        if isinstance(where, Tensor):
            plain = F.conv2d(where, self._dense(), self.bias, padding=1)
            return F.relu_(plain) if self.rectified else plain
        table = self._table()
        device = table.device.type
        if torch.is_autocast_enabled(device):
            table = table.to(torch.get_autocast_dtype(device))
        y: Tensor = _Gathered.apply(table, where, self.rectified)  # type: ignore[no-untyped-call]
        return y

    def _dense(self) -> Tensor:
        """The weight without groups: 0 between channels of different groups, [outputs, channels + edges, 3, 3]."""
        if self.groups == 1:
            return self.weight
        inside = self.channels // self.groups
        grouped = self.weight.view(self.groups, -1, *self.weight.shape[1:])
        diagonal = torch.eye(self.groups, device=grouped.device)[:, None, :, None, None, None]
        labels = (grouped[:, :, None, :inside] * diagonal).flatten(0, 1).flatten(1, 2)
        return torch.cat([labels, self.weight[:, inside:]], 1)

    def _table(self) -> Tensor:
        """Weights by tap and kind of pixel, [9 * kinds, outputs]; the bias is in those of the middle tap."""
        weight = self._dense().permute(2, 3, 1, 0).flatten(0, 1)
        labels = F.pad(weight[:, : self.channels], (0, 0, 0, 1))
        table = torch.cat([labels, labels + weight[:, -1:]], dim=1) if self.edges else labels
        middle = F.one_hot(torch.tensor(_TAPS // 2, device=weight.device), _TAPS).to(weight)
        return (table + middle[:, None, None] * self.bias).flatten(0, 1)


class _Gathered(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, table: Tensor, where: Neighbourhoods, rectified: bool) -> Tensor:
        y = F.embedding_bag(where.rows, table, mode="sum")
        if rectified:
            y.relu_()
        y = y.view(*where.shape, -1).permute(0, 3, 1, 2)
        ctx.save_for_backward(y if rectified else None)
        ctx.where = where
        return y

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, wanted: Tensor) -> tuple[Tensor | None, None, None]:
        (y,) = ctx.saved_tensors
        if y is not None:
            wanted = torch.ops.aten.threshold_backward(wanted, y, 0)
        slopes = wanted.permute(0, 2, 3, 1).flatten(0, 2)
        # The same sum the other way round: of each row over the pixels that use it.
        return F.embedding_bag(ctx.where.order, slopes, ctx.where.offsets, mode="sum"), None, None
