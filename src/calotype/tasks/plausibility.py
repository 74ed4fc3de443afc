"""Whether the inputs of a verb look exchanged or inverted. Each function returns a line for the user, or ``None``.

A line says what it looks like; the work goes on. The measures are of pictures shrunk to 256 pixels; their limits were
chosen so that no input of the papers' own examples is doubted and every one of them is if exchanged.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from calotype.types import Photo

_SIDE = 256  # pixels
_MOSTLY, _BORDER = 0.5, 0.9  # share of a photo, and of its border, that an inverted mask selects
_NEARLY_ALL = 0.8
_FLAT = 8  # levels of 255 between neighbours
# A sketch: share of its pixels in flat areas, and by how much that of a photo is lower.
_SKETCH, _LESS_FLAT = 0.7, 0.25
# A pasted object: how much stronger the edges along it are, and by how many levels of 255.
_STRONGER, _BY = 1.5, 8.0
_OUTSIDE = 2.0  # how much stronger the change outside of a mask is than inside, if it is inverted
# A texture: share of the contrast that is between the parts of a picture; and how much higher that of a scene is.
_TEXTURE, _SCENE = 0.28, 0.25
_PARTS = 6


def inverted_hole(selected: NDArray[np.bool_], photo: str) -> str | None:
    """A mask [H, W] of what to erase that selects all but an object."""
    share, border = float(selected.mean()), float(_border(selected).mean())
    if share > _NEARLY_ALL or (share > _MOSTLY and border > _BORDER):
        return (
            f"the mask selects {share:.0%} of '{photo}', and what is white is erased: it looks inverted, white should "
            "be the object"
        )
    return None


def inverted_change(photo: Photo, changed: Photo, mask: NDArray[np.bool_]) -> str | None:
    """A mask of what was changed in a photo, where the two differ outside it."""
    before, after = _small(photo), _small(changed)
    inside = _shrunk_mask(mask, before.shape[:2])
    if before.shape != after.shape or inside.all() or not inside.any():
        return None
    off = np.abs(before - after).mean(axis=2)
    if off[~inside].mean() > _OUTSIDE * off[inside].mean() and off[~inside].mean() > 1:
        return f"'{photo.name}' and '{changed.name}' differ where the mask is black: it looks inverted"
    return None


def exchanged_paste(photo: Photo, pasted: Photo, changed: NDArray[np.bool_]) -> str | None:
    """A photo with a pasted object that was given as the photo without it: its edges follow the changed area."""
    before, after = _small(photo), _small(pasted)
    area = _shrunk_mask(changed, before.shape[:2])
    if before.shape != after.shape or area.all() or not area.any():
        return None
    one, other = _edge_along(before, area), _edge_along(after, area)
    if one > _STRONGER * other and one > other + _BY:
        return (
            f"'{photo.name}' looks like the picture with something pasted, and '{pasted.name}' like the one without: "
            "give the photo first"
        )
    return None


def exchanged_sketch(photo: Photo, sketch: Photo) -> str | None:
    """A sketch in flat colours that was given as the photo."""
    one, other = _flatness(photo), _flatness(sketch)
    if one > _SKETCH and other < one - _LESS_FLAT:
        return f"'{photo.name}' looks like a sketch, and '{sketch.name}' like a photo: give the photo first"
    return None


def exchanged_style(photo: Photo, style: Photo) -> str | None:
    """A texture that was given as the photo, and a scene as its style."""
    one, other = _layout(photo), _layout(style)
    if one < _TEXTURE and other > one + _SCENE:
        return f"'{photo.name}' looks like a texture, and '{style.name}' like a photo: give the photo first"
    return None


def map_without_counterpart(photo: Photo, target: Photo) -> str | None:
    """A label map as the target of an analogy from a photo whose own map is not given."""
    if (
        _flatness(target) > _SKETCH
        and len(_frequent(target)) >= 2
        and _flatness(photo) < _flatness(target) - _LESS_FLAT
    ):
        return (
            f"'{target.name}' looks like a label map, and nothing says what its colours are in '{photo.name}': give "
            "the map of that photo, --before MAP (before=)"
        )
    return None


# ---------------------------------------------------------------------------------------------------------------
# Measures


def _small(photo: Photo) -> NDArray[np.float64]:
    image = Image.fromarray(photo.rgb)
    image.thumbnail((_SIDE, _SIDE), Image.Resampling.BOX)
    return np.asarray(image).astype(np.float64)


def _shrunk_mask(mask: NDArray[np.bool_], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    return np.asarray(Image.fromarray(mask).resize((shape[1], shape[0]), Image.Resampling.NEAREST))


def _border(selected: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.concatenate([selected[0], selected[-1], selected[:, 0], selected[:, -1]])


def _edge_along(picture: NDArray[np.float64], area: NDArray[np.bool_]) -> float:
    """The mean difference between the two sides of the outline of an area."""
    steps = [
        np.abs(np.diff(picture, axis=axis)).mean(axis=2)[np.diff(area.astype(np.int8), axis=axis) != 0]
        for axis in (0, 1)
    ]
    return float(np.concatenate(steps).mean())


def _flatness(photo: Photo) -> float:
    """The share of pixels that hardly differ from their neighbours."""
    picture = _small(photo)
    across = np.abs(np.diff(picture, axis=1)).max(axis=2)[1:]
    down = np.abs(np.diff(picture, axis=0)).max(axis=2)[:, 1:]
    return float(((across <= _FLAT) & (down <= _FLAT)).mean())


def _frequent(photo: Photo) -> list[int]:
    """Colours, eight levels a channel, that more than 2 % of the pixels have."""
    levels = (_small(photo) // 32).astype(np.int64) @ np.array([64, 8, 1])
    found, counts = np.unique(levels, return_counts=True)
    return list(found[counts > 0.02 * levels.size].tolist())


def _layout(photo: Photo) -> float:
    """How much the parts of a picture differ from each other, as a share of its contrast: small for a texture."""
    picture = _small(photo)
    light = picture.mean(axis=2)
    edges = np.abs(np.diff(light, axis=0))[:, 1:] + np.abs(np.diff(light, axis=1))[1:]
    features = np.dstack([picture[1:, 1:], 4 * edges])
    rows, columns = (np.linspace(0, side, _PARTS + 1).astype(int) for side in features.shape[:2])
    parts = [
        features[rows[i] : rows[i + 1], columns[j] : columns[j + 1]].reshape(-1, 4).mean(axis=0)
        for i in range(_PARTS)
        for j in range(_PARTS)
    ]
    return float((np.std(parts, axis=0) / (features.reshape(-1, 4).std(axis=0) + 1e-6)).mean())
