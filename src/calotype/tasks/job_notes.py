"""Lines about the inputs of a job that hold for every verb: a mask, transparency, pictures that will be equal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from calotype.types import Photo

if TYPE_CHECKING:
    from calotype.tasks.job import Job

_PICTURES = ("photo", "photos", "picture", "sketch", "clip")  # kinds that may have transparency


def notes_of(job: Job) -> Sequence[str | None]:
    """What the user should know of any job before the work starts; ``None`` for what there is nothing to say of."""
    return _doubted_mask(job), _on_grey(job), _equal_pictures(job)


def _doubted_mask(job: Job) -> str | None:
    """A line about a mask that looks like a photo."""
    from calotype.tasks.plausibility import photo_as_mask

    mask = job.inputs.get("mask")
    return photo_as_mask(mask) if isinstance(mask, Photo) else None


def _on_grey(job: Job) -> str | None:
    """A line about pictures whose transparency a model of a data set does not see, and the result does not have."""
    from calotype.tasks.plausibility import laid_on_grey

    if not job.system.of_sets:
        return None
    kinds = {given.name: given.kind for given in job.declared.inputs}
    lost = [name for name in job.inputs if kinds.get(name) in _PICTURES and not job.keeps_alpha(name)]
    opened = [job.as_given(name) for name in lost]
    return laid_on_grey([one for each in opened for one in (each if isinstance(each, list) else [each])])


def _equal_pictures(job: Job) -> str | None:
    """A line about pictures of several seeds that will be equal, as the inputs leave a model nothing to draw."""
    if not job.system.of_sets or len(job.outputs) < 2 or job.request.n < 2:
        return None
    why = "" if "seed" in job.declared.options else "the model draws nothing at random"
    if job.declared.seedless:
        function = getattr(job.package, job.declared.seedless)
        why = function(job.config, net=job.net, **job.model_arguments(job.outputs[0]))
    return f"all {job.request.n} pictures will be equal: {why}; leave out -n (n=)" if why else None
