"""The appearance encoder trained alone, by a triplet loss of clips."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype import distributed
from calotype.models.disentangle.config import Config
from calotype.models.disentangle.network import Encoder, initialise
from calotype.nn.optimizers import generator_optimizer

_MARGIN = 0.3


class IdentityTrainer:
    """The encoder, its optimizer and its training step.

    Hermans, Beyer, Leibe, "In Defense of the Triplet Loss for Person Re-Identification", 2017: pictures of one identity
    are to be nearer to each other than the nearest one of another identity, by a margin.

    Args:
        cfg: the settings.
        device: to compute on.
    """

    def __init__(self, cfg: Config, device: torch.device) -> None:
        encoder = Encoder(cfg, cfg.identity)
        initialise(encoder)
        self.encoder: Encoder = encoder.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.device = device
        self.optimizer = generator_optimizer(self.encoder, cfg.rate, (0.9, 0.999))

    @property
    def state(self) -> dict[str, Any]:
        """All that a step changes, by name."""
        return {"encoder": self.encoder, "optimizer": self.optimizer}

    def step(self, state: Mapping[str, Any], batch: Mapping[str, Tensor], i: int) -> dict[str, Tensor]:
        """One update.

        Args:
            state: not used; it is ``self.state``.
            batch: ``image``, ``partner`` [B, 3, H, W], -1..1, two pictures of one identity in each row, and if known
                ``clip`` int64 [B].
            i: number of the step.

        Returns:
            The loss, the mean over all processes.
        """
        self.encoder.train()
        both = torch.cat([batch["image"], batch["partner"]]).to(self.device)
        codes = F.normalize(self.encoder(both.contiguous(memory_format=torch.channels_last)), dim=1)
        first, second = codes.chunk(2)
        distances = torch.cdist(first, second)
        same = torch.eye(len(first), dtype=torch.bool, device=self.device)
        if "clip" in batch:
            same = same | (batch["clip"][:, None] == batch["clip"][None]).to(self.device)
        nearest = distances.masked_fill(same, 4.0).amin(1)
        loss = F.relu(distances.diagonal() - nearest + _MARGIN).mean()
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        distributed.average_gradients(self.encoder.parameters())
        self.optimizer.step()
        return {"triplets": distributed.mean_over_all(loss.detach())}
