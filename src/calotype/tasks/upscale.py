"""The verb ``upscale``: enlarge a photo (super-resolution)."""

# Annotations are values here, not strings: the command line is made from them.
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, Unpack

from calotype.errors import ArgumentError
from calotype.results import Result
from calotype.tasks import arguments
from calotype.tasks.param import Param
from calotype.tasks.photo_job import PhotoJob
from calotype.tasks.request import Request
from calotype.tasks.verb_options import TrainedOptions
from calotype.types import PhotoLike, Size

ENLARGEMENT = Param("enlargement of width and height, above 1 and up to 8", kind="number", metavar="NUMBER", first=True)


class UpscaleJob(PhotoJob):
    """Job of the verb ``upscale``."""

    verb = "upscale"
    effect = "enhanced"
    takes = ("photo",)
    own_model = True

    @classmethod
    def ordered(cls, **given: Any) -> Request:
        """See ``Job``; ``factor`` is a number here."""
        factor = enlargement(given.pop("factor"))
        request = super().ordered(**given)
        if request.engine == "span" and not request.changes and not _has_weights(request.config):
            # Nothing is downloaded without being asked for; until it is, the engine that is best without weights.
            request = super().ordered(**{**given, "engine": "zssr"})
        return replace(request, own={"factor": factor})

    def fitting_size(self) -> Size:
        """The photo's size times the factor, rounded."""
        factor = self.request.own["factor"]
        return Size(round(self.photo.size.height * factor), round(self.photo.size.width * factor))

    def doubts(self) -> Sequence[str | None]:
        """See ``Job``: equal pictures, and what would be better, where weights are missing."""
        if self.request.engine == "span" and len(self.request.seeds) > 1:
            return ("the pictures will be equal, as the network has no random part: leave out -n (n=)",)
        if self.request.engine != "zssr" or _has_weights(None):
            return ()
        return (
            "the weights of SPAN are not here, so a network learns from this photo alone (engine zssr): 'calotype "
            "weights span' fetches them once (9 MB), for a better result in less time",
        )

    def adaptation(self) -> dict[str, Any]:
        """The factor, for which the net is trained."""
        return dict(self.request.own)


def _has_weights(config: Any) -> bool:
    """Whether the engine span can work with these settings."""
    from calotype.engines.span import has_weights

    return has_weights(config)


def enlargement(factor: float) -> float:
    """Check that ``factor`` is above 1 and at most 8, and return it as a float.

    Raises:
        InputError: it is not.
    """
    if not 1 < factor <= 8:
        raise ArgumentError(f"a factor of {factor:g} cannot be used: give a number above 1 and up to 8, like 4")
    return float(factor)


def upscale(
    photo: Annotated[PhotoLike, arguments.PHOTO],
    factor: Annotated[float, ENLARGEMENT] = 4.0,
    n: Annotated[int, arguments.COUNT] = 1,
    seed: Annotated[int, arguments.SEED] = 0,
    *,
    engine: Annotated[str, arguments.ENGINE] = "span",
    preset: Annotated[str, arguments.PRESET] = "fast",
    **options: Unpack[TrainedOptions],
) -> Result:
    """Enlarge a photo and add plausible details.

    The default engine is a network that was trained on many photos; ``calotype weights span`` fetches its weights
    once. Without them the engine ``zssr`` learns from the photo alone; so does ``singan``, as in its paper.

    Args:
        photo: a path, PIL image, array or ``Photo``.
        factor: enlargement of width and height, above 1 and at most 8.
        n: number of pictures.
        seed: seed of the first picture; picture i uses ``seed + i``.
        engine: name of the engine; ``calotype engines`` lists them.
        preset: name of one of the engine's presets.
        options: see ``TrainedOptions``.

    Returns and raises what ``vary`` does.
    """
    return UpscaleJob.of(locals()).result()
