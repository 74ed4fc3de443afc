"""The verb ``train``: train an engine on one photo, or a model on a data set."""

# Annotations are values here, not strings: the command line is made from them.
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

from calotype.catalog import MODELS
from calotype.errors import ArgumentError
from calotype.tasks import arguments, model_store
from calotype.tasks.argument_types import check_types
from calotype.tasks.encoder_model import encoder_training
from calotype.tasks.param import Param
from calotype.tasks.progress import Training
from calotype.tasks.training import Trained, train_model
from calotype.tasks.training_request import (
    PURPOSES,
    check_no_start,
    check_order,
    dataset_training_request,
    training_request,
)
from calotype.tasks.upscale import ENLARGEMENT
from calotype.types import LabelMapLike, PhotoLike

if TYPE_CHECKING:
    from calotype.run import Run


def train(
    engine: Annotated[
        str,
        Param(
            "engine or model to train; 'calotype engines' lists them; encoder: the encoder of a trained model",
            kind="engine",
            metavar="ENGINE",
        ),
    ],
    photo: Annotated[
        PhotoLike,
        Param(
            "a photo, a folder of photos, or - for a photo on standard input; for a model, the folder of photos "
            "to train on, or the name of a set that 'calotype data' has made; for an encoder, the model",
            kind="photo",
            metavar="PHOTO",
            sets=True,
        ),
    ],
    *,
    preset: Annotated[
        str | None,
        Param(
            "preset; default: fast, or small for a model. 'calotype engines' lists them", kind="preset", metavar="NAME"
        ),
    ] = None,
    seed: Annotated[
        int,
        Param(
            "seed of the training; verbs use models of other seeds than 0 only with --model",
            kind="seed",
            metavar="NUMBER",
            at_least=0,
        ),
    ] = 0,
    purpose: Annotated[
        str,
        Param(
            "the verb to train for, if it needs its own model: upscale or animate",
            flags=("--for",),
            metavar="VERB",
            choices=PURPOSES,
            first=True,
            single=True,
        ),
    ] = "",
    factor: Annotated[float, replace(ENLARGEMENT, first=False, single=True)] = 4.0,
    labels: Annotated[
        LabelMapLike | None,
        Param(
            "a label map of the photo, for engines that are trained on one: each region in its own flat colour; or "
            "auto, the one that 'calotype segment' makes",
            kind="label map",
            metavar="MAP",
            single=True,
        ),
    ] = None,
    out: Annotated[
        str | Path | None,
        Param(
            "output folder instead of the model store; several models get a sub-folder each",
            kind="folder",
            flags=("-o", "--out"),
        ),
    ] = None,
    max_side: Annotated[int | None, replace(arguments.MAX_SIDE, single=True)] = None,
    settings: Annotated[Mapping[str, Any] | None, arguments.SETTINGS] = None,
    start: Annotated[
        str | Path | None,
        Param(
            "models: start from a trained model, by its name or folder, or from the file of another program, such as a "
            "StyleGAN .pkl (fine-tuning): its networks, with the training of the preset",
            kind="folder",
            flags=("--from",),
            metavar="NAME|FOLDER|FILE",
        ),
    ] = None,
    freeze_d: Annotated[
        int,
        Param(
            "with --from: layers of the discriminator, from the picture on, that keep their weights (Freeze-D)",
            kind="whole",
            metavar="COUNT",
            at_least=0,
        ),
    ] = 0,
    device: Annotated[str, arguments.DEVICE] = "auto",
    run: Optional["Run"] = None,
) -> Trained:
    """Train an engine on a photo in advance, or a model on a folder of photos.

    An engine is trained on one photo. Verbs do this automatically when they need it; this command does it in advance,
    for one photo or for each photo of a folder, one after another or several at a time.

    A model is trained on all photos of a folder together, and generates new ones (calotype sample, calotype draw).

    calotype train encoder MODEL trains an encoder for a model that photos are embedded in, on the model's own samples:
    calotype embed then begins nearer to the photo, and --preview shows the photo in the model at once.

    calotype train stylegan FOLDER --from network.pkl fine-tunes a StyleGAN2 that others trained; with --freeze-d the
    first layers of its discriminator keep their weights, which takes fewer pictures (Freeze-D, Mo et al. 2020).

    Finished models are skipped, and a stopped training is resumed.

    Args:
        engine: name of an engine or model; ``calotype engines`` lists them. ``"encoder"``: for a trained model.
        photo: a path, PIL image, array or ``Photo``; for a model, a folder; for an encoder, the model.
        preset: name of a preset; ``None``: ``fast`` of an engine, the first of a model.
        seed: seed of the training. Verbs find models of seed 0; pass a model of another seed as ``model``.
        purpose: ``"upscale"`` or ``"animate"``: the verb to train for. Empty: all other verbs.
        factor: for ``"upscale"``: enlargement of width and height, above 1 and at most 8.
        labels: a label map of the photo, for engines that are trained on one: a path, PIL image, array or
            ``LabelMap``; or ``"auto"``, the map that ``segment`` makes of each photo.
        out: output folder. ``None``: the model store, where verbs find it.
        max_side: pixels: shrink the photo first, so that no side is longer.
        settings: keys of the engine's ``Config`` and their values, on top of the preset.
        start: for a model: a trained model or the file of another program, from which the training starts.
        freeze_d: with ``start``: how many layers of the discriminator keep their weights, counted from the picture on.
        device: ``"auto"``, ``"cpu"``, ``"cuda"`` ...
        run: receives progress reports, and can stop the work.

    Returns:
        The model's folder, and how long the training took.

    Raises:
        InputError: the photo or an argument cannot be used; the message says what to do.
        OutputError: the model cannot be saved.
        Stopped: ``run`` was stopped; the same call resumes the training.
    """
    check_types(train, locals())
    from calotype.run import Run, choose_device

    check_order(engine, photo)
    if engine not in MODELS:
        check_no_start(engine, start, freeze_d)
    if engine == model_store.ENCODER:
        if not isinstance(photo, str | Path):
            raise ArgumentError("an encoder is trained for a model: give its name or folder")
        given = {"preset": preset, "purpose": purpose, "labels": labels, "out": out, "max_side": max_side}
        encoder = encoder_training(photo, seed=seed, settings=settings, **given)
        return train_model(encoder, run or Run(device=str(choose_device(device))))
    if engine in MODELS:
        if not isinstance(photo, str | Path):
            raise ArgumentError(f"{engine} is trained on a data set: give a folder of photos")
        model: Training = dataset_training_request(
            engine,
            photo,
            preset=preset,
            seed=seed,
            out=out,
            settings=settings,
            purpose=purpose,
            labels=labels,
            max_side=max_side,
            start=start,
            freeze_d=freeze_d,
        )
        return train_model(model, run or Run(device=str(choose_device(device))))
    request = training_request(
        engine,
        preset=preset,
        seed=seed,
        purpose=purpose,
        factor=factor,
        labels=labels,
        out=out,
        max_side=max_side,
        settings=settings,
        device=device,
    )
    return train_model(request.model(photo), run or Run(device=request.device))
