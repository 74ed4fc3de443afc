"""What reading a file may cost, counted in opcodes and bytes, and the two ways in which it fails."""

from __future__ import annotations

from dataclasses import dataclass


class Refused(Exception):  # noqa: N818  (not an error of ours)
    """Content that no file of the expected kind has; the text completes a sentence about the file."""


class Broken(Exception):  # noqa: N818
    """Damaged content."""


@dataclass(frozen=True)
class Limits:
    """Upper bounds for one file.

    Attributes:
        file: size of the file, bytes.
        opcodes: opcodes of all pickles in the file together. A real file of a large network has some hundred thousand.
        nesting: pickles within pickles.
        members: members of an archive.
        spare: bytes that may be copied or decoded besides twice the size of the file.
    """

    file: int = 4 << 30
    opcodes: int = 1_000_000
    nesting: int = 2
    members: int = 50_000
    spare: int = 16 << 20


class Budget:
    """What is left of the limits while one file is read.

    Args:
        limits: the limits.
        size: of the file, bytes.
    """

    def __init__(self, limits: Limits, size: int) -> None:
        self.limits = limits
        self.opcodes = limits.opcodes
        self.bytes = 2 * size + limits.spare
        self.depth = 0

    def opcode(self) -> None:
        """Count an opcode.

        Raises:
            Refused: there were too many.
        """
        self.opcodes -= 1
        if self.opcodes < 0:
            raise Refused(f"has more than {self.limits.opcodes} pickle opcodes")

    def charge(self, count: int) -> None:
        """Count bytes that are copied or read once more.

        Raises:
            Refused: there were too many.
        """
        self.bytes -= count
        if self.bytes < 0:
            raise Refused("unpacks to more than twice its size")
