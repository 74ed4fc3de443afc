"""DSCGAN and BicycleGAN, the baselines of SMIS with one code for the whole picture.

DSCGAN: Yang, Hong, Jang, Zhao, Lee, "Diversity-Sensitive Conditional Generative Adversarial Networks", ICLR 2019.
SPADE's generator with a random code and no encoder, the adversarial loss and feature matching; two pictures of each map
are drawn, and their difference relative to that of their codes is made large, up to a bound: that of pairs of real
pictures. BicycleGAN: the library's, whose condition is the map in colours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from calotype import saving
from calotype.catalog import load
from calotype.data.stream import Sample, Stream
from calotype.image.labels import flat_colours
from calotype.models import bicyclegan, spade
from calotype.models.spade.network import Net
from calotype.nn.folding import folded_state
from calotype.run import Run, fit, started
from calotype.semantic.config import LayoutConfig
from calotype.semantic.trainer import Trainer, measure
from calotype.translation.network import code_of as code_of_bicyclegan
from spade import Part, timed

BASELINES = ("dscgan", "bicyclegan")
DIVERSITY_WEIGHT = 10.0  # of the published code for label maps
APART = 1.128  # mean difference of two numbers of a normal distribution
MEASURED = 16  # batches for the statistics of batch normalisation


class CodedNet(Net):
    """SPADE whose codes are drawn in training, too; ``codes`` are the last ones."""

    codes: Tensor

    def forward(self, maps: Any, pictures: Tensor, noise: Tensor) -> tuple[Tensor, None, None]:
        self.codes = noise
        return self.generator(maps, noise), None, None


def coded(cfg: Any, *, spectral: bool = False) -> CodedNet:
    """The networks; see ``calotype.models.spade.network.build``."""
    net: CodedNet = CodedNet(cfg, spectral=spectral).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return net


class DiversityTrainer(Trainer):
    """The training step of SPADE for two pictures of each map, with the diversity regulariser.

    Args:
        cfg: the settings.
        bound: of the ratio that is made large.
    """

    def __init__(self, cfg: LayoutConfig, bound: float) -> None:
        super().__init__(cfg, torch.device("cpu"), coded)
        self.bound = bound

    def step(self, state: Mapping[str, Any], batch: Mapping[str, Tensor], i: int) -> dict[str, Tensor]:
        """Half of the batch, twice."""
        twice = {name: torch.cat([value[: len(value) // 2]] * 2) for name, value in batch.items()}
        return super().step(state, twice, i)

    def _differences(self, fake: Tensor, real: Tensor) -> dict[str, Tensor]:
        codes = self.net.codes
        assert isinstance(codes, Tensor)
        return {**super()._differences(fake, real), "diversity": -diversity(fake, codes).clamp_max(self.bound).mean()}

    def _weights(self) -> dict[str, float]:
        return {**super()._weights(), "diversity": DIVERSITY_WEIGHT}


def diversity(pictures: Tensor, codes: Tensor) -> Tensor:
    """Mean absolute difference of the pictures of a map relative to that of their codes: [B / 2].

    As in the published code, gradients are those of the first picture.

    Args:
        pictures: [B, 3, H, W]; the second half are those of the first half's maps.
        codes: [B, latent].
    """
    one, other = pictures.chunk(2)
    first, second = codes.chunk(2)
    return (one - other.detach()).abs().flatten(1).mean(1) / (first - second).abs().mean(1)


def real_diversity(learned: Part, count: int = 400) -> float:
    """``diversity`` of pairs of real pictures, of codes from a normal distribution, mean."""
    pictures = torch.stack([learned[i]["image"] for i in range(count)])
    return float((pictures[::2] - pictures[1::2]).abs().mean()) / APART


def train_dscgan(learned: Part, cfg: Any, place: Path, seed: int) -> float:
    """Train DSCGAN, or go on; its processor seconds."""
    stream = Stream(learned, cfg.batch, seed=seed)

    def made(run: Run) -> Net:
        bound = real_diversity(learned)
        trainer = started(lambda: DiversityTrainer(cfg, bound), run, "pictures")
        fit(trainer.step, trainer.state, stream, run, steps=cfg.steps, stage="pictures")
        average: Any = trainer.average.module
        run.reseed("statistics")
        measure(average, [stream(i) for i in range(MEASURED)], cfg, run.device)
        net = spade.build(cfg)
        net.load_state_dict(folded_state(average))
        return net.requires_grad_(False).eval()

    net, seconds = timed(place, seed, made)
    if not (place / "net").exists():
        saving.write(place / "net", "spade", cfg, net, "", cfg.size, about=spade.about(cfg))
    return seconds


class Coloured:
    """A part whose conditions are maps in colours: ``image`` and ``other`` [3, H, W]."""

    def __init__(self, part: Part, classes: int) -> None:
        self.part, self.classes = part, classes

    def __len__(self) -> int:
        return len(self.part)

    def __getitem__(self, i: int) -> Sample:
        sample = self.part[i]
        return {"image": sample["image"], "other": in_colours(sample["map"], self.classes)}


def in_colours(label_map: Tensor, classes: int) -> Tensor:
    """Maps [..., H, W] as pictures [..., 3, H, W], -1..1."""
    colours = torch.tensor(flat_colours(classes)).float() / 127.5 - 1
    return colours[label_map].movedim(-1, -3).contiguous()


def dscgan_config(vspade: Any) -> Any:
    """The settings of DSCGAN: those of SPADE with an encoder, but pixels of pictures with random codes are free."""
    return replace(vspade, pixel_weight=0.0)


def bicyclegan_config(side: int, steps: int) -> bicyclegan.Config:
    """The settings of BicycleGAN: its preset for this size."""
    return replace(bicyclegan.PRESETS["small"], size=(side, side), steps=steps)


def train_bicyclegan(learned: Part, classes: int, cfg: Any, place: Path, seed: int) -> float:
    """Train BicycleGAN, or go on; its processor seconds."""
    stream = Stream(Coloured(learned, classes), cfg.batch, seed=seed)
    net, seconds = timed(place, seed, lambda run: bicyclegan.train(stream, cfg, run))
    if not (place / "net").exists():
        saving.write(place / "net", "bicyclegan", cfg, net, "", cfg.size)
    return seconds


class ColourDrawer:
    """A trained BicycleGAN with one code for everything, drawing maps.

    Args:
        folder: of the model.
        classes: of the maps.
    """

    has_encoder = True
    global_code = True

    def __init__(self, folder: Path, classes: int) -> None:
        loaded = load(folder)
        self.cfg, self.net, self.classes = loaded.config, loaded.net, classes

    def codes(self, seed: int) -> Tensor:
        return code_of_bicyclegan(seed, self.cfg.code)

    @torch.no_grad()
    def encoded(self, picture: Tensor, label_map: Tensor) -> Tensor:
        return self.net.encode(picture)[0]  # type: ignore[no-any-return, operator]

    def with_class(self, codes: Tensor, other: Tensor, number: int) -> Tensor:
        return other

    @torch.no_grad()
    def draw(self, label_map: Tensor, codes: Tensor) -> Tensor:
        return self.net.draw(in_colours(label_map, self.classes), codes).clamp(-1, 1)  # type: ignore[no-any-return, operator]
