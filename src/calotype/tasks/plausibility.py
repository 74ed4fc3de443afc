"""Whether the inputs of a verb look exchanged or inverted. Each function returns a line for the user, or ``None``.

A line says what it looks like; the work goes on. The measures are of pictures shrunk to 256 pixels; their limits were
chosen so that no input of the papers' own examples is doubted. Of those exchanged, all are but paintings as photos.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from calotype.errors import listed
from calotype.results import Latent
from calotype.tasks.model_store import is_finished, weights_sha256
from calotype.types import Photo, Poses

_SIDE = 256  # pixels
_MOSTLY, _BORDER = 0.5, 0.9  # share of a photo, and of its border, that an inverted mask selects
_NEARLY_ALL = 0.8
# Flat colours: share of the pixels that have one of the most frequent colours, in steps of 8 levels of 255, in a sketch
# or label map, and in a photo. Published label maps have 0.92 and more; of 40 photos one has 0.74, others up to 0.49.
_FLAT, _PHOTO, _COLOURS, _LEVELS = 0.8, 0.6, 10, 8
# A pasted object: how much stronger the edges along it are, and by how many levels of 255.
_STRONGER, _BY = 1.5, 8.0
_OUTSIDE = 2.0  # how much stronger the change outside of a mask is than inside, if it is inverted
# A texture: share of the contrast that is between the parts of a picture; and how much higher that of a scene is.
_TEXTURE, _SCENE = 0.28, 0.25
_PARTS = 6
_DARK, _MIDDLE = 40, 0.5  # levels of 255 up to black and white, and the share of others in a photo
_GREY = 2  # levels of 255 by which the channels of a grey photo may differ


def inverted_hole(selected: NDArray[np.bool_], photo: str) -> str | None:
    """A mask [H, W] of what to erase that selects all but an object."""
    share, border = float(selected.mean()), float(_border(selected).mean())
    if share > _NEARLY_ALL or (share > _MOSTLY and border > _BORDER):
        return (
            f"the mask selects {share:.0%} of '{photo}', and what is white is erased: it looks inverted, white should "
            "be the object"
        )
    return None


def grown_over(selected: NDArray[np.bool_], hole: NDArray[np.bool_], photo: str) -> str | None:
    """A mask [H, W] that selects nearly everything only when it has grown to a hole."""
    before, share = float(selected.mean()), float(hole.mean())
    if share <= _NEARLY_ALL or before > _NEARLY_ALL:
        return None
    return (
        f"with its margin the mask selects {share:.0%} of '{photo}', without it {before:.0%}: give a smaller --grow "
        "(grow=)"
    )


def photo_as_mask(mask: Photo) -> str | None:
    """A photo that was given as a mask: most of it is neither black nor white."""
    brightness = _small(mask) @ np.array([0.299, 0.587, 0.114])
    share = float(((brightness > _DARK) & (brightness < 255 - _DARK)).mean())
    if share > _MIDDLE:
        return (
            f"the mask '{mask.name}' looks like a photo: {share:.0%} of it is neither black nor white, and what is "
            "brighter than middle grey is selected"
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
    if _in_flat_colours(photo) > _FLAT and _in_flat_colours(sketch) < _PHOTO:
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
    if _in_flat_colours(target) > _FLAT and _in_flat_colours(photo) < _PHOTO:
        return (
            f"'{target.name}' looks like a label map, and nothing says what its colours are in '{photo.name}': give "
            "the map of that photo, --before MAP (before=)"
        )
    return None


def grey_photo(photo: Photo, channels: int) -> str | None:
    """A grey photo for a model of ``channels`` colours that draws in colour, or the other way round."""
    colours = photo.rgb.astype(np.int16)
    grey = bool((np.abs(colours - colours[..., :1]) <= _GREY).all())
    if grey and channels == 3:
        return f"'{photo.name}' is grey and the model draws in colour: what it draws may have colours"
    if not grey and channels == 1:
        return f"the model draws in grey: the colours of '{photo.name}' are left out where it draws"
    return None


def laid_on_grey(photos: Sequence[Photo]) -> str | None:
    """Photos with transparency for a model, which sees none."""
    names = list(dict.fromkeys(f"'{photo.name}'" for photo in photos if photo.alpha is not None))
    if not names:
        return None
    if len(names) == 1:
        return f"{names[0]} is placed on grey where it is transparent"
    return f"{listed(names)} are placed on grey where they are transparent"


def code_of_another_model(code: Latent, folder: Path) -> str | None:
    """A latent code that was found in another model than the one in ``folder``, which draws it.

    The weights decide, so that a copy of a model is the same model; in codes of earlier versions the name does.
    """
    kind = "tuned" if code.settings.get("tuned") else "model"
    found_in, known, name = code.settings.get(kind), code.settings.get(f"{kind}_sha256"), folder.resolve().name
    if isinstance(known, str):
        other = known != weights_sha256(folder)
    else:
        other = isinstance(found_in, str) and found_in != name
    if not other:
        return None
    before = " with other weights" if found_in == name else ""
    return f"'{code.name}' is a latent code of the model {found_in}{before}: {name} makes another picture of it"


def scene_of_another_model(poses: Poses, folder: Path) -> str | None:
    """A scene file of another model than the one in ``folder``, which draws it; see ``code_of_another_model``."""
    name = folder.resolve().name
    known = poses.model_sha256 if is_finished(folder) else ""
    other = known != weights_sha256(folder) if known else poses.model not in ("", name)
    if not other:
        return None
    before = " with other weights" if poses.model == name else ""
    return f"'{poses.name}' is a scene of the model {poses.model or '?'}{before}: {name} has other objects at its poses"


def code_of_another_photo(code: Latent, photo: Photo) -> str | None:
    """A latent code that was found for another photo than the one it is used for."""
    pictures = code.settings.get("pictures")
    found = pictures.get("photo") if isinstance(pictures, dict) else None
    if isinstance(found, dict) and found.get("sha256") not in (None, photo.sha256):
        return f"'{code.name}' is the latent code of '{found.get('name')}', not of '{photo.name}'"
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


def _in_flat_colours(photo: Photo) -> float:
    """The share of the pixels that have one of the most frequent colours."""
    image = Image.fromarray(photo.rgb)
    image.thumbnail((_SIDE, _SIDE), Image.Resampling.NEAREST)
    codes = (np.asarray(image).astype(np.int64) // _LEVELS) @ np.array([1024, 32, 1])
    counts = np.sort(np.unique(codes, return_counts=True)[1])
    return float(counts[-_COLOURS:].sum() / codes.size)


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
