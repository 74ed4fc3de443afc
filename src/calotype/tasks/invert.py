"""The command ``invert``: find photos in a generator, layer by layer, and see what it cannot draw of them."""

# Annotations are values here, not strings: the command line is made from them.
import hashlib
import json
import math
import shutil
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from calotype import __version__
from calotype.catalog import Loaded, declared
from calotype.errors import ArgumentError, InputError, counted
from calotype.files import cache_folder, check_writable, shown, write_whole
from calotype.image.xmp import TRAINED
from calotype.kinds.pictures import photo_identity
from calotype.tasks import arguments, model_store
from calotype.tasks.argument_types import check_types
from calotype.tasks.data import set_folder
from calotype.tasks.dataset import Dataset
from calotype.tasks.inspected import (
    CLASSES,
    SEGMENTER,
    Progress,
    declared_layers,
    doubts,
    opened_model,
    segmenter_facts,
    segmenter_of,
    size_of,
)
from calotype.tasks.inverter_model import inverter_of
from calotype.tasks.param import Param
from calotype.types import Carried, PhotoLike

if TYPE_CHECKING:
    from torch import Tensor

    from calotype.inspection.inversion import Inversion
    from calotype.inspection.inversion_page import Seen
    from calotype.inspection.layers import Layered
    from calotype.inspection.segmenters import Segmenter
    from calotype.run import Run

METHODS = ("layers+r", "layers+z", "layers", "direct+z", "direct", "z")
_TOGETHER = 16  # photos that are optimised in one batch
_MOST = 500  # photos


@dataclass(frozen=True)
class Inverted:
    """The result of ``invert``.

    Attributes:
        folder: with ``page.html``, ``inversion.json`` and a reconstruction of each photo.
        page: the page.
        report: what is in ``inversion.json``: ``photos``, ``classes``, ``settings``.
        notes: warnings.
    """

    folder: Path
    page: Path
    report: Mapping[str, Any]
    notes: list[str] = field(default_factory=list)


def invert(
    model: Annotated[
        str | Path,
        Param(
            "a model of a data set, by its name in 'calotype models' or by its folder",
            kind="model",
            metavar="MODEL|FOLDER",
        ),
    ],
    photos: Annotated[
        Sequence[PhotoLike],
        Param("photos, or folders of photos", kind="photos", metavar="PHOTO...", sets=True),
    ],
    *,
    real: Annotated[
        str | Path | None,
        Param(
            "a set with label maps, from which a segmenter is learned that shows what is lost by class",
            kind="photo",
            metavar="SET",
            first=True,
            sets=True,
        ),
    ] = None,
    segmenter: Annotated[str | Path | None, SEGMENTER] = None,
    classes: Annotated[str | Path | None, CLASSES] = None,
    method: Annotated[
        str,
        Param(
            "how photos are found: layers+r, from the layer-wise encoder by optimising what the first layers give; "
            "layers+z or direct+z, by optimising the latent vector from either encoder; layers or direct, the encoder "
            "alone; z, from random latent vectors",
            choices=METHODS,
        ),
    ] = "layers+r",
    steps: Annotated[
        int | None, Param("steps of optimisation; default: 500", kind="whole", metavar="NUMBER", at_least=1)
    ] = None,
    penalty: Annotated[
        float, Param("weight of the penalty on what is added to activations", kind="number", at_least=0)
    ] = 1.0,
    settings: Annotated[
        Mapping[str, Any] | None,
        Param(
            "change a setting of the encoder, like image_steps=3000; can be repeated",
            kind="settings",
            flags=("--set",),
            metavar="KEY=VALUE",
        ),
    ] = None,
    seed: Annotated[int, arguments.SEED] = 0,
    out: Annotated[
        str | Path | None,
        Param("folder of the page; default: the model's name with -inverted", kind="folder", flags=("-o", "--out")),
    ] = None,
    device: Annotated[str, arguments.DEVICE] = "auto",
    on_progress: Progress | None = None,
    run: "Run | None" = None,
) -> Inverted:
    """Find photos in a generator layer by layer, and show what it cannot draw of them.

    An encoder is trained on samples of the model first, and kept beside it. What the generator makes of each photo is
    written with a page that ranks the photos by what is lost; with a segmenter it is told by class. Photos unlike the
    training set are drawn as the generator's own subject.

    Args:
        model: a name in the model store, or the folder of a model.
        photos: photos, or folders of them; cropped around their centre and resized.
        real: a set with label maps to learn a segmenter from.
        segmenter: ``voc``, ``city``, or a file; ``None``: that of ``real``, or none at all.
        classes: the file of the classes of an ONNX network.
        method: one of the six that the paper compares, see ``calotype.inspection.inversion``.
        steps: of optimisation; ``None``: 500.
        penalty: weight of the mean squares of what is added to activations, in units of their deviations.
        settings: changed settings of the encoder, see ``calotype.inspection.inverter.InverterConfig``.
        seed: of the random latent vectors.
        out: output folder; existing files of a page are replaced.
        device: ``"auto"``, ``"cpu"``, ``"cuda"`` ...
        on_progress: called with what is done, the number done and the total.
        run: can stop the work.

    Raises:
        InputError: there is no such model, photo or segmenter, or they do not fit together.
        OutputError: the page cannot be written.
        Stopped: ``run`` was stopped; the same call goes on.
    """
    check_types(invert, locals())
    from calotype.run import Run

    arguments.one_of(METHODS, method, "method")
    if steps is not None and steps < 1:
        raise ArgumentError(f"{counted(steps, 'step')} cannot be made: give --steps of at least 1 (steps=)")
    if not 0 <= penalty < math.inf:
        raise ArgumentError(f"a penalty of {penalty:g} cannot be used: give a number from 0 up, like 1 (--penalty)")
    run = run or Run(device=device)
    name, loaded = opened_model(model)
    if loaded is None:
        raise InputError(f"{shown(model)} is a folder of pictures: give a trained model, whose layers can be inverted")
    if declared(loaded.system).learns_maps:
        raise InputError(
            f"a model of the kind {loaded.system} draws label maps, which a photo does not have: give one that draws "
            "latent vectors alone (cocogan, stylegan)"
        )
    folder = Path(out) if out is not None else Path(f"{name}-inverted")
    check_writable(folder)
    size = size_of(loaded)
    sources = _sources(photos)
    identities, pictures = _opened(sources, size)
    segment = _segmenter(real, segmenter, classes, size, run, on_progress)
    layered: Layered = getattr(loaded.engine, declared_layers(loaded))(loaded.config, loaded.net.to(run.device))
    own = {"method": method, "steps": steps or 500, "penalty": penalty, "seed": seed, "encoder": dict(settings or {})}
    found = _found(loaded, model_store.folder_of(model), layered, pictures, own, run, on_progress)
    return _written(folder, name, loaded, identities, pictures, found, segment, own)


