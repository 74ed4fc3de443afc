"""COCO-GAN's ``small`` preset on a set of pictures, beside a plain GAN of whole pictures with the same time.

Measured: the Frechet distance of samples from the set, at the end and after a twentieth of the training, and that of
the plain GAN; whether pictures have seams where their parts meet; whether coordinates are used; what is kept in memory.
Trainings are kept in ``--work`` and gone on with. The pictures come from ``calotype data people``.

    calotype data people
    python benchmarks/cocogan.py people/images --out benchmarks/results/cocogan.json --sheets sheets
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported anywhere

import argparse
import json
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from calotype import processor
from calotype.data.folder import Folder
from calotype.data.stream import Stream
from calotype.losses.adversarial import discriminator_loss, generator_loss
from calotype.metrics.frechet import fid, self_distance
from calotype.models import cocogan
from calotype.models.cocogan.coordinates import cells, joined, merged, micro_coordinates
from calotype.models.cocogan.generate import guided, latent_of, sample
from calotype.models.cocogan.network import Net
from calotype.models.cocogan.trainer import Trainer, jitter_colours
from calotype.nn.embedding import chosen, embed
from calotype.run import Run
from machine import provenance

EARLY = 0.05  # of the training: the distance then has to be several times that at the end


# ------------------------------------------------------------------------------------------------------------------
# The trainings


def timed(work: Path, name: str, train: Callable[[Run], Any], folder: str = "") -> tuple[Any, float]:
    """What a training makes, and the processor's seconds that it took, over all the times it was begun.

    Args:
        work: where everything is kept.
        name: of the training.
        train: does it.
        folder: of its run, where that is another one's, which it goes on with.
    """
    kept, spent = work / (folder or name), work / f"{name}.seconds"
    kept.mkdir(parents=True, exist_ok=True)
    before, began = seconds_in(spent), time.process_time()

    def heard(event: Any) -> None:
        if event.kind == "save":
            spent.write_text(str(before + time.process_time() - began))
            print(f"{name}: {event.stage} {event.step} of {event.steps}", flush=True)
        if event.preview is not None:
            from calotype.image.io import to_image

            to_image(event.preview).save(kept / "preview.png")

    made = train(Run(kept, on_event=heard))
    return made, seconds_in(spent)


def seconds_in(spent: Path) -> float:
    """What was written there; 0 where nothing was."""
    return float(spent.read_text()) if spent.exists() else 0.0


class Plain(nn.Module):
    """A generator of whole pictures, as in DCGAN (Radford, Metz, Chintala, ICLR 2016): transposed convolutions."""

    def __init__(self, side: int, latent: int, width: int) -> None:
        super().__init__()
        ups = int(math.log2(side)) - 3
        widths = [width << ups - i for i in range(ups + 1)]
        layers: list[nn.Module] = [nn.ConvTranspose2d(latent, widths[0], 4), nn.BatchNorm2d(widths[0]), nn.ReLU()]
        for before, after in pairwise(widths):
            layers += [nn.ConvTranspose2d(before, after, 4, 2, 1), nn.BatchNorm2d(after), nn.ReLU()]
        self.layers = nn.Sequential(*layers, nn.ConvTranspose2d(widths[-1], 3, 4, 2, 1), nn.Tanh())

    def forward(self, latent: Tensor) -> Tensor:
        return self.layers(latent[:, :, None, None])


class PlainCritic(nn.Module):
    """Its critic, with weights divided by their largest singular value."""

    def __init__(self, side: int, width: int) -> None:
        super().__init__()
        downs = int(math.log2(side)) - 2
        layers: list[nn.Module] = []
        for i in range(downs):
            layers += [spectral_norm(nn.Conv2d(width << i - 1 if i else 3, width << i, 4, 2, 1)), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers, spectral_norm(nn.Conv2d(width << downs - 1, 1, 4)))

    def forward(self, pictures: Tensor) -> Tensor:
        return self.layers(pictures).flatten()


def trained_plain(
    stream: Stream, cfg: cocogan.Config, run: Run, seconds: float, spent: Path, widths: tuple[int, int] = (32, 32)
) -> Plain:
    """The plain GAN after so many seconds of the processor: with the same loss, augmentation and average.

    Args:
        stream: the pictures.
        cfg: batch, augmentation and average.
        run: where it is kept.
        seconds: how long.
        spent: the file that tells how many seconds there were already.
        widths: of the generator and of the critic.
    """
    run.reseed("plain")
    side, done = cfg.size[0], spent.with_suffix(".safetensors")
    generator, average = Plain(side, 64, widths[0]), Plain(side, 64, widths[0])
    critic = PlainCritic(side, widths[1])
    for net in (generator, average, critic):
        net.to(memory_format=torch.channels_last)
    if done.exists():
        average.load_state_dict(load_file(done))
        return average.eval()
    average.load_state_dict(generator.state_dict())
    judge = torch.optim.Adam(critic.parameters(), 4e-4, (0.5, 0.999))
    maker = torch.optim.Adam(generator.parameters(), 2e-4, (0.5, 0.999))
    state = {"generator": generator, "average": average, "critic": critic, "judge": judge, "maker": maker}
    half = torch.autocast("cpu", torch.bfloat16, enabled=cfg.bf16 and processor.fast_bfloat16())
    before, began = seconds_in(spent), time.process_time()
    for i in run.steps(1_000_000, state, "plain"):
        real = stream(i)["image"]
        real = torch.where(torch.rand(len(real), 1, 1, 1) < 0.5, real, real.flip(3))
        with half:
            fake = generator(torch.randn(len(real), 64)).float()
            how = torch.rand(2 * len(real), 7) * 2 - 1
            both = jitter_colours(torch.cat([real, fake.detach()]), how, cfg.tint)
            loss = discriminator_loss(*critic(both).float().chunk(2), "hinge")
        judge.zero_grad()
        loss.backward()
        judge.step()
        with half:
            critic.requires_grad_(False)
            made = generator_loss(critic(jitter_colours(fake, how[: len(fake)], cfg.tint)).float())
            critic.requires_grad_(True)
        maker.zero_grad()
        made.backward()
        maker.step()
        with torch.no_grad():
            for mean, now in zip(average.state_dict().values(), generator.state_dict().values()):
                mean.lerp_(now, 1 - cfg.average) if mean.is_floating_point() else mean.copy_(now)
        run.report(critic=loss.detach(), generator=made.detach())
        if (i + 1) % 500 == 0:
            with torch.no_grad():
                shown = average.eval()(torch.randn(12, 64, generator=torch.Generator().manual_seed(0)))
            run.report(preview=merged(shown, 3, 4))
        if before + time.process_time() - began > seconds:
            spent.write_text(str(before + time.process_time() - began))
            save_file({name: value.contiguous() for name, value in average.state_dict().items()}, done)
            print(f"plain: {i + 1} steps", flush=True)
            break
    return average.eval()


# ------------------------------------------------------------------------------------------------------------------
# What is measured


def many(net: Net, cfg: cocogan.Config, count: int) -> Tensor:
    """Samples [count, 3, H, W], each of its own seed."""
    return torch.cat([sample(cfg, Run(), net=net, seed=seed) for seed in range(count)])


def border_ratio(pictures: Tensor, micro: int) -> float:
    """Mean absolute difference of neighbouring pixels where two parts meet, as a multiple of that elsewhere."""
    meeting, elsewhere = [], []
    for x in (pictures, pictures.transpose(2, 3)):
        steps = x.diff(dim=3).abs().mean(dim=(0, 1, 2))
        at = torch.arange(len(steps)) % micro == micro - 1
        meeting.append(steps[at].mean())
        elsewhere.append(steps[~at].mean())
    return float(sum(meeting) / sum(elsewhere))


def seams(made: Tensor, real: Tensor, micro: int) -> dict[str, Any]:
    """How much more pixels differ where parts meet, of what was made and of the set's pictures that are most like it.

    What is shown changes that, too: of pictures with wide hats more changes far from where parts meet. So there are
    three: beside the whole set; beside the pictures most like those that were made, one each; and of columns and rows
    where parts meet beside only the next ones to both sides.
    """
    nearest = torch.cdist(made.flatten(1), real.flatten(1)).argmin(dim=1)
    ratio, alike = border_ratio(made, micro), border_ratio(real[nearest], micro)
    return {
        "border_ratio": round(ratio, 4),
        "over_that_of_the_set": round(ratio / border_ratio(real, micro), 4),
        "over_that_of_the_most_alike": round(ratio / alike, 4),
        "beside_the_next_over_that_of_the_set": round(beside_ratio(made, micro) / beside_ratio(real, micro), 4),
        "most_alike": len(nearest.unique()),
    }


def beside_ratio(pictures: Tensor, micro: int) -> float:
    """As ``border_ratio``, beside the differences next to where parts meet instead of all others."""
    meeting, beside = [], []
    for x in (pictures, pictures.transpose(2, 3)):
        steps = x.diff(dim=3).abs().mean(dim=(0, 1, 2))
        at = torch.arange(micro - 1, len(steps) - 1, micro)
        meeting.append(steps[at].mean())
        beside.append((steps[at - 1] + steps[at + 1]).mean() / 2)
    return float(sum(meeting) / sum(beside))


@torch.no_grad()
def shuffled(net: Net, cfg: cocogan.Config, count: int) -> Tensor:
    """Pictures whose parts are made for one another's places."""
    rows, columns = cells(cfg)
    where = torch.cartesian_prod(torch.arange(rows), torch.arange(columns)).float()
    where = where[torch.randperm(len(where), generator=torch.Generator().manual_seed(0))]
    at = micro_coordinates(where[:, 0], where[:, 1], cfg)
    made = [net.average(latent_of(seed, cfg).expand(len(at), -1), at) for seed in range(count)]
    return torch.cat([joined(each, rows, columns, cfg) for each in made])


