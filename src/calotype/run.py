"""A piece of work in progress: where it is kept, what it reports, how it stops and goes on; and the training loop."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, unquote

import torch
from torch import Tensor

from calotype import distributed
from calotype.checkpoint import State, read_meta, read_tensors, restore_state, write_state
from calotype.errors import InputError, Stopped
from calotype.files import shown

_FORMAT = 1
_APART = (
    "the processes of this training do not find the same saved state: keep models in a folder that all of them see "
    "(CALOTYPE_CACHE), and give the same command on every node"
)
Batch = TypeVar("Batch")
S = TypeVar("S", bound=State)


@dataclass(frozen=True)
class Event:
    """Something that happened in a run.

    Attributes:
        kind: ``begin`` and ``end`` of a stage, a ``step`` done, a ``save`` of the state.
        stage: name of the stage; ``""`` where there is only one.
        step: steps done in this stage so far.
        steps: steps the stage has in all.
        values: what the step reported, as numbers.
        preview: image tensor [1, C, H, W], -1..1, or ``None``.
    """

    kind: str
    stage: str
    step: int
    steps: int
    values: Mapping[str, float] = field(default_factory=dict)
    preview: Tensor | None = None


def choose_device(name: str) -> torch.device:
    """The device of that name: ``auto`` (the best there is), ``cpu``, ``cuda``, ``cuda:1``, ``mps``.

    Raises:
        InputError: there is no such device on this machine.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError:
        device = torch.device("meta")
    if device.type not in ("cpu", "cuda", "mps"):
        raise InputError(f"'{name}' is not a device: choose auto, cpu, cuda or mps")
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}[device.type]
    if there and device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        there = False
    if not there:
        raise InputError(f"there is no device '{name}' on this machine: use auto or cpu")
    return device


def worked(folder: Path) -> dict[str, tuple[int, int]]:
    """How far a run in ``folder`` has come: for each stage begun, the steps that are saved and the steps it has.

    Only headers are read. A state that cannot be read counts as not begun: going on will say what is wrong with it.
    """
    found = {}
    for path in sorted((folder / "state").glob("*.safetensors")):
        try:
            meta = read_meta(path, "")
            found[str(meta.get("stage", unquote(path.stem)))] = (int(meta["step"]), int(meta["steps"]))
        except (InputError, KeyError, TypeError, ValueError):
            continue
    return found


class _Wish:
    """Whether somebody has asked the work to stop; runs that belong together share one."""

    def __init__(self) -> None:
        # A plain bool: setting it is safe in a signal handler, where taking a lock could wait for ever.
        self.stop = False


