"""Options that many verbs share."""

# Annotations are values here, not strings: the command line is made from them.
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional, TypedDict

from calotype.tasks import arguments

if TYPE_CHECKING:
    from calotype.run import Run


class EngineOptions(TypedDict, total=False):
    """Options of all verbs that process a photo.

    Attributes:
        max_side: pixels: shrink the photos first, so that no side is longer; default: full size.
        settings: keys of the engine's ``Config`` and their values, on top of the preset.
        device: ``"auto"`` (the default), ``"cpu"``, ``"cuda"`` ...
        run: receives progress reports, and can stop the work.
    """

    max_side: Annotated[int | None, arguments.MAX_SIDE]
    settings: Annotated[Mapping[str, Any] | None, arguments.SETTINGS]
    device: Annotated[str, arguments.DEVICE]
    run: Optional["Run"]


class ModelOptions(EngineOptions, total=False):
    """Options of the verbs that also accept a trained model.

    Attributes:
        model: name or folder of a trained model; default: the model of the photo and the settings.
    """

    model: Annotated[str | Path | None, arguments.MODEL]


class CodedOptions(ModelOptions, total=False):
    """Options of the verbs that models of a data set can do by embedding the photo (Image2StyleGAN++).

    Attributes:
        method: with such a model: ``"fast"`` (the default) or ``"paper"``, the published steps and features.
        steps: with such a model: steps of optimising the styles, and of the search for the photo; default: those of the
            method.
        noise_steps: with such a model: steps of optimising the noise maps afterwards; default: those of the method.
        stages: with such a model: also write what every stage of the search made, and its log.
    """

    method: Annotated[str | None, arguments.METHOD]
    steps: Annotated[int | None, arguments.STEPS]
    noise_steps: Annotated[int | None, arguments.NOISE_STEPS]
    stages: Annotated[bool, arguments.STAGES]


class DrawnOptions(CodedOptions, total=False):
    """Options of the verbs that a pyramid model can do, too.

    Attributes:
        level: with a pyramid model: the level of the features from which it draws, 0 (the finest) .. 1 (the deepest).
    """

    level: Annotated[float | None, arguments.LEVEL]


class TrainedOptions(ModelOptions, total=False):
    """Options of the verbs whose engines may be trained on the photo.

    Attributes:
        unfinished: use the finished stages of a stopped training instead of resuming it.
    """

    unfinished: Annotated[bool, arguments.UNFINISHED]


class TrainedCodedOptions(CodedOptions, TrainedOptions, total=False):
    """Options of the verbs that may have both."""