def _sources(photos: Sequence[PhotoLike] | PhotoLike) -> list[PhotoLike]:
    from calotype.data.folder import pictures_below

    given: Sequence[PhotoLike] = photos if isinstance(photos, (list, tuple)) else [photos]  # type: ignore[list-item]
    found: list[PhotoLike] = []
    for one in given:
        folder = set_folder(one) if isinstance(one, (str, Path)) else None
        found += pictures_below(folder) if folder is not None and folder.is_dir() else [one]
    if not found:
        raise ArgumentError("no photos given: give a photo, or a folder of photos")
    if len(found) > _MOST:
        raise InputError(f"{len(found)} photos make too long a page: give at most {_MOST}")
    return found


def _opened(sources: Sequence[PhotoLike], size: tuple[int, int]) -> "tuple[list[dict[str, str]], Tensor]":
    """Identities, and photos at one size: [N, 3, H, W], -1..1."""
    import torch

    from calotype.data.folder import fitted_photo
    from calotype.image.io import as_tensor, open_photo

    photos = [open_photo(source) for source in sources]
    tensors = [as_tensor(fitted_photo(photo, size)) for photo in photos]
    return [photo_identity(photo) for photo in photos], torch.stack(tensors)


def _segmenter(
    real: str | Path | None,
    segmenter: str | Path | None,
    classes: str | Path | None,
    size: tuple[int, int],
    run: "Run",
    on_progress: Progress | None,
) -> "Segmenter | None":
    from calotype.inspection.segmenters import given_segmenter

    if segmenter is not None:
        return given_segmenter(str(segmenter), classes)
    if real is None:
        if classes is not None:
            raise ArgumentError("--classes names the classes of an ONNX network: give it as --segmenter too (classes=)")
        return None
    dataset = Dataset(set_folder(real), ("image", "label map"))
    reading = partial(on_progress, "reading the real set") if on_progress is not None else None
    return segmenter_of(dataset, dataset.opened(size, reading), size, None, classes, run, on_progress)


