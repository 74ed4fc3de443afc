"""Trainings on the command line: said before they start, stopped so that they can go on; and ``calotype train``."""

# Annotations are values here, not strings: options are made from them.
import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from calotype.cli.options import arguments
from calotype.cli.progress import Reporter, duration, reporter
from calotype.cli.report import Interrupted, Misuse, Terminated, complain, one_line
from calotype.cli.sources import Source, check_writable, sources
from calotype.errors import InputError, OutputError, Stopped
from calotype.files import shown
from calotype.tasks.making import gigabytes
from calotype.tasks.train import Course, course, train, trained
from calotype.tasks.trained import Model

if TYPE_CHECKING:
    from calotype.run import Run


@dataclass(frozen=True)
class Saying:
    """What is said about a training."""

    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document instead of paths")] = False
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="say nothing but what went wrong")] = False


def announced(label: str, model: Model) -> str:
    """The line that says, before it starts, what a training will take."""
    done = model.done()
    begins = "goes on with its training" if done else "is trained on"
    stages = "1 stage" if len(model.stages) == 1 else f"{len(model.stages)} stages"
    return (
        f"{label} {model.photo.size} {begins} ({model.engine}, {stages}): "
        f"about {duration(model.cost.seconds * (1 - done))} and {gigabytes(model.cost.bytes)}, once; "
        f"Ctrl-C stops and the same command goes on; a picture of each stage goes to {model.previews}"
    )


def how_to_go_on(label: str) -> str:
    """The line that says, after an interruption, what there is and how to have the rest."""
    return (
        f"stopped while training on {shown(label)}: the same command goes on where it was, "
        "and a verb with --unfinished uses what is finished"
    )


@contextmanager
def stopping(run: "Run") -> Iterator[None]:
    """While something is trained: Ctrl-C lets the step in progress finish and saves; a second one does not wait.

    Raises:
        Terminated: the process was asked to end, and the training has stopped for it.
    """
    asked: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
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
class _Account:
    models: list[dict[str, Any]] = field(default_factory=list)
    failed: list[dict[str, str]] = field(default_factory=list)

    def document(self) -> str:
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
    photo = given.pop("photo")
    try:
        asked = course(**given, several=Path(photo).is_dir())
    except InputError as error:
        raise Misuse(str(error)) from None
    if asked.out is not None:
        check_writable(asked.out)
    found = sources(photo, None, quiet=saying.quiet)
    account = _Account()
    with reporter(saying.quiet) as report:
        learning = ""
        try:
            for source in found:
                learning = source.label
                _train_one(source, asked, saying, report, account, alone=len(found) == 1)
        except (KeyboardInterrupt, Stopped) as error:
            report.close()
            complain(how_to_go_on(learning))
            raise Interrupted(error) from None
        finally:
            if saying.as_json:
                print(account.document(), flush=True)
    if account.failed and len(found) > 1:
        complain(f"{len(account.failed)} of {len(found)} photos could not be trained on, the others are done")
    return 1 if account.failed else 0


def _train_one(
    source: Source, asked: Course, saying: Saying, report: Reporter, account: _Account, *, alone: bool
) -> None:
    try:
        model = asked.model(source.photo)
        # Each photo has a run of its own, so that none depends on what came before it.
        run = report.run(asked.seed, asked.device)
        if model.finished:
            report.say(f"{source.label} is trained on already")
        else:
            report.say(announced(source.label, model))
        with report.training(model), stopping(run):
            done = trained(model, run)
    except (OutputError, Stopped):
        raise  # it would be no different for the next photo
    except Exception as error:
        line = one_line(error)
        if line is None:
            raise
        account.failed.append({"photo": source.label, "error": line})
        if alone:
            raise
        complain(line)
        return
    said = {"folder": str(done.folder), "photo": source.label, "new": done.new, "seconds": round(done.seconds, 3)}
    account.models.append(said)
    if not saying.as_json:
        print(done.folder, flush=True)
