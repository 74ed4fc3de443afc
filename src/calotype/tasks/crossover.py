"""The verb ``crossover``: the structure of one embedded photo with the style of another."""

# Annotations are values here, not strings: the command line is made from them.
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Optional

from calotype.results import Latent, Result
from calotype.tasks import arguments
from calotype.tasks.arguments import between
from calotype.tasks.latent_job import LatentJob
from calotype.tasks.morph import CODE
from calotype.tasks.param import Param
from calotype.types import PhotoLike

if TYPE_CHECKING:
    from calotype.run import Run


class CrossoverJob(LatentJob):
    """Job of the verb ``crossover``."""

    verb = "crossover"
    takes = ("structure_code", "style_code", "mask", "source")
    named = MappingProxyType({"from_layer": None, "share": None})

    @property
    def has_code(self) -> bool:
        """See ``CodedJob``; no latent code draws what was made by combining activations."""
        return super().has_code and "mask" not in self.inputs

    def doubts(self) -> list[str | None]:
        """See ``Job``."""
        without = "no latent code is written: none draws a picture of combined activations"
        return [*super().doubts(), None if self.has_code else without]

    @classmethod
    def check(cls, own: Mapping[str, Any]) -> None:
        """See ``Job``."""
        if own["share"] is not None:
            between(own["share"], 0.0, 1.0, "a share", "0.5")


def crossover(
    structure_code: Annotated[
        Latent | str | Path, Param(f"the latent code whose shapes are kept: {CODE}", kind="latent", metavar="STRUCTURE")
    ],
    style_code: Annotated[
        Latent | str | Path, Param("the latent code whose colours are used", kind="latent", metavar="STYLE")
    ],
    *,
    model: Annotated[str | Path | None, replace(arguments.MODEL, first=True)] = None,
    from_layer: Annotated[
        int | None,
        Param(
            "layer from which the style is used, from 0; without it, half of them; with --mask, the layer after which "
            "activations are combined",
            kind="whole",
            metavar="NUMBER",
            at_least=0,
            first=True,
        ),
    ] = None,
    mask: Annotated[
        PhotoLike | None,
        Param(
            "a region, in white on black: there, activations of the style are used, in place of layers",
            kind="mask",
            metavar="PICTURE",
            first=True,
        ),
    ] = None,
    source: Annotated[
        PhotoLike | None,
        Param(
            "with --mask: the region of the style that is taken, in white on black; it is moved to that of the mask",
            kind="mask",
            metavar="PICTURE",
        ),
    ] = None,
    share: Annotated[
        float | None,
        Param(
            "with --mask: weight of the style's activations, from 0 to 1: 1, the default, copies, 0.5 averages",
            kind="number",
            metavar="NUMBER",
            at_least=0,
            at_most=1,
        ),
    ] = None,
    device: Annotated[str, arguments.DEVICE] = "auto",
    run: Optional["Run"] = None,
) -> Result:
    """Combine the structure of one embedded photo with the style of another.

    The first layers of a generator decide pose and shape, the last ones colours and texture (the style transfer of
    Image2StyleGAN). With ``--mask``, activations are copied, averaged or pasted in a region instead (Image2StyleGAN++).

    Args:
        structure_code: a ``Latent``, or the path of the file that ``embed`` wrote.
        style_code: another one, of the same model.
        model: the model that both photos were embedded in.
        from_layer: layer from which the second is used; ``None``: half of them. With a mask, the layer after which
            activations are combined; ``None``: after a third of them.
        mask: white where the activations of the second are used (Image2StyleGAN++), square.
        source: white in the region of the second that they are taken from; ``None``: the same as the mask.
        share: their weight: 1 copies, 0.5 averages; ``None``: 1.
        device: ``"auto"``, ``"cpu"``, ``"cuda"`` ...
        run: receives progress reports, and can stop the work.

    Returns:
        The picture, with ``latents``, its latent code.

    Raises:
        InputError: a code or an argument cannot be used; the message says what to do.
    """
    return CrossoverJob.of(locals()).result()
