"""Batch processing of a command's inputs: plan, make outputs here or on an executor, write and report them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calotype.cli.inputs import Source
from calotype.cli.output_options import OutputOptions, is_one_file, picture_path
from calotype.cli.progress import Reporter
from calotype.cli.report import complain, print_path
from calotype.cli.summary import JobSummary
from calotype.cli.training import stopping, training_line
from calotype.errors import OutputError, Stopped, UnwritableName, counted, one_line
from calotype.files import check_no_input, check_writable, in_one_line
from calotype.tasks.bulk import ATTEMPTS, BulkRun
from calotype.tasks.bulk_plan import BulkRequest, Plan, PlannedOutput, give_up_input
from calotype.tasks.eta import format_duration
from calotype.tasks.executor import Executor
from calotype.tasks.job import Job
from calotype.tasks.manifest import Manifest
from calotype.tasks.memory import format_bytes
from calotype.tasks.outputs import OutputSpec, series
from calotype.tasks.own_files import check_replaceable
from calotype.tasks.photo_model import PhotoModel
from calotype.tasks.request import Request
from calotype.tasks.runner import JobEvent, run_job

if TYPE_CHECKING:
    from calotype.run import Run


class BulkCommand:
    """The inputs of one command, and their processing.

    Attributes:
        inputs: input files, which no output may overwrite.
        training: the input of the current training; empty if there is none.
    """

    def __init__(
        self,
        kind: type[Job],
        request: Request,
        options: OutputOptions,
        report: Reporter,
        summary: JobSummary,
        manifest: Manifest,
    ) -> None:
        self.kind, self.request, self.options, self.report, self.summary = kind, request, options, report, summary
        self.manifest = manifest
        self.inputs: list[Path] = []
        self.training = ""
        self._single = True  # whether there is only one input

    def run(self, found: list[Source], shared: Mapping[str, Any]) -> None:
        """Make all outputs of all inputs.

        Raises:
            CalotypeError: the work cannot continue.
        """
        for path in map(Path, [*_paths(shared), *_files(self.request.own)]):
            self.inputs += list(path.iterdir()) if path.is_dir() else [path]
        self._single = len(found) == 1
        bulk = BulkRequest.read(self.kind, self.request, shared)
        bulk.check_folders([source.value for source in found])
        if self.options.on or ((self.options.jobs or 1) > 1 and self.summary.planned > 1):
            self._by_executor(found, bulk)
            return
        run = self.report.run(self.request.seed, self.request.device)
        for source in found:
            with self._reporting(source) as planning:
                plan = self._plan(source, bulk, run)
                planning.append(plan)
                self._in_process(plan)

    # -----------------------------------------------------------------------------------------------------------
    # Making the outputs

    def _in_process(self, plan: Plan) -> None:
        """Make the outputs of an input in this process."""
        if plan.todo:
            plan.job.check_memory()
            with _Progress(self, plan) as progress:
                run_job(
                    plan.job,
                    [one.output for one in plan.todo],
                    progress.on_event,
                    path_of=lambda output: plan.of_output(output).path,
                )
        self._finish(plan)

    def _by_executor(self, found: list[Source], bulk: BulkRequest) -> None:
        """Make the outputs in other processes, several at a time."""
        executor = self._executor(bulk)
        work = BulkRun(executor, len(found))
        photos = "1 photo" if self._single else counted(len(found), "photo")
        with self.report.together(photos, training=False) as update, stopping(work):
            plans = self._plans(found, bulk, work, executor)
            for plan, some, outcome in work.outcomes(plans, lambda: update(work.done, work.seconds)):
                if isinstance(outcome, Exception):
                    self._failed(plan, some, outcome)
                    continue
                for one, seconds in zip(some, outcome):
                    self.done(plan, one, seconds)
                self._finish(plan)

    def _executor(self, bulk: BulkRequest) -> Executor:
        jobs, on, device = self.options.jobs, self.options.on, self.request.device
        if on:
            from calotype.tasks.cluster import Cluster

            self.report.say(f"connecting to a Ray cluster ({on})")
            return Cluster(on, bulk, jobs=jobs, device=device, attempts=ATTEMPTS)
        from calotype.tasks.process_pool import ProcessPool

        count = min(jobs or 1, self.summary.planned)
        pool = ProcessPool(bulk, count, jobs=jobs or 1, device=device, attempts=ATTEMPTS)
        self.report.say(
            f"{counted(pool.concurrency, 'picture')} at a time, {counted(pool.threads, 'thread')} each; Ctrl-C "
            f"stops all of them"
        )
        return pool

    def _plans(self, found: list[Source], bulk: BulkRequest, work: BulkRun, executor: Executor) -> Iterator[Plan]:
        """Plan each input lazily, just before its work starts."""
        for source in found:
            if work.stopping:
                return
            ready = None
            with self._reporting(source) as planning:
                plan = self._plan(source, bulk)
                planning.append(plan)
                if plan.todo:
                    if not executor.far:
                        # Checked against the memory that was free before the other tasks, as the task waits for them.
                        plan.job.check_memory(executor.free)
                    self._announce(plan)
                    ready = plan
                else:
                    self._finish(plan)
            if ready:
                yield ready
            else:
                work.skip()

    # -----------------------------------------------------------------------------------------------------------
    # One input

    @contextmanager
    def _reporting(self, source: Source) -> Iterator[list[Plan]]:
        """Report errors of one input without stopping the others. The block appends the plan to the yielded list."""
        planned: list[Plan] = []
        try:
            yield planned
        except (OutputError, Stopped) as error:
            if not isinstance(error, UnwritableName):
                raise  # affects all inputs
            self._give_up(source, planned, error)
        except Exception as error:
            self._give_up(source, planned, error)

    def _give_up(self, source: Source, planned: list[Plan], error: Exception) -> None:
        line = self._line_of(error, source.label)
        if planned:
            self._failed(planned[0], planned[0].left, error)
            return
        stem = source.stem or Path(source.label).stem.lstrip(".")
        if self.manifest.path:
            give_up_input(source.label, self.request, lambda output: self._place(stem, output), self.manifest, line)
        self._complain(source.label, error)

    def _line_of(self, error: Exception, label: str) -> str:
        """The message for the user. An unexpected error ends the command only if it has a single input."""
        line = one_line(error)
        if line is not None:
            return line
        if self._single:
            raise error
        return f"'{label}' failed unexpectedly ({type(error).__name__}: {' '.join(str(error).split())[:200]})"

    def _failed(self, plan: Plan, some: list[PlannedOutput], error: Exception) -> None:
        """Record failed outputs of an input; only the first failure of an input is printed."""
        failed_before = plan.failed
        plan.give_up(some, self._line_of(error, plan.label))
        if not failed_before:
            self._complain(plan.label, error)

    def _complain(self, label: str, error: Exception) -> None:
        line = self._line_of(error, label)
        self.summary.failed.append({"photo": label, "error": line})
        if self._single:
            raise error
        with self.report.silence():
            complain(line)

    def _plan(self, source: Source, bulk: BulkRequest, run: Run | None = None) -> Plan:
        """Plan the outputs of an input, and report existing ones."""
        job = bulk.job(source.value, run)
        stem = source.stem or job.name
        resume = self.options.skip_existing
        own = bulk.own(job)
        plan = Plan.of(source.label, stem, job, lambda output: self._path(stem, output), self.manifest, resume, own)
        self._check_beside(plan)
        self.summary.planned += len(plan.planned) - self.request.n
        for one in plan.planned:
            self.summary.places[str(one.path)] = len(self.summary.places)
            if one not in plan.todo:
                self.done(plan, one, None)
        if plan.todo:
            for model in job.pending_training:
                check_writable(model.folder)
            self._tell(job)
        return plan

    def _tell(self, job: Job) -> None:
        """Print what the user should know about the inputs, each line once for a command."""
        for note in job.notes:
            if note not in self.summary.notes:
                self.summary.notes.append(note)
                self.report.say(f"note: {note}")

    def _announce(self, plan: Plan) -> None:
        """Print what the work will take."""
        for model in plan.job.pending_training:
            assert isinstance(model, PhotoModel)
            self.report.say(training_line(plan.label, model))
        self.report.say(preflight_line(plan.label, plan.job, len(plan.todo)))

    def _finish(self, plan: Plan) -> None:
        """Write the contact sheet when all outputs of an input are done."""
        if not plan.left and not plan.failed and self._has_sheet:
            from calotype.cli.contact_sheet import write_sheet

            path = self._sheet_path(plan.stem)
            write_sheet(plan, path)
            self.summary.sheets.append(str(path))
            self._print(path)

    def done(self, plan: Plan, one: PlannedOutput, seconds: float | None) -> None:
        """Add an output to the summary and print its path; ``seconds`` is ``None`` if it existed before."""
        rounded_seconds = None if seconds is None else round(seconds, 3)
        output = one.output
        source = "photo" if plan.job.main else "model"
        entry: dict[str, Any] = {
            "path": str(one.path),
            source: plan.label,
            "seed": output.seed,
            "seconds": rounded_seconds,
        }
        self.summary.pictures.append({**entry, "scale": output.scale} if output.scale else entry)
        if seconds is not None:
            self._print(one.path)

    def _print(self, path: Path) -> None:
        if not self.options.as_json:
            with self.report.silence():
                print_path(path)

    # -----------------------------------------------------------------------------------------------------------
    # Output paths

    @property
    def _one_file(self) -> bool:
        return is_one_file(self.options.out, self.kind)

    def _path(self, stem: str, output: OutputSpec) -> Path:
        return self._safe(self._place(stem, output))

    def _place(self, stem: str, output: OutputSpec) -> Path:
        from calotype.image.io import result_path

        out = self.options.out
        if self._one_file:
            return picture_path(out, self.kind)
        return result_path(out, stem, self.request.verb, output.seed, output.scale, suffix=self.kind.suffix)

    def _sheet_path(self, stem: str) -> Path:
        out = self.options.out
        from calotype.image.io import named_path

        if self._one_file:
            return named_path(out.parent, out.stem, "_sheet.png")
        return named_path(out, stem, f"_{self.request.verb}_sheet.png")

    def _safe(self, path: Path, output: Path | None = None) -> Path:
        """``path``, where it may be written: itself, or as a file beside ``output``."""
        check_no_input(path, self.inputs)
        if not (self.options.overwrite or self.manifest.made(output or path)):
            check_replaceable(path)
        return path

    def _check_beside(self, plan: Plan) -> None:
        """Check that no film, latent code, layer or sheet beside the outputs would overwrite an input.

        Raises:
            OutputError: one would.
        """
        for one in plan.planned:
            for suffix in plan.job.beside:
                self._safe(one.path.with_suffix(suffix), one.path)
        if self._has_sheet:
            self._safe(self._sheet_path(plan.stem), plan.planned[0].path)

    @property
    def _has_sheet(self) -> bool:
        return self.options.sheet or bool(series(self.request.own))


class _Progress:
    """Event listener of a job: shows progress on standard error, and records saved outputs."""

    def __init__(self, command: BulkCommand, plan: Plan) -> None:
        self._command, self._plan = command, plan
        self._showing = ExitStack()
        self._number = 0
        self._preflight_printed = False

    def __enter__(self) -> _Progress:
        return self

    def __exit__(self, *error: Any) -> bool | None:
        return self._showing.__exit__(*error)

    def on_event(self, event: JobEvent) -> None:
        """See ``runner.Listener``."""
        report, job = self._command.report, event.job
        if event.kind == "training" and isinstance(event.training, PhotoModel):
            self._showing.close()
            self._command.training = self._plan.label
            report.say(training_line(self._plan.label, event.training))
            self._showing.enter_context(stopping(job.run))
            self._showing.enter_context(report.training(event.training))
        elif event.kind == "begun":
            self._begin(event)
        elif event.kind == "saved" and event.output is not None:
            self._showing.close()
            one = self._plan.of_output(event.output)
            self._plan.record(one, event.seconds)
            self._command.done(self._plan, one, event.seconds)

    def _begin(self, event: JobEvent) -> None:
        report, job = self._command.report, event.job
        self._showing.close()
        self._command.training = ""
        if not self._preflight_printed:
            self._preflight_printed = True
            report.say(preflight_line(self._plan.label, job, len(self._plan.todo)))
        assert event.output is not None
        name = self._plan.of_output(event.output).path.name
        if job.system.of_sets:  # its optimisation state is saved on a stop
            self._showing.enter_context(stopping(job.run))
        self._showing.enter_context(report.picture(name, self._number, len(self._plan.todo)))
        self._number += 1


def _paths(shared: Mapping[str, Any]) -> Iterator[str]:
    for given in shared.values():
        if isinstance(given, Mapping):  # looks: a seed, or a photo and its label map
            yield from (path for look in given.values() for path in look.split(",") if not path.isdigit())
        else:
            yield from given if isinstance(given, list) else filter(None, [given])


def _files(own: Mapping[str, Any]) -> Iterator[str]:
    """The arguments of a verb that are paths of files, such as those of directions."""
    for given in own.values():
        with suppress(OSError, ValueError):  # too long for a path, or no text of one
            if isinstance(given, str | Path) and Path(given).is_file():
                yield str(given)


def preflight_line(label: str, job: Job, count: int) -> str:
    """The line that announces the estimated time and memory of the outputs."""
    cost = job.cost
    film = f"{counted(count, 'film')} of {job.request.own['frames']} frames" if job.gives == "film" else ""
    outputs = film or counted(count, "picture")
    note = f" ({cost.note})" if cost.note else ""
    main = job.as_given(job.main) if job.main else None
    size = f" {main.size}" if main is not None and hasattr(main, "size") else ""
    return (
        f"{in_one_line(label)}{size} -> {outputs} of {job.size}, "
        f"about {format_duration(cost.seconds * count)} and {format_bytes(cost.bytes)}{note}"
    )
