"""Faces that networks find in photos."""

from __future__ import annotations

from typing import TYPE_CHECKING

from calotype.errors import InputError
from calotype.types import FacePlaces

if TYPE_CHECKING:
    from torch import Tensor

    from calotype.nn.face_places import Face

AUTO = "auto"


class FaceFinder:
    """Finds faces, and the places of eyes and mouth in them.

    Args:
        device: ``"auto"``, ``"cpu"``, ``"cuda"`` ...

    Raises:
        InputError: the weights are not here; the message says how to fetch them.
    """

    def __init__(self, device: str = "auto") -> None:
        from calotype.nn.face_places import face_placer
        from calotype.run import choose_device

        self._device = choose_device(device)
        self._net = face_placer().to(self._device)

    def faces(self, photo: Tensor, name: str) -> list[Face]:
        """The faces in a photo [1, 3, h, w], -1..1, the largest first.

        Args:
            photo: the photo.
            name: of it, for messages.

        Raises:
            InputError: there is none.
        """
        found = self._net.faces(photo.to(self._device))
        if not found:
            raise InputError(f"no face was found in '{name}': give the places of both eyes and of the mouth")
        return found

    def places(self, photo: Tensor, name: str) -> FacePlaces:
        """The places of eyes and mouth in the largest face; see ``faces``."""
        return self.faces(photo, name)[0].places
