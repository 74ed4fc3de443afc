"""``calotype teach``: one more task for a trained model."""

from __future__ import annotations

import json
import sys
from typing import Any

from calotype.cli.options import arguments
from calotype.cli.progress import reporter
from calotype.cli.report import Interrupted, complain
from calotype.cli.training import stopping
from calotype.errors import Stopped
from calotype.files import check_writable
from calotype.tasks.data import set_folder
from calotype.tasks.eta import format_duration
from calotype.tasks.memory import format_bytes, require_memory
from calotype.tasks.request import check_seed
from calotype.tasks.taught_model import TaughtModel, teaching
from calotype.tasks.teach import taught, teach


def run_teach(as_json: bool, quiet: bool, **typed: Any) -> int:
    """Teach, print the folder of the new model and its certificate, and return the exit status.

    Raises:
        CalotypeError: the training failed.
    """
    from calotype.run import choose_device

    given = arguments(teach, typed)
    device = str(choose_device(given.pop("device")))
    check_seed(given["seed"])
    model = teaching(given.pop("model"), set_folder(given.pop("photos")), **given)
    with reporter(quiet) as report:
        run = report.run(model.seed, device)
        if model.finished:
            report.say(f"the model knows '{model.config.tasks[-1]}' already")
        else:
            check_writable(model.folder)
            report.say(_training_line(model))
            if device == "cpu":
                require_memory(model.cost.bytes, f"training on '{model.photos.name}'", model.size)
        try:
            with report.training(model), stopping(run):
                done = taught(model, run)
        except (KeyboardInterrupt, Stopped) as error:
            report.close()
            complain(f"stopped while teaching {model.of.name}, which is as it was: the same command resumes")
            raise Interrupted(error) from None
    if as_json:
        said = {"folder": str(done.folder), "tasks": list(done.tasks), "new": done.new, "seconds": done.seconds}
        print(json.dumps({**said, "certificate": done.certificate}, indent=2))
        return 0
    print(done.folder, flush=True)
    for line in done.lines:
        print(line, file=sys.stderr)
    return 0


def _training_line(model: TaughtModel) -> str:
    done = model.done()
    action = f"resuming ({done:.0%} done)" if done else "teaching"
    way = "with filters of its own" if model.config.locked[-1] else f"beside {', '.join(model.before.tasks)}"
    return (
        f"{action} '{model.config.tasks[-1]}' {way}: about {format_duration(model.cost.seconds * (1 - done))} and "
        f"{format_bytes(model.cost.bytes)}, once; {model.of.name} stays as it is; Ctrl-C stops, the same command "
        f"resumes; previews are written to {model.previews}"
    )
