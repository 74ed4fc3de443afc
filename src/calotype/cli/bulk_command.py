"""All inputs of one command: planned, made here or by an executor, written, and told about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calotype.cli.inputs import Source
from calotype.cli.output_options import OutputOptions, is_one_file
from calotype.cli.progress import Reporter
from calotype.cli.report import complain
from calotype.cli.summary import JobSummary
from calotype.cli.training import announced, stopping
from calotype.errors import OutputError, Stopped, one_line
from calotype.tasks.bulk import ATTEMPTS, BulkRequest, BulkRun, Plan, PlannedOutput, give_up_input
from calotype.tasks.eta import format_duration
from calotype.tasks.executor import Executor
from calotype.tasks.job import Job, OutputSpec
from calotype.tasks.manifest import Manifest
from calotype.tasks.memory import format_bytes
from calotype.tasks.photo_model import PhotoModel
from calotype.tasks.request import Request
from calotype.tasks.runner import JobEvent, run_job

if TYPE_CHECKING:
    from calotype.run import Run


class BulkCommand:
    """The inputs of one command, and what is done with each.

    Attributes:
        inputs: files that no output may replace.
        training: the input that is being trained on, while it is.
    """

    def __init__(
        self,
        kind: type[Job],
        asked: Request,
        options: OutputOptions,
        report: Reporter,
        summary: JobSummary,
        manifest: Manifest,
    ) -> None:
        self.kind, self.asked, self.options, self.report, self.summary = kind, asked, options, report, summary
        self.manifest = manifest
        self.inputs: list[Path] = []
        self.training = ""
        self._single = True  # whether there is but one input

    def run(self, found: list[Source], shared: Mapping[str, Any]) -> None:
        """Make all outputs of all inputs.

        Raises:
            CalotypeError: nothing more can be done.
        """
        for path in (Path(one) for one in _paths(shared)):
            self.inputs += list(path.iterdir()) if path.is_dir() else [path]
        self._single = len(found) == 1
        bulk = BulkRequest.read(self.kind, self.asked, shared)
        if self.options.on or ((self.options.jobs or 1) > 1 and self.summary.planned > 1):
            self._by_executor(found, bulk)
            return
        run = self.report.run(self.asked.seed, self.asked.device)
        for source in found:
            with self._reporting(source) as planning:
                plan = self._plan(source, bulk, run)
                planning.append(plan)
                self._here(plan)

    # -----------------------------------------------------------------------------------------------------------
    # Where the outputs are made

    def _here(self, plan: Plan) -> None:
        """Make the outputs of an input in this process."""
        if plan.todo:
            plan.job.check_memory()
            with _Progress(self, plan) as progress:
                run_job(
                    plan.job,
                    [one.output for one in plan.todo],
                    progress.heard,
                    path_of=lambda output: plan.of_output(output).path,
                )
        self._finish(plan)

    def _by_executor(self, found: list[Source], bulk: BulkRequest) -> None:
        """Have the outputs made by other processes, several at a time."""
        executor = self._executor(bulk)
        work = BulkRun(executor, len(found))
        photos = "1 photo" if self._single else f"{len(found)} photos"
        with self.report.together(photos, training=False) as told, stopping(work):
            plans = self._plans(found, bulk, work, executor)
            for plan, some, outcome in work.outcomes(plans, lambda: told(work.done, work.seconds)):
                if isinstance(outcome, Exception):
                    self._failed(plan, some, outcome)
                    continue
                for one, seconds in zip(some, outcome):
                    self.done(plan, one, seconds)
                self._finish(plan)

    def _executor(self, bulk: BulkRequest) -> Executor:
        jobs, on, device = self.options.jobs, self.options.on, self.asked.device
        if on:
            from calotype.tasks.cluster import Cluster

            self.report.say(f"joining a Ray cluster ({on})")
            return Cluster(on, bulk, jobs=jobs, device=device, attempts=ATTEMPTS)
        from calotype.tasks.process_pool import ProcessPool

        count = min(jobs or 1, self.summary.planned)
        pool = ProcessPool(bulk, count, jobs=jobs or 1, device=device, attempts=ATTEMPTS)
        self.report.say(
            f"{pool.concurrency} pictures at a time, {counted(pool.threads, 'thread')} each; Ctrl-C stops all of them"
        )
        return pool

    def _plans(self, found: list[Source], bulk: BulkRequest, work: BulkRun, executor: Executor) -> Iterator[Plan]:
        """What is to be made of each input, looked at when its turn has come."""
        for source in found:
            if work.stopping:
                return
            ready = None
            with self._reporting(source) as planning:
                plan = self._plan(source, bulk)
                planning.append(plan)
                if plan.todo:
                    if not executor.far:
                        # Not by what is free now, while others run: it waits for them.
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
        """One input that cannot be used does not stop the others. Hands out where to put what was planned for it."""
        planned: list[Plan] = []
        try:
            yield planned
        except (OutputError, Stopped):
            raise  # it would be no different for the next input
        except Exception as error:
            line = _line_of(error)
            if planned:
                self._failed(planned[0], planned[0].left, error)
                return
            stem = source.stem or Path(source.label).stem.lstrip(".")
            if self.manifest.path:
                give_up_input(source.label, self.asked, lambda output: self._path(stem, output), self.manifest, line)
            self._complain(source.label, error)

    def _failed(self, plan: Plan, some: list[PlannedOutput], error: Exception) -> None:
        """Give up some outputs of an input; of each input only one failure is told."""
        before = plan.failed
        plan.give_up(some, _line_of(error))
        if not before:
            self._complain(plan.label, error)

    def _complain(self, label: str, error: Exception) -> None:
        line = _line_of(error)
        self.summary.failed.append({"photo": label, "error": line})
        if self._single:
            raise error
        with self.report.silence():
            complain(line)

    def _plan(self, source: Source, bulk: BulkRequest, run: Run | None = None) -> Plan:
        """What is to be made of an input; what is there already is reported."""
        job = bulk.job(source.value, run)
        stem = source.stem or job.name
        resume = self.options.skip_existing
        own = bulk.own(job)
        plan = Plan.of(source.label, stem, job, lambda output: self._path(stem, output), self.manifest, resume, own)
        self.summary.planned += len(plan.planned) - self.asked.n
        for one in plan.planned:
            self.summary.places[str(one.path)] = len(self.summary.places)
            if one not in plan.todo:
                self.done(plan, one, None)
        return plan

    def _announce(self, plan: Plan) -> None:
        """Say what is going to be done."""
        for model in plan.job.pending_training:
            assert isinstance(model, PhotoModel)
            self.report.say(announced(plan.label, model))
        self.report.say(preflight(plan.label, plan.job, len(plan.todo)))

    def _finish(self, plan: Plan) -> None:
        """What remains to be done when all outputs of an input are there."""
        if not plan.left and not plan.failed and (self.options.sheet or self.asked.own.get("all_scales")):
            from calotype.cli.contact_sheet import write_sheet

            path = self._safe(self._sheet_path(plan.stem))
            write_sheet(plan, path)
            self.summary.sheets.append(str(path))
            self._print(path)

    def done(self, plan: Plan, one: PlannedOutput, seconds: float | None) -> None:
        """Write down an output that is on the disk; no ``seconds``: it was there before."""
        took = None if seconds is None else round(seconds, 3)
        output = one.output
        source = "photo" if plan.job.main else "model"
        said: dict[str, Any] = {"path": str(one.path), source: plan.label, "seed": output.seed, "seconds": took}
        self.summary.pictures.append({**said, "scale": output.scale} if output.scale else said)
        if seconds is not None:
            self._print(one.path)

    def _print(self, path: Path) -> None:
        if not self.options.as_json:
            with self.report.silence():
                print(path, flush=True)

    # -----------------------------------------------------------------------------------------------------------
    # Where outputs go

    @property
    def _one_file(self) -> bool:
        return is_one_file(self.options.out, self.kind)

    def _path(self, stem: str, output: OutputSpec) -> Path:
        from calotype.image.io import result_path

        out = self.options.out
        if self._one_file:
            return self._safe(out)
        return self._safe(result_path(out, stem, self.asked.verb, output.seed, output.scale, suffix=self.kind.suffix))

    def _sheet_path(self, stem: str) -> Path:
        out = self.options.out
        return out.parent / f"{out.stem}_sheet.png" if self._one_file else out / f"{stem}_{self.asked.verb}_sheet.png"

    def _safe(self, path: Path) -> Path:
        if path.exists() and any(photo.exists() and path.samefile(photo) for photo in self.inputs):
            raise OutputError(f"'{path}' is one of the photos themselves: give another -o")
        return path


class _Progress:
    """Shows the events of a job on standard error, and writes down what is saved."""

    def __init__(self, command: BulkCommand, plan: Plan) -> None:
        self._command, self._plan = command, plan
        self._showing = ExitStack()
        self._number = 0
        self._told = False

    def __enter__(self) -> _Progress:
        return self

    def __exit__(self, *error: Any) -> bool | None:
        return self._showing.__exit__(*error)

    def heard(self, event: JobEvent) -> None:
        """See ``runner.Listener``."""
        report, job = self._command.report, event.job
        if event.kind == "training" and isinstance(event.training, PhotoModel):
            self._showing.close()
            self._command.training = self._plan.label
            report.say(announced(self._plan.label, event.training))
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
        if not self._told:
            self._told = True
            report.say(preflight(self._plan.label, job, len(self._plan.todo)))
        assert event.output is not None
        name = self._plan.of_output(event.output).path.name
        if job.system.of_sets:  # what it optimises is saved when it is stopped
            self._showing.enter_context(stopping(job.run))
        self._showing.enter_context(report.picture(name, self._number, len(self._plan.todo)))
        self._number += 1


def _paths(shared: Mapping[str, Any]) -> Iterator[str]:
    for given in shared.values():
        yield from given if isinstance(given, list) else filter(None, [given])


def _line_of(error: Exception) -> str:
    """What to tell the user; an error that is a fault of the program is raised again."""
    line = one_line(error)
    if line is None:
        raise error
    return line


def counted(count: int, thing: str) -> str:
    """``1 thread``, ``2 threads``."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def preflight(label: str, job: Job, count: int) -> str:
    """The line that says, before it starts, what outputs will take."""
    cost = job.cost
    outputs = counted(count, f"film of {job.request.own['frames']} frames" if job.gives == "film" else "picture")
    note = f" ({cost.note})" if cost.note else ""
    main = job.inputs.get(job.main) if job.main else None
    size = f" {main.size}" if main is not None and hasattr(main, "size") else ""
    return (
        f"{label}{size} -> {outputs} of {job.size}, "
        f"about {format_duration(cost.seconds * count)} and {format_bytes(cost.bytes)}{note}"
    )
