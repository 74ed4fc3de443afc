"""The logistic loss by which a classifier of joint and independent samples learns their density ratio."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


def density_ratio_loss(joint: Tensor, independent: Tensor) -> Tensor:
    """Cross-entropy of a classifier of pairs: scores of the joint ones should be high, of the independent ones low.

    At its minimum the score is log p(a, b) / (p(a) p(b)), the mean of which over joint pairs is their mutual
    information, nats (Esser et al., ICCV 2019, sec. 3.2).

    Args:
        joint: scores of pairs that belong together, [..., B].
        independent: scores of pairs that do not, [..., B].

    Returns:
        The loss of each classifier, [...].
    """
    return 0.5 * (F.softplus(-joint).mean(-1) + F.softplus(independent).mean(-1))
