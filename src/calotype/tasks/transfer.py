"""The verb ``transfer``: an expression, from two embedded photos to a third."""

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

if TYPE_CHECKING:
    from calotype.run import Run

_STRONGEST = 1000.0


def check_strength(own: Mapping[str, Any]) -> None:
    """Check the strength of an edit.

    Raises:
        InputError: it is out of range.
    """
    between(own["strength"], -_STRONGEST, _STRONGEST, "a strength", "1")


class TransferJob(LatentJob):
    """Job of the verb ``transfer``."""

    verb = "transfer"
    takes = ("code", "before", "after")
    named = MappingProxyType({"strength": 1.0, "threshold": 0.0})

    @classmethod
    def check(cls, own: Mapping[str, Any]) -> None:
        """See ``Job``."""
        check_strength(own)
        between(own["threshold"], 0.0, 1.0, "a threshold", "0.3")


def transfer(
    code: Annotated[
        Latent | str | Path, Param(f"the latent code of the photo to change: {CODE}", kind="latent", metavar="CODE")
    ],
    before: Annotated[
        Latent | str | Path, Param("that of a photo without the expression", kind="latent", metavar="BEFORE")
    ],
    after: Annotated[
        Latent | str | Path, Param("that of the same person with the expression", kind="latent", metavar="AFTER")
    ],
    *,
    model: Annotated[str | Path | None, replace(arguments.MODEL, first=True)] = None,
    strength: Annotated[
        float,
        Param(
            "factor of the difference: 1 adds it once, 0.5 half of it; negative numbers the other way",
            kind="number",
            usual=(-2, 2),
            metavar="FACTOR",
            first=True,
        ),
    ] = 1.0,
    threshold: Annotated[
        float,
        Param(
            "layers that differ less than this share of the layer that differs most are left alone, 0 to 1",
            kind="number",
            metavar="NUMBER",
            at_least=0,
            at_most=1,
        ),
    ] = 0.0,
    device: Annotated[str, arguments.DEVICE] = "auto",
    run: Optional["Run"] = None,
) -> Result:
    """Transfer an expression to an embedded photo: the difference of two other ones is added to it.

    Args:
        code: of the photo to change: a ``Latent``, or the path of the file that ``embed`` wrote.
        before: of a photo without the expression, of the same model.
        after: of the same person with it.
        model: the model that all were embedded in.
        strength: factor of the difference.
        threshold: share of the longest difference of a layer below which a layer is left alone, 0..1.
        device: ``"auto"``, ``"cpu"``, ``"cuda"`` ...
        run: receives progress reports, and can stop the work.

    Returns:
        The picture, with ``latents``, its latent code.

    Raises:
        InputError: a code or an argument cannot be used; the message says what to do.
    """
    return TransferJob.of(locals()).result()
