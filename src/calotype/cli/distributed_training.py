"""``calotype train`` for models of many photos: in this process, or in several that ``torchrun`` begins."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import Any

from calotype.cli.inputs import check_writable
from calotype.cli.output_options import TrainingOptions
from calotype.cli.progress import reporter
from calotype.cli.report import Interrupted, Misuse, Terminated, complain
from calotype.cli.summary import TrainingSummary
from calotype.cli.training import stopping
from calotype.errors import CalotypeError, InputError, OutputError, Stopped
from calotype.tasks.dataset_model import DatasetModel
from calotype.tasks.eta import format_duration
from calotype.tasks.memory import format_bytes, require_memory
from calotype.tasks.train import dataset_training_request
from calotype.tasks.training import train_model

# How one of the processes that train together says what went wrong to the one that began them: a file named here.
_MESSAGE_FILE = "CALOTYPE_TOGETHER"
_PATIENCE = 60.0  # seconds that they have to save after a stop


def train_dataset_model(options: TrainingOptions, given: dict[str, Any]) -> int:
    """Train a model on a folder of photos and return the exit status.

    Raises:
        CalotypeError: it cannot be done.
    """
    device, photos = given.pop("device"), given.pop("photo")
    given.pop("factor")
    if options.jobs > 1:
        raise Misuse(
            "--jobs is for engines that learn from one photo each: give --procs, as many processes as there are"
        )
    try:
        model = dataset_training_request(photos=photos, **given)
    except InputError as error:
        raise error if not Path(photos).is_dir() else Misuse(str(error)) from None
    if model.chosen is not None:
        check_writable(model.chosen)
    from calotype.distributed import launched

    if launched():
        return _one_of_several(model, device, options)
    summary = TrainingSummary()
    several = _Launcher(options) if (options.procs, options.nodes) != (1, 1) else None
    with reporter(options.quiet) as report:
        if model.finished:
            report.say(f"{model.subject} is trained on already")
        else:
            report.say(_announced(model, options, device))
        try:
            if several and not model.finished:
                several.train(model)
                done = train_model(model, report.run(model.seed, "cpu"))  # finished: it only says where
            else:
                run = report.run(model.seed, _checked(device))
                if not model.finished and run.device.type == "cpu":
                    require_memory(model.cost.bytes, f"training on '{model.subject}'", model.size)
                with report.training(model), stopping(run):
                    done = train_model(model, run)
        except (KeyboardInterrupt, Stopped) as error:
            report.close()
            complain(
                f"stopped while training on {model.subject}: the same command goes on where it was, and "
                f"calotype sample {model.folder.name} --unfinished uses what is saved"
            )
            raise Interrupted(error) from None
    summary.trained(model.subject, done)
    print(summary.document() if options.as_json else done.folder, flush=True)
    return 0


def _checked(device: str) -> str:
    from calotype.run import choose_device

    return str(choose_device(device))


def _announced(model: DatasetModel, options: TrainingOptions, device: str) -> str:
    done = model.done()
    begins = "goes on with its training" if done else "is trained on"
    share = f", {done:.0%} done" if done else ""
    where = "" if (options.procs, options.nodes) == (1, 1) else f", {_counted(options)}"
    # What a step takes on a GPU is not known before there was one.
    on_cpu = _checked(device) == "cpu" and options.nodes == 1
    seconds = model.cost.seconds * (1 - done) / max(1, min(options.procs, os.cpu_count() or 1))
    cost = f"about {format_duration(seconds)} and {format_bytes(model.cost.bytes)}, once; " if on_cpu else ""
    return (
        f"{model.subject} ({len(model.photos.files)} photos at {model.size}) {begins} ({model.engine} {model.preset}"
        f"{share}{where}): {cost}Ctrl-C stops and the same command goes on; pictures of how it goes are put into "
        f"{model.previews}"
    )


def _counted(options: TrainingOptions) -> str:
    procs = {0: "a process on each GPU", 1: "a process"}.get(options.procs, f"{options.procs} processes")
    return procs if options.nodes == 1 else f"{options.nodes} machines with {procs}"


def _one_of_several(model: DatasetModel, device: str, options: TrainingOptions) -> int:
    """The work of one of the processes that train together. Only the first says how it goes."""
    from calotype import distributed

    first = os.environ["RANK"] == "0"
    try:
        own = distributed.own_device(device)
        with reporter(options.quiet or not first) as report:
            run = report.run(model.seed, _checked(own))
            with distributed.group(run.device), report.training(model), stopping(run, patient=True):
                train_model(model, run)
    except (KeyboardInterrupt, Stopped) as error:
        # No fault: it is not to be begun again.
        _tell("stopped", "terminated" if isinstance(error, Terminated) else "interrupted")
        return 0
    except CalotypeError as error:
        if not os.environ.get(_MESSAGE_FILE):
            raise
        _tell("failed", str(error))
        raise
    if first and not os.environ.get(_MESSAGE_FILE):
        print(model.folder, flush=True)
    return 0


def _tell(how: str, line: str) -> None:
    """Leave word for the process that began this one; of several, the first has its say."""
    place = os.environ.get(_MESSAGE_FILE)
    if place:
        try:
            with open(place, "x", encoding="utf-8") as file:
                file.write(f"{how}\n{line}")
        except OSError:  # another one has said it
            return


class _Launcher:
    """The processes of this machine, begun by ``torchrun``, which begins them again when one dies."""

    def __init__(self, options: TrainingOptions) -> None:
        if options.nodes > 1 and not re.fullmatch(r"[^:\s]+:\d+", options.meet):
            raise Misuse("several machines have to know where they meet: give --meet HOST:PORT, of the first of them")
        procs = options.procs
        if procs == 0:
            import torch

            procs = torch.cuda.device_count()
            if not procs:
                raise Misuse("there is no GPU on this machine: say how many processes, like --procs 2")
        self.options, self.procs = options, procs

    def train(self, model: DatasetModel) -> None:
        """Train until it is finished.

        Raises:
            Stopped: somebody asked for it.
            CalotypeError: what one of the processes said.
        """
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder) / "said"
            process = subprocess.Popen(self._command(), env=self._environment(place), start_new_session=True)
            before = {number: signal.signal(number, _forwarded(process)) for number in (signal.SIGINT, signal.SIGTERM)}
            try:
                status = process.wait()
            finally:
                for number, handler in before.items():
                    signal.signal(number, handler)
            how, _, line = place.read_text(encoding="utf-8").partition("\n") if place.exists() else ("", "", "")
        if how == "stopped":
            if line == "terminated":
                raise Terminated
            raise Stopped(line)
        if how == "failed":
            raise InputError(line)
        if status or not model.finished:
            raise OutputError(
                f"the processes that trained together ended too often ({self.options.restarts + 1} times): what they "
                "said is above; the same command goes on where they were"
            )

    def _command(self) -> list[str]:
        options = self.options
        launcher = [sys.executable, "-m", "torch.distributed.run", f"--nproc-per-node={self.procs}"]
        launcher += [f"--nnodes={options.nodes}", f"--max-restarts={options.restarts}"]
        if options.nodes > 1:
            launcher += ["--rdzv-backend=c10d", f"--rdzv-endpoint={options.meet}", "--rdzv-id=calotype"]
        else:
            launcher += ["--standalone"]
        return [*launcher, "-m", "calotype", *_without(sys.argv[1:], ("--procs", "--nodes", "--meet", "--restarts"))]

    def _environment(self, place: Path) -> Mapping[str, str]:
        threads = max(1, (os.cpu_count() or 1) // self.procs)
        return {
            "OMP_NUM_THREADS": str(threads),
            "TORCH_CPP_LOG_LEVEL": "ERROR",
            **os.environ,
            _MESSAGE_FILE: str(place),
        }


def _forwarded(process: subprocess.Popen[bytes]) -> Any:
    """A handler that asks the processes to stop, and at the second time makes them."""
    asked: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        asked.append(number)
        # Each of the processes is told, and saves; then torchrun, which has nothing left to end.
        os.killpg(process.pid, signal.SIGKILL if len(asked) > 2 else number)

    return stop


def _without(words: list[str], options: tuple[str, ...]) -> list[str]:
    """A command line without these options and their values."""
    kept, passed = [], False
    for word in words:
        if passed:
            passed = False
        elif word in options:
            passed = True
        elif word.partition("=")[0] not in options:
            kept.append(word)
    return kept
