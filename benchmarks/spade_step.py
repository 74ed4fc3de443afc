"""One training step of SPADE, timed: Calotype's, or that of MONAI's SPADENet in the interpreter that runs this.

``benchmarks/spade.py speed`` calls this by turns with two interpreters. It prints a line of JSON.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported

import argparse
import json
import resource
import time
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

WEIGHT_OF_FEATURES, WEIGHT_OF_KL = 10.0, 0.05


def picture_and_map(batch: int, side: int, classes: int) -> tuple[Any, Any]:
    """Pictures [B, 3, side, side] and maps [B, side, side] with patches of classes."""
    generator = torch.Generator().manual_seed(0)
    coarse = torch.randint(0, classes, (batch, side // 8, side // 8), generator=generator)
    maps = coarse.repeat_interleave(8, 1).repeat_interleave(8, 2)
    return torch.rand(batch, 3, side, side, generator=generator) * 2 - 1, maps


def ours(what: dict[str, Any]) -> tuple[Callable[[], None], int]:
    """A step of Calotype, and the number of the generator's weights."""
    from dataclasses import replace

    from calotype.losses.kl import gaussian_kl
    from calotype.models import spade
    from calotype.models.spade.network import build
    from calotype.nn.precision import autocast
    from calotype.semantic.labels import LabelMaps
    from calotype.semantic.trainer import Trainer

    cfg = replace(spade.PRESETS["small"], classes=what["classes"] - 1, batch=what["batch"], bf16=what["bf16"])
    torch.manual_seed(0)
    trainer = Trainer(cfg, torch.device("cpu"), build)
    real, maps = picture_and_map(cfg.batch, cfg.size[0], cfg.classes)
    noise = torch.randn(cfg.batch, cfg.latent)
    weights = sum(p.numel() for p in trainer.net.generator.parameters())

    def whole() -> None:
        trainer.step(trainer.state, {"image": real, "map": maps}, 0)

    def generator_alone() -> None:
        trainer.net.train()
        with autocast(trainer.device, trainer.cfg.bf16):
            fake, mean, log_variance = trainer.net(LabelMaps(maps, cfg), real, noise)
        loss = (fake - real).abs().mean() + WEIGHT_OF_KL * gaussian_kl(mean, log_variance)
        trainer.generator_optimizer.zero_grad(set_to_none=True)
        loss.backward()
        trainer.generator_optimizer.step()

    return (whole if what["whole"] else generator_alone), weights


def plain_discriminator(channels: int, width: int) -> nn.ModuleList:
    """One scale of the discriminator, of torch's own layers."""
    layers = [nn.Sequential(nn.Conv2d(channels, width, 4, 2, 2), nn.LeakyReLU(0.2))]
    for before, after, stride in ((width, 2 * width, 2), (2 * width, 4 * width, 1)):
        conv = spectral_norm(nn.Conv2d(before, after, 4, stride, 2, bias=False))
        layers.append(nn.Sequential(conv, nn.InstanceNorm2d(after), nn.LeakyReLU(0.2)))
    return nn.ModuleList([*layers, nn.Sequential(nn.Conv2d(4 * width, 1, 4, 1, 2))])


def monai(what: dict[str, Any]) -> tuple[Callable[[], None], int]:
    """The same with MONAI's SPADENet, in the usual order: the discriminator's update, then the generator's."""
    from monai.networks.nets import SPADENet

    torch.manual_seed(0)
    side, out = what["side"], what["side"] * what["larger"]
    net = SPADENet(2, 3, 3, what["classes"], [out, out], list(what["channels"]), what["latent"], True, what["hidden"])
    judge = nn.ModuleList(plain_discriminator(what["classes"] + 3, what["discriminator_width"]) for _ in range(2))
    real, maps = picture_and_map(what["batch"], side, what["classes"] - 1)
    planes = F.one_hot(maps, what["classes"]).permute(0, 3, 1, 2).float().contiguous()
    seen = F.interpolate(real, scale_factor=float(what["larger"])) if what["larger"] > 1 else real
    of_net = torch.optim.Adam(net.parameters(), 1e-4, (0.0, 0.9))
    of_judge = torch.optim.Adam(judge.parameters(), 4e-4, (0.0, 0.9))
    weights = sum(p.numel() for p in net.decoder.parameters())

    def made() -> tuple[Any, Any]:
        fake, mean, log_variance = net(planes, seen)
        if what["larger"] > 1:
            fake = F.avg_pool2d(fake, what["larger"])
        kl = -0.5 * (1 + log_variance - mean.square() - log_variance.exp()).sum(1).mean()
        return fake, kl

    def generator_alone() -> None:
        fake, kl = made()
        loss = (fake - real).abs().mean() + WEIGHT_OF_KL * kl
        of_net.zero_grad(set_to_none=True)
        loss.backward()
        of_net.step()

    def judged(pictures: Any) -> list[list[Any]]:
        x, found = torch.cat([planes, pictures], 1), []
        for scale in judge:
            found.append([x])
            for layer in scale:
                found[-1].append(layer(found[-1][-1]))
            x = F.avg_pool2d(x, 3, 2, 1, count_include_pad=False)
        return [each[1:] for each in found]

    def whole() -> None:
        fake, kl = made()
        pairs = list(zip(judged(real), judged(fake.detach())))
        loss = sum(F.relu(1 - true[-1]).mean() + F.relu(1 + scores[-1]).mean() for true, scores in pairs) / 2
        of_judge.zero_grad(set_to_none=True)
        loss.backward()
        of_judge.step()
        found = judged(fake)
        with torch.no_grad():
            wanted = judged(real)
        loss = sum(-scale[-1].mean() for scale in found) / 2 + WEIGHT_OF_KL * kl
        pairs = [(f, w) for fs, ws in zip(found, wanted) for f, w in zip(fs[:-1], ws[:-1])]
        loss = loss + WEIGHT_OF_FEATURES * sum((f - w).abs().mean() for f, w in pairs) / 2
        of_net.zero_grad(set_to_none=True)
        loss.backward()
        of_net.step()

    return (whole if what["whole"] else generator_alone), weights


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("which", choices=("ours", "monai"))
    parser.add_argument("what", help="JSON")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    what = json.loads(asked.what)
    step, weights = (ours if asked.which == "ours" else monai)(what)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(3):
        step()
    times = []
    for _ in range(what["steps"]):
        began = time.process_time()
        step()
        times.append(time.process_time() - began)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = {
        "seconds": sorted(times)[len(times) // 2],
        "weights": weights,
        "peak_kib": peak,
        "grown_kib": peak - before,
    }
    print(json.dumps({**found, "torch": torch.__version__}))


if __name__ == "__main__":
    main()
