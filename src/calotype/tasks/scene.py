"""The verb ``scene``: draw scenes of a model of objects in space, and edit them."""

# Annotations are values here, not strings: the command line is made from them.
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

from calotype.errors import ArgumentError
from calotype.results import Result, SceneLayers
from calotype.tasks import arguments, model_store
from calotype.tasks.arguments import between
from calotype.tasks.model_job import ModelJob
from calotype.tasks.naming import edited_name
from calotype.tasks.outputs import OutputSpec
from calotype.tasks.param import Param
from calotype.tasks.sample import COUNT, MODEL, UNFINISHED
from calotype.tasks.scene_layers import scene_layers
from calotype.types import Poses

if TYPE_CHECKING:
    from calotype.run import Run

_FARTHEST = 4.0  # of a move along an axis: scenes are 2 units wide
OBJECT = Param("the objects that are edited, by number from 1, with commas between them", metavar="NUMBERS", first=True)
REMOVE = Param("the objects that are left out, by number from 1, with commas between them", metavar="NUMBERS")
POLAR = Param(
    "angle of the camera from straight above, 1 to 89 degrees", kind="number", metavar="DEGREES", at_least=1, at_most=89
)

# The edits, with the values that leave a scene as it is.
_UNEDITED: Mapping[str, Any] = {
    **{"object": None, "turn": 0.0, "move": None, "grow": 1.0},
    **{"remove": None, "look": None, "azimuth": None, "polar": None},
}


def numbers(text: str | int | None, name: str) -> tuple[int, ...]:
    """Numbers of objects.

    Raises:
        InputError: it is no list of whole numbers.
    """
    parts = [part.strip() for part in str(text or "").split(",") if part.strip()]
    if not all(re.fullmatch(r"[0-9]{1,4}", part) for part in parts):
        raise ArgumentError(f"'{text}' is no list of objects: give numbers like 1 or 1,2 (--{name}, {name}=)")
    return tuple(int(part) for part in parts)


def check_objects(own: Mapping[str, Any]) -> None:
    """Check the numbers of edited and of removed objects.

    Raises:
        InputError: they are no numbers, or an object is in both.
    """
    edited, removed = (numbers(own[name], name) for name in ("object", "remove"))
    both = sorted({*edited} & {*removed})
    if both:
        raise ArgumentError(f"object {both[0]} is to be edited and left out: leave it out of --object or of --remove")


def _move(text: str | None) -> tuple[float, float, float]:
    """Steps to the right, up and away.

    Raises:
        InputError: they are no three numbers, or too large.
    """
    if text is None:
        return 0.0, 0.0, 0.0
    try:
        right, up, away = (float(part) for part in text.split(","))
    except ValueError:
        raise ArgumentError(f"'{text}' is no move: give --move RIGHT,UP,AWAY like 0.2,0,0 (move=)") from None
    return tuple(between(x, -_FARTHEST, _FARTHEST, "a move", "0.2,0,0") for x in (right, up, away))  # type: ignore[return-value]


class SceneJob(ModelJob):
    """Job of the verb ``scene``."""

    verb = "scene"
    takes = ("poses",)

    def __init__(self, *args: Any, **inputs: Any) -> None:
        """See ``ModelJob``."""
        self._layers: dict[int, SceneLayers] = {}
        super().__init__(*args, **inputs)

    @classmethod
    def check(cls, own: Mapping[str, Any]) -> None:
        """See ``Job``."""
        check_objects(own)
        _ = _move(own["move"])
        for name in ("turn", "azimuth"):
            if own[name] is not None:
                between(own[name], -3600, 3600, f"an angle of --{name}", "30")
        between(own["grow"], 0.01, 100, "a factor", "1.2")
        if own["polar"] is not None:
            between(own["polar"], 1, 89, "an angle of --polar", "60")
        edited = own["turn"] or own["move"] is not None or own["grow"] != 1
        if edited and own["object"] is None:
            raise ArgumentError("--turn, --move and --grow edit an object: give --object NUMBER too (object=)")

    @property
    def options(self) -> dict[str, Any]:
        """See ``Job``; the edits as numbers."""
        own = self.request.own
        return {
            **super().options,
            "objects": numbers(own["object"], "object"),
            "remove": numbers(own["remove"], "remove"),
            "move": _move(own["move"]),
        }

    @property
    def name(self) -> str:
        """The name of the model, and what is edited: other edits have other names."""
        given = {name: self.request.own[name] for name, usual in _UNEDITED.items() if self.request.own[name] != usual}
        poses = self.inputs.get("poses")
        return edited_name(super().name, {**given, "poses-": poses.name if poses is not None else None})

    def check_inputs(self) -> None:
        """See ``ModelJob``; a scene file is one scene."""
        super().check_inputs()
        if "poses" in self.inputs and self.request.n != 1:
            raise ArgumentError("a scene file is one scene: leave out -n (n=)")
        if "poses" in self.inputs and self.request.seed not in (0, self.inputs["poses"].drawn["seed"]):
            raise ArgumentError("a scene file tells the seed of its scene: leave out --seed (seed=)")
        absent = set(self.inputs["poses"].removed) if "poses" in self.inputs else set()
        for number in sorted(absent & {*numbers(self.request.own["object"], "object")}):
            raise ArgumentError(
                f"object {number} is left out in the scene file: leave it out of --object (object=), or set present of "
                "this object to true in the file"
            )

    def doubts(self) -> list[str | None]:
        """See ``Job``."""
        from calotype.tasks.plausibility import scene_of_another_model

        poses = self.inputs.get("poses")
        return [*super().doubts(), None if poses is None else scene_of_another_model(poses, self.folder)]

    def model_arguments(self, output: OutputSpec) -> dict[str, Any]:
        """See ``Job``; a scene file tells the seed, what is left out, and what is not given otherwise."""
        arguments, poses = super().model_arguments(output), self.inputs.get("poses")
        if poses is None:
            return arguments
        drawn = {name: value for name, value in poses.drawn.items() if self.request.own.get(name) is None}
        return {**arguments, **drawn, "remove": tuple(sorted({*arguments["remove"], *poses.removed}))}

    @property
    def beside(self) -> tuple[str, ...]:
        """See ``Job``."""
        if not self.request.own["layers"]:
            return super().beside
        count = self.config.objects
        return (".depth.png", ".background.png", ".json", *(f".object{k + 1}.png" for k in range(count)))

    def make(self, output: OutputSpec) -> tuple[Any, float]:
        """See ``Job``; keeps the layers if they are asked for."""
        if not self.request.own["layers"]:
            return super().make(output)
        from calotype.image.io import to_image

        net, began = self.net, time.perf_counter()
        given = self.model_arguments(output)
        found = self.package.layers(self.config, self.run, net=net, **given)
        drawn = {name: given[name] for name in ("look", "azimuth", "polar") if given.get(name) is not None}
        own = {name: value for name, value in self.request.own.items() if value is not None}
        finished = model_store.is_finished(self.folder) and not self.request.unfinished
        self._layers[output.seed] = scene_layers(
            found,
            model=self.folder,
            seed=given["seed"],
            edits={**own, **drawn},
            removed=given["remove"],
            weights=model_store.weights_sha256(self.folder) if finished else "",
            settings=self.recorded(output),
            carried=self.carried,
        )
        return to_image(found.picture.clamp(-1, 1)), time.perf_counter() - began

    def save(self, made: Any, path: Any, output: OutputSpec) -> None:
        """Write the layers, if they are asked for, and the picture, whose existence marks the output as complete."""
        if output.seed in self._layers:
            self._layers.pop(output.seed).save(path)
        super().save(made, path, output)

    def result(self) -> Result:
        """The pictures of the request and their layers."""
        made = super().result()
        if self._layers:
            made.layers = [self._layers[output.seed] for output in self.outputs]
        return made


