"""Settings of GIRAFFE models, as the published code has them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

Triple = tuple[float, float, float]
Range = tuple[float, float]


@dataclass(frozen=True)
class Field:
    """A network from places, directions and codes to features and densities.

    Attributes:
        hidden: width of its layers.
        blocks: layers before the density.
        skips: numbers of layers after which codes and places come in again.
        frequencies: of the positional encoding of places.
        view_frequencies: of that of directions.
        downscale: what places are divided by before.
        views: whether features depend on directions.
        features: channels of the result.
        sigmoid: whether they are bounded.
    """

    hidden: int = 128
    blocks: int = 8
    skips: tuple[int, ...] = (4,)
    frequencies: int = 10
    view_frequencies: int = 4
    downscale: float = 2.0
    views: bool = True
    features: int = 128
    sigmoid: bool = False


@dataclass(frozen=True)
class Renderer:
    """The 2D network that enlarges features to a picture.

    Attributes:
        width: channels of its first layer.
        inputs: channels of the features.
        least: channels of its last layers.
        skip: whether every size adds colours.
        smooth_features, smooth_colours: whether they are enlarged bilinearly and blurred, not by repeating pixels.
        norm: whether layers have instance normalisation.
        sigmoid: whether colours are bounded to 0..1.
    """

    width: int = 128
    inputs: int = 128
    least: int = 32
    skip: bool = True
    smooth_features: bool = False
    smooth_colours: bool = True
    norm: bool = False
    sigmoid: bool = True


@dataclass(frozen=True)
class Giraffe:
    """A model. The world has z upwards; shares are of a full turn, or of the sphere from above.

    Attributes:
        size: side of the pictures, pixels.
        latent, background_latent: lengths of the codes.
        objects: how many there are.
        scale_from, scale_to: least and greatest half sizes.
        place_from, place_to: least and greatest places.
        turn: shares, from and to.
        same_scale: whether one random number makes all three half sizes.
        plane: height of all objects; ``None`` for a random one.
        existence: whether scenes have from two objects up to all of them.
        azimuth, polar, radius: of the camera, shares and a distance, from and to.
        depth: nearest and farthest samples.
        samples: on each ray.
        side: of the picture of features, pixels.
        fov: field of view, degrees.
        background_turn: shares, from and to.
        largest: whether the densest object has a sample alone, not the mean by density.
        decoder: of objects.
        background: of the surroundings.
        renderer: the 2D network.
    """

    size: int = 64
    latent: int = 256
    background_latent: int = 128
    objects: int = 1
    scale_from: Triple = (0.5, 0.5, 0.5)
    scale_to: Triple = (0.5, 0.5, 0.5)
    place_from: Triple = (-0.75, -0.75, 0.0)
    place_to: Triple = (0.75, 0.75, 0.0)
    turn: Range = (0.0, 1.0)
    same_scale: bool = True
    plane: float | None = None
    existence: bool = False
    azimuth: Range = (0.0, 0.0)
    polar: Range = (0.25, 0.25)
    radius: Range = (2.732, 2.732)
    depth: Range = (0.5, 6.0)
    samples: int = 64
    side: int = 16
    fov: float = 49.13
    background_turn: Range = (0.0, 0.0)
    largest: bool = False
    decoder: Field = field(default_factory=Field)
    background: Field = field(default_factory=lambda: Field(hidden=64, blocks=4, skips=(), downscale=12.0))
    renderer: Renderer = field(default_factory=Renderer)

    @property
    def picture(self) -> int:
        """Side of what the 2D network makes, pixels: ``size`` where the picture of features has 16."""
        return self.side * (self.size // 16)

    @property
    def text(self) -> str:
        """As JSON, for a field of ``Config``."""
        return json.dumps(asdict(self), sort_keys=True)


def parsed(text: str) -> Giraffe:
    """Settings from JSON.

    Raises:
        ValueError: it is something else.
    """
    try:
        given = {name: _plain(value) for name, value in json.loads(text).items()}
        parts = {"decoder": Field, "background": Field, "renderer": Renderer}
        for name, kind in parts.items():
            given[name] = kind(**{key: _plain(value) for key, value in given[name].items()})
        found = Giraffe(**given)
    except (TypeError, AttributeError, KeyError) as error:
        raise ValueError(f"giraffe is no configuration of an imported model: {error}") from None
    _check(found)
    return found


def from_published(given: Mapping[str, Any]) -> Giraffe:
    """Settings from the published configuration; what it leaves out is as in the published code.

    Raises:
        ValueError: it has what is not known here; the message names it.
    """
    model, data = given.get("model") or {}, given.get("data") or {}
    boxes, camera = model.get("bounding_box_generator_kwargs") or {}, model.get("generator_kwargs") or {}
    _known(boxes, {**_BOXES, **dict.fromkeys(_NOT_USED)}, "bounding_box_generator_kwargs")
    _known(camera, {**_CAMERA, "use_max_composition": 0}, "generator_kwargs")
    around = {"hidden_size": 64, "n_blocks": 4, "downscale_p_by": 12, "skips": []}
    around |= model.get("background_generator_kwargs") or {}
    found: dict[str, Any] = {ours: _plain(boxes[theirs]) for theirs, ours in _BOXES.items() if theirs in boxes}
    found |= {ours: _plain(camera[theirs]) for theirs, ours in _CAMERA.items() if theirs in camera}
    if not boxes.get("object_on_plane"):
        found["plane"] = None
    elif "plane" not in found:
        found["plane"] = 0.0
    made = Giraffe(
        size=int(data.get("img_size", 64)),
        latent=int(model.get("z_dim", 256)),
        background_latent=int(model.get("z_dim_bg", 128)),
        largest=bool(camera.get("use_max_composition", False)),
        decoder=_field(model.get("decoder_kwargs") or {}, "decoder_kwargs"),
        background=_field(around, "background_generator_kwargs"),
        renderer=_renderer(model.get("neural_renderer_kwargs") or {}),
        **found,
    )
    _check(made)
    return made


_BOXES = {
    "n_boxes": "objects",
    "scale_range_min": "scale_from",
    "scale_range_max": "scale_to",
    "translation_range_min": "place_from",
    "translation_range_max": "place_to",
    "rotation_range": "turn",
    "fix_scale_ratio": "same_scale",
    "z_level_plane": "plane",
}
_NOT_USED = ("object_on_plane", "check_collison", "collision_padding", "prior_npz_file")
_CAMERA = {
    "range_u": "azimuth",
    "range_v": "polar",
    "range_radius": "radius",
    "depth_range": "depth",
    "n_ray_samples": "samples",
    "resolution_vol": "side",
    "fov": "fov",
    "backround_rotation_range": "background_turn",
    "sample_object_existance": "existence",
}
_FIELD = {
    "hidden_size": "hidden",
    "n_blocks": "blocks",
    "skips": "skips",
    "n_freq_posenc": "frequencies",
    "n_freq_posenc_views": "view_frequencies",
    "downscale_p_by": "downscale",
    "use_viewdirs": "views",
    "rgb_out_dim": "features",
    "final_sigmoid_activation": "sigmoid",
}
_RENDERER = {
    "n_feat": "width",
    "input_dim": "inputs",
    "min_feat": "least",
    "use_rgb_skip": "skip",
    "use_norm": "norm",
    "final_actvn": "sigmoid",
}
_ENLARGED = {"nn": False, "bilinear": True}


def _field(given: Mapping[str, Any], where: str) -> Field:
    fixed = {"positional_encoding": "normal", "n_blocks_view": 1}
    _known(given, {**_FIELD, **fixed}, where)
    for name, only in fixed.items():
        if given.get(name, only) != only:
            raise ValueError(f"{where} has {name}: {given[name]}, and only {only} is read")
    return Field(**{ours: _plain(given[theirs]) for theirs, ours in _FIELD.items() if theirs in given})


def _renderer(given: Mapping[str, Any]) -> Renderer:
    ways = {"upsample_feat": "smooth_features", "upsample_rgb": "smooth_colours"}
    _known(given, {**_RENDERER, **ways}, "neural_renderer_kwargs")
    found = {ours: given[theirs] for theirs, ours in _RENDERER.items() if theirs in given}
    return Renderer(**found, **{ours: _ENLARGED[given[theirs]] for theirs, ours in ways.items() if theirs in given})


def _known(given: Mapping[str, Any], known: Mapping[str, Any], where: str) -> None:
    strange = sorted(set(given) - set(known))
    if strange:
        raise ValueError(f"{where} has {strange[0]}, which is not known")


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _check(made: Giraffe) -> None:
    if made.size < 32 or made.size & (made.size - 1):
        raise ValueError(f"pictures of {made.size} pixels: a power of two from 32 is read")
    if made.objects < 1 or made.samples < 2 or made.side < 2:
        raise ValueError("objects, samples and side have to be at least 1, 2 and 2")
    for name in ("scale_from", "scale_to", "place_from", "place_to"):
        if len(getattr(made, name)) != 3:
            raise ValueError(f"{name} has to be three numbers")
    for name in ("turn", "azimuth", "polar", "radius", "depth", "background_turn"):
        if len(getattr(made, name)) != 2:
            raise ValueError(f"{name} has to be two numbers")
