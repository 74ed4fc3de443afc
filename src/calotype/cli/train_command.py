"""``calotype train``: engines on photos, models on data sets."""

# Annotations are values here, not strings: options are made from them.
from pathlib import Path
from typing import Any

from calotype.catalog import MODELS
from calotype.cli.distributed_training import train_dataset_model
from calotype.cli.encoder_training import train_model_encoder
from calotype.cli.inputs import Source, sources
from calotype.cli.options import arguments
from calotype.cli.output_options import TrainingOptions
from calotype.cli.progress import Reporter, reporter
from calotype.cli.report import Interrupted, Misuse, complain, print_path
from calotype.cli.summary import TrainingSummary, failures
from calotype.cli.training import resume_hint, stopping, training_line
from calotype.errors import InputError, OutputError, Stopped, UnwritableName, counted, one_line
from calotype.files import check_writable
from calotype.tasks.eta import format_duration
from calotype.tasks.memory import format_bytes
from calotype.tasks.model_store import ENCODER
from calotype.tasks.parallel_training import ParallelTraining, PhotoTraining
from calotype.tasks.train import train
from calotype.tasks.training import Trained, train_model
from calotype.tasks.training_request import TrainingRequest, check_no_start, check_order, training_request


def run_train_command(options: TrainingOptions, typed: dict[str, Any]) -> int:
    """Run ``calotype train`` and return the exit status.

    Raises:
        CalotypeError: the work cannot start or continue.
    """
    given = arguments(train, typed)
    try:
        check_order(given["engine"], given["photo"])
    except InputError as error:
        raise Misuse(str(error)) from None
    if given["engine"] in MODELS:
        return train_dataset_model(options, given)
    try:
        check_no_start(given["engine"], given.pop("start"), given.pop("freeze_d"))
    except InputError as error:
        raise Misuse(str(error)) from None
    if given["engine"] == ENCODER:
        return train_model_encoder(options, given)
    if (options.procs, options.nodes) != (1, 1):
        raise Misuse(f"{given['engine']} is trained on one photo, in one process: leave out --procs and --nodes")
    photo = given.pop("photo")
    try:
        request = training_request(**given, several=Path(photo).is_dir())
    except InputError as error:
        raise Misuse(str(error)) from None
    if request.out is not None:
        check_writable(request.out)
    sources_found = sources(photo, None, quiet=options.quiet)
    summary = TrainingSummary()
    with reporter(options.quiet) as report:
        command = _TrainCommand(request, options, report, summary, single=len(sources_found) == 1)
        try:
            if options.jobs > 1 and len(sources_found) > 1:
                command.in_parallel(sources_found)
            else:
                for source in sources_found:
                    command.one(source)
        except (KeyboardInterrupt, Stopped) as error:
            report.close()
            complain(command.resume_hint(len(sources_found)))
            raise Interrupted(error) from None
        finally:
            if options.as_json:
                print(summary.document(), flush=True)
    if summary.failed and len(sources_found) > 1:
        complain(failures(len(summary.failed), len(sources_found)))
    return 1 if summary.failed else 0


class _TrainCommand:
    """The trainings of one command."""

    def __init__(
        self,
        request: TrainingRequest,
        options: TrainingOptions,
        report: Reporter,
        summary: TrainingSummary,
        *,
        single: bool,
    ) -> None:
        self.request, self.options, self.report, self.summary, self.single = request, options, report, summary, single
        self.training = ""  # the photo of the current training

    def resume_hint(self, count: int) -> str:
        """The line printed after an interruption."""
        if self.training:
            return resume_hint(self.training)
        return f"stopped with {len(self.summary.models)} of {counted(count, 'model')} trained: the same command resumes"

    def one(self, source: Source) -> None:
        """Train on one photo."""
        self.training = source.label
        try:
            assert source.value is not None
            model = self.request.model(source.value)
            # Each photo has its own run, so that no training depends on the previous ones.
            run = self.report.run(self.request.seed, self.request.device)
            if model.finished:
                self.report.say(f"the model of {source.label} is already trained")
            else:
                check_writable(model.folder)
                self.report.say(training_line(source.label, model))
            with self.report.training(model), stopping(run):
                done = train_model(model, run)
        except UnwritableName as error:
            self._failed(source.label, error)
        except (OutputError, Stopped):
            raise  # affects all photos
        except Exception as error:
            self._failed(source.label, error)
        else:
            self._trained(source.label, done)

    def in_parallel(self, sources_found: list[Source]) -> None:
        """Train on several photos at a time."""
        pending = self._pending(sources_found)
        if not pending:
            return
        several = ParallelTraining(self.request, pending, self.options.jobs)
        self.report.say(_parallel_training_line(several, self.request.engine, len(pending)))
        with self.report.together(f"training on {counted(len(pending), 'photo')}") as update, stopping(several):
            for count, (training, outcome) in enumerate(
                several.outcomes(lambda: update(several.done, several.seconds))
            ):
                label = str(training.photo)
                if isinstance(outcome, Exception):
                    self._failed(label, outcome)
                    continue
                left = len(pending) - count - 1
                about = f"{left} more, about {format_duration(several.seconds)} left" if left else "the last one"
                self.report.say(f"finished {label}, {about}")
                self._trained(label, outcome)

    def _pending(self, sources_found: list[Source]) -> list[PhotoTraining]:
        """The pending trainings; finished models and errors are reported at once."""
        pending = []
        for source in sources_found:
            assert isinstance(source.value, Path)  # standard input is a single photo
            try:
                model = self.request.model(source.value)
                if not model.finished:
                    check_writable(model.folder)
                    pending.append(PhotoTraining.of(source.value, model))
                    continue
            except OutputError:
                raise
            except Exception as error:
                self._failed(source.label, error)
                continue
            self.report.say(f"the model of {source.label} is already trained")
            self._trained(source.label, Trained(model.folder, model.engine, model.photo.name, False, 0.0))
        return pending

    def _failed(self, label: str, error: Exception) -> None:
        line = one_line(error)
        if line is None and self.single:
            raise error
        line = line or f"'{label}' failed unexpectedly ({type(error).__name__}: {' '.join(str(error).split())[:200]})"
        self.summary.failed.append({"photo": label, "error": line})
        if self.single:
            raise error
        with self.report.silence():
            complain(line)

    def _trained(self, label: str, done: Trained) -> None:
        self.summary.trained(label, done)
        if not self.options.as_json:
            with self.report.silence():
                print_path(done.folder)


def _parallel_training_line(several: ParallelTraining, engine: str, count: int) -> str:
    photos = counted(count, "photo")
    parallel = f", {several.concurrency} at a time" if several.concurrency > 1 else ""
    return (
        f"training on {photos} ({engine}){parallel}: about {format_duration(several.seconds)} and "
        f"{format_bytes(several.bytes)}, once; Ctrl-C stops all, the same command resumes; "
        "previews of the stages are written to the models' folders"
    )
