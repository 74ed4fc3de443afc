"""The generator of pix2pixHD, as the published code of SPADE has it for comparison."""

from __future__ import annotations

from torch import Tensor, nn

from calotype.models.spade.config import Config
from calotype.nn.global_generator import GlobalGenerator
from calotype.nn.patchgan import initialise
from calotype.nn.spectral import spectral_norm
from calotype.semantic.labels import LabelMaps, input_channels


class Pix2PixHDGenerator(GlobalGenerator):
    """The global generator of label maps, with spectral and instance normalisation.

    Args:
        cfg: the settings.
        spectral: whether convolutions have spectral normalisation, as in training.
    """

    def __init__(self, cfg: Config, *, spectral: bool = False) -> None:
        def wrap(layer: nn.Module) -> nn.Module:
            return spectral_norm(layer) if spectral else layer

        super().__init__(
            input_channels(cfg),
            width=cfg.width,
            max_width=cfg.max_width,
            halvings=cfg.halvings,
            blocks=cfg.residual_blocks,
            wrap=wrap,
        )
        initialise(self)

    def forward(self, maps: LabelMaps, code: Tensor | None = None) -> Tensor:
        """[B, 3, H, W], float32, -1..1; there is no style code.

        Args:
            maps: label maps of a size that is a multiple of 2 to the power of ``halvings``.
            code: not used.
        """
        return self.pictures(maps.one_hot())
