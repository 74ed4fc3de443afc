"""The verb ``morph``: a film through embedded photos, from each to the next."""

# Annotations are values here, not strings: the command line is made from them.
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

from calotype.errors import ArgumentError
from calotype.results import Animation, Latent
from calotype.tasks import arguments
from calotype.tasks.film_job import FPS, FilmJob
from calotype.tasks.param import Param
from calotype.tasks.request import Request
from calotype.types import Cost

if TYPE_CHECKING:
    from calotype.run import Run


class MorphJob(FilmJob):
    """Job of the verb ``morph``, whose output is a film."""

    verb = "morph"
    takes = ("first", "second", "further")

    def __init__(self, request: Request, run: Optional["Run"] = None, **inputs: Any) -> None:
        """See ``ModelJob``."""
        super().__init__(request, run, **{**inputs, "further": inputs.get("further") or None})

    def check_inputs(self) -> None:
        """See ``ModelJob``."""
        frames, codes = self.request.own["frames"], len(self._codes)
        if frames < codes:
            raise ArgumentError(f"{frames} frames cannot show {codes} photos: give --frames {codes} or more (frames=)")
        super().check_inputs()

    @property
    def _codes(self) -> list[Latent]:
        return [self.inputs["first"], self.inputs["second"], *self.inputs.get("further", ())]

    @property
    def name(self) -> str:
        """The names of all codes."""
        return "-".join(code.name for code in self._codes)

    @property
    def _loops(self) -> bool:
        """Whether the way back is a line of its own, not the same backwards."""
        return self.request.own["back"] and "further" in self.inputs

    @property
    def options(self) -> dict[str, Any]:
        """See ``Job``."""
        return {**super().options, "closed": self._loops}

    @property
    def cost(self) -> Cost:
        """See ``FilmJob``; with the frames of the way back."""
        cost, codes = super().cost, len(self._codes)
        share = codes / (codes - 1) if self._loops else 1
        return replace(cost, seconds=cost.seconds * share, bytes=round(cost.bytes * share))

    def way_back(self, frames: list[Any]) -> list[Any]:
        """See ``FilmJob``; nothing where the model has drawn it."""
        return [] if self._loops else super().way_back(frames)


CODE = "the .safetensors file that embed wrote beside the picture"


def morph(
    first: Annotated[
        Latent | str | Path, Param(f"the latent code to begin with: {CODE}", kind="latent", metavar="FIRST")
    ],
    second: Annotated[Latent | str | Path, Param("the latent code to go on to", kind="latent", metavar="SECOND")],
    *further: Annotated[
        Latent | str | Path,
        Param(
            "further latent codes, which the film goes on to in their order",
            kind="latents",
            metavar="FURTHER",
            positional=True,
            first=True,
        ),
    ],
    model: Annotated[str | Path | None, replace(arguments.MODEL, first=True)] = None,
    frames: Annotated[
        int,
        Param(
            "number of frames from the first photo to the last; the lines between them take equal shares",
            kind="whole",
            metavar="COUNT",
            at_least=2,
            first=True,
        ),
    ] = 24,
    fps: Annotated[float, FPS] = 12.0,
    back: Annotated[
        bool,
        Param(
            "and back again, as a loop: of two photos the same way backwards; of more, straight from the last to the "
            "first, at the same speed, in frames that are added",
            kind="switch",
        ),
    ] = True,
    device: Annotated[str, arguments.DEVICE] = "auto",
    run: Optional["Run"] = None,
) -> Animation:
    """Make a film that changes one embedded photo into another, and on through as many as are given.

    The pictures lie on the straight lines between the styles of each photo and the next; every photo is shown, and all
    lines take the same time. The suffix of ``-o`` sets the format: GIF, WebP, APNG (.png) or MP4.

    Args:
        first: a ``Latent``, or the path of the file that ``embed`` wrote.
        second: another one, of the same model.
        further: more of them, in the order of the film.
        model: the model that the photos were embedded in.
        frames: from the first picture to the last, 2 to 5000, at least one for each photo.
        fps: frames per second.
        back: whether the film goes back to the first picture: of two, the same way; of more, by a further line.
        device: ``"auto"``, ``"cpu"``, ``"cuda"`` ...
        run: receives progress reports, and can stop the work.

    Returns:
        The frames and the settings that reproduce them; ``save`` writes a film.

    Raises:
        InputError: a code or an argument cannot be used; the message says what to do.
        Stopped: ``run`` was stopped.
    """
    return MorphJob.of(locals()).film()
