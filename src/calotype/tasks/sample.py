"""The verb ``sample``: sample a model of a data set."""

# Annotations are values here, not strings: the command line is made from them.
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

from calotype.errors import ArgumentError, InputError
from calotype.results import Result
from calotype.tasks import arguments
from calotype.tasks.arguments import between
from calotype.tasks.model_job import ModelJob
from calotype.tasks.param import Param
from calotype.types import PhotoLike, Size

if TYPE_CHECKING:
    from calotype.run import Run

MODEL = Param(
    "a model of a data set, by its name in 'calotype models' or by its folder", kind="model", metavar="MODEL|FOLDER"
)
COUNT = Param(
    "how many pictures to make", kind="whole", metavar="COUNT", flags=("-n", "--count"), at_least=1, first=True
)
UNFINISHED = Param("use the last saved state of an unfinished training", kind="switch")
TRUNCATION = Param(
    "factor of the distance from the mean picture, -2 to 2: 1 as learned; nearer to 0 more common and less varied; "
    "above 1 more extreme; negative the opposite",
    kind="number",
    metavar="NUMBER",
    at_least=-2,
    at_most=2,
)
LABEL = Param("class of the picture, for models that were trained with labels", kind="whole", metavar="NUMBER")
# Options that not every model has, with their defaults.
_OF_SOME = {"truncation": 1.0, "mix": None, "mix_from": None, "label": 0}


class SampleJob(ModelJob):
    """Job of the verb ``sample``."""

    verb = "sample"
    takes = ("guide",)

    @classmethod
    def check(cls, own: Mapping[str, Any]) -> None:
        """See ``Job``."""
        between(own["strength"], 0.0, 1.0, "a strength", "0.3")
        between(own["truncation"], -2.0, 2.0, "a truncation", "0.7")
        if own["mix"] is None and own["mix_from"] is not None:
            raise ArgumentError("--mix-from says where a second picture begins: give --mix SEED too (mix=)")

    def check_inputs(self) -> None:
        """See ``ModelJob``."""
        if "guide" not in self.inputs and self.request.own["strength"]:
            raise ArgumentError("--strength applies to a guide: give --guide PICTURE too (guide=)")
        given = [name for name, usual in _OF_SOME.items() if self.request.own[name] != usual]
        given += ["size"] if self.request.size not in (None, Size(*self.loaded.photo_size)) else []
        for name in given:
            if name not in self.declared.options:
                flag = name.replace("_", "-")
                raise InputError(f"the model {self.request.engine} has no {flag}: leave out --{flag} ({name}=)")
        super().check_inputs()


def sample(
    model: Annotated[str | Path, MODEL],
    n: Annotated[int, COUNT] = 1,
    seed: Annotated[int, arguments.SEED] = 0,
    *,
    size: Annotated[
        arguments.SizeLike | None,
        Param(
            "size of the pictures in pixels, like 96x96; larger than in training extends beyond the edges, as far as "
            "the model was trained to",
            kind="size",
            metavar="WIDTHxHEIGHT",
        ),
    ] = None,
    guide: Annotated[
        PhotoLike | None,
        Param("a square patch of a picture; the generated picture matches it", kind="picture", metavar="PICTURE"),
    ] = None,
    strength: Annotated[
        float,
        Param(
            "random deviation from the guide, from 0 to 1: above 0 seeds give different pictures",
            kind="number",
            metavar="NUMBER",
            at_least=0,
            at_most=1,
        ),
    ] = 0.0,
    truncation: Annotated[float, TRUNCATION] = 1.0,
    mix: Annotated[
        int | None,
        Param(
            "seed of a second picture, whose fine layers are used (style mixing)",
            kind="seed",
            metavar="NUMBER",
            at_least=0,
        ),
    ] = None,
    mix_from: Annotated[
        int | None,
        Param(
            "layer from which the second picture is used, from 0; without it, half of them",
            kind="whole",
            metavar="NUMBER",
            at_least=0,
        ),
    ] = None,
    label: Annotated[int, LABEL] = 0,
    unfinished: Annotated[bool, UNFINISHED] = False,
    device: Annotated[str, arguments.DEVICE] = "auto",
    run: Optional["Run"] = None,
    **inputs: Any,
) -> Result:
    """Generate new pictures like those that a model was trained on.

    The model is trained on a folder of photos: calotype train stylegan FOLDER. Picture i of a call uses seed + i and is
    made independently.

    Args:
        model: a name that ``calotype models`` lists, or a folder.
        n: number of pictures.
        seed: seed of the first picture.
        size: of the pictures: a ``Size``, ``"WIDTHxHEIGHT"`` or ``(width, height)``. ``None``: the training size.
        guide: a square patch of a picture, resized to the patch size of the discriminator: the generated picture
            matches it. For models that were trained with ``latent_weight`` above 0.
        strength: random deviation from the guide's latent code: 0 (all seeds give the same picture) .. 1 (random).
        truncation: factor of the distance of styles from their mean, -2..2: 0 is the mean picture, 1 as learned, above
            1 more extreme, negative the opposite; for StyleGAN.
        mix: seed of a second picture, whose styles are used from layer ``mix_from`` on; for StyleGAN.
        mix_from: that layer, from 0; ``None``: half of them.
        label: class of the picture, for models that were trained with labels.
        unfinished: use the last saved state of an unfinished training.
        device: ``"auto"``, ``"cpu"``, ``"cuda"`` ...
        run: receives progress reports, and can stop the work.
        inputs: further inputs that the model declares, by name.

    Returns and raises what ``vary`` does.
    """
    return SampleJob.of(locals()).result()
