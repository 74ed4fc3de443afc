"""The command ``retrieve``: the pictures of a set whose pose or identity is nearest to that of a picture."""

# Annotations are values here, not strings: the command line is made from them.
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from calotype import __version__
from calotype.catalog import declared, load
from calotype.errors import ArgumentError, InputError
from calotype.files import check_no_input, check_writable
from calotype.image.xmp import COMPOSITE
from calotype.kinds.pictures import photo_identity
from calotype.tasks import arguments, model_store
from calotype.tasks.argument_types import check_types
from calotype.tasks.data import set_folder
from calotype.tasks.leaks import check_codes, codes_of
from calotype.tasks.param import Param
from calotype.types import Carried, Photo, PhotoLike

if TYPE_CHECKING:
    from PIL.Image import Image

BY = ("pose", "identity")
_MOST = 20_000  # pictures of a set


@dataclass(frozen=True)
class Found:
    """One retrieved picture.

    Attributes:
        file: of the picture, or the film that it is a frame of.
        frame: number of the frame in a film, from 0; 0 for pictures.
        clip: name of its clip.
        similarity: cosine of the standardised codes, -1..1.
    """

    file: Path
    frame: int
    clip: str
    similarity: float


@dataclass(frozen=True)
class Retrieved:
    """The result of ``retrieve``.

    Attributes:
        found: the pictures, nearest first.
        sheet: a PIL image, the picture and then those that were found, from left to right.
        notes: clips and files that were left out.
    """

    found: list[Found]
    sheet: "Image"
    notes: list[str] = field(default_factory=list)


def retrieve(
    picture: Annotated[PhotoLike, Param("the picture to compare with", kind="photo", metavar="PICTURE")],
    pictures: Annotated[
        str | Path,
        Param(
            "where to look: a folder of clips, or the name of a set that 'calotype data' has made",
            kind="folder",
            metavar="SET",
        ),
    ],
    *,
    model: Annotated[
        str | Path,
        Param(
            "a model with codes of pose and identity, by its name in 'calotype models' or by its folder",
            kind="model",
            metavar="MODEL|FOLDER",
            first=True,
        ),
    ] = "",
    by: Annotated[str, Param("which code is compared", metavar="|".join(BY), choices=BY, first=True)] = "pose",
    n: Annotated[
        int, Param("how many pictures", kind="whole", flags=("-n", "--count"), metavar="COUNT", at_least=1)
    ] = 8,
    out: Annotated[
        str | Path | None,
        Param("also write a sheet of the picture and what was found, a PNG", kind="folder", flags=("-o", "--out")),
    ] = None,
    device: Annotated[str, arguments.DEVICE] = "auto",
) -> Retrieved:
    """Find the pictures of a set that show the same pose, or the same identity, as a picture.

    Pictures are compared by a code of a model of identity and pose (disentangle, idpose). By pose, other identities in
    the same pose are found; by identity, the same identity in other poses.

    Args:
        picture: a path, PIL image, array or ``Photo``.
        pictures: a folder of clips, or the name of a made set.
        model: a name in the model store, or the folder of a model.
        by: ``"pose"`` or ``"identity"``.
        n: number of pictures.
        out: a PNG file for a sheet; ``None``: none is written.
        device: ``"auto"``, ``"cpu"``, ``"cuda"`` ...

    Raises:
        InputError: the picture, the set or the model cannot be used.
        OutputError: the sheet cannot be written.
    """
    check_types(retrieve, locals())
    import torch

    from calotype.data.clips import frames_in, tensor_of
    from calotype.image.io import open_photo, save_png, to_image, to_tensor
    from calotype.reposing.drawing import fitted
    from calotype.run import choose_device

    arguments.one_of(BY, by, "code")
    if not model:
        raise ArgumentError("retrieve needs a trained model: give --model NAME (model=); 'calotype models' lists them")
    if arguments.whole(n, "a number of pictures", "8") < 1:
        raise ArgumentError(f"{n} pictures cannot be found: give -n of at least 1 (n=)")
    if out is not None and Path(out).suffix.lower() != ".png":
        raise ArgumentError(f"{out} is no PNG file: give a name that ends in .png (-o)")
    if out is not None:
        check_writable(Path(out).parent)
    loaded = load(model_store.folder_of(model))
    check_codes(loaded, model)
    photo = open_photo(picture)
    asked = to_tensor(photo, "cpu")[:, :3]
    frames = frames_in(set_folder(pictures), loaded.photo_size)
    if len(frames) > _MOST:
        raise InputError(f"{len(frames)} pictures are too many to look through: give at most {_MOST}")
    if out is not None:
        clips = {path for path, _ in frames.files}
        files = (file for clip in clips for file in (clip.iterdir() if clip.is_dir() else [clip]))
        check_no_input(Path(out), [*filter(None, [photo.source]), *files])
    loaded.net.to(choose_device(device))
    function = getattr(loaded.engine, declared(loaded.system).codes)
    own = function(loaded.config, loaded.net, [asked.to(choose_device(device))])[by].float().cpu()
    codes = codes_of(loaded, frames, list(range(len(frames))))[by]
    similarity = _similarity(own, codes)
    order = similarity.argsort(descending=True)[:n].tolist()
    found = [_found(frames, i, float(similarity[i])) for i in order]
    side = loaded.photo_size[0]
    sheet = to_image(torch.cat([fitted(asked, side)[0], *tensor_of(frames, order)], 2)[None])
    if out is not None:
        settings = _settings(loaded.system, model_store.folder_of(model), photo, Path(pictures), by, n, device)
        save_png(sheet, Path(out), settings, Carried(source_type=COMPOSITE))
    return Retrieved(found, sheet, list(filter(None, [frames.report()])))


def _settings(system: str, model: Path, photo: Photo, pictures: Path, by: str, n: int, device: str) -> dict[str, Any]:
    """What repeats a sheet: names without folders, which may be private."""
    return {
        "calotype": __version__,
        "verb": "retrieve",
        "engine": system,
        "model": model.resolve().name,
        "device": device,
        "own": {"by": by, "n": n},
        "pictures": {"picture": photo_identity(photo), "pictures": {"name": pictures.resolve().name}},
    }


def _similarity(own: Any, codes: Any) -> Any:
    """Cosine of codes, each element standardised over the set, so that no element counts for its scale alone."""
    import torch
    import torch.nn.functional as F

    deviation, mean = torch.std_mean(codes, 0)
    scale = torch.where(deviation > 1e-6, deviation, 1.0)
    return F.cosine_similarity((codes - mean) / scale, (own - mean) / scale)


def _found(frames: Any, number: int, similarity: float) -> Found:
    file, frame = frames.files[number]
    return Found(file, frame, frames.names[int(frames.clips[number])], similarity)
