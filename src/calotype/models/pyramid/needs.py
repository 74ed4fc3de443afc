"""The weights of other networks that a training needs."""

from __future__ import annotations

from calotype.models.pyramid.config import Config
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
    if verb != "train":
        return
    if cfg.classifier == "efficientnet":
        check_efficientnet()
    elif cfg.classifier == "vgg16" and not cfg.classifier_file:
        check_vgg16()
