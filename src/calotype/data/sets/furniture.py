"""Furniture of Sweet Home 3D: the models of its catalogue as triangle meshes, one for each material."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from calotype.data.packages import Fetched, Package
from calotype.errors import InputError

PACKAGE = Package(
    "apt",
    "sweethome3d-furniture",
    "1.8-1",
    "3ccb90c63f9525e887a767b9cd5c8b6933b8b6b2973a615a5359ee68a2118668",
    120,
    "CC0 (models of Blend Swap, from Sweet Home 3D)",
)
_LIBRARY = "usr/share/sweethome3d/furniture/BlendSwap-CC-0.sh3f"
_CATALOGUE = "PluginFurnitureCatalog.properties"
_CENTIMETRES = 200.0  # of one unit of the world
_CLEAR = 0.3  # materials of a lower opacity are left out, as glass
_GREY = (0.64, 0.64, 0.64)
_TEXTURE = 256  # largest side of a texture

# The models of each class, by the folder that they have in the catalogue.
KINDS: Mapping[str, tuple[str, ...]] = {
    "chair": (
        *("plasticChair", "sillaBlanca", "chair", "antiqueChair", "chair2", "designChair", "thonet"),
        *("chairWithCushion", "osakaChair"),
    ),
    "armchair": ("armchair", "armchair2", "modernArmchair", "winchesterArmchair"),
    "sofa": ("couch", "couch2", "sofa", "sofa2", "winchesterSofa"),
    "bed": ("bed1", "bed2", "bed3", "bedWithTexture"),
    "table": ("table", "oakTable", "tableWithTablecloth", "desk", "lbDesk"),
    "stool": ("stool", "stool2", "silla2"),
    "cabinet": ("cupboard", "drawersCabinet", "lowerCabinet", "islandExtension", "bedsideTable2", "televisionCabinet"),
    "shelf": ("bookcase", "shelves", "verticalShelves"),
    "wardrobe": ("wardrobeWithSlidingDoors", "highCabinet"),
    "fridge": ("largeFridge", "refrigerator"),
    "plant": ("plant", "augalas", "plantie"),
    "piano": ("pianoAQueue",),
    "barrel": ("barrel",),
    "crate": ("crate", "ammoBox", "box"),
}


@dataclass(frozen=True)
class Part:
    """The triangles of a model that have one material.

    Attributes:
        obj: an OBJ file without materials.
        colour: red, green, blue, 0..1.
        texture: a picture that the colour is multiplied with, if there is one.
    """

    obj: str
    colour: tuple[float, float, float]
    texture: Image.Image | None


@dataclass(frozen=True)
class Model:
    """A piece of furniture, at the origin: y points down, its underside is at 0.

    Attributes:
        name: its folder in the catalogue.
        title: its name there.
        creator: who made it.
        half: half of its width, height and depth, in units of the world.
        parts: its triangles.
    """

    name: str
    title: str
    creator: str
    half: tuple[float, float, float]
    parts: tuple[Part, ...]


class Furniture:
    """The models of the package, read when they are asked for.

    Raises:
        InputError: the package has none.
    """

    def __init__(self, package: Fetched) -> None:
        content = next((data for _, data in package.files(lambda name: name == _LIBRARY)), None)
        if content is None:
            raise InputError(f"there is no furniture in {package.package}: delete it and fetch it again")
        try:
            self._library = zipfile.ZipFile(io.BytesIO(content))
            self._entries = dict(_entries(self._library.read(_CATALOGUE).decode("latin-1")))
            self._names = set(self._library.namelist())
        except (zipfile.BadZipFile, KeyError) as error:
            raise InputError(f"the furniture in {package.package} is damaged: delete it and fetch it again") from error
        self.kinds = {kind: [name for name in names if name in self._entries] for kind, names in KINDS.items()}
        if not all(self.kinds.values()):
            missing = next(kind for kind, names in self.kinds.items() if not names)
            raise InputError(f"{package.package} has no model of a {missing}: delete it and fetch it again")
        self._models: dict[str, Model] = {}

    def model(self, name: str) -> Model:
        """The model of that name."""
        if name not in self._models:
            self._models[name] = self._read(name, self._entries[name])
        return self._models[name]

    def _read(self, name: str, entry: Mapping[str, str]) -> Model:
        path = PurePosixPath(entry["model"].lstrip("/"))
        mesh = _mesh(self._library.read(str(path)).decode("latin-1"))
        points, half = _standing(mesh.points, entry)
        materials = self._materials(path.parent, mesh.library)
        parts = []
        for material, corners in mesh.faces.items():
            known = materials.get(material, {})
            if float(known.get("d", "1").split()[0]) >= _CLEAR:
                colour, texture = _colour(known.get("Kd")), self._texture(path.parent, known.get("map_Kd"))
                parts.append(Part(_obj(points, mesh.textures, corners), colour, texture))
        return Model(name, entry["name"], entry.get("creator", ""), half, tuple(parts))

    def _materials(self, folder: PurePosixPath, library: str) -> dict[str, dict[str, str]]:
        """The properties of each material."""
        found: dict[str, dict[str, str]] = {}
        at = str(folder / library)
        for line in self._library.read(at).decode("latin-1").splitlines() if at in self._names else ():
            word, _, rest = line.strip().partition(" ")
            if word == "newmtl":
                found[rest.strip()] = {}
            elif found and rest.strip():
                found[next(reversed(found))][word] = rest.strip()
        return found

    def _texture(self, folder: PurePosixPath, given: str | None) -> Image.Image | None:
        """A texture that lies beside its model, at most ``_TEXTURE`` pixels large."""
        at = str(folder / re.split(r"[\\/]", given)[-1]) if given else ""
        if at not in self._names:
            return None
        with Image.open(io.BytesIO(self._library.read(at))) as picture:
            texture = picture.convert("RGB")
        texture.thumbnail((_TEXTURE, _TEXTURE))
        return texture


def _entries(catalogue: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The entries of a catalogue by the folders of their models; the first of several in one folder."""
    entries: dict[str, dict[str, str]] = {}
    for key, number, value in re.findall(r"^(\w+)#(\d+)=(.*)$", catalogue, re.MULTILINE):
        entries.setdefault(number, {})[key] = value.strip()
    seen = set()
    for entry in entries.values():
        folder = PurePosixPath(entry.get("model", "")).parent.name
        if folder not in seen and {"name", "width", "depth", "height"} <= set(entry):
            seen.add(folder)
            yield folder, entry