def correlation(a: Tensor, b: Tensor) -> float:
    """Of two mean pictures."""
    return float(torch.corrcoef(torch.stack([a.mean(0).flatten(), b.mean(0).flatten()]))[0, 1])


def kept_bytes(cfg: cocogan.Config) -> tuple[int, int]:
    """Bytes that a step keeps for its gradients, and those of the largest tensor among them."""
    sizes: dict[int, int] = {}

    def pack(x: Tensor) -> Tensor:
        place, size = x.untyped_storage().data_ptr(), x.untyped_storage().nbytes()
        sizes[place] = max(size, sizes.get(place, 0))  # what was freed may be used again
        return x

    trainer = Trainer(cocogan.build(cfg), cfg, torch.device("cpu"), cfg.steps)
    parameters = {p.untyped_storage().data_ptr() for p in trainer.net.parameters()}
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda x: x):
        trainer.step(None, {"image": torch.zeros(cfg.batch, 3, *cfg.size)}, 0)
    kept = [size for place, size in sizes.items() if place not in parameters]
    return sum(kept), max(kept)


def memory(cfg: cocogan.Config) -> dict[str, Any]:
    """What a step keeps when it learns from macro pieces, and when it learns from whole pictures at once."""
    cfg = replace(cfg, batch=4)
    whole = replace(cfg, macro=max(cfg.size))
    (total, largest), (whole_total, whole_largest) = kept_bytes(cfg), kept_bytes(whole)
    larger = kept_bytes(replace(cfg, size=(4 * cfg.size[0], 4 * cfg.size[1])))
    return {
        "batch": cfg.batch,
        "kept_bytes": total,
        "largest_bytes": largest,
        "kept_bytes_of_whole_pictures": whole_total,
        "largest_bytes_of_whole_pictures": whole_largest,
        "largest_bytes_where_pictures_have_16_times_the_pixels": larger[1],
        "share_of_whole": round(total / whole_total, 4),
        "macro_share_of_pixels": (cfg.macro / max(cfg.size)) ** 2,
    }


