"""The verb ``restyle``: give one class or one object of a photo another look, with a model of a data set."""

# Annotations are values here, not strings: the command line is made from them.
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

from calotype.catalog import declared
from calotype.errors import ArgumentError, InputError
from calotype.kinds import KINDS
from calotype.results import Result
from calotype.tasks import arguments
from calotype.tasks.draw import LOOK
from calotype.tasks.image_conditioned import of_photo
from calotype.tasks.layout_job import LayoutJob
from calotype.tasks.naming import edited_looks, edited_name
from calotype.tasks.outputs import OutputSpec
from calotype.tasks.param import Param
from calotype.tasks.request import Request
from calotype.tasks.sample import UNFINISHED
from calotype.types import LabelMap, LabelMapLike, PhotoLike, Size

if TYPE_CHECKING:
    from calotype.run import Run


class RestyleJob(LayoutJob):
    """Job of the verb ``restyle``."""

    verb = "restyle"
    takes = ("photo", "labels", "target", "look")
    main = "photo"

    @classmethod
    def check_inputs_of(cls, system: str, inputs: Mapping[str, Any]) -> None:
        """See ``Job``."""
        names = [given.name for given in declared(system).verbs[cls.verb].inputs]
        if "labels" in names and inputs.get("labels") is None:
            raise InputError(
                f"restyle with the model {system} needs the label map of the photo: give it after the photo, "
                "calotype restyle PHOTO LABELS (labels=)"
            )
        super().check_inputs_of(system, inputs)

    @classmethod
    def opened(cls, name: str, value: Any, request: Request) -> Any:
        """See ``Job``; models of scene graphs take no label map."""
        if name == "labels" and all(given.name != name for given in request.declared.inputs):
            raise InputError(
                f"restyle with the model {request.engine} takes no label map: give the picture alone, without LABELS "
                "(labels=)"
            )
        return super().opened(name, value, request)

    @classmethod
    def check(cls, own: Mapping[str, Any]) -> None:
        """See ``Job``."""
        if own["at"] is not None:
            _pixel(own["at"])

    def check_inputs(self) -> None:
        """See ``ModelJob``."""
        super().check_inputs()
        several = self.request.own["classes"] is None and not self.inputs.keys() & {"look", "target"}
        if several and (self._of_maps or self.request.own["at"] is None):
            raise ArgumentError(
                "restyle needs something to change: give --classes NAME, --look CLASS=SEED or --target MAP"
            )
        _ = self._classes, self._place
        if self._of_maps:
            of_photo(self.inputs["labels"], self.inputs["photo"])

    @property
    def _of_maps(self) -> bool:
        """Whether the model takes a photo with its label map, not a scene graph."""
        return "labels" in self.inputs

    @property
    def wanted(self) -> LabelMap:
        """The label map of the result, at its full size: the edited one, or that of the photo."""
        labels: LabelMap = self.inputs.get("target", self.inputs["labels"])
        return labels

    def fitting_size(self) -> Size:
        """The requested size; by default the number of pixels of the training size, in the map's aspect ratio."""
        if not self._of_maps:
            return super().fitting_size()
        return self.request.size or self.filled_by(self.wanted.size)

    @property
    def _classes(self) -> tuple[int, ...]:
        """The numbers of the classes that take looks of the seed.

        Raises:
            InputError: there is no such class.
        """
        from calotype.image.looks import class_number

        names = self.loaded.about.get("names") or ()
        given = [part.strip() for part in (self.request.own["classes"] or "").split(",")]
        return tuple(class_number(part, names) for part in given if part)

    @property
    def _place(self) -> tuple[int, int] | None:
        """Row and column, in the result, of the pixel of the object that changes.

        Raises:
            InputError: it lies outside.
        """
        if self.request.own["at"] is None:
            return None
        x, y = _pixel(self.request.own["at"])
        full = self.wanted.size if self._of_maps else self.size
        name = self.wanted.name if self._of_maps else self.inputs["photo"].name
        if x >= full.width or y >= full.height:
            raise InputError(f"the pixel {x},{y} lies outside of '{name}', which is {full} pixels (at=)")
        return y * self.size.height // full.height, x * self.size.width // full.width

    def model_arguments(self, output: OutputSpec) -> dict[str, Any]:
        """The usual arguments; the label map of the photo at its size, and that of the result at that of the result."""
        from calotype.image.labelmap import fitted

        read, device = KINDS["label map"], self.run.device
        edit = {"classes": self._classes, "at": self._place}
        if not self._of_maps:
            return {**super().model_arguments(output), **edit}
        return {
            **super().model_arguments(output),
            **edit,
            "label_map": read.tensor(of_photo(self.inputs["labels"], self.inputs["photo"]), device),
            "target": read.tensor(fitted(self.wanted, self.size), device),
        }

    @property
    def name(self) -> str:
        """The name of the photo, and what changes: other edits have other names."""
        own, target = self.request.own, self.inputs.get("target")
        edits = {"": own["classes"], "at": own["at"], "to-": target.name if target is not None else None}
        return edited_name(str(self.inputs["photo"].name), {**edits, **edited_looks(self.inputs.get("look"))})


