"""Styles of emoji vendors, with known truth: what ``styledisentangle`` learns, with and without its two style losses.

Photos are emoji of Noto, artists are four other vendors, 32 x 32 pixels, preset ``study``. The last 130 code points are
held out from training. Variants: ``full``; ``no_fpd``, without the disentanglement loss; ``no_fpt``, without the
fixpoint triplet loss. Measured on held-out code points, each drawn in the style of another code point of each vendor:

- deception: share of results that a classifier of vendors, trained on real emoji, finds to be of the artwork's vendor;
  the same of the photo itself (copy).
- content: share whose code point a classifier, trained on real emoji of the held-out code points of all vendors,
  finds; relative to its accuracy on slightly shifted real ones.
- style variance: variance of the style vector of results over photos, divided by the variance over artworks.
- retrieval: share of results whose style vector is nearest to that of its own artwork, among 50.
- paired error: mean absolute difference from the same code point as the vendor drew it; of the photo (copy), and of the
  photo with the mean and standard deviation of the artwork's colours (colour transfer).
- flicker: mean absolute difference of consecutive frames of a photo that moves by a pixel, shifted back.

``speed`` compares processor seconds of the generator's part of a step with those of the same losses, each of which
encodes and draws anew, by turns, and their gradients, and a photo of 2048 pixels in tiles and whole, with networks of
random weights whose results have the contrast of a photo; ``measure`` repeats the latter with a trained one. With
``--refined`` the style vectors are refined by the result before it is measured.

    calotype data emoji -o emoji --size 32
    python benchmarks/style_disentangle.py train emoji --work work --variant full --seed 0
    python benchmarks/style_disentangle.py speed emoji --work work --out benchmarks/results/style_speed.json
    python benchmarks/style_disentangle.py measure emoji --work work --out benchmarks/results/style_disentangle.json
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported

import argparse
import json
import statistics
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype import saving
from calotype.catalog import load
from calotype.data.sample_lines import read_lines
from calotype.data.samples import Samples
from calotype.data.stream import Stream
from calotype.data.styles import StyleSet, Stylings, style_set
from calotype.models import styledisentangle as model
from calotype.models.styledisentangle import Config
from calotype.models.styledisentangle.generate import decoded
from calotype.models.styledisentangle.losses import content_loss, distance, pixel_loss
from calotype.models.styledisentangle.trainer import Drawn, Examples, draw, style_losses
from calotype.run import Run
from machine import provenance
from spade import seconds_of, timed
from style_paintings_measures import colour_transfer

SIDE, HELD_OUT, VENDORS, ARTWORKS = 32, 130, 5, 50
STEPS = 2400
VARIANTS: dict[str, dict[str, float]] = {
    "full": {},
    "no_fpd": {"disentangling_weight": 0.0},
    "no_fpt": {"triplet_weight": 0.0},
}


def config(variant: str, steps: int, found: StyleSet) -> Config:
    cfg = replace(model.PRESETS["study"], until=(steps,), **VARIANTS[variant])  # type: ignore[arg-type]
    return model.adapted(cfg, {"artists": found.artists, "categories": found.categories})


def contents(folder: Path) -> list[int]:
    """The code point of each line."""
    return [int(line["content"]) for line in read_lines(folder)]


def learned(folder: Path) -> StyleSet:
    """The set without the held-out code points, the last in the order of the samples."""
    found, order = style_set(folder), list(dict.fromkeys(contents(folder)))
    held = set(order[-HELD_OUT:])
    of = {folder / line["image"]: int(line["content"]) for line in read_lines(folder)}
    photos = [i for i, path in enumerate(found.photos) if of[path] not in held]
    artworks = [i for i, path in enumerate(found.artworks) if of[path] not in held]
    return replace(
        found,
        photos=tuple(found.photos[i] for i in photos),
        artworks=tuple(found.artworks[i] for i in artworks),
        category=tuple(found.category[i] for i in photos),
        artist=tuple(found.artist[i] for i in artworks),
    )


def train(folder: Path, work: Path, variant: str, seed: int, steps: int) -> None:
    found = learned(folder)
    cfg, place = config(variant, steps, found), work / f"{variant} {seed}"
    stream = Stream(Stylings(found, cfg.size), model.batch_size(cfg), seed=seed)
    net, _ = timed(place, seed, lambda run: model.train(stream, cfg, run))
    if not (place / "net").exists():
        saving.write(place / "net", "styledisentangle", cfg, net, "", cfg.size)


# ------------------------------------------------------------------------------------------------------------------
# Measuring


class Classifier(nn.Module):
    """Class of a picture [B, 3, 32, 32]."""

    def __init__(self, classes: int, width: int = 32) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in ((3, width), (width, 2 * width), (2 * width, 4 * width)):
            layers += [nn.Conv2d(before, after, 3, 1, 1), nn.BatchNorm2d(after), nn.ReLU(), nn.MaxPool2d(2)]
        self.net = nn.Sequential(*layers, nn.Flatten(), nn.Dropout(0.3), nn.Linear(4 * width * 16, classes))

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.net(x)
        return found


def shifted(pictures: Tensor, most: int = 2) -> Tensor:
    """Each moved by up to so many pixels, borders repeated."""
    padded, side = F.pad(pictures, (most,) * 4, mode="replicate"), torch.arange(pictures.shape[2])
    rows, columns = (torch.randint(2 * most + 1, (len(pictures), 2)).T[:, :, None] + side).unbind()
    of = torch.arange(len(pictures))[:, None, None]
    return padded[of, :, rows[:, :, None], columns[:, None]].permute(0, 3, 1, 2).contiguous()


def trained(pictures: Tensor, classes: Tensor, steps: int) -> Classifier:
    torch.manual_seed(0)
    net = Classifier(int(classes.max()) + 1)
    optimizer = torch.optim.Adam(net.parameters(), 2e-3)
    for i in range(steps):
        optimizer.param_groups[0]["lr"] = 2e-3 * (1 - i / steps)
        chosen = torch.randint(len(pictures), (64,))
        optimizer.zero_grad()
        F.cross_entropy(net(shifted(pictures[chosen])), classes[chosen]).backward()
        optimizer.step()
    return net.eval()


def hit(net: Classifier, pictures: Tensor, classes: Tensor) -> float:
    with torch.no_grad():
        return round(float((net(pictures).argmax(1) == classes).float().mean()), 4)


class Truth:
    """Held-out emoji by code point and vendor: [code points, vendors, 3, 32, 32], and classifiers of both."""

    def __init__(self, folder: Path) -> None:
        samples = Samples(folder, (SIDE, SIDE), keys=["label"])
        pictures = torch.stack([samples[i]["image"] for i in range(len(samples))])
        whole = pictures.view(-1, VENDORS, 3, SIDE, SIDE)  # of each code point all vendors, in the order of the samples
        self.held = whole[-HELD_OUT:]
        known = whole[:-HELD_OUT].flatten(0, 1)
        self.vendors = trained(known, torch.arange(VENDORS).repeat(len(whole) - HELD_OUT), 1500)
        of = torch.arange(HELD_OUT).repeat_interleave(VENDORS)
        self.codes = trained(self.held.flatten(0, 1), of, 1500)
        torch.manual_seed(1)
        moved = shifted(self.held.flatten(0, 1))
        self.real = {
            "vendor": hit(self.vendors, self.held.flatten(0, 1), torch.arange(VENDORS).repeat(HELD_OUT)),
            "content": hit(self.codes, moved, of),
        }


@torch.no_grad()
def stylized(net: Any, cfg: Config, photos: Tensor, styles: Tensor, refined: int = 0) -> Tensor:
    """Results; ``refined`` times the style vectors are moved by what the style of the result lacks of them."""
    content, wanted = net.content(photos, cfg.window), styles
    made: Tensor = net.decoder(content, styles, cfg.window).clamp(-1, 1)
    for _ in range(refined):
        styles = styles + wanted - net.style(made, cfg.window)
        made = net.decoder(content, styles, cfg.window).clamp(-1, 1)
    return made


@torch.no_grad()
def measured(place: Path, truth: Truth, refined: int) -> dict[str, Any]:
    """The figures of one trained model."""
    loaded = load(place / "net")
    net: Any
    net, cfg = loaded.net, loaded.config
    held = truth.held
    count = len(held)
    other = torch.arange(count).roll(7)  # whose style each photo gets
    of_code = torch.arange(count)
    found: dict[str, list[float]] = {}
    for vendor in range(1, VENDORS):
        art, photo, wanted = held[other, vendor], held[:, 0], held[:, vendor]
        made = stylized(net, cfg, photo, net.style(art, cfg.window), refined)
        values = {
            "deception": hit(truth.vendors, made, torch.full((count,), vendor)),
            "copy deception": hit(truth.vendors, photo, torch.full((count,), vendor)),
            "content": hit(truth.codes, made, of_code) / truth.real["content"],
            "paired error": float((made - wanted).abs().mean()),
            "paired error of a copy": float((photo - wanted).abs().mean()),
            "paired error of colour transfer": float((colour_transfer(photo, art) - wanted).abs().mean()),
        }
        for name, value in values.items():
            found.setdefault(name, []).append(value)
    by_vendor = {name: [round(value, 4) for value in values] for name, values in found.items()}
    result = {name: round(statistics.mean(values), 4) for name, values in found.items()}
    return {**result, **consistency(net, cfg, held, refined), "by_vendor": by_vendor, "seconds": seconds_of(place)}


def consistency(net: Any, cfg: Config, held: Tensor, refined: int) -> dict[str, float]:
    """Style variance, retrieval of the artwork, and flicker."""
    art = held[:ARTWORKS, 1:].flatten(0, 1)[torch.randperm(4 * ARTWORKS, generator=torch.Generator().manual_seed(0))]
    art = art[:ARTWORKS]
    styles = net.style(art, cfg.window)
    photos = held[-20:, 0]
    made_of = [stylized(net, cfg, photos, s[None].expand(20, -1), refined) for s in styles]
    again = torch.stack([net.style(made, cfg.window) for made in made_of])
    nearest = torch.cdist(again.flatten(0, 1), styles).argmin(1).view(ARTWORKS, 20)
    within = distance(again.flatten(0, 1), again.mean(1, keepdim=True).expand_as(again).flatten(0, 1)).mean()
    among = distance(styles, styles.mean(0, keepdim=True)).mean()
    flicker = []
    for photo, style in zip(photos[:8], styles[:8]):
        wide = F.pad(photo[None], (8, 8, 8, 8), mode="replicate")
        frames = [wide[:, :, 8:40, 8 + d : 40 + d] for d in range(5)]
        made = [stylized(net, cfg, frame, style[None], refined) for frame in frames]
        steps = [(b[..., 6:-7] - a[..., 7:-6]).abs().mean() for a, b in pairwise(made)]
        flicker.append(float(torch.stack(steps).mean()))
    return {
        "style variance": round(float(within / among), 4),
        "retrieval": round(float((nearest == torch.arange(ARTWORKS)[:, None]).float().mean()), 4),
        "flicker": round(statistics.mean(flicker), 5),
    }


# ------------------------------------------------------------------------------------------------------------------
# Speed and tiles


def anew(net: Any, given: Examples, cfg: Config) -> Tensor:
    """The losses of a step, each of which encodes and draws what it needs by itself."""
    count, window, margin = len(given.categories), cfg.windows[0], cfg.margins[0]
    (one, two), (first, second) = given.photos.split(count), given.artworks.split(count)

    def result(photo: Tensor, artwork: Tensor) -> Tensor:
        made: Tensor = net.decoder(net.content(photo, window), net.style(artwork, window), window)
        return made

    def styled(photo: Tensor, artwork: Tensor) -> Tensor:
        found: Tensor = net.style(result(photo, artwork), window)
        return found

    def direction(own: Tensor, foreign: Tensor) -> Tensor:
        anchor = net.style(own, window)
        return F.relu(margin + distance(anchor, styled(one, own)) - distance(anchor, styled(one, foreign))).mean()

    triplet = 0.5 * (direction(first, second) + direction(second, first))
    apart = distance(styled(one, first), styled(two, first))
    disentangling = F.relu(apart - distance(styled(one, first), net.style(first, window))).mean()
    content = content_loss(*(net.content(x, window)[:, : cfg.deep] for x in (one, result(one, first))))
    pixels = pixel_loss(one, result(one, first), cfg.blur)
    return (
        cfg.triplet_weight * triplet
        + cfg.disentangling_weight * disentangling
        + cfg.content_weight * content
        + cfg.pixel_weight * pixels
    )


def once(net: Any, given: Examples, cfg: Config) -> Tensor:
    """The same losses from what ``draw`` makes once."""
    drawn: Drawn = draw(net, given, cfg.windows[0])
    count = len(given.categories)
    triplet, disentangling = style_losses(drawn, cfg.margins[0])
    return (
        cfg.triplet_weight * triplet
        + cfg.disentangling_weight * disentangling
        + cfg.content_weight * content_loss(*(x[:, : cfg.deep] for x in (drawn.contents, drawn.content_again)))
        + cfg.pixel_weight * pixel_loss(given.photos[:count], drawn.results[:count], cfg.blur)
    )


def gradients(loss: Any, net: Any, given: Examples, cfg: Config) -> tuple[Tensor, float]:
    """All gradients as one vector, and the processor seconds."""
    net.zero_grad(set_to_none=True)
    began = time.process_time()
    loss(net, given, cfg).backward()
    seconds = time.process_time() - began
    return torch.cat([p.grad.flatten() for p in net.parameters() if p.grad is not None]), seconds


def speed(repeats: int = 12) -> dict[str, Any]:
    cfg = model.adapted(model.PRESETS["small"], {})
    torch.manual_seed(0)
    net = model.build(cfg)
    count = cfg.batches[0]
    photos, artworks = (torch.rand(count, 3, *cfg.size) * 2 - 1 for _ in range(2))
    given = Examples(
        photos, artworks, torch.zeros(count // 2, dtype=torch.int64), torch.zeros(count, dtype=torch.int64)
    )
    seconds: dict[str, list[float]] = {"once": [], "anew": []}
    for _ in range(repeats):
        for name, loss in (("once", once), ("anew", anew)):
            found, spent = gradients(loss, net, given, cfg)
            seconds[name].append(spent)
            if name == "once":
                wanted = found
    ratios = [b / a for a, b in zip(seconds["once"][1:], seconds["anew"][1:])]
    return {
        "seconds": {name: round(statistics.median(values[1:]), 4) for name, values in seconds.items()},
        "ratio": round(statistics.median(ratios), 3),
        "gradient difference": float((found - wanted).abs().max() / wanted.abs().max()),
    }


def tiles(place: Path | None, side: int) -> dict[str, Any]:
    """A photo of so many pixels a side, whole and in tiles."""
    torch.manual_seed(0)
    if place is None:
        cfg = model.adapted(model.PRESETS["small"], {})
        net: Any = model.build(cfg).eval()
    else:
        loaded = load(place / "net")
        net, cfg = loaded.net, loaded.config
    coarse = torch.rand(1, 3, side // 32, side // 32) * 2 - 1
    photo = (F.interpolate(coarse, (side, side), mode="bicubic") + 0.2 * torch.randn(1, 3, side, side)).clamp(-1, 1)
    with torch.no_grad():
        style = net.style(photo[:, :, :SIDE, :SIDE], cfg.window)
        if place is None:  # results of random weights are nearly grey: as much contrast as a photo has
            net.decoder.last.weight *= 0.5 / float(stylized(net, cfg, photo[:, :, :256, :256], style).std())
        began = time.process_time()
        whole = stylized(net, cfg, photo, style)
        middle = time.process_time()
        made = decoded(cfg, Run(), net, photo, style, core=384)
    return {
        "side": side,
        "spread": round(float(whole.std() * 127.5), 1),
        "greatest difference": round(float((whole - made.clamp(-1, 1)).abs().max() * 127.5), 4),
        "seconds": {"whole": round(middle - began, 2), "tiles": round(time.process_time() - middle, 2)},
    }


def summary(variants: dict[str, Any]) -> dict[str, Any]:
    found = {}
    if {"full", "no_fpd"} <= variants.keys():
        seeds = variants["full"].keys() & variants["no_fpd"].keys()
        ratios = [variants["no_fpd"][s]["style variance"] / variants["full"][s]["style variance"] for s in seeds]
        found["style variance without over with FPD"] = [round(x, 3) for x in ratios]
    return found


def sheet(folder: Path, place: Path, out: Path, numbers: Sequence[int] = (3, 12, 27, 44, 71, 90)) -> None:
    """Photos; for each of four vendors the same emoji as it drew them, and results for three of its artworks."""
    from calotype.image.io import save_png, to_image

    samples = Samples(folder, (SIDE, SIDE), keys=["label"])
    count = len(samples) // VENDORS

    def emoji(number: int, vendor: int) -> Tensor:
        return samples[(count - HELD_OUT + number) * VENDORS + vendor]["image"]

    loaded = load(place / "net")
    net: Any = loaded.net
    black = -torch.ones(1, 3, SIDE, SIDE)
    photos = torch.stack([emoji(number, 0) for number in numbers])
    rows = [torch.cat([black, photos])]
    for vendor in range(1, VENDORS):
        rows.append(torch.cat([black, torch.stack([emoji(number, vendor) for number in numbers])]))
        for number in (7 * vendor + 5, 7 * vendor + 50, 7 * vendor + 82):
            art = emoji(number, vendor)[None]
            with torch.no_grad():
                style = net.style(art, loaded.config.window)
            rows.append(torch.cat([art, stylized(net, loaded.config, photos, style.expand(len(photos), -1))]))
    whole = torch.cat([torch.cat(list(row), dim=2) for row in rows], dim=1)[None]
    save_png(to_image(F.interpolate(whole, scale_factor=2.0)), out, {})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("train", "measure", "speed", "sheet"))
    parser.add_argument("set", type=Path)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--variant", action="append", choices=tuple(VARIANTS))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--refined", type=int, default=0, help="how often style vectors are refined by the result")
    parser.add_argument("--side", type=int, default=2048)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    torch.set_num_threads(1)
    variants = given.variant or list(VARIANTS)
    if given.what == "train":
        for variant in variants:
            train(given.set, given.work, variant, given.seed, given.steps)
        return
    if given.what == "sheet":
        sheet(given.set, given.work / f"{variants[0]} {given.seed}", given.out)
        return
    if given.what == "speed":
        told = {**provenance(), "speed": speed(), "tiles": [tiles(None, side) for side in (512, given.side)]}
        text = json.dumps(told, indent=1) + "\n"
        if given.out:
            given.out.write_text(text, "utf-8")
        print(text)
        return
    truth = Truth(given.set)
    found = {
        variant: {str(seed): measured(given.work / f"{variant} {seed}", truth, given.refined) for seed in given.seeds}
        for variant in variants
    }
    result = {
        **provenance(),
        "steps": given.steps,
        "refined": given.refined,
        "real": truth.real,
        "variants": found,
        "summary": summary(found),
        **({} if given.refined else {"speed": speed()}),
        "tiles": [tiles(given.work / f"{variants[0]} {given.seeds[0]}", given.side)],
    }
    text = json.dumps(result, indent=1) + "\n"
    if given.out:
        given.out.write_text(text, "utf-8")
    print(text)


if __name__ == "__main__":
    main()
