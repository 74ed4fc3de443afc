"""Pictures that follow sliders: one output of a verb, made at once and not kept."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from calotype.errors import InputError
from calotype.studio.job_runner import is_live, job_of
from calotype.studio.times import Times
from calotype.tasks.kept_models import keeping
from calotype.tasks.model_job import ModelJob


def live(verb: str, arguments: Mapping[str, Any], times: Times) -> bytes:
    """The first output of a verb, PNG.

    Raises:
        InputError: an argument is invalid, or the picture takes too long to follow a slider.
    """
    given = {name: value for name, value in arguments.items() if name != "film_format"}
    with keeping():  # the next stroke is for the same model
        job = job_of(verb, {**given, **({"n": 1} if "n" in given else {})})
    job.check_memory()
    if not is_live(job, times):
        raise InputError("this takes too long for a picture that follows the sliders: press Make it")
    output = job.outputs[0]
    made, _ = job.make(output)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "live.png"
        job.save(made, path, output)
        return path.read_bytes()


def laid_out(verb: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Where the model of a verb puts the objects of the input; see ``ModelJob.laid_out``.

    Raises:
        InputError: an argument is invalid, or the model has no objects.
    """
    job = job_of(verb, arguments)
    if not isinstance(job, ModelJob):
        raise InputError("only models of scene graphs have a layout of objects: choose one")
    return job.laid_out()
