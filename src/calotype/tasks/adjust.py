"""The verb ``adjust``: move an embedded photo along a direction."""

# Annotations are values here, not strings: the command line is made from them.
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Optional

from calotype.errors import ArgumentError
from calotype.results import Latent, Result
from calotype.tasks import arguments
from calotype.tasks.directions import direction_file
from calotype.tasks.latent_job import LatentJob
from calotype.tasks.morph import CODE
from calotype.tasks.param import Param
from calotype.tasks.request import Request
from calotype.tasks.transfer import check_strength

if TYPE_CHECKING:
    from calotype.run import Run


class AdjustJob(LatentJob):
    """Job of the verb ``adjust``."""

    verb = "adjust"
    takes = ("code", "direction")
    named = MappingProxyType({"component": None, "strength": 1.0, "from_layer": None, "to_layer": None})

    @classmethod
    def check(cls, own: Mapping[str, Any]) -> None:
        """See ``Job``."""
        check_strength(own)

    @classmethod
    def opened(cls, name: str, value: Any, request: Request) -> Any:
        """See ``Job``; a direction may be named that was learned for the model."""
        if name == "direction" and isinstance(value, str | Path) and request.model is not None:
            value = direction_file(value, request.model)
        return super().opened(name, value, request)

    def check_inputs(self) -> None:
        """See ``ModelJob``."""
        if "direction" in self.inputs and self.request.own["component"] is not None:
            raise ArgumentError(
                "--direction and --component were both given: give one of the two (direction=, component=)"
            )
        super().check_inputs()

    @property
    def options(self) -> dict[str, Any]:
        """See ``Job``; without a component, the first."""
        return {**super().options, "component": self.request.own["component"] or 0}


def adjust(
    code: Annotated[
        Latent | str | Path, Param(f"the latent code of the photo to change: {CODE}", kind="latent", metavar="CODE")
    ],
    *,
    model: Annotated[str | Path | None, replace(arguments.MODEL, first=True)] = None,
    component: Annotated[
        int | None,
        Param(
            "number of a direction that is found without labels, from 0, the strongest (the default)",
            kind="whole",
            metavar="NUMBER",
            at_least=0,
            first=True,
        ),
    ] = None,
    direction: Annotated[
        Latent | str | Path | None,
        Param(
            "a direction of styles: the name of one that was learned for the model (directions), or a file: .npy, .pt "
            "or .safetensors",
            kind="direction",
            metavar="NAME|FILE",
            first=True,
        ),
    ] = None,
    strength: Annotated[
        float,
        Param(
            "how far: standard deviations of random pictures along a component or a learned direction, or factor of "
            "one from another program; "
            "negative numbers the other way",
            kind="number",
            usual=(-3, 3),
            metavar="NUMBER",
            first=True,
        ),
    ] = 1.0,
    from_layer: Annotated[
        int | None,
        Param("first layer that is changed, from 0", kind="whole", metavar="NUMBER", at_least=0),
    ] = None,
    to_layer: Annotated[
        int | None,
        Param("last layer that is changed", kind="whole", metavar="NUMBER", at_least=0),
    ] = None,
    device: Annotated[str, arguments.DEVICE] = "auto",
    run: Optional["Run"] = None,
) -> Result:
    """Change an embedded photo along a direction of styles: one found in the network, learned, or from a file.

    Components are the directions along which the layers of the network change most (Shen and Zhou, CVPR 2021); early
    layers change pose and shape, late ones colours.

    Args:
        code: of the photo: a ``Latent``, or the path of the file that ``embed`` wrote.
        model: the model that it was embedded in.
        component: number of a direction, from 0; ``None``: the first, unless ``direction`` is given.
        direction: the name of a direction that ``directions`` has learned for the model, a file, or a ``Latent`` with
            one array, [style] or [layers, style].
        strength: how far: in standard deviations of random pictures along a component; a factor of a given direction.
        from_layer: first layer that is changed; ``None``: the first.
        to_layer: last layer that is changed; ``None``: the last.
        device: ``"auto"``, ``"cpu"``, ``"cuda"`` ...
        run: receives progress reports, and can stop the work.

    Returns:
        The picture, with ``latents``, its latent code.

    Raises:
        InputError: the code or an argument cannot be used; the message says what to do.
    """
    return AdjustJob.of(locals()).result()
