"""The verb ``draw``: generate pictures from a label map with a model of a data set."""

# Annotations are values here, not strings: the command line is made from them.
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

from calotype.errors import ArgumentError
from calotype.results import Result
from calotype.tasks import arguments
from calotype.tasks.layout_job import LayoutJob
from calotype.tasks.layout_kinds import check_model_for
from calotype.tasks.param import Param
from calotype.tasks.photos_job import PHOTOS_ENGINE, PhotosJob, for_models, opened_layout
from calotype.tasks.request import Request, request
from calotype.tasks.sample import UNFINISHED
from calotype.types import LayoutLike

if TYPE_CHECKING:
    from calotype.run import Run


_SETTINGS = (
    "with --photos: change one value of the engine gpnn, such as usual_light=0, which keeps the light of each photo; "
    "can be given several times"
)
LOOK = Param(
    "the look of a class: a seed, or a photo and its label map; for models with a look for each class",
    kind="looks",
    flags=("--look",),
    metavar="CLASS=SEED|PHOTO,MAP",
    first=True,
)


class DrawJob(LayoutJob):
    """Job of the verb ``draw`` with a model; without one, ``create`` gives a ``PhotosJob``."""

    verb = "draw"
    takes = ("layout", "look")
    main = "layout"

    @classmethod
    def check_given(cls, given: Mapping[str, Any]) -> None:
        """See ``Job``; without a model, a layout is a label map, and there are photos."""
        if given.get("model") is not None:
            return
        check_model_for(given.get("layout"), "layout", cls.verb)
        if given.get("photos") is None:
            raise ArgumentError(
                "draw needs a trained model: give --model NAME (model=; 'calotype models' lists them), or a folder of "
                "photos with label maps, --photos FOLDER (photos=)"
            )

    @classmethod
    def ordered(cls, **given: Any) -> Request:
        """See ``Job``; without a model, the request is for the engine that takes patches of photos.

        Raises:
            InputError: there are both a model and a folder of photos.
        """
        if given.get("model") is not None and given.get("photos") is not None:
            raise ArgumentError("a model and photos were both given: leave out --model (model=) or --photos (photos=)")
        if given.get("model") is not None:
            return super().ordered(**given)
        return request(cls.verb, engine=PHOTOS_ENGINE, preset="fast", **{**given, "photos": str(given["photos"])})

    @classmethod
    def opened(cls, name: str, value: Any, request: Request) -> Any:
        """See ``Job``; without a model, the classes are those of the photos' maps."""
        if request.loaded is None and name == "layout":
            return opened_layout(value, request)
        if request.loaded is None and value:
            raise for_models(name)
        return super().opened(name, value, request)

    @classmethod
    def create(cls, request: Request, inputs: Mapping[str, Any], run: Optional["Run"] = None) -> Any:
        """See ``Job``."""
        return super().create(request, inputs, run) if request.loaded else PhotosJob.create(request, inputs, run)


def draw(
    layout: Annotated[
        LayoutLike,
        Param(
            "the layout: a label map with the classes of the model, or for models of boxes or scene graphs JSON; "
            "or a folder of them",
            kind="label map",
            metavar="LAYOUT",
            sets=True,
        ),
    ],
    n: Annotated[int, arguments.COUNT] = 1,
    seed: Annotated[int, arguments.SEED] = 0,
    *,
    look: Annotated[Mapping[str, Any] | None, LOOK] = None,
    photos: Annotated[
        str | Path | None,
        Param(
            "instead of a model: a folder of photos with label maps, whose patches are put together at full resolution",
            kind="folder",
            metavar="FOLDER",
            first=True,
        ),
    ] = None,
    model: Annotated[str | Path | None, replace(arguments.MODEL, first=True)] = None,
    size: Annotated[arguments.SizeLike | None, arguments.SIZE] = None,
    settings: Annotated[Mapping[str, Any] | None, replace(arguments.SETTINGS, help=_SETTINGS)] = None,
    unfinished: Annotated[bool, UNFINISHED] = False,
    device: Annotated[str, arguments.DEVICE] = "auto",
    run: Optional["Run"] = None,
    **inputs: Any,
) -> Result:
    """Generate pictures from a layout: the layout is given, the appearance comes from the model.

    The model is trained on pictures with label maps, such as those of the set scenes: calotype data scenes, then
    calotype train MODEL scenes. A label map is a grey PNG of class numbers, or a picture painted in the colours of the
    model's classes. Models with a look for each class (smis) take looks from elsewhere, too: --look hair=7 for that of
    seed 7, or --look hair=photo.jpg,map.png for that of a photo.

    Models of scene graphs (scenegraph) take a JSON file of objects and relations, like {"objects": [{"class": "tree"},
    {"class": "house"}], "relations": [[0, "left of", 1]]}; models of boxes (bachgan, layout2im) one of boxes and
    their classes.

    Without a model, patches of photos are put together by the map, in seconds: calotype draw map.png --photos FOLDER,
    with the photos in its folder images and a label map of each, of the same name, in maps.

    Args:
        layout: a label map: a path, PIL image, array [H, W] of class numbers, or ``LabelMap``. For models of scene
            graphs a path, mapping or ``SceneGraph``; for models of boxes a path, mapping or ``Boxes``.
        n: number of pictures; each uses the next seed.
        seed: seed of the first picture; different seeds give different appearances.
        look: for models with a look for each class: by the name of a class a seed, or a photo and its label map, from
            which the look of that class is taken.
        photos: instead of a model a folder with ``images`` and ``maps``, or a set or another layout that ``train``
            takes: the photos whose maps are most like the layout lend their patches to it. The next seed begins with
            the next similar photo.
        model: a name that ``calotype models`` lists, or a folder.
        size: of the pictures: a ``Size``, ``"WIDTHxHEIGHT"`` or ``(width, height)``. ``None``: the number of pixels of
            the training size, in the layout's aspect ratio.
        settings: with ``photos``: values of ``calotype.engines.gpnn.Config``, such as ``usual_light``.
        unfinished: use the last saved state of an unfinished training.
        device: ``"auto"``, ``"cpu"``, ``"cuda"`` ...
        run: receives progress reports, and can stop the work.
        inputs: further inputs that the model declares, by name, such as ``style``, a photo whose appearance is used.

    Returns and raises what ``vary`` does.
    """
    return DrawJob.of(locals()).result()
