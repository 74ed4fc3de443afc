"""A run: storage, seed, device, events, stopping and resuming of one piece of work; and the training loop."""

from __future__ import annotations

import hashlib
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar
from urllib.parse import quote, unquote

import torch
from torch import Tensor

from calotype import distributed
from calotype.checkpoint import State, read_meta, read_tensors, restore_state, write_state
from calotype.errors import ArgumentError, InputError, Stopped
from calotype.files import shown

RECENT = 100  # steps of a stage whose values are remembered
_FORMAT = 2  # of saved states: 2 has the names discriminator, generator_optimizer and so on
_STATES_DIFFER = (
    "the processes of this training do not find the same saved state: keep models in a folder they can all read "
    "(CALOTYPE_CACHE), and run the same command on every node"
)
Batch = TypeVar("Batch")
S = TypeVar("S", bound=State)


class HasState(Protocol):
    """A trainer."""

    @property
    def state(self) -> Mapping[str, Any]:
        """Everything that its steps change, by name."""


T = TypeVar("T", bound=HasState)


@dataclass(frozen=True)
class Event:
    """An event of a run.

    Attributes:
        kind: ``begin`` and ``end`` of a stage, ``step`` after a step, ``save`` after saving the state, ``note`` for a
            line for the user.
        stage: name of the stage; ``""`` if there is only one.
        step: steps of this stage done so far.
        steps: total steps of the stage.
        values: scalars reported by the step, such as losses.
        preview: image tensor [1, C, H, W], -1..1, or ``None``.
        text: the line of a note.
    """

    kind: str
    stage: str
    step: int
    steps: int
    values: Mapping[str, float] = field(default_factory=dict)
    preview: Tensor | None = None
    text: str = ""


