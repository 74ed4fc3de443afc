"""The multiplier of the constraint, and the weight of the bottleneck, as functions of two estimates."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from calotype.models.disentangle.config import Config

_MOST_EXCESS = 10.0  # nats


class Controllers(nn.Module):
    """lambda, gamma and the moving averages of the estimates of T and T'.

    Esser et al., ICCV 2019, sec. 3.3 and 3.4. lambda is the multiplier of the constraint that T finds no more than
    epsilon. gamma weights the KL divergence: it grows where T', against which nobody plays, finds more than T, and
    falls slowly otherwise.

    Attributes:
        multiplier: lambda.
        gamma: weight of the KL divergence.
        average: moving averages of the estimates of T and T', nats.
        count: number of estimates in them.
    """

    multiplier: Tensor
    gamma: Tensor
    average: Tensor
    count: Tensor

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        self.cfg = cfg
        self.register_buffer("multiplier", torch.zeros(()))
        self.register_buffer("gamma", torch.tensor(float(cfg.gamma)))
        self.register_buffer("average", torch.zeros(2))
        self.register_buffer("count", torch.zeros(()))

    def slope(self, information: Tensor, step: int) -> Tensor:
        """The derivative of the constraint's loss by the information that T finds, a scalar.

        The loss is lambda c + mu / 2 c^2 with c = information - epsilon where lambda + mu c >= 0, else 0.
        """
        cfg = self.cfg
        if not cfg.constraint or step < cfg.warm_up:
            return torch.zeros_like(information)
        return (self.multiplier + cfg.multiplier_rate * (information - cfg.epsilon)).clamp(min=0)

    def averages(self) -> Tensor:
        """Moving averages of the estimates of T and T', without the bias of their start, nats."""
        seen: Tensor = 1 - self.cfg.averaging**self.count
        return self.average / seen.clamp(min=1e-12)

    def follow(self, information: Tensor, unopposed: Tensor, step: int) -> None:
        """Update everything after a step.

        Args:
            information: what T finds, a scalar, nats.
            unopposed: what T' finds.
            step: number of the step.
        """
        cfg = self.cfg
        now = torch.stack([information, unopposed])
        self.average.mul_(cfg.averaging).add_(now, alpha=1 - cfg.averaging)
        self.count += 1
        if step < cfg.warm_up:
            return
        if cfg.constraint:
            self.multiplier.add_(cfg.multiplier_rate * (information - cfg.epsilon)).clamp_(min=0)
        if cfg.bottleneck == "controlled":
            of_first, of_second = self.averages().clamp(min=0)
            excess = (of_second - of_first).clamp(0, _MOST_EXCESS)
            self.gamma.add_(cfg.gamma_rate * (excess - cfg.gamma_margin)).clamp_(0, cfg.gamma_most)
