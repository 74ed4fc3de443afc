"""Segmenters of any origin as one thing: pictures to the class of every pixel.

``calotype.nn.espnet.Segmenter`` is one too. One that is learned from a set's own label maps is in
``calotype.inspection.learned``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from calotype.errors import InputError, counted
from calotype.files import read_error, shown
from calotype.image.resize import resize
from calotype.nn import espnet

_MANY = 2000  # names of classes in a file
_ONNX_EXTRA = "pip install 'calotype[onnx]'"


class Segmenter(Protocol):
    """What every segmenter is: called with pictures [B, 3, H, W], -1..1, it gives int64 [B, H, W].

    A class below 0 is none.
    """

    @property
    def classes(self) -> tuple[str, ...]:
        """Their names."""

    @property
    def name(self) -> str:
        """Identifies it."""

    def __call__(self, photos: Tensor) -> Tensor:
        """The class of every pixel."""


class PaletteSegmenter:
    """The class with the nearest colour, for pictures that are painted in flat colours.

    Args:
        colours: ``(red, green, blue)``, 0..255, by the name of the class.
        name: identifies it.
    """

    def __init__(self, colours: dict[str, tuple[int, int, int]], name: str = "palette") -> None:
        self.classes, self.name = tuple(colours), name
        self._colours = torch.tensor(list(colours.values())).float() / 127.5 - 1

    def __call__(self, photos: Tensor) -> Tensor:
        """See ``Segmenter``."""
        colours = self._colours.to(photos.device)
        # |x - c|^2 without |x|^2, which is the same for all colours.
        lengths = colours.square().sum(1)[None, :, None, None]
        found: Tensor = (lengths - 2 * torch.einsum("bchw,kc->bkhw", photos[:, :3], colours)).argmin(1)
        return found


class OnnxSegmenter:
    """A network in an ONNX file, with the names of its classes.

    Args:
        path: the file. Its first input is [B, 3, h, w], its first output the scores of the classes [B, K, h, w], at
            any resolution, or class numbers [B, h, w] or [B, 1, h, w].
        about: ``classes``, the names in their order; perhaps ``size``, [height, width] that pictures are brought to;
            ``mean`` and ``std`` of the channels, for values of 0..1; ``range`` of the values before that, 1 (the
            default) or 255; ``order``, "rgb" (the default) or "bgr".

    Raises:
        InputError: onnxruntime is not installed, or the file cannot be read.
    """

    def __init__(self, path: Path, about: dict[str, Any]) -> None:
        try:
            import onnxruntime
        except ImportError:
            raise InputError(f"{shown(path)} needs onnxruntime, which is not installed: {_ONNX_EXTRA}") from None
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        options.log_severity_level = 4  # errors are raised; the rest is not for users
        try:
            data = path.read_bytes()
        except OSError as error:
            raise read_error(path, error, "give an ONNX file") from error
        try:
            self._session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # the library has a class of its own for each fault of a file
            raise InputError(f"{shown(path)} cannot be used as a network: give an ONNX file of a segmenter") from error
        self.classes, self.name = tuple(about["classes"]), path.name
        self._path, self._about = path, about
        self._input = self._session.get_inputs()[0]
        self._size = _fixed_size(self._input.shape, about)

    def __call__(self, photos: Tensor) -> Tensor:
        """See ``Segmenter``.

        Raises:
            InputError: the network does not take such pictures, or has another number of classes than names.
        """
        size = (photos.shape[2], photos.shape[3])
        given = self._prepared(photos).contiguous().numpy()
        batch = self._input.shape[0]
        parts = np.split(given, len(given)) if batch == 1 else [given]
        found = np.concatenate([self._run(part) for part in parts])
        if found.ndim == 4 and found.shape[1] > 1:
            if found.shape[1] != len(self.classes):
                raise InputError(
                    f"{shown(self._path)} has {counted(found.shape[1], 'class')} and "
                    f"{counted(len(self.classes), 'name')} were given: name "
                    "all of them, in their order (--classes)"
                )
            return resize(torch.from_numpy(found).float(), size, mode="bilinear").argmax(1)
        numbers = torch.from_numpy(found.reshape(len(photos), *found.shape[-2:])).float()[:, None]
        return torch.nn.functional.interpolate(numbers, size, mode="nearest")[:, 0].long()

    def _run(self, part: Any) -> Any:
        try:
            return np.asarray(self._session.run(None, {self._input.name: part})[0])
        except Exception as error:  # see above
            raise InputError(
                f"{shown(self._path)} does not take pictures of {part.shape[3]}x{part.shape[2]} pixels: give the size "
                'that it takes in the file of its classes, like "size": [256, 256]'
            ) from error

    def _prepared(self, photos: Tensor) -> Tensor:
        x = photos[:, :3].cpu()
        if self._size is not None and self._size != (x.shape[2], x.shape[3]):
            x = resize(x, self._size)
        x = (x.clamp(-1, 1) + 1) / 2
        if self._about.get("order") == "bgr":
            x = x.flip(1)
        x = x * float(self._about.get("range", 1))
        for name, apply in (("mean", torch.sub), ("std", torch.div)):
            if name in self._about:
                x = apply(x, torch.tensor(self._about[name], dtype=torch.float32)[:, None, None])
        return x


def _fixed_size(shape: Sequence[Any], about: dict[str, Any]) -> tuple[int, int] | None:
    """The size that a network takes: as told, or as its file says; ``None`` for any."""
    if "size" in about:
        return int(about["size"][0]), int(about["size"][1])
    last = tuple(shape[-2:])
    return (int(last[0]), int(last[1])) if all(isinstance(side, int) and side > 0 for side in last) else None


def given_segmenter(which: str, classes: str | Path | None) -> Segmenter:
    """The segmenter that a user names.

    Args:
        which: ``voc``, ``city``, or the path of weights of ESPNetv2, of an ONNX file, or of a JSON file of colours.
        classes: for an ONNX file, the JSON file of its classes: a list of names, or see ``OnnxSegmenter``.

    Raises:
        InputError: there is no such file, or it cannot be used.
    """
    path = Path(which)
    suffix = path.suffix.lower()
    if suffix == ".onnx":
        if classes is None:
            raise InputError(f"{shown(path)} does not say what its classes are: give a file of names (--classes)")
        return OnnxSegmenter(path, _onnx_classes(Path(classes)))
    if classes is not None:
        raise InputError("--classes names the classes of an ONNX file: leave it out (classes=)")
    if suffix == ".json":
        return PaletteSegmenter(_palette(path), path.name)
    if which not in espnet.FILES and not path.exists() and os.sep not in which and not suffix:
        raise InputError(
            f"there is no segmenter '{which}': give voc, city, the file of an ONNX network (.onnx), or a file of "
            "colours (.json)"
        )
    return espnet.segmenter(which)


def _read_json(path: Path, advice: str) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise read_error(path, error, advice) from error


def _onnx_classes(path: Path) -> dict[str, Any]:
    advice = 'write a list of names, like ["sky", "grass"], or {"classes": ["sky", "grass"], "size": [256, 256]}'
    told = _read_json(path, advice)
    about: dict[str, Any] = {"classes": told} if isinstance(told, list) else told
    try:
        names = [str(name) for name in about["classes"]]
        numbers = [float(value) for key in ("size", "mean", "std") for value in about.get(key, ())]
        known = 0 < len(names) <= _MANY and all(len(about.get(key, "123")) == 3 for key in ("mean", "std"))
        if not known or len(about.get("size", "12")) != 2 or not np.isfinite(numbers).all():
            raise ValueError
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"{shown(path)} cannot be used: {advice}") from error
    return {**about, "classes": names}


def _palette(path: Path) -> dict[str, tuple[int, int, int]]:
    advice = 'write the colour of each class, like {"sky": "#4080ff", "grass": "#208020"}'
    told = _read_json(path, advice)
    try:
        colours = {str(name): tuple(bytes.fromhex(str(colour).removeprefix("#"))) for name, colour in told.items()}
        if not 1 < len(colours) <= _MANY or any(len(colour) != 3 for colour in colours.values()):
            raise ValueError
    except (AttributeError, ValueError) as error:
        raise InputError(f"{shown(path)} cannot be used: {advice}") from error
    return colours  # type: ignore[return-value]
