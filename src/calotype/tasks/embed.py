"""The verb ``embed``: find a photo in a generator."""

# Annotations are values here, not strings: the command line is made from them.
import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

from calotype.errors import ArgumentError, InputError
from calotype.kinds import KINDS
from calotype.results import Result
from calotype.tasks import arguments, model_store
from calotype.tasks.encoder_model import encoder_of
from calotype.tasks.face_places import EXCHANGED, UPSIDE_DOWN, face_places
from calotype.tasks.found_faces import FaceFinder
from calotype.tasks.latent_job import LatentJob
from calotype.tasks.outputs import OutputSpec
from calotype.tasks.param import Param
from calotype.tasks.sample import LABEL, UNFINISHED
from calotype.tasks.tuned_model import save_tuned
from calotype.types import FacePlaces, Photo, PhotoLike

if TYPE_CHECKING:
    import torch

    from calotype.run import Run

METHODS = ("fast", "paper", "projector")
SPACES = ("w+", "w")
STARTS = ("mean", "random", "encoder")


class EmbedJob(LatentJob):
    """Job of the verb ``embed``: every output is a picture, and the latent code that it is drawn from."""

    verb = "embed"
    takes = ("photo",)
    main = "photo"

    @classmethod
    def check(cls, own: Mapping[str, Any]) -> None:
        """See ``Job``."""
        arguments.one_of(METHODS, own["method"], "method")
        if own["start"] is not None:
            arguments.one_of(STARTS, own["start"], "start")
        made = [name for name in ("steps", "noise_steps", "tune") if own[name]]
        made += ["method"] if own["method"] != METHODS[0] else []
        if own["preview"] and (made or own["start"] not in (None, "encoder")):
            flag = (made or ["start"])[0].replace("_", "-")
            raise ArgumentError(f"a preview is not optimised: leave out --{flag}, or --preview (preview=)")
        if own["preview"] and own["stages"]:
            raise ArgumentError("a preview has no stages: leave out --stages, or --preview (preview=)")
        if own["space"] is not None:
            arguments.one_of(SPACES, own["space"], "space")
        if own["face"] is not None:
            face_places(own["face"])
        for name in ("steps", "noise_steps", "tune"):
            flag = name.replace("_", "-")
            if own[name] is not None and arguments.whole(own[name], f"a number of --{flag}", "300") < 0:
                raise ArgumentError(f"{own[name]} steps cannot be made: give --{flag} of at least 0 ({name}=)")

    def check_inputs(self) -> None:
        """See ``ModelJob``; reads the encoder where it is asked for."""
        if self.request.own["preview"] and self.request.n > 1:
            raise ArgumentError("a preview is the same for every seed: leave out -n (n=)")
        if self.start == "encoder" and self.encoder is None:
            begun = model_store.described(self.folder / model_store.ENCODER)
            state = "encoder is not trained to its end: go on" if begun else "model has no encoder yet: train one"
            raise InputError(f"the {state}, calotype train encoder {model_store.typed(self.folder)}")
        if self.request.own["face"] is not None:
            _ = self.places
        super().check_inputs()

    @cached_property
    def encoder(self) -> "torch.nn.Module | None":
        """The encoder that was imported with the model, or is beside it; ``None`` if there is none.

        Raises:
            InputError: it belongs to another model, or is damaged.
        """
        if self._imported_encoder is not None or self.request.unfinished:
            return self._imported_encoder
        return encoder_of(self.loaded, self.folder)

    @property
    def _imported_encoder(self) -> "torch.nn.Module | None":
        return getattr(self.loaded.net, "encoder", None)

    @cached_property
    def start(self) -> str:
        """What to begin with; by default the encoder if there is one, except for the published methods."""
        own = self.request.own
        if own["preview"] or own["start"]:
            return "encoder" if own["preview"] else str(own["start"])
        return "encoder" if own["method"] == "fast" and self.encoder is not None else "mean"

    def doubts(self) -> list[str | None]:
        """See ``Job``."""
        from calotype.tasks.plausibility import grey_photo

        names = ", ".join(self.tuned_folder(output).name for output in self.outputs) if self.request.own["tune"] else ""
        many = len(self.outputs) > 1
        tuned = (
            f"the tuned generator{'s become' if many else ' becomes'} the model{'s' if many else ''} {names}: edit "
            f"{'each' if many else 'the'} code with it"
        )
        photo = self.inputs["photo"]
        return [
            grey_photo(photo, self.config.channels),
            None if self.request.own["face"] else self._middle(photo),
            f"'{photo.name}' is placed on grey where it is transparent" if photo.alpha is not None else None,
            tuned if self.request.own["tune"] else None,
            self._told_face(),
        ]

    def _told_face(self) -> str | None:
        """A line about a face that was found, is upside down, or whose eyes were exchanged."""
        face = self.request.own["face"]
        if face is None:
            return None
        if any(places is not None and places.exchanged for places in face_places(face)):
            return f"{EXCHANGED} (--face, face=)"
        name = self.inputs["photo"].name
        turned = f"the face in '{name}' is {UPSIDE_DOWN}" if self.places.upside_down else None
        if face_places(face)[0] is not None:
            return f"{turned} (--face, face=)" if turned else None
        places = " ".join(f"{x:.0f},{y:.0f}" for x, y in self.places.all)
        if turned:
            return f"{turned}: --face '{places}'"
        return f"the face in '{name}' was found: --face '{places}'"

    @staticmethod
    def _middle(photo: Photo) -> str | None:
        if photo.size.height == photo.size.width:
            return None
        return f"the middle square of '{photo.name}' is used (--face crops a face)"

    def model_arguments(self, output: OutputSpec) -> dict[str, Any]:
        """See ``Job``; the photo is cropped to the face where its places are given."""
        from calotype.image.face_crop import cropped_face

        arguments, face = super().model_arguments(output), self.request.own["face"]
        if face is None:
            return arguments
        side, wanted = self.loaded.photo_size[0], face_places(face)[1]
        return {**arguments, "photo": cropped_face(arguments["photo"], self.places, side, wanted)}

    @cached_property
    def places(self) -> FacePlaces:
        """Where the face in the photo is: as given, or found.

        Raises:
            InputError: it is to be found, and there is none, or nothing to find it by.
        """
        given = face_places(self.request.own["face"])[0]
        if given is not None:
            return given
        photo = self.inputs["photo"]
        return FaceFinder(self.request.device).places(KINDS["photo"].tensor(photo, self.run.device), photo.name)

    @property
    def options(self) -> dict[str, Any]:
        """See ``Job``; values that were not given are those of the method."""
        own = super().options
        plan = {"space": own["space"] or "", "steps": own["steps"] or 0, "noise_steps": own["noise_steps"] or 0}
        method, tune_steps = "preview" if own["preview"] else own["method"], own["tune"] or 0
        encoder = self.encoder if self.start == "encoder" else None
        numbers = (method, plan["steps"], plan["noise_steps"], tune_steps)
        more = {"start": self.start, "encoder": encoder, "tune_steps": tune_steps, "plan": numbers}
        return {**own, **plan, **more}

    @cached_property
    def settings(self) -> dict[str, Any]:
        """See ``Job``; tells what was begun with, and from which encoder."""
        settings = dict(super().settings)
        own = settings["own"] if self.request.own["preview"] else {**settings["own"], "start": self.start}
        return {**settings, "own": own, **self._encoder_identity}

    @property
    def _encoder_identity(self) -> dict[str, str]:
        """The hash of an encoder beside the model, where it is used; one that was imported is part of the model."""
        if self.start != "encoder" or self._imported_encoder is not None:
            return {}
        return {"encoder": model_store.weights_sha256(self.folder / model_store.ENCODER)}

    def keep(self, made: Any, output: OutputSpec) -> Any:
        """See ``CodedJob``; a tuned generator becomes a model."""
        picture = super().keep(made, output)
        if made.tuned is not None:
            tuned = self.tuned_folder(output)
            save_tuned(self, made.tuned, tuned)
            latent = self.latents[output.seed]
            known = {"tuned": tuned.name, "tuned_sha256": model_store.weights_sha256(tuned)}
            self.latents[output.seed] = replace(latent, settings={**latent.settings, **known})
        return picture

    def tuned_folder(self, output: OutputSpec) -> Path:
        """Folder of the model that the generator becomes when it is tuned to the photo."""
        text = json.dumps({**self.settings, **output.differs}, sort_keys=True, default=str)
        key = hashlib.sha256(text.encode()).hexdigest()[:12]
        return model_store.place_of(f"{self.name}-tuned", self.request.engine, key)


