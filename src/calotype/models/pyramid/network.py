"""The net of a model: the generator and the classifier that it mirrors."""

from __future__ import annotations

from torch import Tensor, nn

from calotype.models.pyramid.classifier import Pyramid
from calotype.models.pyramid.config import Config
from calotype.models.pyramid.generator import Generator


class Net(nn.Module):
    """The generator with its classifier.

    Attributes:
        generator: makes pictures.
        classifier: gives the features of references; frozen.
    """

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        self.generator = Generator(cfg)
        self.classifier = Pyramid(cfg)

    def forward(self, latent: Tensor, features: list[Tensor], masks: list[Tensor]) -> Tensor:
        """See ``Generator``."""
        made: Tensor = self.generator(latent, features, masks)
        return made


def build(cfg: Config) -> Net:
    """A new net; its weights are drawn from torch's global generator, those of the classifier are not yet loaded."""
    return Net(cfg)
