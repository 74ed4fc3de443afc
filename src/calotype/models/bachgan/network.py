"""What a trained model is: the fusion of backgrounds, a SPADE generator, and the memory of label maps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype import distributed
from calotype.errors import counted
from calotype.models.bachgan.boxes import Boxes, backgrounds, box_planes, boxes_of_map
from calotype.models.bachgan.config import Config
from calotype.models.bachgan.retrieval import NONE, areas_of, equal_to, plain, ranked, scores
from calotype.nn.patchgan import initialise
from calotype.semantic import network
from calotype.semantic.config import LayoutConfig
from calotype.semantic.labels import label_channels
from calotype.semantic.spade_generator import SpadeGenerator

_KEPT = 20_000  # maps whose retrieved ones are kept


class Planes:
    """Layouts of real numbers, as generators see them.

    Args:
        planes: [B, channels, H, W].
    """

    def __init__(self, planes: Tensor) -> None:
        self.planes = planes

    @property
    def size(self) -> tuple[int, int]:
        """Height and width, pixels."""
        return self.planes.shape[2], self.planes.shape[3]

    def at(self, size: tuple[int, int]) -> Tensor:
        """The planes after nearest-neighbour resizing to ``size`` (height, width)."""
        return F.interpolate(self.planes, size=size, mode="nearest").contiguous(memory_format=torch.channels_last)

    def one_hot(self, dtype: torch.dtype = torch.float32) -> Tensor:
        """The planes themselves."""
        return self.planes.to(dtype)


class BoxLayouts(Planes):
    """Boxes, which the discriminator sees, with retrieved backgrounds.

    Args:
        planes: the boxes, [B, channels, H, W], of ``box_planes``.
        retrieved: [B, m, channels, H, W], of ``backgrounds``.
    """

    def __init__(self, planes: Tensor, retrieved: Tensor) -> None:
        super().__init__(planes)
        self.retrieved = retrieved


class Fusion(nn.Module):
    """Fuses boxes and retrieved backgrounds to what the generator is conditioned on.

    Li et al., CVPR 2020, sec. 3.2, in one round as in the published code.

    Args:
        channels: of a layout.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.encode = nn.Conv2d(channels, channels, 3, padding=1)
        self.merge = nn.Conv2d(channels, channels, 3, padding=1)
        initialise(self, 1.0)

    def forward(self, layouts: BoxLayouts) -> Tensor:
        """[B, channels, H, W], at least 0."""
        own = F.relu(self.encode(layouts.planes))
        found = F.relu(self.encode(layouts.retrieved.flatten(0, 1))).view(layouts.retrieved.shape)
        return F.relu(self.merge(own + found.mean(1))) + own


