"""How well two codes divide two factors, and how well a combination of codes matches the truth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from calotype.metrics.probes import Probe

Probes = Mapping[str, Mapping[str, Probe]]  # by code, then by factor


def separation(probes: Probes, own: Mapping[str, str]) -> float:
    """Mean over the codes of the normalised score for the code's own factor minus the mean for other factors, -1..1.

    1: each code tells its factor and nothing else; 0: both tell the same; a code that tells nothing scores 0 too, so
    it belongs beside ``transfer``.

    Args:
        probes: a probe for each code and factor.
        own: the factor that each code is for.
    """
    gaps = []
    for code, factor in own.items():
        others = [probe.normalised for name, probe in probes[code].items() if name != factor]
        gaps.append(probes[code][factor].normalised - (sum(others) / len(others) if others else 0.0))
    return sum(gaps) / len(gaps)


def transfer(made: Tensor, wanted: Tensor, copies: Mapping[str, Tensor]) -> dict[str, Any]:
    """Squared error of pictures of one identity in the pose of another against the truth, beside that of copies.

    Args:
        made: [n, 3, H, W], -1..1.
        wanted: the true pictures, of the same shape.
        copies: pictures that could be given instead, by name: those of the identity, those of the pose.

    Returns:
        ``error``, mean squared error; ``error_95``, its 95th percentile over pictures; ``copies``, that of each copy;
        ``score``, 1 - error / the smallest error of a copy.
    """
    each = (made - wanted).square().flatten(1).mean(1).double()
    errors = {name: float((copy - wanted).square().mean()) for name, copy in copies.items()}
    least = min(errors.values())
    return {
        "error": float(each.mean()),
        "error_95": float(torch.quantile(each, 0.95)),
        "copies": errors,
        "score": 1 - float(each.mean()) / least if least > 0 else 0.0,
    }