def _seed_for(*place: object) -> int:
    """A seed for torch that depends on nothing but ``place``: the same in every process and on every machine."""
    # Python's own hash() is salted anew in every process.
    digest = hashlib.sha256("\0".join(str(part) for part in place).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


class Run:
    """Folder, seed, device, events and stopping of one piece of work.

    Randomness is a function of the place: before every step torch's global generators are seeded from (seed, stage,
    step), so a run that was stopped goes on as if it had not been. Only torch is seeded: steps must not draw from
    ``random`` or NumPy.

    Where several processes train together (``calotype.distributed``), each has a run: all are seeded alike and restore
    from the same folder, the first one saves and reports, and a stop of any stops all after the same step.

    Args:
        folder: where states are kept (in ``state/``), so that the same work can go on later; ``None`` keeps nothing.
        seed: any whole number.
        device: as for ``choose_device``.
        on_event: called with every ``Event``, in the thread that works. What it raises ends the work.
        save_every_steps: save the state after so many steps; ``None`` never.
        save_every_seconds: save the state when so many seconds have passed since the last time; ``None`` never.

    Raises:
        InputError: there is no such device.
    """

    def __init__(
        self,
        folder: str | Path | None = None,
        *,
        seed: int = 0,
        device: str = "cpu",
        on_event: Callable[[Event], object] | None = None,
        save_every_steps: int | None = 1000,
        save_every_seconds: float | None = 60.0,
    ) -> None:
        self.folder = None if folder is None else Path(folder)
        self.seed = seed
        self.device = choose_device(device)
        self.on_event = on_event
        self.save_every_steps = save_every_steps
        self.save_every_seconds = save_every_seconds
        self._wish = _Wish()
        self._values: dict[str, Any] = {}
        self._preview: Tensor | None = None

    def stop(self) -> None:
        """Ask the work to stop, from any thread or signal handler.

        The step in progress finishes, the state is saved, and ``Stopped`` is raised where the work is. A stop during
        the last step of all comes too late: the work is done. A stopped run stays stopped; go on with a new ``Run``.
        """
        self._wish.stop = True

    @property
    def stopping(self) -> bool:
        """Whether somebody has asked the work to stop."""
        return self._wish.stop

    def within(self, folder: Path, *, seed: int, on_event: Callable[[Event], object] | None = None) -> Run:
        """A run for a part of this work that is kept in a folder of its own: a stop of either stops both."""
        part = Run(folder, seed=seed, device=str(self.device), on_event=on_event)
        part.save_every_steps, part.save_every_seconds = self.save_every_steps, self.save_every_seconds
        part._wish = self._wish
        return part

    def reseed(self, stage: str = "", step: int | str = 0) -> None:
        """Seed torch's global generators from (seed, stage, step): call it before a network is initialised."""
        torch.manual_seed(_seed_for("global", self.seed, stage, step))

    def generator(self, stage: str = "", step: int | str = 0) -> torch.Generator:
        """A CPU generator for (seed, stage, step), apart from the global one. Draw on the CPU, then move."""
        return torch.Generator().manual_seed(_seed_for("own", self.seed, stage, step))

    def report(
        self,
        values: Mapping[str, float | Tensor] | None = None,
        /,
        *,
        preview: Tensor | None = None,
        **more: float | Tensor,
    ) -> None:
        """Add values, by mapping or by name, and perhaps a picture, to what the current step reports."""
        self._values.update(values or {}, **more)
        if preview is not None:
            self._preview = preview

    def steps(self, n: int, state: State | None = None, stage: str = "") -> Iterator[int]:
        """Iterate over steps ``0 .. n-1``: a ``for`` loop that reports, saves, stops, and goes on where it was.

        Where the folder holds a state of this stage, it is put into ``state`` and the steps done are passed over; a
        finished stage is restored and yields nothing. After the last step torch is seeded anew, so that what comes
        between two stages does not depend on whether the first was worked or restored.

        Args:
            n: steps in all.
            state: what the steps change, by name; ``None`` where nothing is learned, then nothing is saved.
            stage: a name of its own for each call in one piece of work.

        Raises:
            Stopped: ``stop`` was called.
            InputError: the saved state is damaged, or from other settings.
            OutputError: the state cannot be saved.
        """
        done = 0 if state is None else self._restore(n, state, stage)
        distributed.check_same(done, _APART, self.device)
        self._emit("begin", stage, done, n)
        saved_at, saved_step = time.monotonic(), done
        while done < n:
            if distributed.any_of(self._wish.stop, self.device):
                if done > saved_step:
                    self._save(done, n, state, stage)
                raise self._stopped(done, n, stage)
            self.reseed(stage, done)
            self._values, self._preview = {}, None
            yield done
            done += 1
            self._emit("step", stage, done, n)
            if done == n or self._is_due(done, saved_at):
                self._save(done, n, state, stage)
                saved_at, saved_step = time.monotonic(), done
        self._values, self._preview = {}, None
        self.reseed(stage, "end")
        self._emit("end", stage, n, n)

    def restored(self, n: int, state: State, stage: str = "") -> int:
        """Put the saved state of a stage of ``n`` steps, if there is one, into ``state``; how many steps it has seen.

        Raises:
            InputError: the saved state is damaged, or from other settings.
        """
        return self._restore(n, state, stage)

    def finished(self, n: int, state: State, stage: str = "") -> bool:
        """Whether a stage of ``n`` steps is finished; then its state is put into ``state``, otherwise nothing is.

        Raises:
            InputError: the saved state is damaged, or from other settings.
        """
        path = self._state_path(stage)
        if path is None or not path.exists():
            return False
        _, meta = read_tensors(path, "delete it to do this stage again")
        return bool(meta.get("finished")) and self._restore(n, state, stage) == n

    def _is_due(self, done: int, saved_at: float) -> bool:
        if self.save_every_steps is not None and done % self.save_every_steps == 0:
            return True
        return self.save_every_seconds is not None and time.monotonic() - saved_at >= self.save_every_seconds

    def _emit(self, kind: str, stage: str, done: int, n: int) -> None:
        if self.on_event is not None and distributed.rank() == 0:
            # Only where somebody listens: reading a number from a GPU waits for it.
            values = {name: float(value) for name, value in self._values.items()}
            self.on_event(Event(kind, stage, done, n, values, self._preview))

    def _stopped(self, done: int, n: int, stage: str) -> Stopped:
        where = f"stopped after step {done} of {n}" + (f" of {stage}" if stage else "")
        if self.folder is None:
            return Stopped(f"{where}: nothing was kept, as the run has no folder")
        return Stopped(f"{where}: run the same command again to go on")

    def _state_path(self, stage: str) -> Path | None:
        if self.folder is None:
            return None
        return self.folder / "state" / f"{quote(stage, safe=' ') or 'main'}.safetensors"

    def _save(self, done: int, n: int, state: State | None, stage: str) -> None:
        path = self._state_path(stage)
        if path is None or state is None or distributed.rank() > 0:
            return
        meta = {"format": _FORMAT, "seed": self.seed, "stage": stage, "step": done, "steps": n, "finished": done == n}
        write_state(path, state, meta)
        self._emit("save", stage, done, n)

    def _restore(self, n: int, state: State, stage: str) -> int:
        """Put the saved state of the stage, if there is one, into ``state``. Returns the steps already done."""
        path = self._state_path(stage)
        if path is None or not path.exists():
            return 0
        advice = "delete it to do this stage again"
        tensors, meta = read_tensors(path, advice)
        if meta.get("format") != _FORMAT:
            raise InputError(f"{shown(path)} is of another version of calotype: {advice}")
        for name, wanted in (("seed", self.seed), ("steps", n), ("stage", stage)):
            if meta.get(name) != wanted:
                raise InputError(
                    f"{shown(path)} was begun with {name} {meta.get(name)}, not {wanted}: "
                    "give the same settings to go on, or another folder to start anew"
                )
        try:
            restore_state(state, tensors, meta["state"])
            return int(meta["step"])
        except (KeyError, RuntimeError, ValueError, TypeError) as error:
            raise InputError(
                f"{shown(path)} was begun with other settings: give the same to go on, or another folder to start anew"
            ) from error


def fit(
    step: Callable[[S, Batch, int], Mapping[str, float | Tensor]],
    state: S,
    batches: Callable[[int], Batch],
    run: Run,
    *,
    steps: int,
    stage: str = "",
) -> None:
    """The training loop. Whatever is trained is trained by these two lines.

    Args:
        step: does one step and says how it went: ``step(state, batch, i) -> {name: scalar}``. Gradients
            are not kept from one step to the next, so it clears them first.
        state: modules, optimizers, schedulers and tensors by name; what ``step`` changes must be in it.
        batches: the batch of step ``i``; it may draw from torch, and depends on nothing but ``i`` otherwise.
        run: gives the steps, saves, stops, goes on.
        steps: how many in all.
        stage: a name of its own for each call in one piece of work.

    Raises:
        Stopped, InputError, OutputError: as ``Run.steps``.
    """
    for i in run.steps(steps, state, stage):
        run.report(step(state, batches(i), i))