def guidance(net: Net, cfg: cocogan.Config, pictures: Tensor) -> dict[str, float]:
    """How like a piece the picture is that was made to go with it, there; beside one that was made of nothing."""
    place = (cfg.size[0] - cfg.macro) // 2 // cfg.micro * cfg.micro
    piece = pictures[:, :, place : place + cfg.macro, place : place + cfg.macro]

    def likeness(made: Tensor) -> float:
        there = made[:, :, place : place + cfg.macro, place : place + cfg.macro]
        return float((10 * torch.log10(4 / F.mse_loss(there, piece, reduction="none").mean(dim=(1, 2, 3)))).mean())

    after = torch.cat([guided(cfg, Run(), net=net, piece=each[None]) for each in piece])
    return {"psnr_guided": round(likeness(after), 2), "psnr_random": round(likeness(many(net, cfg, len(piece))), 2)}


def ring_distance(made: Tensor, cfg: cocogan.Config, cells_out: int, features: Any) -> float:
    """Frechet distance between macro pieces that reach over the edge by a cell and those that end at it."""
    side, micro = cfg.macro, cfg.micro
    out = cells_out * micro
    outer, inner = [], []
    for x in (made, made.transpose(2, 3)):
        middle = x[:, :, :, out : x.shape[3] - out].unfold(3, side, micro)
        for flipped in (middle, middle.flip(2)):
            outer += [flipped[:, :, :side].permute(0, 3, 1, 2, 4).flatten(0, 1)]
            inner += [flipped[:, :, out : out + side].permute(0, 3, 1, 2, 4).flatten(0, 1)]
    return fid(embed(batched(torch.cat(outer)), features), embed(batched(torch.cat(inner)), features))


def batched(pictures: Tensor) -> Iterator[Tensor]:
    yield from pictures.split(64)


