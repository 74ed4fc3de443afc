"""The verb ``repose``: pictures of one identity in the pose of another, with a model of a data set."""

# Annotations are values here, not strings: the command line is made from them.
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

from calotype.errors import ArgumentError, InputError, counted
from calotype.kinds import KINDS
from calotype.results import Animation, Result
from calotype.tasks import arguments
from calotype.tasks.arguments import between, one_of, whole
from calotype.tasks.model_job import ModelJob
from calotype.tasks.outputs import OutputSpec
from calotype.tasks.param import Param
from calotype.tasks.sample import UNFINISHED
from calotype.types import Photo, PhotoLike, Size

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor

    from calotype.run import Run

_FILMS = {"gif": ".gif", "webp": ".webp", "apng": ".apng", "mp4": ".mp4"}  # formats and suffixes
_MOST_FRAMES, _MOST_PAIRS = 2000, 10_000
_TRIED, _NAMED = 8, 3  # pictures of an input that are drawn again, and those that a note names
# Error of a picture drawn again, relative to that of its mean colour: between that of pictures like those that a model
# learned from, and of photos of other things.
_UNLIKE = 0.75
_SHOWN = 12  # poses, or pictures on a way, side by side in a picture
_TO = ("to_identity", "to_pose")
ClipLike = PhotoLike | Sequence[PhotoLike]