def _pixel(text: str) -> tuple[int, int]:
    """Column and row.

    Raises:
        InputError: it is no pair of numbers.
    """
    match = re.fullmatch(r"\s*(\d{1,9})\s*,\s*(\d{1,9})\s*", text)
    if match is None:
        raise ArgumentError(f"'{text}' is no pixel: give --at X,Y, like --at 120,80 (at=)")
    return int(match[1]), int(match[2])


def restyle(
    photo: Annotated[
        PhotoLike,
        Param("the photo, or a result of draw", kind="photo", metavar="PHOTO", sets=True),
    ],
    labels: Annotated[
        LabelMapLike | None,
        Param(
            "its label map, with the classes of the model; not for pictures drawn from scene graphs",
            kind="label map",
            metavar="[LABELS]",
            positional=True,
        ),
    ] = None,
    n: Annotated[int, arguments.COUNT] = 1,
    seed: Annotated[int, arguments.SEED] = 0,
    *,
    classes: Annotated[
        str | None,
        Param(
            "the classes that take a new look, drawn by the seed: names or numbers with commas between them",
            metavar="NAMES",
            first=True,
        ),
    ] = None,
    look: Annotated[Mapping[str, Any] | None, LOOK] = None,
    target: Annotated[
        LabelMapLike | None,
        Param(
            "an edited label map: the looks stay, the layout changes", kind="label map", metavar="MAP", begins="labels"
        ),
    ] = None,
    at: Annotated[
        str | None,
        Param("change one object alone: the region of its class around this pixel of the label map", metavar="X,Y"),
    ] = None,
    model: Annotated[str | Path | None, replace(arguments.MODEL, first=True)] = None,
    size: Annotated[arguments.SizeLike | None, arguments.SIZE] = None,
    unfinished: Annotated[bool, UNFINISHED] = False,
    device: Annotated[str, arguments.DEVICE] = "auto",
    run: Optional["Run"] = None,
    **inputs: Any,
) -> Result:
    """Give one class or one object of a photo another look, or another layout with the same looks.

    A model with a look for each class (smis) finds the looks of a photo from its label map and draws the photo again:
    calotype restyle photo.png map.png --classes hair --model faces-smis -n 4. A look may come from another photo,
    --look hair=other.png,other_map.png, and the layout from an edited map, --target changed.png.

    A model of scene graphs gives objects of a picture that draw made from a graph other looks, and keeps their places:
    calotype restyle result.png --at 40,52 --model shapes-scenegraph, or --classes tree for all trees.

    Args:
        photo: a path, PIL image, array or ``Photo``, or a result of ``draw``.
        labels: its label map, of its size or aspect ratio: a path, PIL image, array [H, W] of class numbers, or
            ``LabelMap``. For models of scene graphs ``None``: then ``photo`` is a result of ``draw``, or a graph.
        n: number of pictures; each uses the next seed.
        seed: seed of the first picture.
        classes: classes that take a look of the seed, like ``"hair,clothes"``.
        look: by the name of a class a seed, or a photo and its label map, from which the look of that class is taken.
        target: an edited label map, of the same types. Classes that the photo lacks take looks of the seed.
        at: a pixel of one object, like ``"120,80"``, in the label map of the result: only that object changes.
        model: a name that ``calotype models`` lists, or a folder.
        size: of the pictures: a ``Size``, ``"WIDTHxHEIGHT"`` or ``(width, height)``. ``None``: the number of pixels of
            the training size, in the map's aspect ratio.
        unfinished: use the last saved state of an unfinished training.
        device: ``"auto"``, ``"cpu"``, ``"cuda"`` ...
        run: receives progress reports, and can stop the work.
        inputs: further inputs that the model declares, by name.

    Returns and raises what ``vary`` does.
    """
    return RestyleJob.of(locals()).result()
