"""Data-parallel training in several processes: ranks, agreement between processes, averages.

Processes are started by ``torchrun`` (``python -m torch.distributed.run``), which sets ranks and addresses in the
environment. Without it there is one process, and everything here does nothing. Each process holds the whole model and
processes its share of every batch; ``DistributedDataParallel`` averages the gradients. The backend is ``gloo`` on CPUs
and ``nccl`` on GPUs.
"""

from __future__ import annotations

import gc
import os
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from datetime import timedelta
from importlib import import_module
from inspect import signature
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from calotype.errors import InputError

M = TypeVar("M", bound=nn.Module)

_SINGLE_BUCKET_MB = 1024
_ALONE = ContextVar("alone", default=False)


def launched() -> bool:
    """Whether this process was started by ``torchrun``."""
    return {"RANK", "WORLD_SIZE", "MASTER_ADDR"} <= os.environ.keys()


def active() -> bool:
    """Whether this process is a member of a process group right now."""
    return dist.is_available() and dist.is_initialized()


def rank() -> int:
    """The rank of this process; rank 0 writes files and reports."""
    return dist.get_rank() if active() else 0


def world() -> int:
    """The number of processes on all nodes; 1 within ``alone``."""
    return dist.get_world_size() if active() and not _ALONE.get() else 1


@contextmanager
def alone() -> Iterator[None]:
    """Within this context the process works independently: no synchronisation, no shared batches."""
    before = _ALONE.set(True)
    try:
        yield
    finally:
        _ALONE.reset(before)


def own_device(name: str) -> str:
    """The device of this process: with several GPUs on a node, one for each process.

    Args:
        name: the user's choice: ``auto``, ``cpu``, ``cuda``.
    """
    gpus = torch.cuda.device_count()
    if not launched() or name not in ("auto", "cuda") or not gpus:
        return name
    return f"cuda:{int(os.environ.get('LOCAL_RANK', '0')) % gpus}"


@contextmanager
def group(device: torch.device, *, patience: float = 1800.0) -> Iterator[None]:
    """Join the process group until the block ends; does nothing in a process that ``torchrun`` did not start.

    Args:
        device: of this process.
        patience: timeout in seconds for processes that wait for another one.

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
    # Every optimizer imports this module. Imported within a group, its functions have the group as a default argument:
    # the group's threads outlive it, and the process is sometimes aborted at its end.
    import_module("torch.distributed.nn.functional")
    from torch.distributed.rendezvous import rendezvous  # missing in builds of torch without distributed support

    waiting = timedelta(seconds=patience)
    try:
        store, number, count = next(rendezvous("env://", timeout=waiting))
        # The launcher may keep its store when it restarts all processes. Without a prefix per start a process can read
        # the address of one that has died, and both wait for each other for ever.
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
    except BaseException as error:
        _release(error)
        raise
    finally:
        # Modules that hold the group are released first: variables of an exception's frames, reference cycles.
        gc.collect()
        dist.destroy_process_group()


def _release(error: BaseException | None) -> None:
    """Clear the variables of the frames of an exception, and of those that led to it."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        traceback.clear_frames(error.__traceback__)
        error = error.__cause__ or error.__context__


def share(batch: Tensor) -> Tensor:
    """This process's rows of a batch that all processes have drawn identically: [B, ...] -> [B / world, ...].

    The shares of all processes together are the batch that a single process would have processed.
    """
    return batch.chunk(world())[rank()] if world() > 1 else batch


def gathered(values: Tensor) -> Tensor:
    """The rows of all processes, [B / world, ...] -> [B, ...]: what ``share`` takes apart. Not differentiable."""
    if world() == 1:
        return values
    parts = [torch.empty_like(values, memory_format=torch.contiguous_format) for _ in range(world())]
    dist.all_gather(parts, values.contiguous())
    return torch.cat(parts)


def any_of(flag: bool, device: torch.device | None = None) -> bool:
    """Whether the flag is set in any process; the same answer in all of them."""
    if world() == 1:
        return flag
    result = torch.tensor([float(flag)], device=device)
    dist.all_reduce(result, dist.ReduceOp.MAX)
    return bool(result.item())


def check_same(number: int, advice: str, device: torch.device | None = None) -> None:
    """Check that all processes hold the same number.

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
    """Wait for all processes."""
    if world() > 1:
        dist.barrier()


def wrapped(module: M) -> Any:
    """The module with gradients averaged over all processes after each backward pass; the module itself for one
    process.

    Buffers are not synchronised: those of ``nn.norm`` are equal in all processes already.
    """
    if world() == 1:
        return module
    device = next(module.parameters()).device
    ids = [device.index] if device.type == "cuda" else None
    # The newer name of the argument if this version of torch has it; the older is deprecated.
    named = "forward_sync_buffers" in signature(DistributedDataParallel.__init__).parameters
    options: dict[str, Any] = {"forward_sync_buffers" if named else "broadcast_buffers": False}
    if device.type == "cpu":
        # All gradients in one bucket, after the backward pass: overlapping does not pay on CPUs, where no core is idle,
        # and the small messages of batch norm would queue behind the gradients.
        options["bucket_cap_mb"] = _SINGLE_BUCKET_MB
    return DistributedDataParallel(module, device_ids=ids, gradient_as_bucket_view=True, **options)


@contextmanager
def averaging(module: Any, now: bool) -> Iterator[None]:
    """Within this context a backward pass averages the gradients of a wrapped module only if ``now`` is true.

    Gradients accumulated over several passes are averaged with the last one.
    """
    skip = not now and isinstance(module, DistributedDataParallel)
    with module.no_sync() if skip else nullcontext():
        yield


@torch.no_grad()
def average_gradients(parameters: Iterable[Tensor]) -> None:
    """Average the gradients of parameters over all processes, all in one message.

    For steps that ``wrapped`` modules do not support: several forward passes, or gradients of some parameters alone.
    All processes must have gradients of the same parameters.
    """
    if world() == 1:
        return
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    flat = torch.cat([gradient.flatten() for gradient in gradients])
    dist.all_reduce(flat)
    flat /= world()
    for gradient, part in zip(gradients, torch.split(flat, [gradient.numel() for gradient in gradients])):
        gradient.copy_(part.view_as(gradient))


@torch.no_grad()
def mean_over_all(values: Tensor) -> Tensor:
    """The mean of a small tensor over all processes, bitwise equal in each; not differentiable."""
    if world() == 1:
        return values
    # Gathering instead of reducing: several times as fast for a few numbers with gloo.
    gathered = values.new_empty(world(), values.numel())
    dist.all_gather(list(gathered), values.flatten().contiguous())
    return gathered.mean(0).view(values.shape)