def _found(
    loaded: Loaded,
    folder: Path,
    layered: "Layered",
    pictures: "Tensor",
    own: Mapping[str, Any],
    run: "Run",
    on_progress: Progress | None,
) -> "Inversion":
    import torch

    from calotype.inspection.inversion import Inversion
    from calotype.inspection.inversion import invert as inverted

    inverter = None
    if own["method"] != "z":
        on_step = (lambda stage, done, count: on_progress(stage, done, count)) if on_progress is not None else None
        direct = own["method"].startswith("direct")
        inverter = inverter_of(loaded, folder, layered, run, direct=direct, settings=own["encoder"], on_step=on_step)
    state = _state(folder, pictures, own)
    parts = []
    for number, some in enumerate(torch.split(pictures, _TOGETHER)):

        def listener(event: Any, number: int = number) -> None:
            if on_progress is not None and event.kind == "step":
                before, batches = number * event.steps, -(-len(pictures) // _TOGETHER)
                on_progress("finding the photos", before + event.step, batches * event.steps)

        parts.append(
            inverted(
                layered,
                some,
                run.within(state, seed=own["seed"], on_event=listener),
                method=own["method"],
                inverter=inverter,
                steps=own["steps"],
                penalty=own["penalty"],
                seed=own["seed"],
                stage=f"photos {number}",
            )
        )
    shutil.rmtree(state, ignore_errors=True)
    joined = {name: torch.cat([getattr(part, name) for part in parts]) for name in ("pictures", "guess", "latent")}
    deltas = [torch.cat(each) for each in zip(*(part.deltas for part in parts))]
    return Inversion(**joined, deltas=deltas, psnr=[v for part in parts for v in part.psnr], features=parts[0].features)


def _state(folder: Path, pictures: "Tensor", own: Mapping[str, Any]) -> Path:
    """Where a search is kept until it is finished: of the same model, photos and settings."""
    digest = hashlib.sha256(model_store.weights_sha256(folder).encode())
    digest.update(json.dumps(dict(own), sort_keys=True, default=str).encode() + pictures.contiguous().numpy().tobytes())
    return cache_folder("inversions") / digest.hexdigest()[:20]


# ---------------------------------------------------------------------------------------------------------------
# What is written


def _written(
    folder: Path,
    name: str,
    loaded: Loaded,
    identities: Sequence[dict[str, str]],
    pictures: "Tensor",
    found: "Inversion",
    segment: "Segmenter | None",
    own: Mapping[str, Any],
) -> Inverted:
    from calotype.inspection.inversion_page import page

    names = [Path(one["name"]).stem for one in identities]
    seen = None if segment is None else _seen(segment, pictures, found.pictures.cpu())
    notes = [] if segment is None else doubts(segment)
    median = statistics.median(found.psnr)
    about = [
        ("generator", f"{name} ({loaded.system})"),
        ("photos", f"{len(names)}, at {pictures.shape[3]}x{pictures.shape[2]} pixels"),
        ("method", own["method"] + (f", {counted(own['steps'], 'step')}, {found.features}" if found.features else "")),
        ("median PSNR", f"{median:.1f} dB"),
        *(segmenter_facts(segment) if segment is not None else []),
    ]
    stems = _stems(names)
    text = page(f"Photos as {name} draws them", about, notes, names, (pictures, found.pictures.cpu()), found.psnr, seen)
    about_all = {"model": name, **own, "features": found.features, "size": list(pictures.shape[2:])}
    report = _report(names, stems, found, seen, about_all, notes)
    settings = _settings(name, loaded.system, identities, own)
    for i, stem in enumerate(stems):
        _save_picture(found.pictures[i], folder / f"{stem}.png", settings, loaded.system)
    write_whole(folder / "page.html", lambda file: file.write(text.encode()))
    write_whole(folder / "inversion.json", lambda file: file.write((json.dumps(report, indent=1) + "\n").encode()))
    return Inverted(folder, folder / "page.html", report, notes)


def _settings(name: str, system: str, identities: Sequence[dict[str, str]], own: Mapping[str, Any]) -> dict[str, Any]:
    """What repeats the pictures."""
    changed = [f"{key}={value}" for key, value in own["encoder"].items()]
    recorded = {key: value for key, value in own.items() if key not in ("encoder", "seed")}
    return {
        "calotype": __version__,
        "verb": "invert",
        "engine": system,
        "model": name,
        "seed": own["seed"],
        "own": {**recorded, "settings": changed},
        "pictures": {"photos": list(identities)},
    }


def _save_picture(picture: "Tensor", path: Path, settings: Mapping[str, Any], system: str) -> None:
    from calotype.image.io import save_png, to_image

    save_png(to_image(picture.cpu()), path, settings, Carried(source_type=TRAINED, made_by=system))


def _stems(names: Sequence[str]) -> list[str]:
    """Names of files: those of the photos, with a number where several have the same."""
    found: dict[str, int] = {}
    stems = []
    for name in names:
        found[name] = found.get(name, 0) + 1
        stems.append(name if found[name] == 1 else f"{name}_{found[name]}")
    return stems


def _seen(segment: "Segmenter", photos: "Tensor", made: "Tensor") -> "Seen":
    import torch

    from calotype.inspection.inversion_page import Seen

    maps = [torch.cat([segment(some).cpu() for some in torch.split(each, _TOGETHER)]) for each in (photos, made)]
    if not (maps[0] >= 0).any() or len(torch.unique(torch.cat(maps))) < 2:
        raise InputError("the segmenter sees nothing in these photos: give one that knows what is in them")
    return Seen(maps[0], maps[1], segment.classes)


def _report(
    names: Sequence[str],
    stems: Sequence[str],
    found: "Inversion",
    seen: "Seen | None",
    settings: Mapping[str, Any],
    notes: Sequence[str],
) -> dict[str, Any]:
    """All numbers, JSON-ready; photos in the order of the page."""
    from calotype.inspection.inversion_page import class_losses, ranked

    rows = []
    for i in ranked(seen, found.psnr):
        row: dict[str, Any] = {"photo": names[i], "file": f"{stems[i]}.png", "psnr": round(found.psnr[i], 3)}
        if seen is not None:
            row["lost"] = {name: round(float(v), 4) for name, v in zip(seen.names, seen.lost[i]) if float(v)}
        rows.append(row)
    losses = [] if seen is None else [asdict(one) for one in class_losses(seen)]
    return {"settings": dict(settings), "photos": rows, "classes": losses, "notes": list(notes)}
