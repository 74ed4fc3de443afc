"""Options that many verbs share: described once, typed once."""

# Annotations are values here, not strings: the command line is made from them.
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional, TypedDict

from calotype.tasks import arguments

if TYPE_CHECKING:
    from calotype.run import Run


class EngineOptions(TypedDict, total=False):
    """Options of every verb that an engine does to a photo.

    Attributes:
        max_side: in pixels: shrink the photos first, so that no side is longer; default: as they are.
        settings: keys of the engine's ``Config`` and their values, on top of the preset.
        device: ``"auto"`` (the default), ``"cpu"``, ``"cuda"`` ...
        run: where to report progress to, and to be stopped from.
    """

    max_side: Annotated[int | None, arguments.MAX_SIDE]
    settings: Annotated[Mapping[str, Any] | None, arguments.SETTINGS]
    device: Annotated[str, arguments.DEVICE]
    run: Optional["Run"]


class ModelOptions(EngineOptions, total=False):
    """Options of the verbs that a model of a data set can do, too.

    Attributes:
        model: the name or the folder of a trained model, instead of the one that belongs to photo and settings.
    """

    model: Annotated[str | Path | None, arguments.MODEL]


class TrainedOptions(ModelOptions, total=False):
    """Options of the verbs whose engines may have to be trained on the photo.

    Attributes:
        unfinished: use the finished stages of a stopped training instead of going on with it.
    """

    unfinished: Annotated[bool, arguments.UNFINISHED]
