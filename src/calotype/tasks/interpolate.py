"""The verb ``interpolate``: a film from one sample of a model to another."""

# Annotations are values here, not strings: the command line is made from them.
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

from calotype.errors import ArgumentError, InputError
from calotype.results import Animation
from calotype.tasks import arguments
from calotype.tasks.arguments import between, one_of
from calotype.tasks.film_job import BACK, FPS, FRAMES, FilmJob
from calotype.tasks.layout_job import LayoutJob
from calotype.tasks.param import Param
from calotype.tasks.sample import LABEL, MODEL, TRUNCATION, UNFINISHED
from calotype.tasks.translate import TASK
from calotype.types import LabelMapLike

if TYPE_CHECKING:
    from calotype.run import Run

_ALONG = ("latent", "coordinates")
_TO_SEED = 1  # if none is given
# Options that not every model has, with their defaults.
_OF_SOME = {"along": "latent", "truncation": 1.0, "label": 0, "task": None}


class InterpolateJob(FilmJob, LayoutJob):
    """Job of the verb ``interpolate``, whose output is a film."""

    verb = "interpolate"
    takes = ("layout",)

    @classmethod
    def check(cls, own: Mapping[str, Any]) -> None:
        """See ``Job``."""
        super().check(own)
        one_of(_ALONG, own["along"], "along")
        between(own["truncation"], -2.0, 2.0, "a truncation", "0.7")
        if own["along"] != _OF_SOME["along"] and own["to_seed"] != _TO_SEED:
            raise ArgumentError(
                "along coordinates there is one picture: leave out --to-seed (to_seed=) or --along (along=)"
            )

    def check_inputs(self) -> None:
        """See ``ModelJob``."""
        for name, usual in _OF_SOME.items():
            if name not in self.declared.options and self.request.own[name] != usual:
                what = "interpolates latent vectors alone" if name == "along" else f"has no {name}"
                raise InputError(f"the model {self.request.engine} {what}: leave out --{name} ({name}=)")
        super().check_inputs()

    @property
    def name(self) -> str:
        """The name of the layout or model, and the last seed, so that films to other seeds have other names."""
        return f"{super().name}_to{self.request.own['to_seed']}"


def interpolate(
    model: Annotated[str | Path, MODEL],
    seed: Annotated[int, Param("seed of the first picture", kind="seed", metavar="NUMBER", at_least=0)] = 0,
    *,
    to_seed: Annotated[int, Param("seed of the last picture", kind="seed", metavar="NUMBER", at_least=0)] = _TO_SEED,
    layout: Annotated[
        LabelMapLike | None,
        Param("the layout, a label map, for models that draw them", kind="label map", metavar="LAYOUT"),
    ] = None,
    along: Annotated[
        str,
        Param(
            "what changes: the latent vector, or the coordinates of a patch of one picture; models that have "
            "coordinates: cocogan",
            metavar="|".join(_ALONG),
            choices=_ALONG,
        ),
    ] = "latent",
    frames: Annotated[int, FRAMES] = 24,
    fps: Annotated[float, FPS] = 12.0,
    back: Annotated[bool, BACK] = True,
    truncation: Annotated[float, TRUNCATION] = 1.0,
    label: Annotated[int, LABEL] = 0,
    task: Annotated[str | None, TASK] = None,
    unfinished: Annotated[bool, UNFINISHED] = False,
    device: Annotated[str, arguments.DEVICE] = "auto",
    run: Optional["Run"] = None,
    **inputs: Any,
) -> Animation:
    """Make a film that changes one sample of a model into another.

    The samples are those of sample, or those of draw for a label map, with the same seeds. The suffix of ``-o`` sets
    the format: GIF, WebP, APNG (.png) or MP4.

    Args:
        model: a name that ``calotype models`` lists, or a folder.
        seed: seed of the first picture.
        to_seed: seed of the last picture.
        layout: a label map, for models that draw them, as for ``draw``.
        along: ``"latent"``, or ``"coordinates"``: one picture, of which a patch is shown that moves from left to right
            in steps smaller than those of training, for COCO-GAN.
        frames: from the first picture to the last, 2 to 5000.
        fps: frames per second.
        back: whether the film goes back to the first picture.
        truncation: as for ``sample``.
        label: as for ``sample``.
        task: as for ``translate``.
        unfinished: use the last saved state of an unfinished training.
        device: ``"auto"``, ``"cpu"``, ``"cuda"`` ...
        run: receives progress reports, and can stop the work.
        inputs: further inputs that the model declares, by name, such as ``style`` and ``to_style``, photos whose look
            the film begins and ends with.

    Returns:
        The frames and the settings that reproduce them; ``save`` writes a film.

    Raises:
        InputError: the model or an argument cannot be used; the message says what to do.
        Stopped: ``run`` was stopped.
    """
    return InterpolateJob.of(locals()).film()