class ReposeJob(ModelJob):
    """Job of the verb ``repose``: a picture or a grid, and optionally a film."""

    verb = "repose"
    takes = ("identity", "pose", "to_identity", "to_pose")

    @classmethod
    def check(cls, own: Mapping[str, Any]) -> None:
        """See ``Job``."""
        if not 2 <= whole(own["frames"], "a number of frames", "24") <= _MOST_FRAMES:
            raise ArgumentError(
                f"{counted(own['frames'], 'frame')} cannot be used: give a number from 2 to {_MOST_FRAMES}, like 24"
            )
        between(own["fps"], 0.01, 1000, "a speed", "12")
        if own["film"] is not None:
            from calotype.image.animation import check_animation

            one_of(_FILMS, own["film"], "film")
            check_animation(Path(f"film{_FILMS[own['film']]}"), own["fps"])

    def check_inputs(self) -> None:
        """See ``ModelJob``."""
        if self.request.own["score"] and "score" not in self.declared.options:
            raise InputError(f"the model {self.request.engine} traces no pixels: leave out --score (score=)")
        if self._on_a_way:
            for name in ("identity", "pose"):
                if self._count(name) > 1:
                    raise InputError(f"a way begins at one {name}: give one picture, or leave out --to-... (to_...=)")
            for name in _TO:
                if self._count(name) > 1:
                    raise InputError(f"a way leads to one picture: give one for --{name.replace('_', '-')} ({name}=)")
        elif self.request.own["film"] is not None and self._count("pose") < 2:
            raise InputError(
                "a film needs a film or several pictures as the pose, or a way to another picture: give --to-pose or "
                "--to-identity (to_pose=, to_identity=)"
            )
        if self._pictures > _MOST_PAIRS:
            raise InputError(f"{self._pictures} pictures are too many: give fewer identities or poses")
        super().check_inputs()

    def _count(self, name: str) -> int:
        return len(self.inputs.get(name, ()))

    @property
    def _on_a_way(self) -> bool:
        """Whether the result leads from one picture to another."""
        return any(name in self.inputs for name in _TO)

    @property
    def _pictures(self) -> int:
        """How many pictures the model draws."""
        if self._on_a_way:
            return int(self.request.own["frames"])
        return self._count("identity") * max(1, self._count("pose"))

    @property
    def options(self) -> dict[str, Any]:
        """See ``Job``; frames are drawn only on a way."""
        return {**super().options, "count": self._pictures, "frames": self._pictures if self._on_a_way else 1}

    def fitting_size(self) -> Size:
        """The size of the picture: of a single one, or of the grid."""
        one = Size(*self.loaded.photo_size)
        if self._on_a_way:
            return Size(one.height, one.width * min(_SHOWN, int(self.request.own["frames"])))
        rows, columns = self._count("identity"), min(_SHOWN, max(1, self._count("pose")))
        if rows * columns == 1:
            return one
        return Size(one.height * (rows + ("pose" in self.inputs)), one.width * (columns + 1))

    def doubts(self) -> list[str | None]:
        """See ``Job``; pictures of several sizes and shapes are said to be cut."""
        pictures: list[Photo] = [photo for name in self.takes for photo in self.inputs.get(name, ())]
        sizes = {(photo.size.width, photo.size.height) for photo in pictures}
        side = self.loaded.photo_size[0]
        note = None
        if len(sizes) > 1:
            found = ", ".join(f"{width}x{height}" for width, height in sorted(sizes)[:3])
            note = f"the pictures have several sizes ({found}): the middle of each is brought to {side}x{side} pixels"
        elif any(width != height for width, height in sizes):
            note = f"the middle of each picture is cut to a square of {side}x{side} pixels"
        return [*super().doubts(), note, self._unlike()]

    def _unlike(self) -> str | None:
        """A line about pictures that the model cannot even draw again, in their own pose."""
        from calotype.reposing.drawing import redrawn_errors, together
        from calotype.reposing.grids import chosen

        found: list[str] = []
        net: Any = self.net
        for name in self.takes:
            if name not in self.inputs:
                continue
            photos = self.inputs[name]
            tried = [photos[k] for k in chosen(len(photos), _TRIED)]
            pictures = together(KINDS["clip"].tensor(tried, "cpu"), self.loaded.photo_size[0])
            errors = redrawn_errors(net, pictures.to(self.run.device))
            found += [f"{name} '{photo.name}'" for photo, error in zip(tried, errors) if error > _UNLIKE]
        if not found:
            return None
        more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
        return (
            f"the model cannot draw {', '.join(found[:_NAMED])}{more} again: unlike the pictures that it learned from, "
            "or the training was short; the result may show something else"
        )

    def as_result(self, made: Any) -> Any:
        """See ``Job``; the pictures stay tensors until they are put together."""
        return made

    def make(self, output: OutputSpec) -> tuple[Any, float]:
        """See ``Job``; several pictures as a grid, and a film if one is asked for."""
        made, seconds = super().make(output)
        if self.request.own["film"] is not None:
            self._films[output.seed] = self._film(made)
        return self._picture(made), seconds

    @property
    def _films(self) -> dict[int, Animation]:
        """The films of the outputs made so far, by seed."""
        films: dict[int, Animation] = self.__dict__.setdefault("_made_films", {})
        return films

    def _picture(self, made: "Tensor") -> Any:
        """A picture, a row of pictures on a way, or a grid of identities and poses."""
        import torch

        from calotype.image.io import to_image
        from calotype.reposing.grids import chosen, grid_of

        if self._on_a_way:
            return to_image(torch.cat(list(made[chosen(len(made), _SHOWN)]), 2)[None])
        if len(made) == 1:
            return to_image(made)
        poses = self._squares("pose")
        count = max(1, len(poses))
        columns = chosen(count, _SHOWN)
        grid = made.view(-1, count, *made.shape[1:])[:, columns].flatten(0, 1)
        return to_image(grid_of(self._squares("identity"), poses[columns] if len(poses) else None, grid))

    def _squares(self, name: str) -> "Tensor":
        """The pictures of an input as the model sees them, [n, 3, side, side]."""
        import torch

        from calotype.reposing.drawing import together

        side = self.loaded.photo_size[0]
        if name not in self.inputs:
            return torch.empty(0, 3, side, side)
        return together(KINDS["clip"].tensor(self.inputs[name], "cpu"), side)

    def _film(self, made: "Tensor") -> Animation:
        """The way, or all identities side by side in one pose after another."""
        import torch

        from calotype.image.io import to_image

        own = self.request.own
        rows = made[None] if self._on_a_way else made.view(self._count("identity"), -1, *made.shape[1:])
        frames: list[Image] = [to_image(torch.cat(list(rows[:, t]), 2)[None]) for t in range(rows.shape[1])]
        if self._on_a_way:
            frames += frames[-2:0:-1]
        return Animation(frames, own["fps"], True, self.settings, self.name, carried=self.carried)

    @property
    def beside(self) -> tuple[str, ...]:
        """See ``Job``."""
        film = self.request.own["film"]
        return () if film is None else (_FILMS[film],)

    def save(self, made: Any, path: Any, output: OutputSpec) -> None:
        """Write the film, then the picture, whose existence marks the output as complete."""
        if output.seed in self._films:
            film = replace(self._films[output.seed], settings=self.recorded(output))
            self.write(Path(path).with_suffix(*self.beside), film.save, output)
        super().save(made, path, output)

    def result(self) -> Result:
        """The pictures of the request and their films."""
        made = super().result()
        if self._films:
            made.films = [self._films[output.seed] for output in self.outputs]
        return made

    @property
    def name(self) -> str:
        """The names of identity and pose, so that other pairs have other names.

        Of several pictures that of their folder, and six digits of their hash, as they may be others next time. A score
        map has a name of its own, so that it is not written over the picture.
        """
        names = dict.fromkeys(_clip_name(self.inputs[name]) for name in self.takes if name in self.inputs)
        return "_".join([*names, *(["score"] if self.request.own["score"] else [])])