def choose_device(name: str) -> torch.device:
    """The torch device of a name: ``auto`` (the best available), ``cpu``, ``cuda``, ``cuda:1``, ``mps``.

    Raises:
        InputError: this machine has no such device.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError:
        device = torch.device("meta")
    if device.type not in ("cpu", "cuda", "mps"):
        raise ArgumentError(f"'{name}' is not a device: choose auto, cpu, cuda or mps")
    available = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}[device.type]
    if available and device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        available = False
    if not available:
        raise ArgumentError(f"there is no device '{name}' on this machine: use auto or cpu")
    return device


def worked(folder: Path) -> dict[str, tuple[int, int]]:
    """Progress of a run in ``folder``: for each started stage, the saved step and the total number of steps.

    Only headers are read. Unreadable states are left out: resuming reports what is wrong with them.
    """
    progress = {}
    for path in sorted((folder / "state").glob("*.safetensors")):
        try:
            meta = read_meta(path, "")
            progress[str(meta.get("stage", unquote(path.stem)))] = (int(meta["step"]), int(meta["steps"]))
        except (InputError, KeyError, TypeError, ValueError):
            continue
    return progress


class _StopFlag:
    """Whether a stop was requested; shared by runs that belong together."""

    def __init__(self) -> None:
        # A plain bool is safe to set in a signal handler, where taking a lock could deadlock.
        self.stop = False


def _seed_for(*place: object) -> int:
    """A seed for torch that depends on ``place`` alone: the same in every process and on every machine."""
    # Python's hash() is salted differently in every process.
    digest = hashlib.sha256("\0".join(str(part) for part in place).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


class Run:
    """Folder, seed, device, events and stopping of one piece of work.

    Randomness is a function of (seed, stage, step): before every step torch's global generators are seeded from these,
    so a resumed run continues as if it had not been interrupted. Only torch is seeded: steps must not draw from
    ``random`` or NumPy.

    In distributed training (``calotype.distributed``) each process has a run: all have the same seeds and restore from
    the same folder, the first one saves and reports, and a stop of any stops all after the same step.

    Args:
        folder: where states are saved (in ``state/``), for resuming; ``None`` saves nothing.
        seed: any integer.
        device: as for ``choose_device``.
        on_event: called with every ``Event``, in the working thread. An exception raised by it ends the work.
        save_every_steps: number of steps between saves; ``None``: not by steps.
        save_every_seconds: seconds between saves; ``None``: not by time.

    Attributes:
        recent: by stage, the values of the last ``RECENT`` steps that a listener was told of; saved and restored with
            the state.
        lengths: steps of each of these stages.

    Raises:
        InputError: this machine has no such device.
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
        self._stop_flag = _StopFlag()
        self.recent: dict[str, deque[Mapping[str, float]]] = {}
        self.lengths: dict[str, int] = {}
        self._values: dict[str, Any] = {}
        self._preview: Tensor | None = None

    def stop(self) -> None:
        """Request a stop, from any thread or signal handler.

        The current step finishes, the state is saved, and ``Stopped`` is raised in the working thread. A stop during
        the very last step has no effect: the work is done. A stopped run stays stopped; resume with a new ``Run``.
        """
        self._stop_flag.stop = True

    @property
    def stopping(self) -> bool:
        """Whether a stop was requested."""
        return self._stop_flag.stop

    def within(self, folder: Path | None, *, seed: int, on_event: Callable[[Event], object] | None = None) -> Run:
        """A run for a part of this work with a folder of its own, or none; a stop of either stops both."""
        part = Run(folder, seed=seed, device=str(self.device), on_event=on_event)
        part.save_every_steps, part.save_every_seconds = self.save_every_steps, self.save_every_seconds
        part._stop_flag = self._stop_flag
        return part

    def reseed(self, stage: str = "", step: int | str = 0) -> None:
        """Seed torch's global generators from (seed, stage, step); to be called before a network is initialised."""
        seed = _seed_for("global", self.seed, stage, step)
        if self.device.type == "cpu":
            # torch.manual_seed formats the stack of calls for every kind of device that is not used: a millisecond.
            torch.default_generator.manual_seed(seed)
        else:
            torch.manual_seed(seed)

    def generator(self, stage: str = "", step: int | str = 0) -> torch.Generator:
        """A CPU generator seeded from (seed, stage, step), apart from the global one. Draw on the CPU, then move."""
        return torch.Generator().manual_seed(_seed_for("own", self.seed, stage, step))

    def report(
        self,
        values: Mapping[str, float | Tensor] | None = None,
        /,
        *,
        preview: Tensor | None = None,
        **more: float | Tensor,
    ) -> None:
        """Add scalars, by mapping or by name, and optionally a preview, to the event of the current step."""
        self._values.update(values or {}, **more)
        if preview is not None:
            self._preview = preview

    def tell(self, text: str) -> None:
        """Report a line for the user, an event of the kind ``note``; of several processes, the first one does."""
        if self.on_event is not None and distributed.rank() == 0:
            self.on_event(Event("note", "", 0, 0, text=text))

    def steps(self, n: int, state: State | None = None, stage: str = "") -> Iterator[int]:
        """Iterate over steps ``0 .. n-1``, reporting, saving, stopping and resuming.

        A saved state of this stage in the folder is restored into ``state``, and its steps are skipped; a finished
        stage is restored and yields nothing. After the last step torch is reseeded, so that the random numbers between
        two stages do not depend on whether the first was run or restored.

        Args:
            n: total number of steps.
            state: everything that the steps change, by name; ``None`` if there is nothing to save.
            stage: a name, unique within one piece of work.

        Raises:
            Stopped: ``stop`` was called.
            InputError: the saved state is damaged, or from other settings.
            OutputError: the state cannot be saved.
        """
        done = 0 if state is None else self._restore(n, state, stage)
        distributed.check_same(done, _STATES_DIFFER, self.device)
        self._emit("begin", stage, done, n)
        saved_at, saved_step = time.monotonic(), done
        while done < n:
            if distributed.any_of(self._stop_flag.stop, self.device):
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
        """Restore the saved state of a stage of ``n`` steps, if there is one, into ``state``; returns the number of its
        steps.

        Raises:
            InputError: the saved state is damaged, or from other settings.
        """
        return self._restore(n, state, stage)

    def finished(self, n: int, state: State, stage: str = "") -> bool:
        """Whether a stage of ``n`` steps is finished; only then its state is restored into ``state``.

        Raises:
            InputError: the saved state is damaged, or from other settings.
        """
        path = self._state_path(stage)
        if path is None or not path.exists():
            return False
        _, meta = read_tensors(path, "delete it to start this stage again")
        return bool(meta.get("finished")) and self._restore(n, state, stage) == n

    def _is_due(self, done: int, saved_at: float) -> bool:
        if self.save_every_steps is not None and done % self.save_every_steps == 0:
            return True
        return self.save_every_seconds is not None and time.monotonic() - saved_at >= self.save_every_seconds

    def _emit(self, kind: str, stage: str, done: int, n: int) -> None:
        if self.on_event is not None and distributed.rank() == 0:
            # Only with a listener: reading a number from a GPU synchronises with it.
            values = {name: float(value) for name, value in self._values.items()}
            if kind == "step":
                self._remember(stage, n, [values])
            self.on_event(Event(kind, stage, done, n, values, self._preview))

    def _remember(self, stage: str, n: int, rows: Iterable[Mapping[str, float]]) -> None:
        self.recent.setdefault(stage, deque(maxlen=RECENT)).extend(rows)
        self.lengths[stage] = n

    def _stopped(self, done: int, n: int, stage: str) -> Stopped:
        where = f"stopped after step {done} of {n}" + (f" of {stage}" if stage else "")
        if self.folder is None:
            return Stopped(f"{where}: nothing was saved, as the run has no folder")
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
        # As pairs, which keep their order in the file.
        recent = {"recent": [list(row.items()) for row in self.recent[stage]]} if stage in self.recent else {}
        write_state(path, state, {**meta, **recent})
        self._emit("save", stage, done, n)

    def _restore(self, n: int, state: State, stage: str) -> int:
        """Restore the saved state of the stage, if there is one, into ``state``; returns the number of steps done."""
        path = self._state_path(stage)
        if path is None or not path.exists():
            return 0
        advice = "delete it to start this stage again"
        tensors, meta = read_tensors(path, advice)
        if meta.get("format") != _FORMAT:
            raise InputError(
                f"{shown(path)} was saved by another version of calotype: {advice}, or finish it with that version"
            )
        for name, wanted in (("seed", self.seed), ("steps", n), ("stage", stage)):
            if meta.get(name) != wanted:
                raise InputError(
                    f"{shown(path)} was started with {name} {meta.get(name)}, not {wanted}: "
                    "give the same settings to resume, or another folder to start again"
                )
        try:
            restore_state(state, tensors, meta["state"])
            if "recent" in meta:
                self.recent.pop(stage, None)
                self._remember(stage, n, map(dict, meta["recent"]))
            return int(meta["step"])
        except (KeyError, RuntimeError, ValueError, TypeError) as error:
            raise InputError(
                f"{shown(path)} was started with other settings: give the same ones, or another folder to start again"
            ) from error


