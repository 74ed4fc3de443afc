"""``calotype train``: engines on photos, models on data sets."""

# Annotations are values here, not strings: options are made from them.
from pathlib import Path
from typing import Any

from calotype.catalog import MODELS
from calotype.cli.distributed_training import train_dataset_model
from calotype.cli.inputs import Source, check_writable, sources
from calotype.cli.options import arguments
from calotype.cli.output_options import TrainingOptions
from calotype.cli.progress import Reporter, reporter
from calotype.cli.report import Interrupted, Misuse, complain
from calotype.cli.summary import TrainingSummary
from calotype.cli.training import announced, how_to_go_on, stopping
from calotype.errors import InputError, OutputError, Stopped, one_line
from calotype.tasks.eta import format_duration
from calotype.tasks.memory import format_bytes
from calotype.tasks.parallel_training import ParallelTraining, PhotoTraining
from calotype.tasks.train import TrainingRequest, train, training_request
from calotype.tasks.training import Trained, train_model


def run_train_command(options: TrainingOptions, typed: dict[str, Any]) -> int:
    """Train on every photo that was named and return the exit status.

    Raises:
        CalotypeError: nothing, or nothing more, can be done.
    """
    given = arguments(train, typed)
    if given["engine"] in MODELS:
        return train_dataset_model(options, given)
    if (options.procs, options.nodes) != (1, 1):
        raise Misuse(f"{given['engine']} learns from one photo, in one process: leave out --procs and --nodes")
    photo = given.pop("photo")
    try:
        asked = training_request(**given, several=Path(photo).is_dir())
    except InputError as error:
        raise Misuse(str(error)) from None
    if asked.out is not None:
        check_writable(asked.out)
    found = sources(photo, None, quiet=options.quiet)
    summary = TrainingSummary()
    with reporter(options.quiet) as report:
        command = _TrainCommand(asked, options, report, summary, single=len(found) == 1)
        try:
            if options.jobs > 1 and len(found) > 1:
                command.in_parallel(found)
            else:
                for source in found:
                    command.one(source)
        except (KeyboardInterrupt, Stopped) as error:
            report.close()
            complain(command.how_to_go_on(len(found)))
            raise Interrupted(error) from None
        finally:
            if options.as_json:
                print(summary.document(), flush=True)
    if summary.failed and len(found) > 1:
        complain(f"{len(summary.failed)} of {len(found)} photos could not be trained on, the others are done")
    return 1 if summary.failed else 0


class _TrainCommand:
    """All that the photos of one command share."""

    def __init__(
        self,
        asked: TrainingRequest,
        options: TrainingOptions,
        report: Reporter,
        summary: TrainingSummary,
        *,
        single: bool,
    ) -> None:
        self.asked, self.options, self.report, self.summary, self.single = asked, options, report, summary, single
        self.training = ""  # the photo that is being trained on

    def how_to_go_on(self, count: int) -> str:
        """The line for an interruption."""
        if self.training:
            return how_to_go_on(self.training)
        return (
            f"stopped with {len(self.summary.models)} of {count} photos trained on: the same command goes on with the "
            "others where they were"
        )

    def one(self, source: Source) -> None:
        """Train on one photo."""
        self.training = source.label
        try:
            assert source.value is not None
            model = self.asked.model(source.value)
            # Each photo has a run of its own, so that none depends on what came before it.
            run = self.report.run(self.asked.seed, self.asked.device)
            if model.finished:
                self.report.say(f"{source.label} is trained on already")
            else:
                self.report.say(announced(source.label, model))
            with self.report.training(model), stopping(run):
                done = train_model(model, run)
        except (OutputError, Stopped):
            raise  # it would be no different for the next photo
        except Exception as error:
            self._failed(source.label, error)
        else:
            self._trained(source.label, done)

    def in_parallel(self, found: list[Source]) -> None:
        """Train on several photos at a time."""
        pending = self._pending(found)
        if not pending:
            return
        several = ParallelTraining(self.asked, pending, self.options.jobs)
        self.report.say(_announced_together(several, self.asked.engine, len(pending)))
        with self.report.together(f"training on {len(pending)} photos") as told, stopping(several):
            for count, (training, outcome) in enumerate(several.outcomes(lambda: told(several.done, several.seconds))):
                label = str(training.photo)
                if isinstance(outcome, Exception):
                    self._failed(label, outcome)
                    continue
                left = len(pending) - count - 1
                about = (
                    f"{left} to go, about {format_duration(several.seconds)} left" if left else "that was the last one"
                )
                self.report.say(f"{label} is trained on, {about}")
                self._trained(label, outcome)

    def _pending(self, found: list[Source]) -> list[PhotoTraining]:
        """What there is to do; what is finished, or cannot be used, is reported at once."""
        pending = []
        for source in found:
            assert isinstance(source.value, Path)  # what comes on standard input comes alone
            try:
                model = self.asked.model(source.value)
                if not model.finished:
                    pending.append(PhotoTraining.of(source.value, model))
                    continue
            except OutputError:
                raise
            except Exception as error:
                self._failed(source.label, error)
                continue
            self.report.say(f"{source.label} is trained on already")
            self._trained(source.label, Trained(model.folder, model.engine, model.photo.name, False, 0.0))
        return pending

    def _failed(self, label: str, error: Exception) -> None:
        line = one_line(error)
        if line is None:
            raise error
        self.summary.failed.append({"photo": label, "error": line})
        if self.single:
            raise error
        with self.report.silence():
            complain(line)

    def _trained(self, label: str, done: Trained) -> None:
        self.summary.trained(label, done)
        if not self.options.as_json:
            with self.report.silence():
                print(done.folder, flush=True)


def _announced_together(several: ParallelTraining, engine: str, count: int) -> str:
    photos = "1 photo is" if count == 1 else f"{count} photos are"
    beside = f", {several.concurrency} at a time" if several.concurrency > 1 else ""
    return (
        f"{photos} trained on ({engine}){beside}: about {format_duration(several.seconds)} and "
        f"{format_bytes(several.bytes)}, once; Ctrl-C stops all and the same command goes on; "
        "pictures of the stages go to previews in the models' folders"
    )
