"""Generators that were tuned to a photo (pivotal tuning), as models in the model store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from calotype.tasks import model_lock, model_store
from calotype.tasks.foreign_models import imported_about
from calotype.tasks.model_card import weights_of, write_card

if TYPE_CHECKING:
    from calotype.tasks.job import Job


def save_tuned(job: Job, net: Any, folder: Path) -> None:
    """Keep a generator that was tuned to a photo as a model, in place of one of the same settings.

    Raises:
        OutputError: it cannot be saved.
    """
    from calotype import saving

    name, size, description = job.request.engine, job.size, job.request.loaded.about if job.request.loaded else {}
    key = folder.name.rpartition("-")[2]
    about = imported_about(
        name, key, job.config, size, photo=f"{job.name}-tuned", photo_sha256="", about=dict(description)
    )
    with model_lock.locked(folder):
        model_store.describe(folder, about)
        saving.write(folder, name, job.config, net, "", (size.height, size.width), about=description)
        write_card(folder, parameters=weights_of(net), licence="that of the model it was tuned from")
