"""Former names of modules and classes, which can be imported with a deprecation warning for one release."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

# Former module names, each with the current name and the classes and functions that were renamed or, with a dot, moved.
_RENAMED: dict[str, tuple[str, dict[str, str]]] = {
    "tasks.making": ("tasks.job", {"Piece": "OutputSpec"}),
    "tasks.order": (
        "tasks.request",
        {
            "Order": "Request",
            "order": "request",
            "check_able": "tasks.ability.check_able",
            "check_needs": "tasks.ability.check_needs",
            "abilities": "tasks.ability.abilities",
            "check_beside_model": "tasks.given_model.check_beside_model",
        },
    ),
    "tasks.remaking": ("tasks.image_conditioned", {"Remaking": "ImageConditionedJob", "Blending": "BlendedJob"}),
    "tasks.filling": ("tasks.inpainting", {"Filling": "InpaintingJob"}),
    "tasks.crew": ("tasks.executor", {"Crew": "Executor", "Lost": "WorkerDied"}),
    "tasks.pool": ("tasks.process_pool", {"Pool": "ProcessPool"}),
    "tasks.several": ("tasks.parallel_training", {"Several": "ParallelTraining", "Lesson": "PhotoTraining"}),
    "tasks.trained": ("tasks.photo_model", {"Model": "PhotoModel", "Previews": "PreviewWriter"}),
    "tasks.taught": ("tasks.dataset_model", {"SetModel": "DatasetModel", "SetOfPhotos": "tasks.dataset.Dataset"}),
    "tasks.cache": ("tasks.model_store", {}),
    "tasks.remaining": ("tasks.eta", {"Remaining": "TimeEstimate", "duration": "format_duration"}),
    "tasks.batch": (
        "tasks.bulk",
        {
            "Terms": "tasks.bulk_plan.BulkRequest",
            "Batch": "BulkRun",
            "Shot": "PlannedOutput",
            "Making": "MakeTask",
            "give_up_photo": "tasks.bulk_plan.give_up_input",
            "repeats": "tasks.bulk_plan.repeats",
        },
    ),
    "tasks.sampling": ("tasks.model_job", {"Sampling": "ModelJob"}),
    "studio.coming": ("studio.dataset_upload", {}),
    "studio.parcels": ("studio.file_upload", {}),
    "studio.telling": ("studio.job_progress", {}),
    "studio.doing": ("studio.job_runner", {}),
    "studio.records": ("studio.job_store", {}),
    "studio.shared": ("studio.app_state", {}),
}


class _Finder(MetaPathFinder, Loader):
    """Import hook for former modules, which delegate to the current ones."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """See ``importlib``."""
        return ModuleSpec(name, self) if name.removeprefix("calotype.") in _RENAMED and "." in name else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Create a module that looks its names up in the current one."""
        new, names = _RENAMED[spec.name.removeprefix("calotype.")]
        current = f"calotype.{new}"
        warnings.warn(f"{spec.name} is now {current}", DeprecationWarning, stacklevel=2)
        module = ModuleType(spec.name, f"Now ``{current}``.")

        def looked_up(name: str) -> Any:
            module_name, _, attribute = names.get(name, name).rpartition(".")
            return getattr(import_module(f"calotype.{module_name}" if module_name else current), attribute)

        module.__getattr__ = looked_up  # type: ignore[method-assign]
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Nothing to execute."""


def install() -> None:
    """Install the import hook."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.append(_Finder())
