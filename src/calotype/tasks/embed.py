"""The verb ``embed``: find a photo in a generator."""

# Annotations are values here, not strings: the command line is made from them.
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

from calotype.errors import InputError
from calotype.results import Result
from calotype.tasks import arguments
from calotype.tasks.latent_job import LatentJob
from calotype.tasks.param import Param
from calotype.tasks.sample import LABEL, UNFINISHED
from calotype.types import PhotoLike

if TYPE_CHECKING:
    from calotype.run import Run

METHODS = ("fast", "paper", "projector")
SPACES = ("w+", "w")
STARTS = ("mean", "random")


class EmbedJob(LatentJob):
    """Job of the verb ``embed``: every output is a picture, and the latent code that it is drawn from."""

    verb = "embed"
    takes = ("photo",)
    main = "photo"

    @classmethod
    def check(cls, own: Mapping[str, Any]) -> None:
        """See ``Job``."""
        arguments.one_of(METHODS, own["method"], "method")
        arguments.one_of(STARTS, own["start"], "start")
        if own["space"] is not None:
            arguments.one_of(SPACES, own["space"], "space")
        for name in ("steps", "noise_steps"):
            if own[name] is not None and own[name] < 0:
                flag = name.replace("_", "-")
                raise InputError(f"{own[name]} steps cannot be made: give --{flag} of at least 0 ({name}=)")

    def doubts(self) -> list[str | None]:
        """See ``Job``."""
        from calotype.tasks.plausibility import grey_photo

        return [grey_photo(self.inputs["photo"], self.config.channels)]

    @property
    def options(self) -> dict[str, Any]:
        """See ``Job``; values that were not given are those of the method."""
        own = super().options
        plan = {"space": own["space"] or "", "steps": own["steps"] or 0, "noise_steps": own["noise_steps"] or 0}
        return {**own, **plan, "plan": (own["method"], plan["steps"], plan["noise_steps"])}


def embed(
    photo: Annotated[
        PhotoLike,
        Param(
            "a photo, cropped as the training pictures were, or a folder of photos",
            kind="photo",
            metavar="PHOTO",
            sets=True,
        ),
    ],
    n: Annotated[int, arguments.COUNT] = 1,
    seed: Annotated[int, arguments.SEED] = 0,
    *,
    model: Annotated[str | Path | None, replace(arguments.MODEL, first=True)] = None,
    method: Annotated[
        str,
        Param(
            "fast: coarse to fine, by ST-LPIPS and squared error; paper: as published, by VGG-16; projector: as "
            "NVIDIA's programs do",
            metavar="fast|paper|projector",
            choices=METHODS,
        ),
    ] = "fast",
    space: Annotated[
        str | None,
        Param(
            "w+: a style for each layer, which fits any photo; w: one for all layers, which edits better",
            metavar="w+|w",
            choices=SPACES,
        ),
    ] = None,
    steps: Annotated[
        int | None,
        Param("steps of optimisation; without it, those of the method", kind="whole", metavar="COUNT", at_least=1),
    ] = None,
    noise_steps: Annotated[
        int | None,
        Param(
            "steps of optimising the noise maps afterwards, for the finest details",
            kind="whole",
            metavar="COUNT",
            at_least=0,
        ),
    ] = None,
    start: Annotated[
        str,
        Param(
            "what to begin with: mean, the mean picture; random, for photos unlike the training pictures",
            metavar="mean|random",
            choices=STARTS,
        ),
    ] = "mean",
    label: Annotated[int, LABEL] = 0,
    stages: Annotated[bool, arguments.STAGES] = False,
    unfinished: Annotated[bool, UNFINISHED] = False,
    device: Annotated[str, arguments.DEVICE] = "auto",
    run: Optional["Run"] = None,
) -> Result:
    """Find a photo in a generator: the latent code whose picture is nearest to it.

    The picture is written as a PNG and the latent code beside it, as .safetensors, for morph, crossover, transfer and
    adjust. A stopped search goes on with the same command. Photos have to be cropped and aligned as the training
    pictures of the model were.

    Args:
        photo: a path, PIL image, array or ``Photo``; cropped to a square around its centre and resized.
        n: number of results; each uses the next seed.
        seed: of what is random in the search.
        model: a name that ``calotype models`` lists, or a folder: a model of the kind ``stylegan``.
        method: ``"fast"``, ``"paper"`` (Image2StyleGAN) or ``"projector"`` (NVIDIA's).
        space: ``"w+"`` or ``"w"``; ``None``: that of the method.
        steps: of optimisation; ``None``: those of the method: 300, 5000 or 1000.
        noise_steps: of optimising the noise maps afterwards; ``None``: none.
        start: ``"mean"`` or ``"random"``.
        label: class of the picture, for models that were trained with labels.
        stages: also write what every stage of the search made, and its log; see ``Result.stages``.
        unfinished: use the last saved state of an unfinished training.
        device: ``"auto"``, ``"cpu"``, ``"cuda"`` ...
        run: receives progress reports, and can stop the work.

    Returns:
        The pictures, with ``latents``, their latent codes.

    Raises:
        InputError: the photo or an argument cannot be used; the message says what to do.
        Stopped: ``run`` was stopped.
    """
    return EmbedJob.of(locals()).result()
