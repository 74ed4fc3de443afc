"""What a trained model is: the networks G, M, B, A and R, and the archetypes of every class."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from calotype.errors import counted
from calotype.models.scenegraph.config import Config
from calotype.models.scenegraph.graph import GraphNetwork
from calotype.models.scenegraph.heads import AppearanceNetwork, MaskNetwork, box_network
from calotype.models.scenegraph.layout import channels
from calotype.nn.global_generator import GlobalGenerator
from calotype.nn.patchgan import initialise
from calotype.semantic.objects import crops


class Renderer(GlobalGenerator):
    """R: pictures from layout tensors.

    Args:
        cfg: the settings.
    """

    def __init__(self, cfg: Config) -> None:
        super().__init__(
            channels(cfg),
            width=cfg.width,
            max_width=cfg.max_width,
            halvings=cfg.halvings,
            blocks=cfg.residual_blocks,
            norm=cfg.norm,
        )
        initialise(self, 1.0)

    def forward(self, layouts: Tensor) -> Tensor:
        """[B, ``channels``, H, W] to [B, 3, H, W], -1..1."""
        return self.pictures(layouts)


class Net(nn.Module):
    """The networks.

    Args:
        cfg: the settings.

    Attributes:
        graph: G, layout embeddings of objects.
        boxes: B, boxes of the embeddings.
        masks: M, masks of embeddings and noise.
        looks: A, appearance vectors of crops.
        renderer: R, pictures of layout tensors.
        archetypes: appearance vectors by class, [classes + 1, sum of ``cfg.archetypes``, looks]; those of each
            number of clusters follow each other.
    """

    archetypes: Tensor

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        self.cfg = cfg
        self.graph = GraphNetwork(cfg)
        self.boxes = box_network(cfg)
        self.masks = MaskNetwork(cfg)
        self.looks = AppearanceNetwork(cfg)
        self.renderer = Renderer(cfg)
        self.register_buffer("archetypes", torch.zeros(cfg.classes + 1, sum(cfg.archetypes), cfg.looks))

    def looks_of(self, pictures: Tensor, boxes: Tensor) -> Tensor:
        """Appearance vectors [N, looks] of boxes [N, 4] in pictures [N, 3, H, W]."""
        found: Tensor = self.looks(crops(pictures, boxes, self.cfg.crop))
        return found

    def extra_repr(self) -> str:
        """Size and number of classes."""
        return f"{self.cfg.size}, {counted(self.cfg.classes, 'class')}"


def build(cfg: Config) -> Net:
    """The networks, with weights drawn from torch's global generator; channels last in memory."""
    net: Net = Net(cfg).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return net
