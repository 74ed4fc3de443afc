"""Trainings on the command line: said before they start, stopped so that they can go on; and ``calotype train``."""

# Annotations are values here, not strings: options are made from them.
import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Annotated, Any, Protocol

import typer

from calotype.catalog import MODELS
from calotype.cli.inputs import Source, check_writable, sources
from calotype.cli.options import arguments
from calotype.cli.output_options import JsonOfPaths, Quiet
from calotype.cli.progress import Reporter, reporter
from calotype.cli.report import Interrupted, Misuse, Terminated, complain
from calotype.errors import InputError, OutputError, Stopped, one_line
from calotype.files import shown
from calotype.tasks.eta import format_duration
from calotype.tasks.job import format_bytes
from calotype.tasks.parallel_training import ParallelTraining, TrainingTask
from calotype.tasks.photo_model import PhotoModel
from calotype.tasks.train import Trained, TrainingRequest, train, trained, training_request

_TOGETHER = "Training together"


class Stoppable(Protocol):
    """Work that somebody can ask to stop: a run, or several of them."""

    def stop(self) -> None:
        """Ask it to."""


@dataclass(frozen=True)
class Saying:
    """How a folder is gone through, and what is said about a training."""

    jobs: Annotated[
        int,
        typer.Option(
            "--jobs",
            metavar="COUNT",
            min=1,
            help="how many photos of a folder to train on at a time, each in a process",
        ),
    ] = 1
    procs: Annotated[
        int,
        typer.Option(
            "--procs",
            metavar="COUNT",
            min=0,
            help="models: how many processes of this machine train together; 0 for one on each GPU",
            rich_help_panel=_TOGETHER,
        ),
    ] = 1
    nodes: Annotated[
        int,
        typer.Option(
            "--nodes",
            metavar="COUNT",
            min=1,
            help="models: how many machines train together; give the same command on each",
            rich_help_panel=_TOGETHER,
        ),
    ] = 1
    meet: Annotated[
        str,
        typer.Option(
            "--meet",
            metavar="HOST:PORT",
            help="with --nodes: where they meet, an address of the first machine and a free port of it",
            show_default=False,
            rich_help_panel=_TOGETHER,
        ),
    ] = ""
    restarts: Annotated[
        int,
        typer.Option(
            "--restarts",
            metavar="COUNT",
            min=0,
            help="with --procs or --nodes: how often all begin again where they were, when one of them dies",
            rich_help_panel=_TOGETHER,
        ),
    ] = 3
    as_json: JsonOfPaths = False
    quiet: Quiet = False


def announced(label: str, model: PhotoModel) -> str:
    """The line that says, before it starts, what a training will take."""
    done = model.done()
    begins = "goes on with its training" if done else "is trained on"
    stages = "1 stage" if len(model.stages) == 1 else f"{len(model.stages)} stages"
    stages = f"{len(model.finished_stages)} of {stages} finished" if done else stages
    purpose = f" for {model.purpose}" if model.purpose else ""
    return (
        f"{label} {model.photo.size} {begins} ({model.engine}{purpose}, {stages}): "
        f"about {format_duration(model.cost.seconds * (1 - done))} and {format_bytes(model.cost.bytes)}, once; "
        f"Ctrl-C stops and the same command goes on; a picture of each stage goes to {model.previews}"
    )


def how_to_go_on(label: str) -> str:
    """The line that says, after an interruption, what there is and how to have the rest."""
    return (
        f"stopped while training on {shown(label)}: the same command goes on where it was, "
        "and a verb with --unfinished uses what is finished"
    )


@contextmanager
def stopping(run: Stoppable, *, patient: bool = False) -> Iterator[None]:
    """While something is trained: Ctrl-C lets the step in progress finish and saves; a second one does not wait.

    Args:
        run: what is asked to stop.
        patient: whether a second one waits, too: a process that trains with others is told by the terminal and by
            the process that began it.

    Raises:
        Terminated: the process was asked to end, and the training has stopped for it.
    """
    asked: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        if asked and patient:
            return
        if asked:
            raise Terminated if number == signal.SIGTERM else KeyboardInterrupt
        asked.append(number)
        run.stop()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
        if asked:  # too late for the training to stop, in time for what would follow
            raise KeyboardInterrupt
    except (Stopped, KeyboardInterrupt) as error:
        if asked[:1] == [signal.SIGTERM]:
            raise Terminated from error
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@dataclass
class Account:
    """What has been done so far."""

    models: list[dict[str, Any]] = field(default_factory=list)
    failed: list[dict[str, str]] = field(default_factory=list)

    def trained(self, label: str, done: Trained) -> None:
        """Write down a finished model."""
        said = {"folder": str(done.folder), "photo": label, "new": done.new, "seconds": round(done.seconds, 3)}
        self.models.append(said)

    def document(self) -> str:
        """Everything as one JSON document."""
        from calotype import __version__

        return json.dumps(
            {"calotype": __version__, "verb": "train", "models": self.models, "failed": self.failed}, indent=2
        )


