"""What each verb is for, by what somebody has and wants: the chooser of the page, and ``docs/choosing.md``."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from calotype.catalog import MODELS, able
from calotype.studio.forms import VERBS
from calotype.studio.words import plain
from calotype.tasks.param import description
from calotype.tasks.verbs import JOBS, MODEL_VERBS

HAVES = {
    "photo": "A photo",
    "two": "A photo and another picture",
    "set": "Many pictures",
    "model": "A trained model",
}
WANTS = {
    "other": "Other pictures like it",
    "size": "Another size or shape",
    "change": "Something removed, added or moved",
    "look": "Another look",
    "combine": "Two pictures in one",
    "layout": "A picture from a drawing, a map or edges",
    "views": "A film, or views from all sides",
    "know": "Measures, regions or outlines",
}


@dataclass(frozen=True)
class Choice:
    """What a verb is for.

    Attributes:
        have: what it starts from, keys of ``HAVES``.
        want: what it gives, a key of ``WANTS``.
        differs: what tells it from verbs like it, one or two sentences.
    """

    have: tuple[str, ...]
    want: str
    differs: str


CHOICES: dict[str, Choice] = {
    "vary": Choice(("photo",), "other", "The same textures and objects in other places. Nothing is drawn or painted."),
    "remix": Choice(
        ("photo",),
        "other",
        "One slider from the photo itself to what a classifier sees in it. Vary keeps patches, remix keeps meaning.",
    ),
    "train": Choice(
        ("photo", "set"), "other", "Trains a network: on one photo, for vary and others, or on a set, for sample."
    ),
    "sample": Choice(("model",), "other", "New pictures like those of the set that the model was trained on."),
    "retarget": Choice(
        ("photo",), "size", "Another aspect ratio: single things keep their proportions, what is alike gives way."
    ),
    "expand": Choice(("photo",), "size", "What lies beyond the edges; the photo itself stays as it is."),
    "upscale": Choice(("photo",), "size", "The same picture with more pixels."),
    "align": Choice(
        ("set",), "size", "Faces cropped and turned upright, all alike: what a model of faces is trained on."
    ),
    "texture": Choice(("photo",), "size", "More of a material, at any size, without its layout."),
    "erase": Choice(("photo",), "change", "What you paint over is removed and filled with what lies around."),
    "edit": Choice(
        ("photo",),
        "change",
        "You move, copy or cut out parts of the photo; the seams are removed, and small things may go with them.",
    ),
    "harmonize": Choice(
        ("two",),
        "change",
        "An object of another picture is pasted, and takes on the textures and colours of the photo.",
    ),
    "relayout": Choice(
        ("photo",), "change", "You change the map of regions, such as the outline of the hills; the photo follows it."
    ),
    "stylize": Choice(
        ("two",), "look", "The content of the photo with the brush strokes or textures of another picture, everywhere."
    ),
    "analogy": Choice(
        ("two",), "look", "What was done to one picture, shown by a pair of before and after, is done to another one."
    ),
    "restyle": Choice(
        ("photo", "model"),
        "look",
        "One class or one object, such as the hair, gets another look; all else stays. The model knows the classes.",
    ),
    "embed": Choice(
        ("photo", "model"),
        "look",
        "Finds the photo in a StyleGAN model: the first step before adjust, transfer and morph.",
    ),
    "adjust": Choice(
        ("model",), "look", "An embedded photo changed along one direction of the model, such as lighter or darker."
    ),
    "directions": Choice(
        ("set", "model"),
        "look",
        "Learns along what a model changes glasses, a smile or a colour, from labelled pictures; adjust goes along it.",
    ),
    "transfer": Choice(
        ("model",),
        "look",
        "The difference of two embedded photos, such as a smile, is added to a third one.",
    ),
    "mix": Choice(
        ("two",), "combine", "Two photos side by side or in each other, made of the patches of both, without a seam."
    ),
    "crossover": Choice(("model",), "combine", "The shapes of one embedded photo with the colours of another one."),
    "repose": Choice(
        ("two", "model"), "combine", "Who is seen in one picture, in the pose of another one. The model learned both."
    ),
    "paint": Choice(
        ("photo",), "layout", "You paint a sketch in flat colours; it becomes a picture of the patches of your photo."
    ),
    "draw": Choice(
        ("set", "model"),
        "layout",
        "You paint a map of classes, such as sky, tree and house; a model of a set draws it, or patches of photos that "
        "have maps.",
    ),
    "translate": Choice(
        ("photo", "model"),
        "layout",
        "Edges, a map or another picture become what the model learned from pairs. Draw needs classes.",
    ),
    "animate": Choice(("photo",), "views", "A film that moves within what the photo can show."),
    "interpolate": Choice(("model",), "views", "A film from one sample of a model to another one."),
    "morph": Choice(("model",), "views", "A film from one embedded photo to another one, or through several."),
    "panorama": Choice(("model",), "views", "Pictures that go all the way round."),
    "scene": Choice(("model",), "views", "Objects in space that can be turned, moved, grown and removed."),
    "turntable": Choice(("model",), "views", "A film around a scene, or of an object that turns."),
    "segment": Choice(("photo",), "know", "The regions of a photo as a map in flat colours, which relayout changes."),
    "edges": Choice(("photo",), "know", "The outlines of a photo, which translate takes."),
    "evaluate": Choice(("photo", "set"), "know", "How near results are to a photo, or a set of pictures to another."),
    "dissect": Choice(("set", "model"), "know", "What a model leaves out of the pictures it was trained on."),
    "invert": Choice(("photo", "set", "model"), "know", "What a model draws of photos, and what it cannot draw."),
}


def needs(verb: str) -> list[str]:
    """The systems of which a verb needs a trained model; empty if it works without one."""
    return [name for name in able(verb) if name in MODELS] if verb in {task.__name__ for task in MODEL_VERBS} else []


def choices() -> dict[str, Any]:
    """JSON-ready: ``haves``, ``wants`` and, for each verb, what it is for, its summary, and what it needs."""
    tasks = {**{task.__name__: task for task in JOBS}, **VERBS}
    verbs = [
        {
            "name": name,
            **asdict(choice),
            "summary": plain(description(tasks[name])).partition("\n\n")[0].partition(". ")[0].rstrip("."),
            "needs": needs(name),
        }
        for name, choice in CHOICES.items()
    ]
    return {"haves": HAVES, "wants": WANTS, "verbs": verbs}
