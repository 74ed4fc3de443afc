"""What users build on: the public names, and the verbs' signatures. Changing them is a decision, not an accident."""

import inspect
import subprocess
import sys
from typing import Unpack, get_args, get_origin

import pytest

import calotype
from calotype.tasks.param import DEFAULTS

NAMES = {
    "vary",
    "retarget",
    "paint",
    "harmonize",
    "edit",
    "erase",
    "expand",
    "texture",
    "stylize",
    "mix",
    "upscale",
    "animate",
    "analogy",
    "relayout",
    "remix",
    "restyle",
    "scene",
    "turntable",
    "repose",
    "retrieve",
    "styles",
    "directions",
    "align",
    "segment",
    "edges",
    "sample",
    "interpolate",
    "panorama",
    "draw",
    "embed",
    "morph",
    "crossover",
    "transfer",
    "adjust",
    "train",
    "teach",
    "translate",
    "evaluate",
    "show",
    "study",
    "dissect",
    "invert",
    "load",
    "open_photo",
    "open_labels",
    "Photo",
    "LabelMap",
    "Size",
    "Factor",
    "Shape",
    "Result",
    "Animation",
    "Boxes",
    "Latent",
    "Table",
    "Run",
    "Event",
    "CalotypeError",
    "InputError",
    "OutputError",
    "Stopped",
}