def run_train(saying: Saying, typed: dict[str, Any]) -> int:
    """Train on every photo that was named and return the exit status.

    Raises:
        CalotypeError: nothing, or nothing more, can be done.
    """
    given = arguments(train, typed)
    if given["engine"] in MODELS:
        from calotype.cli.distributed_training import run_train_set

        return run_train_set(saying, given)
    if (saying.procs, saying.nodes) != (1, 1):
        raise Misuse(f"{given['engine']} learns from one photo, in one process: leave out --procs and --nodes")
    photo = given.pop("photo")
    try:
        asked = training_request(**given, several=Path(photo).is_dir())
    except InputError as error:
        raise Misuse(str(error)) from None
    if asked.out is not None:
        check_writable(asked.out)
    found = sources(photo, None, quiet=saying.quiet)
    account = Account()
    with reporter(saying.quiet) as report:
        work = _Work(asked, saying, report, account, alone=len(found) == 1)
        try:
            if saying.jobs > 1 and len(found) > 1:
                work.side_by_side(found)
            else:
                for source in found:
                    work.one(source)
        except (KeyboardInterrupt, Stopped) as error:
            report.close()
            complain(work.how_to_go_on(len(found)))
            raise Interrupted(error) from None
        finally:
            if saying.as_json:
                print(account.document(), flush=True)
    if account.failed and len(found) > 1:
        complain(f"{len(account.failed)} of {len(found)} photos could not be trained on, the others are done")
    return 1 if account.failed else 0


class _Work:
    """All that the photos of one command share."""

    def __init__(
        self, asked: TrainingRequest, saying: Saying, report: Reporter, account: Account, *, alone: bool
    ) -> None:
        self.asked, self.saying, self.report, self.account, self.alone = asked, saying, report, account, alone
        self.learning = ""  # the photo that is being trained on

    def how_to_go_on(self, count: int) -> str:
        """The line for an interruption."""
        if self.learning:
            return how_to_go_on(self.learning)
        return (
            f"stopped with {len(self.account.models)} of {count} photos trained on: the same command goes on with the "
            "others where they were"
        )

    def one(self, source: Source) -> None:
        """Train on one photo."""
        self.learning = source.label
        try:
            model = self.asked.model(source.photo)
            # Each photo has a run of its own, so that none depends on what came before it.
            run = self.report.run(self.asked.seed, self.asked.device)
            if model.finished:
                self.report.say(f"{source.label} is trained on already")
            else:
                self.report.say(announced(source.label, model))
            with self.report.training(model), stopping(run):
                done = trained(model, run)
        except (OutputError, Stopped):
            raise  # it would be no different for the next photo
        except Exception as error:
            self._failed(source.label, error)
        else:
            self._trained(source.label, done)

    def side_by_side(self, found: list[Source]) -> None:
        """Train on several photos at a time."""
        pending_training = self._lessons(found)
        if not pending_training:
            return
        several = ParallelTraining(self.asked, pending_training, self.saying.jobs)
        self.report.say(_announced_together(several, self.asked.engine, len(pending_training)))
        with self.report.together(f"training on {len(pending_training)} photos") as heard, stopping(several):
            for count, (training, outcome) in enumerate(several.outcomes(lambda: heard(several.done, several.seconds))):
                label = str(training.photo)
                if isinstance(outcome, Exception):
                    self._failed(label, outcome)
                    continue
                left = len(pending_training) - count - 1
                about = (
                    f"{left} to go, about {format_duration(several.seconds)} left" if left else "that was the last one"
                )
                self.report.say(f"{label} is trained on, {about}")
                self._trained(label, outcome)

    def _lessons(self, found: list[Source]) -> list[TrainingTask]:
        """What there is to do; what is finished, or cannot be used, is reported at once."""
        pending_training = []
        for source in found:
            assert isinstance(source.photo, Path)  # what comes on standard input comes alone
            try:
                model = self.asked.model(source.photo)
                if not model.finished:
                    pending_training.append(TrainingTask.of(source.photo, model))
                    continue
            except OutputError:
                raise
            except Exception as error:
                self._failed(source.label, error)
                continue
            self.report.say(f"{source.label} is trained on already")
            self._trained(source.label, Trained(model.folder, model.engine, model.photo.name, False, 0.0))
        return pending_training

    def _failed(self, label: str, error: Exception) -> None:
        line = one_line(error)
        if line is None:
            raise error
        self.account.failed.append({"photo": label, "error": line})
        if self.alone:
            raise error
        with self.report.silence():
            complain(line)

    def _trained(self, label: str, done: Trained) -> None:
        self.account.trained(label, done)
        if not self.saying.as_json:
            with self.report.silence():
                print(done.folder, flush=True)


def _announced_together(several: ParallelTraining, engine: str, count: int) -> str:
    photos = "1 photo is" if count == 1 else f"{count} photos are"
    beside = f", {several.at_once} at a time" if several.at_once > 1 else ""
    return (
        f"{photos} trained on ({engine}){beside}: about {format_duration(several.seconds)} and "
        f"{format_bytes(several.bytes)}, once; Ctrl-C stops all and the same command goes on; "
        "pictures of the stages go to previews in the models' folders"
    )
