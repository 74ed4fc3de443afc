"""Where pictures come from that are compared: a data set, or a generator. Both give them in batches, by number."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Protocol

import torch
from torch import Tensor

from calotype.data.stream import DataSet
from calotype.inspection.layers import Layered
from calotype.processor import fast_bfloat16

_PIXELS, _MOST = 1 << 18, 64  # of a batch, and pictures in it


class Source(Protocol):
    """Pictures by number."""

    def pictures(self, numbers: Sequence[int]) -> Tensor:
        """Some pictures: [N, 3, H, W], float32, -1..1."""


class SetSource:
    """The pictures of a data set.

    Args:
        dataset: its samples have ``image``.
        numbers: of the samples that are used.
    """

    def __init__(self, dataset: DataSet, numbers: Sequence[int]) -> None:
        self.dataset, self.numbers = dataset, numbers

    def pictures(self, numbers: Sequence[int]) -> Tensor:
        """See ``Source``."""
        return torch.stack([self.dataset[self.numbers[i]]["image"] for i in numbers])


class ModelSource:
    """What a generator makes of consecutive seeds; in bfloat16 where the processor is quick with it.

    Args:
        layered: the generator as layers: of a list of numbers, for one that needs something for each picture.
        seed: of the first picture.
    """

    def __init__(self, layered: Callable[[Sequence[int]], Layered], seed: int) -> None:
        self.layered, self.seed, self._narrow = layered, seed, fast_bfloat16()

    def pictures(self, numbers: Sequence[int]) -> Tensor:
        """See ``Source``."""
        with torch.autocast("cpu", torch.bfloat16, enabled=self._narrow):  # nothing changes on other devices
            return self.layered(numbers).pictures([self.seed + i for i in numbers])


def batches(source: Source, count: int, size: tuple[int, int]) -> Iterator[Tensor]:
    """The first ``count`` pictures of a source, in batches that fit into memory.

    Args:
        source: of the pictures.
        count: how many.
        size: height and width, pixels.
    """
    numbers = iter(range(count))
    most = max(1, min(_MOST, _PIXELS // (size[0] * size[1])))
    while some := list(islice(numbers, most)):
        yield source.pictures(some)