# ---------------------------------------------------------------------------------------------------------------
# OBJ files


@dataclass
class _Mesh:
    """Points [N, 3], texture coordinates [M, 2], and triangles by material: pairs of indices of corners, -1: none."""

    points: NDArray[np.float64]
    textures: NDArray[np.float64]
    faces: dict[str, list[tuple[int, int]]]
    library: str


def _mesh(text: str) -> _Mesh:
    points: list[list[float]] = []
    textures: list[list[float]] = []
    faces: dict[str, list[tuple[int, int]]] = {}
    material, library = "", ""
    for line in text.splitlines():
        word, _, rest = line.partition(" ")
        if word == "v":
            points.append([float(x) for x in rest.split()[:3]])
        elif word == "vt":
            textures.append([float(x) for x in rest.split()[:2]])
        elif word == "usemtl":
            material = rest.strip()
        elif word == "mtllib":
            library = rest.strip()
        elif word == "f":
            corners = [_corner(each, len(points), len(textures)) for each in rest.split()]
            for second, third in pairwise(corners[1:]):
                faces.setdefault(material, []).extend((corners[0], second, third))
    return _Mesh(np.array(points), np.array(textures).reshape(-1, 2), faces, library)


def _corner(text: str, points: int, textures: int) -> tuple[int, int]:
    """Indices from 0 of a corner like ``3/1/2``; negative numbers count from the end."""
    numbers = [int(x) if x else 0 for x in text.split("/")[:2]] + [0]
    point, texture = numbers[0], numbers[1]
    return point - 1 if point > 0 else points + point, texture - 1 if texture >= 0 else textures + texture


def _standing(points: NDArray[np.float64], entry: Mapping[str, str]) -> tuple[NDArray[Any], tuple[float, float, float]]:
    """Points of the size that the catalogue tells, y down, in the middle of the floor; and the half sizes."""
    if "modelRotation" in entry:
        points = points @ np.array([float(x) for x in entry["modelRotation"].split()]).reshape(3, 3).T
    low, high = points.min(0), points.max(0)
    size = np.array([float(entry[key]) for key in ("width", "height", "depth")]) / _CENTIMETRES
    scaled = (points - (low + high) / 2) * size / np.maximum(high - low, 1e-9)
    scaled[:, 1] += size[1] / 2
    width, height, depth = (float(x) / 2 for x in size)
    return scaled * (1, -1, -1), (width, height, depth)


def _obj(points: NDArray[np.float64], textures: NDArray[np.float64], corners: list[tuple[int, int]]) -> str:
    """An OBJ file of some triangles, with a normal for each triangle."""
    used = {corner: number for number, corner in enumerate(dict.fromkeys(corners), 1)}
    lines = ["v {:.5f} {:.5f} {:.5f}".format(*points[point]) for point, _ in used]
    lines += ["vt {:.5f} {:.5f}".format(*(textures[at] if 0 <= at < len(textures) else (0, 0))) for _, at in used]
    triangles = np.array([points[point] for point, _ in corners]).reshape(-1, 3, 3)
    normals = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    lines += ["vn {:.4f} {:.4f} {:.4f}".format(*normal) for normal in normals]
    for number in range(len(triangles)):
        a, b, c = (used[corner] for corner in corners[3 * number : 3 * number + 3])
        n = number + 1
        lines.append(f"f {a}/{a}/{n} {b}/{b}/{n} {c}/{c}/{n}")
    return "\n".join(lines) + "\n"


def _colour(given: str | None) -> tuple[float, float, float]:
    if not given:
        return _GREY
    red, green, blue = (float(x) for x in given.split()[:3])
    return red, green, blue
