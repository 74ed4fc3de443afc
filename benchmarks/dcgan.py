"""DCGAN (Radford, Metz, Chintala, ICLR 2016), the baseline of ``stylegan_dcgan.py``, trained for some CPU seconds.

The generator has transposed convolutions, batch normalisation, ReLU and tanh; the discriminator strided convolutions,
batch normalisation from its second layer on, and LeakyReLU 0.2. The loss is the non-saturating cross-entropy, Adam has
a rate of 2e-4 and beta1 0.5, weights begin as N(0, 0.02). Two things differ from the paper: batches have 64 pictures,
not 128, and widths are such that there are as many parameters as in StyleGAN2's preset ``small`` with 32 channels at 32
pixels; it has 16 now. A moving average of the generator, which the paper does not have, is kept beside it and changes
nothing of the training.
"""

from __future__ import annotations

import time
from copy import deepcopy
from itertools import pairwise
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from calotype import processor
from calotype.data.stream import Stream
from calotype.run import Run

LATENT, BATCH = 100, 64
WIDTHS = (48, 72)  # 0.68 and 0.84 million parameters; ``small`` has 0.35 and 0.57
AVERAGE = 0.999  # of the generator, per step
MARKS = 8  # of the training, at which it is kept


class Generator(nn.Module):
    """Pictures [N, 3, 32, 32], -1..1, of latents [N, 100]; ``width`` channels before the last layer."""

    def __init__(self, width: int = WIDTHS[0]) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.ConvTranspose2d(LATENT, 4 * width, 4, bias=False)]
        for before, after in pairwise((4 * width, 2 * width, width)):
            layers += [nn.BatchNorm2d(before), nn.ReLU(), nn.ConvTranspose2d(before, after, 4, 2, 1, bias=False)]
        layers += [nn.BatchNorm2d(width), nn.ReLU(), nn.ConvTranspose2d(width, 3, 4, 2, 1), nn.Tanh()]
        self.layers = nn.Sequential(*layers)

    def forward(self, latent: Tensor) -> Tensor:
        return self.layers(latent[:, :, None, None])


class Discriminator(nn.Module):
    """Logits [N] of pictures [N, 3, 32, 32]; ``width`` channels after the first layer."""

    def __init__(self, width: int = WIDTHS[1]) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(3, width, 4, 2, 1), nn.LeakyReLU(0.2)]
        for before, after in pairwise((width, 2 * width, 4 * width)):
            layers += [nn.Conv2d(before, after, 4, 2, 1, bias=False), nn.BatchNorm2d(after), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers, nn.Conv2d(4 * width, 1, 4))

    def forward(self, pictures: Tensor) -> Tensor:
        return self.layers(pictures).flatten()


def initialize(layer: nn.Module) -> None:
    """Draw the weights of a layer."""
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(layer.weight, 0.0, 0.02)
    elif isinstance(layer, nn.BatchNorm2d):
        nn.init.normal_(layer.weight, 1.0, 0.02)


class Trainer:
    """Both networks, their optimizers, and the moving average of the generator."""

    def __init__(self) -> None:
        self.generator, self.discriminator = Generator(), Discriminator()
        for net in (self.generator, self.discriminator):
            net.apply(initialize).to(memory_format=torch.channels_last)
        self.average = deepcopy(self.generator)
        self.judge = torch.optim.Adam(self.discriminator.parameters(), 2e-4, (0.5, 0.999))
        self.maker = torch.optim.Adam(self.generator.parameters(), 2e-4, (0.5, 0.999))
        self.half = torch.autocast("cpu", torch.bfloat16, enabled=processor.fast_bfloat16())  # as StyleGAN2 is trained

    def step(self, real: Tensor) -> tuple[Tensor, Tensor]:
        """One step of the discriminator and one of the generator; returns both losses."""
        with self.half:
            fake = self.generator(torch.randn(len(real), LATENT)).float()
            right, wrong = self.discriminator(real).float(), self.discriminator(fake.detach()).float()
        found = F.softplus(-right).mean() + F.softplus(wrong).mean()
        self.judge.zero_grad()
        found.backward()
        self.judge.step()
        self.discriminator.requires_grad_(False)
        with self.half:
            believed = self.discriminator(fake).float()
        made = F.softplus(-believed).mean()
        self.discriminator.requires_grad_(True)
        self.maker.zero_grad()
        made.backward()
        self.maker.step()
        self.follow()
        return found.detach(), made.detach()

    @torch.no_grad()
    def follow(self) -> None:
        """A step of the moving average, of the statistics of batch normalisation as well."""
        for mean, now in zip(self.average.state_dict().values(), self.generator.state_dict().values()):
            mean.lerp_(now, 1 - AVERAGE) if mean.is_floating_point() else mean.copy_(now)

    def write(self, folder: Path, mark: int) -> None:
        """Keep both generators as they are at an eighth of the time."""
        for name, net in (("generator", self.generator), ("average", self.average)):
            save_file({key: x.contiguous() for key, x in net.state_dict().items()}, kept(folder, name, mark))


def kept(folder: Path, name: str, mark: int) -> Path:
    """Where a generator is kept."""
    return folder / f"{name}{mark}.safetensors"


def trained(stream: Stream, folder: Path, seconds: float, seed: int = 0, *, mirrored: bool = True) -> tuple[int, float]:
    """Train for so many CPU seconds of this process; returns the number of steps and the seconds.

    Args:
        stream: the pictures.
        folder: where the generators are kept, at every eighth of the time.
        seconds: how long.
        seed: of the weights and of the steps.
        mirrored: whether pictures are mirrored at random.
    """
    run = Run(seed=seed)
    run.reseed("dcgan")
    trainer, began, marked, used = Trainer(), time.process_time(), 0, 0.0
    for i in run.steps(10_000_000, stage="dcgan"):
        real = stream(i)["image"]
        if mirrored:
            real = torch.where(torch.rand(len(real), 1, 1, 1) < 0.5, real, real.flip(3))
        found, made = trainer.step(real)
        used = time.process_time() - began
        if int(used / seconds * MARKS) > marked:
            marked += 1
            trainer.write(folder, marked)
            print(f"{i + 1} steps in {used:.0f} CPU seconds: {float(found):.3f}, {float(made):.3f}", flush=True)
        if used >= seconds:
            break
    return i + 1, used


@torch.no_grad()
def samples(path: Path, count: int) -> Tensor:
    """So many pictures of a generator that was kept, with the statistics of its training."""
    net = Generator()
    net.load_state_dict(load_file(path))
    z = torch.randn(count, LATENT, generator=torch.Generator().manual_seed(0))
    return torch.cat([net.eval()(some) for some in z.split(64)])