NEEDED = inspect.Parameter.empty
SHARED = {
    "max_side": None,
    "unfinished": False,
    "model": None,
    "settings": None,
    "device": "auto",
    "run": None,
}
MAKING = {"n": 1, "seed": 0, "engine": "gpnn", "preset": "fast"}
SIZED = {"size": None, "factor": None}
LENT = {"tile": "none", "also": ()}
BLENDED = {"mask": None, "feather": None, "unmasked": False}
FILM = {"frames": 60, "fps": 10.0, "alpha": 0.1, "beta": 0.9, "loop": True, "size": None}
SHAPED = {"shape": None, "outside": "transparent", "film": None, "frames": 48, "fps": 12.0}
FILLED = {"n": 1, "seed": 0, "engine": "completion", "preset": "fast"}
UNLEARNED = {name: SHARED[name] for name in ("max_side", "settings", "device", "run")}
MASKED = {"method": None, "steps": None, "noise_steps": None, "stages": False}  # of models
LEVEL = {"level": None}  # of pyramid models
MIXED = {"mask": None, "structure": "auto", "size": None, "also": ()}
STYLED = {"structure": "auto", "colours": 1.0}
MARGINS = {"margin": None, "left": None, "right": None, "top": None, "bottom": None}
LEARNED = {"seed": 0, "engine": "singan", "preset": "fast"}
SAMPLED = {"n": 1, "seed": 0, "size": None}
ON = {"unfinished": False, "device": "auto", "run": None}
SIGNATURES = {
    "vary": {"photo": NEEDED, **MAKING, **SIZED, "structure": "auto", "all_scales": False, **LENT, **SHARED},
    "retarget": {"photo": NEEDED, **MAKING, **SIZED, **SHAPED, **LENT, **SHARED},
    "paint": {"photo": NEEDED, "sketch": NEEDED, **MAKING, "structure": "auto", "colours": 5, "size": None, **SHARED},
    "harmonize": {"photo": NEEDED, "pasted": NEEDED, **MAKING, **BLENDED, "structure": "auto", **SHARED},
    "edit": {
        "photo": NEEDED,
        "edited": NEEDED,
        **MAKING,
        **BLENDED,
        "structure": "auto",
        "code": None,
        **SHARED,
        **MASKED,
    },
    "erase": {"photo": NEEDED, "mask": None, "grow": None, **FILLED, **UNLEARNED, "model": None, **MASKED, **LEVEL},
    "expand": {"photo": NEEDED, **MARGINS, **FILLED, **UNLEARNED, "keep_frame": False, "model": None},
    "texture": {"photo": NEEDED, **MAKING, **SIZED, **LENT, "guide": None, **UNLEARNED},
    "stylize": {
        "photo": NEEDED,
        "style": NEEDED,
        **MAKING,
        "structure": "auto",
        "colours": 1.0,
        "to_style": None,
        "blend": None,
        "vector": None,
        "mask": None,
        "code": None,
        **UNLEARNED,
        "model": None,
        **MASKED,
    },
    "mix": {
        "photo": NEEDED,
        "other": NEEDED,
        **MAKING,
        **MIXED,
        "code": None,
        **UNLEARNED,
        "model": None,
        **MASKED,
        **LEVEL,
    },
    "upscale": {"photo": NEEDED, "factor": 4.0, "n": 1, **LEARNED, "engine": "span", **SHARED},
    "animate": {"photo": NEEDED, **LEARNED, **FILM, "structure": "auto", **SHARED},
    "analogy": {
        "photo": NEEDED,
        "target": NEEDED,
        **MAKING,
        "before": None,
        "guide": "auto",
        "colours": "auto",
        **{name: SHARED[name] for name in ("max_side", "settings", "device", "run")},
    },
    "relayout": {"photo": NEEDED, "labels": NEEDED, "target": NEEDED, **MAKING, **SHARED},
    "remix": {
        "photo": NEEDED,
        **MAKING,
        "level": 0.6,
        "all_levels": False,
        "mask": None,
        "like": None,
        "label": None,
        "also": (),
        **UNLEARNED,
        "model": None,
    },
    "restyle": {
        "photo": NEEDED,
        "labels": None,
        **SAMPLED,
        "classes": None,
        "look": None,
        "target": None,
        "at": None,
        "model": None,
        **ON,
        "inputs": NEEDED,
    },
    "scene": {
        "model": NEEDED,
        "n": 1,
        "seed": 0,
        "object": None,
        "turn": 0.0,
        "move": None,
        "grow": 1.0,
        "remove": None,
        "look": None,
        "azimuth": None,
        "polar": None,
        "poses": None,
        "layers": False,
        **ON,
    },
    "turntable": {
        "model": NEEDED,
        "seed": 0,
        "object": None,
        "remove": None,
        "polar": None,
        "frames": 36,
        "fps": 12.0,
        "back": False,
        **ON,
    },
    "repose": {
        "identity": NEEDED,
        "pose": None,
        "n": 1,
        "seed": 0,
        "model": None,
        "to_identity": None,
        "to_pose": None,
        "score": False,
        "film": None,
        "frames": 24,
        "fps": 12.0,
        **ON,
    },
    "segment": {
        "photo": NEEDED,
        "classes": None,
        "shared": None,
        "seed": 0,
        "engine": "superpixels",
        "preset": "fast",
        **UNLEARNED,
    },
    "edges": {"photo": NEEDED, "thickness": None, "engine": "canny", "preset": "fast", **UNLEARNED},
    "train": {
        "engine": NEEDED,
        "photo": NEEDED,
        "preset": None,
        "seed": 0,
        "purpose": "",
        "factor": 4.0,
        "labels": None,
        "out": None,
        "start": None,
        "freeze_d": 0,
        **UNLEARNED,
    },
    "show": {"path": NEEDED},
    "sample": {
        "model": NEEDED,
        **SAMPLED,
        "guide": None,
        "strength": 0.0,
        "truncation": 1.0,
        "mix": None,
        "mix_from": None,
        "label": 0,
        **ON,
        "inputs": NEEDED,
    },
    "embed": {
        "photo": NEEDED,
        "n": 1,
        "seed": 0,
        "model": None,
        "method": "fast",
        "space": None,
        "steps": None,
        "noise_steps": None,
        "start": None,
        "preview": False,
        "tune": None,
        "face": None,
        "label": 0,
        "stages": False,
        **ON,
    },
    "morph": {
        "first": NEEDED,
        "second": NEEDED,
        "further": NEEDED,  # of any number: *further
        "model": None,
        "frames": 24,
        "fps": 12.0,
        "back": True,
        "device": "auto",
        "run": None,
    },
    "crossover": {
        "structure_code": NEEDED,
        "style_code": NEEDED,
        "model": None,
        "from_layer": None,
        "mask": None,
        "source": None,
        "share": None,
        "device": "auto",
        "run": None,
    },
    "transfer": {
        "code": NEEDED,
        "before": NEEDED,
        "after": NEEDED,
        "model": None,
        "strength": 1.0,
        "threshold": 0.0,
        "device": "auto",
        "run": None,
    },
    "adjust": {
        "code": NEEDED,
        "model": None,
        "component": None,
        "direction": None,
        "strength": 1.0,
        "from_layer": None,
        "to_layer": None,
        "device": "auto",
        "run": None,
    },
    "draw": {
        "layout": NEEDED,
        "look": None,
        "n": 1,
        "seed": 0,
        "model": None,
        "photos": None,
        "size": None,
        "settings": None,
        **ON,
        "inputs": NEEDED,
    },
    "interpolate": {
        "model": NEEDED,
        "seed": 0,
        "to_seed": 1,
        "layout": None,
        "along": "latent",
        "frames": 24,
        "fps": 12.0,
        "back": True,
        "truncation": 1.0,
        "label": 0,
        "task": None,
        **ON,
        "inputs": NEEDED,
    },
    "translate": {
        "picture": NEEDED,
        "n": 1,
        "seed": 0,
        "task": None,
        "style": None,
        "model": None,
        "size": None,
        **ON,
        "inputs": NEEDED,
    },
    "teach": {
        "model": NEEDED,
        "photos": NEEDED,
        "locked": False,
        "name": None,
        "seed": 0,
        "out": None,
        "settings": None,
        "device": "auto",
        "run": None,
    },
    "panorama": {"model": NEEDED, **SAMPLED, "turn": 0.0, **ON},
}
POSITIONAL = {
    "paint": ["photo", "sketch", "n", "seed"],
    "harmonize": ["photo", "pasted", "n", "seed"],
    "edit": ["photo", "edited", "n", "seed"],
    "stylize": ["photo", "style", "n", "seed"],
    "mix": ["photo", "other", "n", "seed"],
    "upscale": ["photo", "factor", "n", "seed"],
    "animate": ["photo", "seed"],
    "analogy": ["photo", "target", "n", "seed"],
    "relayout": ["photo", "labels", "target", "n", "seed"],
    "remix": ["photo", "n", "seed"],
    "restyle": ["photo", "labels", "n", "seed"],
    "repose": ["identity", "pose", "n", "seed"],
    "segment": ["photo"],
    "edges": ["photo"],
    "train": ["engine", "photo"],
    "teach": ["model", "photos"],
    "translate": ["picture", "n", "seed"],
    "show": ["path"],
    "sample": ["model", "n", "seed"],
    "embed": ["photo", "n", "seed"],
    "morph": ["first", "second"],
    "crossover": ["structure_code", "style_code"],
    "transfer": ["code", "before", "after"],
    "adjust": ["code"],
    "interpolate": ["model", "seed"],
    "panorama": ["model", "n", "seed"],
    "scene": ["model", "n", "seed"],
    "turntable": ["model", "seed"],
    "draw": ["layout", "n", "seed"],
}


def test_public_names():
    assert set(calotype.__all__) == {"__version__", *NAMES}


@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_public_name_can_be_had_and_is_documented(name):
    assert inspect.getdoc(getattr(calotype, name))
    assert name in dir(calotype)


def test_unknown_name():
    with pytest.raises(AttributeError, match="varry"):
        calotype.varry  # noqa: B018


def defaults(parameters):
    """The arguments of a verb and their defaults, shared options included."""
    for name, parameter in parameters.items():
        if get_origin(parameter.annotation) is Unpack:
            (options,) = get_args(parameter.annotation)
            yield from ((option, DEFAULTS[option]) for option in options.__annotations__)
        else:
            yield name, parameter.default


@pytest.mark.parametrize("verb", sorted(SIGNATURES))
def test_signature(verb):
    parameters = inspect.signature(getattr(calotype, verb)).parameters
    assert dict(defaults(parameters)) == SIGNATURES[verb]
    positional = [name for name, p in parameters.items() if p.kind is p.POSITIONAL_OR_KEYWORD]
    assert positional == POSITIONAL.get(verb, ["photo", "n", "seed"])


def test_importing_calotype_is_light():
    code = "import sys, calotype, calotype.tasks.vary, calotype.cli.app; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