class Net(network.Net):
    """Fusion, generator and memory.

    Args:
        cfg: the settings.
        spectral: whether weights are spectrally normalised whenever they are used, as in training.

    Attributes:
        fusion: ``None`` where ``cfg.background`` says so.
        generator: called with ``Planes``.
        memory: label maps of the training set, uint8 [memory, H, W], 255 for no class.
    """

    memory: Tensor

    def __init__(self, cfg: Config, *, spectral: bool = False) -> None:
        super().__init__()
        self.cfg = cfg
        self.fusion = Fusion(label_channels(cfg)) if cfg.background == "fusion" else None
        self.generator = SpadeGenerator(cfg, spectral=spectral)
        self.noise_shape = (1,)
        self.register_buffer("memory", torch.full((cfg.memory, *cfg.size), NONE, dtype=torch.uint8))
        self._areas: tuple[int, Tensor] | None = None
        self._numbers: tuple[int, dict[bytes, Tensor]] = (-1, {})

    def areas(self) -> Tensor:
        """Pixels of each class in each map of the memory, int64 [memory, classes]; counted once."""
        version = self.memory._version
        if self._areas is None or self._areas[0] != version:
            self._areas = (version, areas_of(self.memory, self.cfg))
        return self._areas[1]

    def prepare(self, batches: Callable[[int], Mapping[str, Tensor]], cfg: LayoutConfig) -> None:
        """Fill the memory with the first maps of the training, each once."""
        found: dict[bytes, Tensor] = {}
        for i in range(2 * -(-self.cfg.memory // cfg.batch)):
            for index in batches(i)["map"]:
                kept = plain(index)
                found.setdefault(kept.cpu().numpy().tobytes(), kept)
            if len(found) >= self.cfg.memory:
                break
        maps = torch.stack(list(found.values())[: self.cfg.memory])
        self.memory.fill_(NONE)
        self.memory[: len(maps)] = maps.to(self.memory.device)

    def layouts(self, maps: Tensor, cfg: LayoutConfig, instances: Tensor | None = None) -> BoxLayouts:
        """The boxes of label maps int64 [B, H, W], with backgrounds of other maps of the memory.

        In training a share ``cfg.own_map`` of them, drawn by the global generator, has backgrounds of their own.
        """
        size, found = (maps.shape[1], maps.shape[2]), []
        for index, own in zip(maps, self._own(len(maps)), strict=True):
            boxes = boxes_of_map(index, self.cfg)
            other = plain(index)[None] if own else self.memory[self._retrieved(index, boxes)]
            found.append(self.layout(boxes, other, size))
        return BoxLayouts(*(torch.stack(part) for part in zip(*found)))

    def _retrieved(self, index: Tensor, boxes: Boxes) -> Tensor:
        """The numbers of the maps with the best scores for a map's boxes, without itself: searched once a map."""
        if self.cfg.background == "none":
            return torch.zeros(0, dtype=torch.int64)
        version = self.memory._version
        if self._numbers[0] != version or len(self._numbers[1]) >= _KEPT:
            self._numbers = (version, {})
        key = plain(index).cpu().numpy().tobytes()
        if key not in self._numbers[1]:
            values = scores(boxes, self.memory, self.areas(), self.cfg)
            left_out = self.unusable() | equal_to(self.memory, index, self.areas())
            self._numbers[1][key] = ranked(values, self.cfg.retrieved, left_out)
        return self._numbers[1][key]

    def _own(self, count: int) -> list[bool]:
        """Which of some training pictures take their own label map."""
        if not (self.training and self.cfg.own_map):
            return [False] * count
        chosen: list[bool] = distributed.share(torch.rand(self.cfg.batch) < self.cfg.own_map).tolist()
        return chosen

    def layout(self, boxes: tuple[Tensor, Tensor], maps: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
        """Planes of boxes [channels, H, W] and of backgrounds [retrieved, channels, H, W], from maps uint8 [m, h, w].

        Fewer maps than ``cfg.retrieved`` are repeated; without any there is no class anywhere.
        """
        planes = box_planes(boxes, size, self.cfg)
        count = self.cfg.retrieved
        if not len(maps):
            maps = torch.full((1, *size), NONE, dtype=torch.uint8, device=planes.device)
        chosen = maps[torch.arange(count) % len(maps)]
        if tuple(chosen.shape[1:]) != size:
            chosen = F.interpolate(chosen[None].float(), size=size, mode="nearest")[0].to(torch.uint8)
        return planes, backgrounds(chosen, planes, self.cfg)

    def unusable(self) -> Tensor:
        """The places of the memory that are empty, as the training set has fewer maps: bool [memory]."""
        return self.areas().sum(1) == 0

    def condition(self, layouts: BoxLayouts) -> Planes:
        """What the generator is conditioned on."""
        if self.fusion is not None:
            return Planes(self.fusion(layouts))
        return Planes(layouts.retrieved.mean(1) if self.cfg.background == "retrieval" else layouts.planes)

    def forward(self, maps: BoxLayouts, pictures: Tensor, noise: Tensor) -> tuple[Tensor, None, None]:  # type: ignore[override]
        """See ``calotype.semantic.network.Net``; there is no code."""
        return self.generator(self.condition(maps), None), None, None

    def sampled(self, maps: BoxLayouts, seeds: Sequence[int]) -> Tensor:  # type: ignore[override]
        """See ``calotype.semantic.network.Net``."""
        pictures: Tensor = self.generator(self.condition(maps), None)
        return pictures

    def extra_repr(self) -> str:
        """Size and number of classes."""
        return f"{self.cfg.size}, {counted(self.cfg.classes, 'class')}"


def build(cfg: Config, *, spectral: bool = False) -> Net:
    """The networks, with weights drawn from torch's global generator; channels last in memory."""
    net: Net = Net(cfg, spectral=spectral).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return net
