"""The verb ``retarget``: change the size or shape of a photo and keep the proportions of single things."""

# Annotations are values here, not strings: the command line is made from them.
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Unpack

from calotype.catalog import ENGINES
from calotype.errors import ArgumentError, counted
from calotype.results import Animation, Result
from calotype.tasks import arguments
from calotype.tasks.ability import abilities
from calotype.tasks.arguments import between, one_of, whole
from calotype.tasks.frames import named_frames
from calotype.tasks.outputs import OutputSpec
from calotype.tasks.param import Param
from calotype.tasks.photo_job import PhotoJob
from calotype.tasks.request import Request
from calotype.tasks.verb_options import TrainedOptions
from calotype.types import Cost, PhotoLike, Shape, Size

if TYPE_CHECKING:
    import torch
    from PIL.Image import Image


# The formats of a film and their file suffixes.
_FILMS = {"gif": ".gif", "webp": ".webp", "apng": ".apng", "mp4": ".mp4"}
_OUTSIDES = ("transparent", "white")
_MOST_FRAMES = 2000
_UNUSED = {"shape": None, "outside": "transparent", "film": None, "frames": 48, "fps": 12.0}


class RetargetJob(PhotoJob):
    """Job of the verb ``retarget``: a picture, and optionally a film of the transition from the photo to it."""

    verb = "retarget"

    @classmethod
    def check_given(cls, given: Mapping[str, Any]) -> None:
        """See ``Job``."""
        if all(given.get(name) is None for name in ("size", "factor", "shape")):
            raise ArgumentError("retarget needs a new size: give --size 1280x480 or --factor 2x1 (size=, factor=)")

    @classmethod
    def ordered(cls, **given: Any) -> Request:
        """See ``Job``. Options that have their default value are not recorded in the settings."""
        # Unknown or unsuitable engines are refused by the common checks.
        known_engine = given.get("engine") in ENGINES
        own = {name: given.pop(name, default_structure) for name, default_structure in _UNUSED.items()}
        if own["shape"] is not None:
            shape = own["shape"]
            own["shape"] = str(shape if isinstance(shape, Shape) else Shape.parse(shape))
            if known_engine and given.get("model") is None:
                _check_able(given["engine"], "shape")
        one_of(_OUTSIDES, own["outside"], "outside")
        for name in ("frames", "fps"):
            if own[name] != _UNUSED[name] and own["film"] is None:
                raise ArgumentError(f"--{name} belongs to --film: give that too (film=), or leave it out ({name}=)")
        if own["film"] is not None:
            one_of(_FILMS, own["film"], "film")
            if known_engine and given.get("model") is None:
                _check_able(given["engine"], "film")
            if not 2 <= whole(own["frames"], "a number of frames", "48") <= _MOST_FRAMES:
                raise ArgumentError(
                    f"{counted(own['frames'], 'frame')} cannot be used: give a number from 2 to {_MOST_FRAMES}"
                )
            between(own["fps"], 0.01, 1000, "a speed", "12")
            _check_film(own["film"], own["fps"])
        request = super().ordered(**given, **{name: own[name] for name in own if own[name] != _UNUSED[name]})
        for ability in ("shape", "film"):
            if own[ability] is not None:
                _check_able(request.engine, ability)
        return request

    def _check_start(self) -> None:
        """See ``Job``. Also check the background, and the size before a training."""
        own = self.request.own
        if own.get("outside") and self.photo.alpha is None and not own.keys() & {"shape", "film"}:
            raise ArgumentError(
                f"'{self.photo.name}' has no transparency, and without --shape or --film there is no background: leave "
                "out --outside (outside=)"
            )
        super()._check_start()
        if self.pending_training:
            _ = self.cost

    @property
    def shape(self) -> Shape | None:
        """The shape that the result fills; ``None`` for the whole rectangle."""
        text = self.request.own.get("shape")
        return None if text is None else Shape.parse(text)

    def engine_arguments(self, output: OutputSpec) -> dict[str, Any]:
        """The usual arguments, and the shape if there is one."""
        return {**super().engine_arguments(output), **({} if self.shape is None else {"shape": self.shape})}

    def doubts(self) -> Sequence[str | None]:
        """A line if the results of all seeds will be equal."""
        alike = getattr(self.package, "seedless", None)
        if len(self.request.seeds) < 2 or alike is None or self.request.tile != "none":
            return super().doubts()
        sizes = [(p.size.height, p.size.width) for p in (self.photo, *self.also)]
        return [*super().doubts(), alike(sizes, (self.size.height, self.size.width), self.config)]

    def finished(self, made: Any) -> "Image":
        """The result as a picture."""
        from calotype.image.io import to_image

        return to_image(self._on_background(made), sixteen=self.sixteen)

    def _on_background(self, made: "torch.Tensor") -> "torch.Tensor":
        """A picture [1, C, h, w], -1..1, composited on white if requested."""
        if made.shape[1] == 3 or self.request.own.get("outside") != "white":
            return made
        # Colours are premultiplied by alpha, on mid-grey (0); white is 1.
        return made[:, :3] + (1 - made[:, 3:]) / 2

    # -----------------------------------------------------------------------------------------------------------
    # The film

    def engine_cost(self) -> Cost:
        """Expected time and memory for one picture and its film."""
        one = super().engine_cost()
        if "film" not in self.request.own:
            return one
        frames = len(set(_positions(self._own("frames"))))
        return replace(one, seconds=one.seconds * (1 + frames), bytes=one.bytes + frames * self._canvas.pixels * 16)

    def _own(self, name: str) -> Any:
        return self.request.own.get(name, _UNUSED[name])

    @property
    def _canvas(self) -> Size:
        """The size of the film, which fits all frames, pixels."""
        return Size(max(self.size.height, self.photo.size.height), max(self.size.width, self.photo.size.width))

    def film(self, output: OutputSpec) -> Animation:
        """The transition from the photo to the picture and back, for playing in a loop.

        Raises:
            Stopped: the run was stopped.
        """
        fps, positions = self._own("fps"), _positions(self._own("frames"))
        distinct_positions = sorted(set(positions))
        film = self.system.verbs["film"]
        available = {**self.engine_arguments(output), "places": distinct_positions}
        arguments = {name: available[name] for name in film.options if name in available}
        net_argument = {} if self.net is None else {"net": self.net}
        made = getattr(self.package, film.function)(self.tensors, self.config, self.run, **arguments, **net_argument)
        named = named_frames(made, len(distinct_positions), self.run)
        frame_at = dict(zip(distinct_positions, self._on_canvas(named), strict=True))
        frames = [frame_at[place] for place in positions]
        return Animation(frames, fps, True, self.recorded(output), self.photo.name, carried=self.carried)

    def _on_canvas(self, made: Iterator["torch.Tensor"]) -> Iterator["Image"]:
        from PIL import Image

        from calotype.image.io import to_image

        height, width = self._canvas.height, self._canvas.width
        white = self._own("outside") == "white"
        for frame in made:
            picture = to_image(self._on_background(frame))
            canvas = Image.new("RGB" if white else "RGBA", (width, height), "white" if white else (0, 0, 0, 0))
            canvas.paste(picture, ((width - picture.width) // 2, (height - picture.height) // 2))
            yield canvas

    @property
    def beside(self) -> tuple[str, ...]:
        """See ``Job``."""
        return (_FILMS[self._own("film")],) if "film" in self.request.own else super().beside

    def save(self, made: Any, path: Any, output: OutputSpec) -> None:
        """Write the film, then the picture, whose existence marks the output as complete."""
        if "film" in self.request.own:
            self.write(Path(path).with_suffix(*self.beside), self.film(output).save, output)
        super().save(made, path, output)

    def result(self) -> Result:
        """The pictures of the request and their films."""
        made = super().result()
        if "film" in self.request.own:
            made.films = [self.film(output) for output in self.outputs]
        return made


def _check_able(engine: str, ability: str) -> None:
    if ability in abilities(engine):
        return
    able = [name for name in ENGINES if ability in abilities(name)]
    what = {
        "shape": "supports only rectangles",
        "film": "cannot make a film of the transition to another size",
    }
    raise ArgumentError(
        f"the engine {engine} {what[ability]}: use one that can ({', '.join(able)}), or leave out --{ability} "
        f"({ability}=)"
    )


def _check_film(film: str, fps: float) -> None:
    from calotype.image.animation import check_animation

    check_animation(Path(f"film{_FILMS[film]}"), fps)


def _positions(frames: int) -> list[float]:
    """The position of each frame, 0 (the photo) .. 1 (the picture) and back, slow at both ends (cosine)."""
    import math

    # Rounded, so that the way back has exactly the positions of the way there and reuses its frames.
    return [round((1 - math.cos(2 * math.pi * i / frames)) / 2, 9) for i in range(frames)]


def retarget(
    photo: Annotated[PhotoLike, arguments.PHOTO],
    n: Annotated[int, arguments.COUNT] = 1,
    seed: Annotated[int, arguments.SEED] = 0,
    *,
    engine: Annotated[str, arguments.ENGINE] = "gpnn",
    preset: Annotated[str, arguments.PRESET] = "fast",
    size: Annotated[arguments.SizeLike | None, replace(arguments.SIZE, first=True)] = None,
    factor: Annotated[arguments.FactorLike | None, arguments.FACTOR] = None,
    shape: Annotated[
        Shape | str | None,
        Param(
            "shape to fill: trapezoid:0.4 (the upper edge has 0.4 of the lower's length), slant:0.3 (the upper edge is "
            "shifted right by 0.3 of the width), arc:0.3 (the middle is raised by 0.3 of the height), or "
            "quad:x,y,x,y,x,y,x,y (corners from the upper left clockwise, 0 to 1); engines that can: ingan",
            kind="shape",
            metavar="WORD:NUMBERS",
        ),
    ] = None,
    outside: Annotated[
        str,
        Param(
            "background outside of a shape, around a film, and of a transparent photo",
            metavar="transparent|white",
            choices=_OUTSIDES,
        ),
    ] = "transparent",
    film: Annotated[
        str | None,
        Param(
            "also make a film of the transition from the photo to the picture and back; engines that can: ingan",
            metavar="gif|webp|apng|mp4",
            choices=tuple(_FILMS),
        ),
    ] = None,
    frames: Annotated[int, Param("number of frames of a film", kind="whole", metavar="COUNT", at_least=2)] = 48,
    fps: Annotated[float, Param("frames per second of a film", kind="number", metavar="NUMBER")] = 12.0,
    tile: Annotated[str, arguments.TILE] = "none",
    also: Annotated[Sequence[PhotoLike], arguments.ALSO] = (),
    **options: Unpack[TrainedOptions],
) -> Result:
    """Change the size or shape of a photo without cropping; single things keep their proportions where possible.

    A smaller photo has fewer things. A larger one is a smooth warp that stretches what is alike, like sky or grass;
    ``--set enlarge=seams`` and ``--set enlarge=resize`` repeat it instead. Set the new size with ``--size`` or
    ``--factor``, and a shape other than a rectangle with ``--shape``.

    Args:
        photo: a path, PIL image, array or ``Photo``.
        n: number of pictures; each uses the next seed.
        seed: seed of the first picture.
        engine: name of the engine; ``calotype engines`` lists them.
        preset: name of one of the engine's presets.
        size: of the pictures: a ``Size``, ``"WIDTHxHEIGHT"`` or ``(width, height)``.
        factor: instead of ``size``: a ``Factor``, ``"1.5x1"`` or a number. One of the two is required unless a shape is
            given; the size is then the photo's.
        shape: shape to fill: a ``Shape`` or its text, like ``"trapezoid:0.4"``. ``None``: the whole rectangle.
        outside: ``"transparent"`` or ``"white"``: background outside of a shape, and around the frames of a film.
        film: ``"gif"``, ``"webp"``, ``"apng"`` or ``"mp4"``: also make a film of the transition from the photo to the
            picture and back. ``None``: no film.
        frames: number of frames of a film, 2 to 2000.
        fps: frames per second of a film.
        tile: ``"none"``, ``"x"``, ``"y"`` or ``"both"``: the directions in which copies tile without a seam.
        also: further photos to take patches from.
        options: see ``TrainedOptions``.

    Returns:
        The pictures, their seeds, films if any, and the settings that reproduce them; ``save`` writes them.

    Raises:
        InputError: the photo or an argument cannot be used; the message says what to do.
        Stopped: ``run`` was stopped.
    """
    return RetargetJob.of(locals()).result()
