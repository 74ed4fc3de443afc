"""The verb ``crossover``: the structure of one embedded photo with the style of another."""

# Annotations are values here, not strings: the command line is made from them.
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

from calotype.results import Latent, Result
from calotype.tasks import arguments
from calotype.tasks.latent_job import LatentJob
from calotype.tasks.morph import CODE
from calotype.tasks.param import Param

if TYPE_CHECKING:
    from calotype.run import Run


class CrossoverJob(LatentJob):
    """Job of the verb ``crossover``."""

    verb = "crossover"
    takes = ("structure_code", "style_code")


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
            "layer from which the style is used, from 0; without it, half of them",
            kind="whole",
            metavar="NUMBER",
            at_least=0,
            first=True,
        ),
    ] = None,
    device: Annotated[str, arguments.DEVICE] = "auto",
    run: Optional["Run"] = None,
) -> Result:
    """Combine the structure of one embedded photo with the style of another.

    The first layers of a generator decide pose and shape, the last ones colours and texture (the style transfer of
    Image2StyleGAN).

    Args:
        structure_code: a ``Latent``, or the path of the file that ``embed`` wrote.
        style_code: another one, of the same model.
        model: the model that both photos were embedded in.
        from_layer: layer from which the second is used; ``None``: half of them.
        device: ``"auto"``, ``"cpu"``, ``"cuda"`` ...
        run: receives progress reports, and can stop the work.

    Returns:
        The picture, with ``latents``, its latent code.

    Raises:
        InputError: a code or an argument cannot be used; the message says what to do.
    """
    return CrossoverJob.of(locals()).result()
