"""``calotype train`` for models of data sets: in this process, or distributed over processes of ``torchrun``."""

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

from calotype.cli.output_options import TrainingOptions
from calotype.cli.progress import reporter
from calotype.cli.report import Interrupted, Misuse, Terminated, complain
from calotype.cli.summary import TrainingSummary
from calotype.cli.training import stopping
from calotype.errors import CalotypeError, InputError, OutputError, Stopped, counted
from calotype.files import check_writable
from calotype.tasks.dataset_model import DatasetModel
from calotype.tasks.eta import format_duration
from calotype.tasks.memory import format_bytes, require_memory
from calotype.tasks.model_store import has_state
from calotype.tasks.training import train_model
from calotype.tasks.training_request import dataset_training_request
from calotype.tasks.verbs import accepting

# Environment variable with the file in which a worker process reports an error or a stop to its parent process.
_MESSAGE_VARIABLE = "CALOTYPE_TOGETHER"


def train_dataset_model(options: TrainingOptions, given: dict[str, Any]) -> int:
    """Train a model on a folder of photos and return the exit status.

    Raises:
        CalotypeError: the training failed.
    """
    device, photos = given.pop("device"), given.pop("photo")
    given.pop("factor")
    if options.jobs > 1:
        raise Misuse("--jobs is for engines that are trained on one photo: give --procs, the number of processes")
    model = dataset_training_request(photos=photos, **given)
    if not model.finished:
        check_writable(model.folder)
    from calotype.distributed import launched

    if launched():
        return _run_rank(model, device, options)
    summary = TrainingSummary()
    launcher = _Launcher(options) if (options.procs, options.nodes) != (1, 1) else None
    with reporter(options.quiet) as report:
        if model.finished:
            report.say(f"the model of {model.subject} is already trained")
        else:
            report.say(_training_line(model, options, device))
            if model.photos.note:
                report.say(f"note: {model.photos.note}")
        try:
            if launcher and not model.finished:
                launcher.train(model)
                done = train_model(model, report.run(model.seed, "cpu"))  # returns the finished model
            else:
                run = report.run(model.seed, _device_name(device))
                if not model.finished and run.device.type == "cpu":
                    require_memory(model.cost.bytes, f"training on '{model.subject}'", model.size)
                with report.training(model), stopping(run):
                    done = train_model(model, run)
        except (KeyboardInterrupt, Stopped) as error:
            report.close()
            complain(f"stopped while training on {model.subject}: the same command resumes{_last_state(model)}")
            raise Interrupted(error) from None
    summary.trained(model.subject, done)
    print(summary.document() if options.as_json else done.folder, flush=True)
    return 0


def _last_state(model: DatasetModel) -> str:
    """Which verbs use the last saved state of an unfinished model; empty if none does, or if nothing was saved yet."""
    verbs = accepting("unfinished", model.engine)
    if not verbs or not has_state(model.folder):
        return ""
    *others, last = verbs
    using = f"{', '.join(others)} and {last} use" if others else f"{last} uses"
    return f", and {using} the last saved state of {model.folder.name} with --unfinished"


def _device_name(device: str) -> str:
    from calotype.run import choose_device

    return str(choose_device(device))


def _training_line(model: DatasetModel, options: TrainingOptions, device: str) -> str:
    done = model.done()
    action = "resuming the training on" if done else "training on"
    progress = f", {done:.0%} done" if done else ""
    where = "" if (options.procs, options.nodes) == (1, 1) else f", {_processes(options)}"
    # The cost estimates are for the CPU.
    on_cpu = _device_name(device) == "cpu" and options.nodes == 1
    seconds = model.cost.seconds * (1 - done) / max(1, min(options.procs, os.cpu_count() or 1))
    cost = f"about {format_duration(seconds)} and {format_bytes(model.cost.bytes)}, once; " if on_cpu else ""
    return (
        f"{action} {model.subject}, {counted(len(model.photos.files), 'photo')} at {model.size} "
        f"({model.engine} {model.preset}"
        f"{progress}{where}): {cost}Ctrl-C stops, the same command resumes; previews are written to {model.previews}"
    )


