"""One training in several processes: which of them this is, what they agree on, and what they average.

Processes are begun by ``torchrun`` (``python -m torch.distributed.run``), which says in the environment who is who.
Without it there is one process, and everything here does nothing. Each process holds the whole model and works on its
share of every batch; ``DistributedDataParallel`` averages the gradients. Sums over all processes go through ``gloo`` on
CPUs and ``nccl`` on GPUs.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from datetime import timedelta
from inspect import signature
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from calotype.errors import InputError

M = TypeVar("M", bound=nn.Module)

_ALL_AT_ONCE_MB = 1024
_ALONE = ContextVar("alone", default=False)


def launched() -> bool:
    """Whether this process is one of those that ``torchrun`` began."""
    return {"RANK", "WORLD_SIZE", "MASTER_ADDR"} <= os.environ.keys()


def active() -> bool:
    """Whether this process works together with others right now."""
    return dist.is_available() and dist.is_initialized()


def rank() -> int:
    """The number of this process, from 0; 0 is the one that writes and speaks."""
    return dist.get_rank() if active() else 0


def world() -> int:
    """How many processes there are, all nodes together; 1 within ``alone``."""
    return dist.get_world_size() if active() and not _ALONE.get() else 1


@contextmanager
def alone() -> Iterator[None]:
    """Within, this process does something that the others do not: it waits for none of them, and shares nothing."""
    before = _ALONE.set(True)
    try:
        yield
    finally:
        _ALONE.reset(before)


def own_device(name: str) -> str:
    """The device of this process: on a node with several GPUs each process has one of its own.

    Args:
        name: what the user said: ``auto``, ``cpu``, ``cuda``.
    """
    gpus = torch.cuda.device_count()
    if not launched() or name not in ("auto", "cuda") or not gpus:
        return name
    return f"cuda:{int(os.environ.get('LOCAL_RANK', '0')) % gpus}"


@contextmanager
def group(device: torch.device, *, patience: float = 1800.0) -> Iterator[None]:
    """Work together with the other processes until the block ends; alone where ``torchrun`` did not begin this one.

    Args:
        device: that this process computes on.
        patience: seconds after which a process that others wait for is given up.

    Raises:
        InputError: the processes do not find each other.
    """
    if not launched() or active():
        with nullcontext():
            yield
        return
    if device.type == "cuda":
        torch.cuda.set_device(device)
    backend = "nccl" if device.type == "cuda" else "gloo"
    from torch.distributed.rendezvous import rendezvous  # not there where torch was built without all this

    waiting = timedelta(seconds=patience)
    try:
        store, number, count = next(rendezvous("env://", timeout=waiting))
        # The launcher may keep its store when all begin again: without a place of its own each time, a process can
        # read where another one was before it died, and both wait to be called for ever.
        start = f"calotype, start {os.environ.get('TORCHELASTIC_RESTART_COUNT', '0')}"
        ours = dist.PrefixStore(start, store)  # type: ignore[attr-defined]
        dist.init_process_group(backend, store=ours, rank=number, world_size=count, timeout=waiting)
    except (RuntimeError, ValueError) as error:
        raise InputError(
            f"the processes of this training do not find each other ({' '.join(str(error).split())[:120]}): "
            "check the address and the port that torchrun was given"
        ) from error
    try:
        yield
    finally:
        dist.destroy_process_group()


def share(batch: Tensor) -> Tensor:
    """This process's rows of a batch that all processes have drawn alike: [B, ...] -> [B / world, ...].

    The batch of all processes together is then the one that a single process would have worked on.
    """
    return batch.chunk(world())[rank()] if world() > 1 else batch


def any_of(flag: bool, device: torch.device | None = None) -> bool:
    """Whether the flag is up in any process: all get the same answer."""
    if world() == 1:
        return flag
    said = torch.tensor([float(flag)], device=device)
    dist.all_reduce(said, dist.ReduceOp.MAX)
    return bool(said.item())


def check_same(number: int, advice: str, device: torch.device | None = None) -> None:
    """Refuse to go on where the processes do not hold the same number.

    Raises:
        InputError: they differ; the message is ``advice``.
    """
    if world() == 1:
        return
    ends = torch.tensor([number, -number], dtype=torch.float64, device=device)
    dist.all_reduce(ends, dist.ReduceOp.MAX)
    if ends[0].item() != -ends[1].item():
        raise InputError(advice)


def barrier() -> None:
    """Wait until all processes are here."""
    if world() > 1:
        dist.barrier()


def wrapped(module: M) -> Any:
    """The module, with gradients averaged over all processes after each backward pass; itself where there is one.

    Buffers are left alone: those of ``nn.norm`` are equal everywhere already.
    """
    if world() == 1:
        return module
    device = next(module.parameters()).device
    ids = [device.index] if device.type == "cuda" else None
    # The newer name where there is one: the older is being retired.
    named = "forward_sync_buffers" in signature(DistributedDataParallel.__init__).parameters
    apart: dict[str, Any] = {"forward_sync_buffers" if named else "broadcast_buffers": False}
    if device.type == "cpu":
        # All gradients at once, after the pass: no core is idle meanwhile, and what batch norm waits for, a few numbers
        # at a time, would have to queue behind them.
        apart["bucket_cap_mb"] = _ALL_AT_ONCE_MB
    return DistributedDataParallel(module, device_ids=ids, gradient_as_bucket_view=True, **apart)


@contextmanager
def averaging(module: Any, now: bool) -> Iterator[None]:
    """Within, a backward pass averages the gradients of a wrapped module only where ``now`` is true.

    Gradients that are accumulated over several passes are averaged with the last one.
    """
    apart = not now and isinstance(module, DistributedDataParallel)
    with module.no_sync() if apart else nullcontext():
        yield


@torch.no_grad()
def mean_over_all(values: Tensor) -> Tensor:
    """The mean of a small tensor over all processes, the same to the last bit in each; no gradient passes through."""
    if world() == 1:
        return values
    # Not a sum over the network: with gloo, a few numbers go round several times as quickly when they are gathered.
    gathered = values.new_empty(world(), values.numel())
    dist.all_gather(list(gathered), values.flatten().contiguous())
    return gathered.mean(0).view(values.shape)
