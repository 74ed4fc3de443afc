"""The weights of other networks that a training needs."""

from __future__ import annotations

from calotype.errors import InputError
from calotype.models.idpose.config import Config
from calotype.nn.efficientnet import check_efficientnet
from calotype.nn.vgg import check_vgg16


def needs(cfg: Config, verb: str) -> None:
    """Check that the weights of other networks are there that a verb needs, before the work.

    Args:
        cfg: the settings.
        verb: a verb, or ``train``.

    Raises:
        InputError: they are not.
    """
    if verb == "train" and cfg.perceptual_weight and cfg.perceptual == "vgg":
        check_vgg16()
    if verb == "train" and cfg.retrieval == "efficientnet":
        try:
            check_efficientnet()
        except InputError as error:
            raise InputError(f"{error}; or train with --set retrieval=edges (settings=)") from None
