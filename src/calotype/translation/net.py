"""What a trained model is: generator, encoder, and records of its tasks."""

from __future__ import annotations

from torch import Tensor, nn
from torch.func import functional_call

from calotype.errors import counted
from calotype.translation.config import TranslationConfig
from calotype.translation.network import Encoder, UNet
from calotype.translation.record import Record


class Net(nn.Module):
    """Generator and encoder.

    Args:
        cfg: the settings.
        tasks: number of tasks that it knows.

    Attributes:
        generator: a ``UNet``.
        encoder: an ``Encoder``.
        records: of each task, a ``Record``.
    """

    def __init__(self, cfg: TranslationConfig, tasks: int = 1) -> None:
        super().__init__()
        self.cfg = cfg
        self.generator = UNet(cfg)
        self.encoder = Encoder(cfg)
        self.records = nn.ModuleList(Record(cfg) for _ in range(tasks))

    def draw(self, condition: Tensor, code: Tensor) -> Tensor:
        """Pictures of conditions and codes, see ``UNet``."""
        pictures: Tensor = self.generator(condition, code)
        return pictures

    def encode(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and logarithm of the variance of codes, see ``Encoder``."""
        mean, log_variance = self.encoder(pictures)
        return mean, log_variance

    def encode_fixed(self, pictures: Tensor) -> Tensor:
        """The mean alone, with gradients for the pictures and none for the encoder."""
        fixed = {name: value.detach() for name, value in self.encoder.named_parameters()}
        mean: Tensor = functional_call(self.encoder, fixed, (pictures,))[0]
        return mean

    def extra_repr(self) -> str:
        """Size and what the condition is."""
        return f"{self.cfg.size}, {counted(self.cfg.classes, 'label') if self.cfg.classes else 'no labels'}"