def _processes(options: TrainingOptions) -> str:
    procs = {0: "a process on each GPU", 1: "a process"}.get(options.procs, counted(options.procs, "process"))
    return procs if options.nodes == 1 else f"{counted(options.nodes, 'machine')} with {procs}"


def _run_rank(model: DatasetModel, device: str, options: TrainingOptions) -> int:
    """Run one process of a distributed training. Only rank 0 reports progress."""
    from calotype import distributed

    first = os.environ["RANK"] == "0"
    try:
        own_device = distributed.own_device(device)
        with reporter(options.quiet or not first) as report:
            run = report.run(model.seed, _device_name(own_device))
            with distributed.group(run.device), report.training(model), stopping(run, patient=True):
                train_model(model, run)
    except (KeyboardInterrupt, Stopped) as error:
        # Exit status 0, so that torchrun does not restart the processes.
        _report_to_parent("stopped", "terminated" if isinstance(error, Terminated) else "interrupted")
        return 0
    except CalotypeError as error:
        if not os.environ.get(_MESSAGE_VARIABLE):
            raise
        _report_to_parent("failed", str(error))
        raise
    if first and not os.environ.get(_MESSAGE_VARIABLE):
        print(model.folder, flush=True)
    return 0


def _report_to_parent(how: str, line: str) -> None:
    """Report an error or a stop to the parent process; only the first report is written."""
    message_file = os.environ.get(_MESSAGE_VARIABLE)
    if message_file:
        try:
            with open(message_file, "x", encoding="utf-8") as file:
                file.write(f"{how}\n{line}")
        except OSError:  # another process has written it
            return


class _Launcher:
    """The training processes of this machine, run by ``torchrun``, which restarts them when one dies."""

    def __init__(self, options: TrainingOptions) -> None:
        if options.nodes > 1 and not re.fullmatch(r"[^:\s]+:\d+", options.meet):
            raise Misuse("--nodes needs a rendezvous address: give --meet HOST:PORT, of the first machine")
        procs = options.procs
        if procs == 0:
            import torch

            procs = torch.cuda.device_count()
            if not procs:
                raise Misuse("there is no GPU on this machine: give a number of processes, like --procs 2")
        self.options, self.procs = options, procs

    def train(self, model: DatasetModel) -> None:
        """Train until the model is finished.

        Raises:
            Stopped: a stop was requested.
            CalotypeError: the error of one of the processes.
        """
        with tempfile.TemporaryDirectory() as folder:
            message_file = Path(folder) / "message"
            process = subprocess.Popen(self._command(), env=self._environment(message_file), start_new_session=True)
            previous_handlers = {
                number: signal.signal(number, _forwarder(process)) for number in (signal.SIGINT, signal.SIGTERM)
            }
            try:
                status = process.wait()
            finally:
                for number, handler in previous_handlers.items():
                    signal.signal(number, handler)
            how, _, line = (
                message_file.read_text(encoding="utf-8").partition("\n") if message_file.exists() else ("", "", "")
            )
        if how == "stopped":
            if line == "terminated":
                raise Terminated
            raise Stopped(line)
        if how == "failed":
            raise InputError(line)
        if status or not model.finished:
            raise OutputError(
                f"the training processes died too often ({self.options.restarts + 1} times): see their messages above; "
                "the same command resumes"
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

    def _environment(self, message_file: Path) -> Mapping[str, str]:
        threads = max(1, (os.cpu_count() or 1) // self.procs)
        return {
            "OMP_NUM_THREADS": str(threads),
            "TORCH_CPP_LOG_LEVEL": "ERROR",
            **os.environ,
            _MESSAGE_VARIABLE: str(message_file),
        }


def _forwarder(process: subprocess.Popen[bytes]) -> Any:
    """A signal handler that forwards signals to the processes, and kills them at the third signal."""
    signals: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        signals.append(number)
        # Sent to the whole process group: each process saves and ends, then torchrun ends.
        os.killpg(process.pid, signal.SIGKILL if len(signals) > 2 else number)

    return stop


def _without(words: list[str], options: tuple[str, ...]) -> list[str]:
    """Command-line arguments without these options and their values."""
    remaining, skip_value = [], False
    for word in words:
        if skip_value:
            skip_value = False
        elif word in options:
            skip_value = True
        elif word.partition("=")[0] not in options:
            remaining.append(word)
    return remaining
