"""The discriminator of the settings."""

from __future__ import annotations

from calotype.models.stylegan.config import Config, widths
from calotype.nn import style_discriminator


class Discriminator(style_discriminator.Discriminator):
    """Pictures, and one-hot labels, to scores."""

    def __init__(self, cfg: Config) -> None:
        form = style_discriminator.Form(
            widths(cfg, cfg.discriminator_base),
            channels=cfg.channels,
            classes=cfg.classes,
            residual=cfg.discriminator_architecture == "resnet",
            filtered=cfg.resample == "filtered",
            clamp=cfg.clamp,
            group=cfg.group,
            mapping_rate=cfg.mapping_rate,
        )
        super().__init__(form)
