"""The weights of other networks that a training needs."""

from __future__ import annotations

from typing import Any

from calotype.nn.vgg import check_vgg16


def needs(cfg: Any, verb: str) -> None:
    """Check that the weights of other networks are there that a verb needs, before the work.

    Args:
        cfg: the settings.
        verb: a verb, or ``train``.

    Raises:
        InputError: they are not.
    """
    if verb == "train" and cfg.perceptual == "vgg16":
        check_vgg16()