def scene(
    model: Annotated[str | Path, MODEL],
    n: Annotated[int, COUNT] = 1,
    seed: Annotated[int, arguments.SEED] = 0,
    *,
    object: Annotated[str | int | None, OBJECT] = None,
    turn: Annotated[
        float, Param("turn them about the vertical axis", kind="number", metavar="DEGREES", usual=(-180, 180))
    ] = 0.0,
    move: Annotated[
        str | None,
        Param("move them to the right, up and away; the scene is 2 units wide", kind="move", metavar="RIGHT,UP,AWAY"),
    ] = None,
    grow: Annotated[float, Param("factor of their size", kind="number", metavar="NUMBER", usual=(0.3, 3))] = 1.0,
    remove: Annotated[str | int | None, REMOVE] = None,
    look: Annotated[
        int | None, Param("colours and textures of another seed", kind="seed", metavar="SEED", at_least=0)
    ] = None,
    azimuth: Annotated[
        float | None, Param("angle of the camera around the scene", kind="number", metavar="DEGREES", usual=(-180, 180))
    ] = None,
    polar: Annotated[float | None, POLAR] = None,
    poses: Annotated[
        Poses | str | Path | None,
        Param(
            "a scene file that --layers wrote, as it is or with other poses: its scene is drawn instead of the seed's",
            kind="poses",
            metavar="FILE",
        ),
    ] = None,
    layers: Annotated[
        bool,
        Param("also write depth, background, each object with alpha, and a file with all poses", kind="switch"),
    ] = False,
    unfinished: Annotated[bool, UNFINISHED] = False,
    device: Annotated[str, arguments.DEVICE] = "auto",
    run: Optional["Run"] = None,
) -> Result:
    """Draw scenes of objects in space, with a model that learned them from pictures alone, and edit them.

    The same seed is the same scene: calotype scene MODEL --seed 3 --object 1 --turn 30 turns its first object. The
    camera goes around it with --azimuth and --polar. With --layers, a scene file is written beside the picture; --poses
    reads one, as it is or edited.

    Args:
        model: a name that ``calotype models`` lists, or a folder: a model of the system ``control3d``.
        n: number of scenes.
        seed: seed of the first scene.
        object: numbers, from 1, of the objects that are turned, moved and grown, like ``"1,2"``.
        turn: about the vertical axis through the middle of each, degrees.
        move: to the right, up and away as seen at azimuth 0, like ``"0.2,0,0"``.
        grow: factor of the size.
        remove: numbers of the objects that are left out.
        look: seed of colours and textures; ``None``: that of the scene.
        azimuth: of the camera, degrees; ``None``: 0, or the middle of those that were learned if they are not all.
        polar: of the camera from straight above, degrees, 1..89.
        poses: a scene file, or its content: poses of all objects, which edits are then applied to. It tells the seed of
            the scene, which objects are left out (``present``), and ``look``, ``azimuth`` and ``polar`` where they are
            not given.
        layers: also make the layers and the poses; ``Result.layers`` has them, and ``save`` writes them beside each
            picture.
        unfinished: use the last saved state of an unfinished training.
        device: ``"auto"``, ``"cpu"``, ``"cuda"`` ...
        run: receives progress reports, and can stop the work.

    Returns and raises what ``vary`` does.
    """
    return SceneJob.of(locals()).result()
