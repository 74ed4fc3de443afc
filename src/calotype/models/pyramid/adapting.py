"""What a data set and a file of weights decide of the settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from calotype.errors import InputError, counted
from calotype.files import shown
from calotype.models.pyramid.config import Config
from calotype.models.pyramid.vgg import full_vgg16

_FEWEST = 16  # pictures of a class that the classifier of a set learns


def adapted(cfg: Config, about: Mapping[str, Any]) -> Config:
    """The settings for a data set and a file of weights: their classes.

    Args:
        cfg: settings, such as a preset.
        about: what the data set says of itself: ``label_names`` and ``label_counts`` of its classes.

    Raises:
        InputError: the classifier learns classes and there are fewer than two, or too few pictures of one; or the file
            of weights cannot be used.
    """
    if cfg.classifier_file:
        path = Path(cfg.classifier_file)
        if not path.exists():
            raise InputError(
                f"{shown(path)} does not exist, and a training needs it, also to resume: put it back, or give its "
                "new path with --set classifier_file=FILE (settings=); a finished model does not need it (--model)"
            )
        net = full_vgg16(cfg.classifier_file)
        return replace(cfg, fully_connected=tuple(layer.out_features for layer in (net.fc6, net.fc7, net.fc8)))
    if cfg.classifier != "set":
        return cfg
    names, counts = tuple(about.get("label_names") or ()), tuple(about.get("label_counts") or ())
    if len(names) < 2:
        told = f"one class alone ({names[0]})" if names else "no classes"
        raise InputError(
            f"the data set has {told}: put the pictures of each class into a subfolder, or leave out --set classifier"
        )
    for name, count in zip(names, counts, strict=True):
        if count < _FEWEST:
            raise InputError(
                f"the class '{name}' has {counted(count, 'picture')}: add some, at least {_FEWEST} of each class, or "
                "take it out"
            )
    return replace(cfg, classes=len(names), names=names)
