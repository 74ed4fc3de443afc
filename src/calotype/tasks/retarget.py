"""A photo at another size or shape."""

# Annotations are values here, not strings: the command line is made from them.
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Unpack

from calotype.catalog import ENGINES
from calotype.errors import InputError, OutputError
from calotype.files import shown
from calotype.results import Animation, Result
from calotype.tasks import arguments
from calotype.tasks.arguments import between, one_of
from calotype.tasks.job import OutputSpec
from calotype.tasks.param import Param
from calotype.tasks.photo_job import PhotoJob
from calotype.tasks.request import Request, abilities
from calotype.tasks.verb_options import TrainedOptions
from calotype.types import Cost, PhotoLike, Shape, Size

if TYPE_CHECKING:
    import torch
    from PIL.Image import Image


# What a film can be, and what its file's name ends in.
_FILMS = {"gif": ".gif", "webp": ".webp", "apng": ".apng", "mp4": ".mp4"}
_OUTSIDES = ("transparent", "white")
_MOST_FRAMES = 2000
_UNUSED = {"shape": None, "outside": "transparent", "film": None, "frames": 48, "fps": 12.0}


class RetargetJob(PhotoJob):
    """What the verb makes of one photo: a picture, and perhaps a film of the way from the photo to it."""

    verb = "retarget"

    @classmethod
    def ordered(cls, **given: Any) -> Request:
        """As for every verb. What was not asked for is left out of what repeats the picture."""
        # An engine that is not known, or cannot do the verb, is refused by what checks that for all.
        known = given.get("engine") in ENGINES
        own = {name: given.pop(name, default_structure) for name, default_structure in _UNUSED.items()}
        if own["shape"] is not None:
            shape = own["shape"]
            own["shape"] = str(shape if isinstance(shape, Shape) else Shape.parse(shape))
            if known and given.get("model") is None:
                _check_able(given["engine"], "shape")
        one_of(_OUTSIDES, own["outside"], "outside")
        if own["film"] is not None:
            one_of(_FILMS, own["film"], "film")
            if known and given.get("model") is None:
                _check_able(given["engine"], "film")
            if not 2 <= own["frames"] <= _MOST_FRAMES:
                raise InputError(f"{own['frames']} frames make no film: give a number from 2 to {_MOST_FRAMES}")
            between(own["fps"], 0.01, 1000, "a speed", "12")
            _check_film(own["film"], own["fps"])
        asked = super().ordered(**given, **{name: own[name] for name in own if own[name] != _UNUSED[name]})
        for ability in ("shape", "film"):
            if own[ability] is not None:
                _check_able(asked.engine, ability)
        return asked

    def _check_start(self) -> None:
        """See ``Job``. What is too small is to be refused before something is trained for it."""
        super()._check_start()
        if self.pending_training:
            _ = self.cost

    @property
    def shape(self) -> Shape | None:
        """What the result fills of its rectangle; ``None`` for all of it."""
        text = self.request.own.get("shape")
        return None if text is None else Shape.parse(text)

    def engine_arguments(self, output: OutputSpec) -> dict[str, Any]:
        """As for every job, and the shape where there is one."""
        return {**super().engine_arguments(output), **({} if self.shape is None else {"shape": self.shape})}

    def finished(self, made: Any) -> "Image":
        """The picture."""
        from calotype.image.io import to_image

        return to_image(self._laid(made))

    def _laid(self, made: "torch.Tensor") -> "torch.Tensor":
        """A picture with what is to be outside of its shape."""
        if made.shape[1] == 3 or self.request.own.get("outside") != "white":
            return made
        # The colours of what is transparent lie on mid-grey, which is 0; white is 1.
        return made[:, :3] + (1 - made[:, 3:]) / 2

    # -----------------------------------------------------------------------------------------------------------
    # The film

    def engine_cost(self) -> Cost:
        """What one picture takes, and the film with it."""
        one = super().engine_cost()
        if "film" not in self.request.own:
            return one
        frames = len(set(_way(self._own("frames"))))
        return replace(one, seconds=one.seconds * (1 + frames), bytes=one.bytes + frames * self._canvas.pixels * 16)

    def _own(self, name: str) -> Any:
        return self.request.own.get(name, _UNUSED[name])

    @property
    def _canvas(self) -> Size:
        """What all frames lie on: they have different sizes."""
        return Size(max(self.size.height, self.photo.size.height), max(self.size.width, self.photo.size.width))

    def film(self, output: OutputSpec) -> Animation:
        """The way from the photo to the picture, and back, so that it can be repeated.

        Raises:
            Stopped: the run was asked to stop.
        """
        frames, fps = self._own("frames"), self._own("fps")
        way = _way(frames)
        places = sorted(set(way))
        film = self.system.verbs["film"]
        available = {**self.engine_arguments(output), "places": places}
        arguments = {name: available[name] for name in film.options if name in available}
        learned = {} if self.net is None else {"net": self.net}
        made = getattr(self.package, film.function)(self.tensors, self.config, self.run, **arguments, **learned)
        at = dict(zip(places, self._on_canvas(made), strict=True))
        settings = {**self.settings, **output.differs}
        return Animation([at[place] for place in way], fps, True, settings, self.photo.name)

    def _on_canvas(self, made: Iterator["torch.Tensor"]) -> Iterator["Image"]:
        from PIL import Image

        from calotype.image.io import to_image

        height, width = self._canvas.height, self._canvas.width
        white = self._own("outside") == "white"
        for frame in made:
            picture = to_image(self._laid(frame))
            canvas = Image.new("RGB" if white else "RGBA", (width, height), "white" if white else (0, 0, 0, 0))
            canvas.paste(picture, ((width - picture.width) // 2, (height - picture.height) // 2))
            yield canvas

    def save(self, made: Any, path: Any, output: OutputSpec) -> None:
        """Write the picture, and before it the film: where the picture is there, all is."""
        if "film" in self.request.own:
            beside = Path(path).with_suffix(_FILMS[self._own("film")])
            given = self.photo.source
            if given is not None and beside.exists() and beside.samefile(given):
                raise OutputError(f"{shown(beside)} is the photo itself: give another -o")
            self.film(output).save(beside)
        super().save(made, path, output)

    def result(self) -> Result:
        """The pictures of the order and their films."""
        made = super().result()
        if "film" in self.request.own:
            made.films = [self.film(output) for output in self.outputs]
        return made


def _check_able(engine: str, ability: str) -> None:
    if ability in abilities(engine):
        return
    able = [name for name in ENGINES if ability in abilities(name)]
    what = {
        "shape": "fills no shape but the rectangle",
        "film": "makes no film of the way from a photo to another size",
    }
    raise InputError(
        f"the engine {engine} {what[ability]}: use one that does ({', '.join(able)}), or leave out --{ability} "
        f"({ability}=)"
    )


def _check_film(film: str, fps: float) -> None:
    from calotype.image.animation import check_animation

    check_animation(Path(f"film{_FILMS[film]}"), fps)


def _way(frames: int) -> list[float]:
    """Where each frame is, from 0, the photo, to 1, the picture, and back: slow at both ends."""
    import math

    # Half a turn there and half a turn back; rounded, since the way back is to need no frames of its own.
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
            "what is filled of the rectangle: trapezoid:0.4 (the upper edge has 0.4 of the lower's length), slant:0.3 "
            "(it is moved right by 0.3 of the width), arc:0.3 (it rises in the middle by 0.3 of the height), or "
            "quad:x,y,x,y,x,y,x,y (corners from the upper left clockwise, 0 to 1); engines that can: ingan",
            kind="shape",
            metavar="WORD:NUMBERS",
        ),
    ] = None,
    outside: Annotated[
        str, Param("what is outside of a shape, and around a film", metavar="transparent|white", choices=_OUTSIDES)
    ] = "transparent",
    film: Annotated[
        str | None,
        Param(
            "also a film of the way from the photo to the picture and back; engines that can: ingan",
            metavar="gif|webp|apng|mp4",
            choices=tuple(_FILMS),
        ),
    ] = None,
    frames: Annotated[int, Param("how many frames a film has", kind="whole", metavar="COUNT", at_least=2)] = 48,
    fps: Annotated[float, Param("frames a second of a film", kind="number", metavar="NUMBER")] = 12.0,
    tile: Annotated[str, arguments.TILE] = "none",
    also: Annotated[Sequence[PhotoLike], arguments.ALSO] = (),
    **options: Unpack[TrainedOptions],
) -> Result:
    """Give a photo another size or shape, its contents neither stretched nor cropped.

    The photo's own patches fill the new shape: things keep their proportions and there are more or fewer of them. Say
    the new size with ``--size`` or ``--factor``, and a shape that is no rectangle with ``--shape``.

    Args:
        photo: a path, PIL image, array or ``Photo``.
        n: how many, each with the next seed.
        seed: of the first picture.
        engine: which engine; ``calotype engines`` lists them.
        preset: which of the engine's presets.
        size: of the pictures: a ``Size``, ``"WIDTHxHEIGHT"`` or ``(width, height)``.
        factor: instead of ``size``: a ``Factor``, ``"1.5x1"`` or a number. One of the two is needed unless there is a
            shape; the size is the photo's then.
        shape: what is filled of that size: a ``Shape`` or its text, like ``"trapezoid:0.4"``. ``None``: all of it.
        outside: ``"transparent"`` or ``"white"``, what is outside of a shape, and around the frames of a film.
        film: ``"gif"``, ``"webp"``, ``"apng"`` or ``"mp4"``: also a film of the way from the photo to the picture and
            back, beside it. ``None``: no film.
        frames: how many frames a film has.
        fps: frames a second of a film.
        tile: ``"none"``, ``"x"``, ``"y"`` or ``"both"``: which way copies can be laid side by side without a seam.
        also: further photos that lend their patches.
        options: see ``TrainedOptions``.

    Returns:
        The pictures, their seeds, films if any, and the settings that repeat them; ``save`` writes them.

    Raises:
        InputError: the photo or an argument cannot be used; the message says what to do.
        Stopped: ``run`` was asked to stop.
    """
    return RetargetJob.of(locals()).result()
