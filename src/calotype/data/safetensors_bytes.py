"""Safetensors files whose bytes depend on their content alone."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping

import numpy as np


def safetensors_bytes(tensors: Mapping[str, np.ndarray], about: Mapping[str, str]) -> bytes:
    """A safetensors file whose bytes depend on its content alone: tensors by name, metadata in the given order."""
    kinds = {"float16": "F16", "float32": "F32"}
    header: dict[str, object] = {"__metadata__": dict(about)}
    parts, place = [], 0
    for name in sorted(tensors):
        data = np.ascontiguousarray(tensors[name]).tobytes()
        shape = list(tensors[name].shape)
        kind = kinds[str(tensors[name].dtype)]
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": [place, place + len(data)]}
        parts.append(data)
        place += len(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + b"".join(parts)
