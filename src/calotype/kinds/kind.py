"""What a kind of argument is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import torch


Form = Literal["file", "files", "whole", "number", "switch", "text", "pairs"]


@dataclass(frozen=True)
class Reading:
    """Context for opening an input.

    Attributes:
        max_side: shrink photos so that no side is longer, pixels; ``None``: full size.
        about: description of the model's data set: ``names`` and ``colours`` of its classes.
    """

    max_side: int | None = None
    about: Mapping[str, Any] = field(default_factory=dict)


def _unchanged(value: Any, reading: Reading) -> Any:
    return value


def _no_tensor(value: Any, device: torch.device) -> Any:
    raise TypeError(f"{type(value).__name__} is no tensor")


@dataclass(frozen=True)
class Kind:
    """One kind of argument.

    Attributes:
        name: name of the kind.
        form: form on the command line: ``file`` is a path, ``files`` a path option that can be repeated, ``pairs`` a
            ``KEY=VALUE`` option that can be repeated; the others are plain values.
        read: opens or converts the given value for jobs.
        identity: JSON-ready identity of the value (name, hash), for recorded settings and ``show``.
        tensor: converts the value to tensors on a device, for functions of models.
        picture: whether it is a picture that can be displayed, painted and uploaded.
        auto: whether the word ``auto`` is allowed instead of a file.
        numeric: whether clients may send it as a JSON number.
        suffixes: of the files that are taken from a folder; empty for photos.
    """

    name: str
    form: Form
    read: Callable[[Any, Reading], Any] = _unchanged
    identity: Callable[[Any], Any] = lambda value: value
    tensor: Callable[[Any, Any], Any] = _no_tensor
    picture: bool = False
    auto: bool = False
    numeric: bool = False
    suffixes: tuple[str, ...] = ()

    @property
    def file(self) -> bool:
        """Whether it is read from files."""
        return self.form in ("file", "files")
