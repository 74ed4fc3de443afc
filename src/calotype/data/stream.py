"""Batches as a function of the training step: the batch of step ``i`` depends on the seed and ``i`` only.

So a resumed training gets the same batches, and distributed processes share an epoch without communication.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from calotype.errors import InputError

Sample = dict[str, Tensor]
_AHEAD = 2  # batches prefetched per worker
_PERMUTATIONS = 3  # epochs whose order is cached: those of a batch and of the prefetched ones
_MISSING = -1  # padding of integer tensors of unequal length


@runtime_checkable
class DataSet(Protocol):
    """Samples by index.

    A sample is a dict of tensors: ``image`` [3, H, W], float32, -1..1, and optionally ``label`` (int64 scalar), ``map``
    int64 [H, W], ``boxes`` float32 [n, 4] (left, top, right, bottom relative to width and height, 0..1) with
    ``classes`` int64 [n], ``relations`` int64 [m, 3], ``video`` [T, 3, H, W] or ``other`` [3, H, W]. A sample is a
    function of its index: random augmentation belongs to the training step, which is seeded.
    """

    def __len__(self) -> int:
        """Number of samples."""

    def __getitem__(self, i: int, /) -> Sample:
        """Sample ``i``, from 0."""


@runtime_checkable
class Ordered(Protocol):
    """A data set with its own reading order, such as one in large files that are read sequentially."""

    def order(self, generator: torch.Generator) -> Tensor:
        """Indices of all samples, each once, int64 [n], shuffled as far as reading allows."""


class Stream:
    """The batch of every step: ``stream(i)``, a function of (seed, i) only.

    Every epoch contains all samples once, in its own order. Batches may span two epochs, so all have the same size and
    no sample is dropped. Pass it to ``fit`` as ``batches``.

    Args:
        dataset: the data set.
        batch: samples per batch, over all processes.
        seed: of the orders.
        rank: index of this process, from 0.
        world: number of processes; each gets its share of the same batch, of ``batch / world`` samples.
        workers: prefetching threads; 0 reads each batch on demand. The result is the same.

    Raises:
        InputError: the data set is empty, or the batch cannot be divided evenly.
    """

    def __init__(
        self, dataset: DataSet, batch: int, *, seed: int, rank: int = 0, world: int = 1, workers: int = 0
    ) -> None:
        if not len(dataset):
            raise InputError("the data set is empty: give one with samples")
        if batch < 1 or batch % world:
            raise InputError(
                f"a batch of {batch} cannot be shared out evenly to {world} processes: give a multiple of {world}"
            )
        if not 0 <= rank < world:
            raise InputError(f"there is no process {rank} among {world}: ranks are 0 to {world - 1}")
        if workers < 0:
            raise InputError(f"there cannot be {workers} workers: give 0 or more")
        self.dataset, self.batch, self.seed = dataset, batch, seed
        self.rank, self.world, self.workers = rank, world, workers
        self._count = len(dataset)
        self._orders: OrderedDict[int, Tensor] = OrderedDict()
        self._lock = threading.Lock()
        self._ahead: dict[int, Future[Sample]] = {}
        self._pool: ThreadPoolExecutor | None = None

    def __call__(self, i: int) -> Sample:
        """This process's share of the batch of step ``i``, stacked: [batch / world, ...].

        Tensors of unequal length (boxes) are padded: integers with -1, others with 0.

        Raises:
            InputError: a sample cannot be read.
        """
        if not self.workers:
            return self._made(i)
        pool = self._pool or ThreadPoolExecutor(self.workers, "calotype-stream")
        self._pool = pool
        wanted = range(i, i + 1 + _AHEAD * self.workers)
        for step in [step for step in self._ahead if step not in wanted]:  # prefetched for another position
            self._ahead.pop(step).cancel()
        for step in wanted:
            if step not in self._ahead:
                self._ahead[step] = pool.submit(self._made, step)
        return self._ahead.pop(i).result()

    def numbers(self, i: int) -> list[int]:
        """Indices of the samples in this process's share of the batch of step ``i``."""
        share = self.batch // self.world
        first = i * self.batch + self.rank * share
        result: list[int] = []
        for position in range(first, first + share):
            epoch, within = divmod(position, self._count)
            result.append(int(self._order(epoch)[within]))
        return result

    def epoch(self, i: int) -> int:
        """The number of completed epochs before step ``i``."""
        return i * self.batch // self._count

    def close(self) -> None:
        """Stop the workers. A later access starts new ones."""
        pool, self._pool = self._pool, None
        self._ahead.clear()
        if pool is not None:
            pool.shutdown(wait=True, cancel_futures=True)

    def _made(self, i: int) -> Sample:
        return stacked([self.dataset[number] for number in self.numbers(i)])

    def _order(self, epoch: int) -> Tensor:
        with self._lock:
            if epoch not in self._orders:
                self._orders[epoch] = self._drawn(epoch)
                while len(self._orders) > _PERMUTATIONS:
                    self._orders.popitem(last=False)
            return self._orders[epoch]

    def _drawn(self, epoch: int) -> Tensor:
        digest = hashlib.sha256(f"order\0{self.seed}\0{epoch}".encode()).digest()
        # A separate generator: other threads and the training step draw from torch's global one.
        generator = torch.Generator().manual_seed(int.from_bytes(digest[:8], "big") >> 1)
        if isinstance(self.dataset, Ordered):
            return self.dataset.order(generator)
        return torch.randperm(self._count, generator=generator)


def stacked(samples: Sequence[Sample]) -> Sample:
    """Stack samples along a new first dimension; see ``Stream`` for tensors of unequal length."""
    return {key: _stack([sample[key] for sample in samples]) for key in samples[0]}


def _stack(tensors: list[Tensor]) -> Tensor:
    if len({tensor.shape for tensor in tensors}) == 1:
        return torch.stack(tensors)
    longest = max(len(tensor) for tensor in tensors)
    fill = 0 if tensors[0].is_floating_point() else _MISSING
    filled = tensors[0].new_full((len(tensors), longest, *tensors[0].shape[1:]), fill)
    for row, tensor in zip(filled, tensors):
        row[: len(tensor)] = tensor
    return filled