def started(make: Callable[[], T], run: Run, stage: str = "") -> T:
    """What a stage starts from: its networks and optimizers, made with torch seeded by (seed, stage)."""
    run.reseed(stage, "start")
    return make()


def resumed(trainer: T, run: Run, steps: int, stage: str = "") -> T | None:
    """A trainer as a stage of so many steps last saved it; ``None`` where nothing is saved.

    Raises:
        InputError: what was saved is damaged, or from other settings.
    """
    return trainer if run.restored(steps, trainer.state, stage) else None


def fit(
    step: Callable[[S, Batch, int], Mapping[str, float | Tensor]],
    state: S,
    batches: Callable[[int], Batch],
    run: Run,
    *,
    steps: int,
    stage: str = "",
    preview: Callable[[], Tensor] | None = None,
    previews: int = 40,
) -> None:
    """The training loop of everything that is trained.

    Args:
        step: does one training step and returns its scalars: ``step(state, batch, i) -> {name: scalar}``. Gradients are
            not kept between steps, so it clears them first.
        state: modules, optimizers, schedulers and tensors by name; everything that ``step`` changes has to be in it.
        batches: returns the batch of step ``i``; may draw from torch's global generators, and otherwise depends on
            ``i`` alone.
        run: provides the steps; reports, saves, stops, resumes.
        steps: total number of steps.
        stage: a name, unique within one piece of work.
        preview: returns a picture [1, C, H, W], -1..1, of what has been learned; it must not change the training.
        previews: how many times it is called, at regular intervals and at the last step, and only in the first process
            and where somebody listens to the run.

    Raises:
        Stopped, InputError, OutputError: as ``Run.steps``.
    """
    every = max(1, steps // previews)
    listened = preview is not None and run.on_event is not None and distributed.rank() == 0
    for i in run.steps(steps, state, stage):
        run.report(step(state, batches(i), i))
        if listened and preview is not None and ((i + 1) % every == 0 or i + 1 == steps):
            with distributed.alone():  # the other processes work on
                run.report(preview=preview())