def sheet(pictures: Tensor, path: Path, columns: int) -> None:
    """Pictures side by side as one PNG, each pixel doubled."""
    from calotype.image.io import save_png, to_image

    rows = len(pictures) // columns
    grid = merged(F.pad(pictures[: rows * columns], (2, 2, 2, 2), value=1.0), rows, columns)
    save_png(to_image(F.interpolate(grid, scale_factor=2.0)), path, {})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures", type=Path, help="the folder of pictures")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=Path("cocogan-work"))
    parser.add_argument("--sheets", type=Path)
    parser.add_argument("--preset", default="small")
    parser.add_argument("--steps", type=int, help="instead of the preset's")
    parser.add_argument("--without-plain", action="store_true", help="leave out the plain GAN")
    parser.add_argument("--compared", type=int, default=1400, help="pictures on either side of a distance, at most")
    parser.add_argument("--beyond-steps", type=int, default=400, help="of learning what lies beyond the edges")
    parser.add_argument("--features", default="auto")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    torch.backends.mkldnn.enabled = True

    cfg = cocogan.PRESETS[asked.preset]
    cfg = replace(cfg, steps=asked.steps or cfg.steps)
    data = Folder(asked.pictures, cfg.size)
    stream = Stream(data, cfg.batch, seed=0)
    early_cfg = replace(cfg, steps=max(1, round(EARLY * cfg.steps)), decay_at=1.0)
    net, seconds = timed(asked.work, "whole", lambda run: cocogan.train(stream, cfg, run))
    early, _ = timed(asked.work, "early", lambda run: cocogan.train(stream, early_cfg, run))
    spent = asked.work / "plain.seconds"
    plain, plain_seconds = (
        (None, 0.0)
        if asked.without_plain
        else timed(asked.work, "plain", lambda run: trained_plain(stream, cfg, run, seconds, spent))
    )
    beyond_cfg = replace(cfg, beyond=1, beyond_steps=asked.beyond_steps)
    outer_net, _ = timed(asked.work, "beyond", lambda run: cocogan.train(stream, beyond_cfg, run), "whole")

    features = chosen(asked.features)
    real = torch.stack([data[i]["image"] for i in range(len(data))])
    real = torch.cat([real, real.flip(3)]) if cfg.mirror else real
    real = real[torch.randperm(len(real), generator=torch.Generator().manual_seed(0))][: asked.compared]
    count = len(real)
    made = many(net, cfg, count)
    sets = {"whole training": made, "a twentieth of it": many(early, cfg, count)}
    if plain is not None:
        drawn = torch.randn(count, 64, generator=torch.Generator().manual_seed(0))
        with torch.no_grad():
            sets["plain GAN"] = torch.cat([plain(some) for some in drawn.split(64)])
    reference = embed(batched(real), features)
    vectors = {name: embed(batched(pictures), features) for name, pictures in sets.items()}
    extended = (cfg.size[0] + 2 * cfg.micro, cfg.size[1] + 2 * cfg.micro)
    outside = {
        name: torch.cat([sample(beyond_cfg, Run(), net=each, size=extended, seed=seed) for seed in range(200)])
        for name, each in (("before", net), ("after", outer_net))
    }
    inner = outside["after"][:, :, cfg.micro : -cfg.micro, cfg.micro : -cfg.micro]
    mean_real = correlation(real, real[torch.randperm(count, generator=torch.Generator().manual_seed(0))[: count // 2]])
    result = {
        "benchmark": "cocogan",
        **provenance(),
        "preset": asked.preset,
        "steps": cfg.steps,
        "pictures": len(data),
        "mirrored": cfg.mirror,
        "features": reference.features,
        "compared": count,
        "cpu_seconds": {"cocogan": round(seconds), "plain GAN": round(plain_seconds) or None},
        "frechet": {name: round(fid(reference, each), 2) for name, each in vectors.items()},
        "frechet_of_halves_of_the_set": round(self_distance(reference), 2),
        "border_ratio_of_the_set": round(border_ratio(real, cfg.micro), 4),
        "seams": {name: seams(pictures, real, cfg.micro) for name, pictures in sets.items()},
        "correlation_of_means": {
            "made": round(correlation(real, made), 4),
            "with parts in wrong places": round(correlation(real, shuffled(net, cfg, 200)), 4),
            "half of the set": round(mean_real, 4),
        },
        "memory": memory(cfg),
        "guidance": guidance(net, cfg, real[:: max(1, count // 64)][:64]) if net.critic.source is not None else None,
        "beyond": {
            "steps": asked.beyond_steps,
            "ring_distance": {k: round(ring_distance(v[:50], cfg, 1, features), 2) for k, v in outside.items()},
            "inner_pictures_changed_by": round(float((inner - made[:200]).abs().mean()), 4),
        },
    }
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=2))
    if asked.sheets:
        asked.sheets.mkdir(parents=True, exist_ok=True)
        order = torch.randperm(count, generator=torch.Generator().manual_seed(1))
        sheet(real[order][:40], asked.sheets / "real.png", 10)
        for name, pictures in sets.items():
            sheet(pictures[:40], asked.sheets / f"{name.replace(' ', '_')}.png", 10)
        for name, pictures in outside.items():
            sheet(pictures[:24], asked.sheets / f"beyond_{name}.png", 8)


if __name__ == "__main__":
    main()