def _clip_name(photos: Sequence[Photo]) -> str:
    """The name of a picture or a film; of several pictures with some digits of their hash."""
    about = KINDS["clip"].identity(photos)
    several_files = len({photo.source for photo in photos}) > 1 or (len(photos) > 1 and photos[0].source is None)
    return Path(about["name"]).stem + (f"-{about['sha256'][:6]}" if several_files else "")


def repose(
    identity: Annotated[
        ClipLike,
        Param("who or what is shown: a picture, or a folder of pictures", kind="clip", metavar="IDENTITY"),
    ],
    pose: Annotated[
        ClipLike | None,
        Param(
            "how: a picture, a folder of pictures, or a film; without it, poses are drawn by the seed, by models that "
            "can: disentangle",
            kind="clip",
            metavar="POSE",
            positional=True,
        ),
    ] = None,
    n: Annotated[int, arguments.COUNT] = 1,
    seed: Annotated[int, arguments.SEED] = 0,
    *,
    model: Annotated[str | Path | None, replace(arguments.MODEL, first=True)] = None,
    to_identity: Annotated[
        PhotoLike | None,
        Param("a picture of another identity: the result leads to it in steps", kind="clip", metavar="PICTURE"),
    ] = None,
    to_pose: Annotated[
        PhotoLike | None,
        Param("a picture of another pose: the result leads to it in steps", kind="clip", metavar="PICTURE"),
    ] = None,
    score: Annotated[
        bool,
        Param(
            "show where the pixels are found in the picture of the identity (white) or not (black) instead, for models "
            "with pixel verification: idpose",
            kind="switch",
        ),
    ] = False,
    film: Annotated[
        str | None,
        Param(
            "also make a film: of the identities in the poses of a film, or of the steps to another picture",
            metavar="|".join(_FILMS),
            choices=tuple(_FILMS),
            first=True,
        ),
    ] = None,
    frames: Annotated[int, Param("steps to another picture", kind="whole", metavar="COUNT", at_least=2)] = 24,
    fps: Annotated[float, Param("frames per second of a film", kind="number", metavar="NUMBER")] = 12.0,
    unfinished: Annotated[bool, UNFINISHED] = False,
    device: Annotated[str, arguments.DEVICE] = "auto",
    run: Optional["Run"] = None,
) -> Result:
    """Show one identity in the pose of another, by a model that has learned both from clips.

    Several identities or poses give a grid: calotype repose people/ poses/ --model M. A film as the pose drives the
    picture: calotype repose photo.png walk.mp4 --model M --film gif. With --to-pose or --to-identity the result leads
    from one picture to another. The model is trained on clips: calotype train disentangle avatars, or a folder of films
    or of folders of frames.

    Args:
        identity: a picture, a folder of pictures, or a sequence of them.
        pose: a picture, a folder of pictures, a film, or a sequence of them. ``None``: poses are drawn by the seed, by
            models that have a distribution of them.
        n: number of pictures; each uses the next seed, which matters for drawn poses only.
        seed: seed of the first picture.
        model: a name that ``calotype models`` lists, or a folder.
        to_identity: a picture of another identity; the identity code changes in equal steps.
        to_pose: a picture of another pose; the pose code changes in equal steps.
        score: give the score map of pixel verification in place of each picture.
        film: ``"gif"``, ``"webp"``, ``"apng"`` or ``"mp4"``: also make a film. ``None``: no film.
        frames: pictures from the first to the last with ``to_identity`` or ``to_pose``, 2 to 2000.
        fps: frames per second of a film.
        unfinished: use the last saved state of an unfinished training.
        device: ``"auto"``, ``"cpu"``, ``"cuda"`` ...
        run: receives progress reports, and can stop the work.

    Returns:
        A picture of the model's size, a grid, with identities in the first column and poses in the first row, or a row
        of steps; with ``films``. Of many poses or steps, a picture shows twelve.

    Raises:
        InputError: a picture, the model or an argument cannot be used; the message says what to do.
        Stopped: ``run`` was stopped.
    """
    return ReposeJob.of(locals()).result()
