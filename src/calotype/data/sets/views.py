"""3D objects rendered from all around, with camera, mask and depth of every view."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from calotype.data.packages import Fetched
from calotype.data.sets import About
from calotype.data.sets.bullet import NEEDS, renderer
from calotype.data.writing import Made
from calotype.errors import InputError

_SOLIDS = 1000
_VIEWS = 12  # per object
_FINER = 2  # supersampling factor, since the renderer does not antialias edges
_FIELD = 40.0  # field of view, degrees
_NEAR, _FAR = 0.1, 10.0
_DISTANCE = 2.6  # camera distance, in units of the object's size
_COLOURS = (
    (0.85, 0.2, 0.2, 1.0),
    (0.2, 0.5, 0.85, 1.0),
    (0.25, 0.68, 0.3, 1.0),
    (0.95, 0.75, 0.15, 1.0),
    (0.6, 0.3, 0.7, 1.0),
    (0.95, 0.5, 0.15, 1.0),
    (0.3, 0.7, 0.72, 1.0),
    (0.75, 0.72, 0.68, 1.0),
)

ABOUT = About(
    name="views",
    summary="1000 solids, 12 views of each: camera, outline, depth",
    packages=(),
    size=128,
    sizes=(32, 256),
    count=6000,
    most=_SOLIDS * _VIEWS,
    names={
        "map_classes": ("background", "solid"),
        "labels": ("red", "blue", "green", "yellow", "violet", "orange", "teal", "grey"),
    },
    needs=NEEDS,
    licences="zlib (Bullet)",
    identity="solid",
)


def compose(packages: Sequence[Fetched], size: int, count: int, seed: int) -> Iterator[Made]:
    """Yield the views of one object after another, in a random order of the objects; ``other`` is the depth map.

    The annotations are the object (``solid``) and the camera, which points at the centre of the object: ``azimuth`` and
    ``elevation`` in degrees, ``distance``, and ``field`` of view in degrees. Depth values 0..255 are linear from
    ``distance`` + 0.9 to ``distance`` - 0.9 (near is bright); 0 is also the background.
    """
    with renderer() as bullet:
        order = np.random.default_rng(seed).permutation(_SOLIDS)
        done = 0
        for solid in order:
            rng = np.random.default_rng((seed, int(solid)))
            colour = int(rng.integers(len(_COLOURS)))
            body = _placed(bullet, int(solid), colour)
            for _ in range(_VIEWS):
                if done == count:
                    return
                azimuth, elevation = float(rng.uniform(0, 360)), float(rng.uniform(-10, 70))
                yield _view(bullet, size, azimuth, elevation, int(solid), colour)
                done += 1
            bullet.removeBody(body)


def _placed(bullet: Any, solid: int, colour: int) -> int:
    """Load the object, scaled to size 1 and centred at the origin; return its id."""
    spec = find_spec("pybullet_data")
    folder = Path((spec.submodule_search_locations or [""])[0] if spec else "")
    path = folder / "random_urdfs" / f"{solid:03d}" / f"{solid:03d}.obj"
    corners = _corners(path)
    middle, reach = (corners.min(0) + corners.max(0)) / 2, float((corners.max(0) - corners.min(0)).max())
    shape = bullet.createVisualShape(
        bullet.GEOM_MESH,
        fileName=str(path),
        meshScale=[1 / reach] * 3,
        rgbaColor=_COLOURS[colour],
        specularColor=[0.3] * 3,
        visualFramePosition=(-middle / reach).tolist(),
    )
    return int(bullet.createMultiBody(0, -1, shape))


def _corners(path: Path) -> np.ndarray[Any, np.dtype[np.float64]]:
    try:
        lines = path.read_text().splitlines()
    except OSError:
        raise InputError(
            "pybullet is installed without its 3D models: pip install --force-reinstall pybullet"
        ) from None
    return np.array([[float(x) for x in line.split()[1:4]] for line in lines if line.startswith("v ")])


def _view(bullet: Any, size: int, azimuth: float, elevation: float, solid: int, colour: int) -> Made:
    side = size * _FINER
    a, e = math.radians(azimuth), math.radians(elevation)
    eye = [_DISTANCE * math.cos(e) * math.cos(a), _DISTANCE * math.cos(e) * math.sin(a), _DISTANCE * math.sin(e)]
    _, _, rgba, depth, found = bullet.getCameraImage(
        side,
        side,
        bullet.computeViewMatrix(eye, [0, 0, 0], [0, 0, 1]),
        bullet.computeProjectionMatrixFOV(_FIELD, 1.0, _NEAR, _FAR),
        lightDirection=[1.5, 1.0, 3.0],  # in world coordinates, so that the lighting does not depend on the camera
        shadow=1,
        lightAmbientCoeff=0.55,
        lightDiffuseCoeff=0.5,
        renderer=bullet.ER_TINY_RENDERER,
    )
    rgb = np.asarray(rgba, np.uint8).reshape(side, side, 4)[..., :3]
    inside = np.asarray(found).reshape(side, side) >= 0
    rgb = np.where(inside[..., None], rgb, np.uint8(255))
    away = _FAR * _NEAR / (_FAR - (_FAR - _NEAR) * np.asarray(depth, np.float64).reshape(side, side))
    near = np.where(inside, np.clip((_DISTANCE + 0.9 - away) / 1.8, 0, 1) * 254 + 1, 0)
    shrunk = (size, size)
    image = Image.fromarray(rgb).resize(shrunk, Image.Resampling.BOX)
    depths = Image.fromarray(near[::_FINER, ::_FINER].astype(np.uint8)).convert("RGB")
    return Made(
        image=image,
        map=inside[::_FINER, ::_FINER].astype(np.uint8),
        other=depths,
        label=colour,
        info={
            "solid": solid,
            "azimuth": round(azimuth, 4),
            "elevation": round(elevation, 4),
            "distance": _DISTANCE,
            "field": _FIELD,
        },
    )