def embed(
    photo: Annotated[
        PhotoLike,
        Param(
            "a photo, cropped as the training pictures were, or a folder of photos",
            kind="photo",
            metavar="PHOTO",
            sets=True,
        ),
    ],
    n: Annotated[int, arguments.COUNT] = 1,
    seed: Annotated[int, arguments.SEED] = 0,
    *,
    model: Annotated[str | Path | None, replace(arguments.MODEL, first=True)] = None,
    method: Annotated[
        str,
        Param(
            "fast: coarse to fine, by ST-LPIPS and squared error; paper: as published, by VGG-16; projector: as "
            "NVIDIA's programs do",
            metavar="fast|paper|projector",
            choices=METHODS,
        ),
    ] = "fast",
    space: Annotated[
        str | None,
        Param(
            "w+: a style for each layer, which fits any photo; w: one for all layers, which edits better",
            metavar="w+|w",
            choices=SPACES,
        ),
    ] = None,
    steps: Annotated[
        int | None,
        Param("steps of optimisation; without it, those of the method", kind="whole", metavar="COUNT", at_least=1),
    ] = None,
    noise_steps: Annotated[
        int | None,
        Param(
            "steps of optimising the noise maps afterwards, for the finest details",
            kind="whole",
            metavar="COUNT",
            at_least=0,
        ),
    ] = None,
    start: Annotated[
        str | None,
        Param(
            "what to begin with: encoder, what the model's encoder makes of the photo; mean, the mean picture; random, "
            "for photos unlike the training pictures; without it, the encoder if there is one (method fast), else the "
            "mean",
            metavar="encoder|mean|random",
            choices=STARTS,
        ),
    ] = None,
    preview: Annotated[
        bool,
        Param(
            "give at once what the model's encoder makes of the photo; 'calotype train encoder MODEL' makes one",
            kind="switch",
            first=True,
        ),
    ] = False,
    tune: Annotated[
        int | None,
        Param(
            "steps of tuning the generator to the photo afterwards (pivotal tuning), 350 as published: it becomes a "
            "model of its own, which draws the photo itself",
            kind="whole",
            metavar="COUNT",
            at_least=0,
        ),
    ] = None,
    face: Annotated[
        str | None,
        Param(
            "crop a face and turn it upright: left eye, right eye and mouth in the photo, pixels, like "
            "'210,180 290,176 255,270', or auto, to find them; they come to lie as in FFHQ, or "
            "where the model has them, with '... to 11,13 21,13 16,20'",
            metavar="PLACES|auto",
        ),
    ] = None,
    label: Annotated[int, LABEL] = 0,
    stages: Annotated[bool, arguments.STAGES] = False,
    unfinished: Annotated[bool, UNFINISHED] = False,
    device: Annotated[str, arguments.DEVICE] = "auto",
    run: Optional["Run"] = None,
) -> Result:
    """Find a photo in a generator: the latent code whose picture is nearest to it.

    The picture is written as a PNG and the latent code beside it, as .safetensors, for morph, crossover, transfer and
    adjust. A stopped search goes on with the same command. Photos have to be cropped and aligned as the training
    pictures of the model were: --face does so for faces, by the places of eyes and mouth.

    With an encoder (calotype train encoder MODEL) the search begins nearer to the photo, and --preview shows the photo
    in the model at once.

    Args:
        photo: a path, PIL image, array or ``Photo``; cropped to a square around its centre and resized.
        n: number of results; each uses the next seed.
        seed: of what is random in the search.
        model: a name that ``calotype models`` lists, or a folder: a model of the kind ``stylegan``.
        method: ``"fast"``, ``"paper"`` (Image2StyleGAN) or ``"projector"`` (NVIDIA's).
        space: ``"w+"`` or ``"w"``; ``None``: that of the method.
        steps: of optimisation; ``None``: those of the method: 300, 5000 or 1000.
        noise_steps: of optimising the noise maps afterwards; ``None``: none.
        start: ``"encoder"``, ``"mean"`` or ``"random"``; ``None``: the encoder where the model has one and the method
            is ``"fast"``, else the mean.
        preview: give what the encoder makes of the photo, at once.
        tune: steps of tuning the generator to the photo at the end; ``None``: none. The tuned model is kept in the
            model store, and named in the settings of the latent code (``tuned``); the code is to be edited with it.
        face: places ``"X,Y X,Y X,Y"`` of the left eye, the right eye and the mouth in the photo, pixels, or ``"auto"``,
            to find them in the largest face: it is cropped and turned so that they lie as in FFHQ, or, with
            ``" to X,Y X,Y X,Y"`` after them, at those pixels of the model's pictures; ``None``: the middle square of
            the photo.
        label: class of the picture, for models that were trained with labels.
        stages: also write what every stage of the search made, and its log; see ``Result.stages``.
        unfinished: use the last saved state of an unfinished training.
        device: ``"auto"``, ``"cpu"``, ``"cuda"`` ...
        run: receives progress reports, and can stop the work.

    Returns:
        The pictures, with ``latents``, their latent codes.

    Raises:
        InputError: the photo or an argument cannot be used; the message says what to do.
        Stopped: ``run`` was stopped.
    """
    return EmbedJob.of(locals()).result()
