"""What is known of a file of another program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Description:
    """A file of another program.

    Attributes:
        family: kind of network, such as ``StyleGAN2``.
        writer: the program that wrote the file.
        facts: further facts by name, such as ``resolution``.
        licence: what is known of the licence of such files.
        unused: the parts of the file that are not used.
    """

    family: str
    writer: str
    facts: Mapping[str, str] = field(default_factory=dict)
    licence: str = ""
    unused: tuple[str, ...] = ()
