"""New pictures from a trained model: random ones, ones that begin with a given picture, enlarged ones, moving ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from calotype.engines.singan.config import Config
from calotype.engines.singan.net import Net
from calotype.engines.singan.pyramid import Size, at_size, in_proportion, passes_of, patch_levels, step_of
from calotype.errors import InputError
from calotype.image.resize import resize
from calotype.matching.refine import Level, Refinement, Tile, refine
from calotype.metrics.sliced import sliced_each
from calotype.run import Run

NO_TILE = (False, False)

# Learned layouts are not the photo's: where nothing is known of them yet all patches are compared with all, up to so
# many of each (in the geometric mean), and a little further up too.
EXACT_BELOW, EXACT_START = 4000, 14_000
# Pixels of layouts that are drawn at a time.
MOST_PIXELS = 500_000


@torch.no_grad()
def vary(
    photos: Sequence[Tensor],
    cfg: Config,
    run: Run,
    *,
    size: Size,
    seed: int,
    structure: float = 0.0,
    tile: Tile = NO_TILE,
    net: Net | None = None,
) -> Tensor:
    """A random sample. Section 2 of the paper; ``structure`` names the scale that noise begins at (section 3).

    Args:
        photos: [1, 3, H, W], -1..1: the one photo that the net was trained on.
        cfg: settings, those of the training but for what concerns patches and candidates.
        run: progress, stopping, device.
        size: height and width of the result, pixels.
        seed: of all noise.
        structure: 0 begins at the coarsest scale; above, at a finer one, from the photo as the scales below make it.
        tile: whether the result continues itself vertically and horizontally.
        net: trained, or some of its scales.

    Returns:
        [1, 3, h, w], -1..1.

    Raises:
        InputError: there is no net.
        Stopped: the run was asked to stop.
    """
    painter = _Painter(photos, cfg, run, size, seed, tile, net)
    first = painter.level_of(structure)
    if first >= painter.depth:
        return painter.refined(painter.photo_at(painter.sizes[first]), first)
    same = size == painter.photo_size and tile == NO_TILE
    # The reconstruction has the photo's own size; another size begins with the photo, stretched to it.
    below = None if first == 0 or same else painter.photo_at(painter.sizes[first - 1])
    return painter.refined(painter.best(first, below, stirred=first > 0), painter.depth - 1)


@torch.no_grad()
def retarget(
    photos: Sequence[Tensor],
    cfg: Config,
    run: Run,
    *,
    size: Size,
    seed: int,
    tile: Tile = NO_TILE,
    net: Net | None = None,
) -> Tensor:
    """The photo at another size: stretched as the coarsest scale would be, then made again from the scale above it.

    Arguments, result and errors are those of ``vary``.
    """
    painter = _Painter(photos, cfg, run, size, seed, tile, net)
    return painter.refined(painter.best(1, painter.photo_at(painter.sizes[0])), painter.depth - 1)


@torch.no_grad()
def remake(
    photos: Sequence[Tensor],
    cfg: Config,
    run: Run,
    *,
    picture: Tensor,
    size: Size,
    seed: int,
    structure: float,
    net: Net | None = None,
) -> Tensor:
    """``picture`` in the manner of the photo: paint to image, harmonisation and editing (section 4 of the paper).

    It is shrunk to the scale below the one that ``structure`` names, enlarged to that one, and made anew from there up.

    Args:
        photos: as for ``vary``.
        cfg: as for ``vary``.
        run: as for ``vary``.
        picture: [1, 3, H, W], -1..1, of any size.
        size: height and width of the result, pixels.
        seed: of all noise.
        structure: 0..1, which scale; the coarsest cannot take a picture in and counts as the one above it.
        net: as for ``vary``.

    Returns:
        [1, 3, h, w], -1..1.

    Raises:
        InputError, Stopped: as ``vary``.
    """
    cfg = replace(cfg, alpha=cfg.remake_alpha)
    painter = _Painter(photos, cfg, run, size, seed, NO_TILE, net)
    picture = resize(picture[:, :3], size)
    first = max(1, painter.level_of(structure))
    if first >= painter.depth:
        return painter.refined(at_size(at_size(picture, painter.sizes[first - 1]), painter.sizes[first]), first)
    return painter.refined(painter.best(first, at_size(picture, painter.sizes[first - 1])), painter.depth - 1)


@torch.no_grad()
def upscale(
    photos: Sequence[Tensor], cfg: Config, run: Run, *, factor: float, seed: int, net: Net | None = None
) -> Tensor:
    """The photo enlarged, its details made by the finest scale: section 4 of the paper, super-resolution.

    Several times over the picture is enlarged a little, and the finest generator adds what is missing.

    Args:
        photos: [1, 3, H, W], -1..1.
        cfg: as ``adapted`` for ``upscale``.
        run: progress, stopping, device.
        factor: how much larger.
        seed: of the noise.
        net: trained for it.

    Returns:
        [1, 3, round(factor * H), round(factor * W)], -1..1.
    """
    net = _there(net)
    rng = torch.Generator().manual_seed(seed)
    photo, last = photos[0], len(net.sizes) - 1
    height, width = photo.shape[2:]
    x, passes = photo, passes_of(factor)
    for i in run.steps(passes, stage="enlarging"):
        grown = step_of(factor) ** (i + 1)
        size = (round(height * grown), round(width * grown))
        noise = net.noise(1, size, 1, rng)
        x = net.step(last, at_size(x, size), noise).clamp(-1, 1)
        for _ in range(cfg.consistent):
            missing = photo - resize(x, (height, width), clamp=False)
            x = (x + resize(missing, size, clamp=False)).clamp(-1, 1)
    return x


@torch.no_grad()
def animate(
    photos: Sequence[Tensor],
    cfg: Config,
    run: Run,
    *,
    frames: int,
    seed: int,
    structure: float = 0.0,
    alpha: float = 0.1,
    beta: float = 0.9,
    size: Size | None = None,
    loop: bool = True,
    net: Net | None = None,
) -> Iterator[Tensor]:
    """Frames of a photo that moves: a walk through the noise near that of the reconstruction (supplement, animation).

    z_t = alpha z* + (1 - alpha) (z_{t-1} + beta (z_{t-1} - z_{t-2}) + (1 - beta) u_t), u_t fresh noise, at every scale
    from the one that ``structure`` names; below it the noise is that of the reconstruction.

    Args:
        photos: [1, 3, H, W], -1..1.
        cfg: as ``adapted`` for ``animate``.
        run: progress, stopping, device.
        frames: how many.
        seed: of the walk.
        structure: 0..1, the scale at which movement begins.
        alpha: 0..1, how near to the photo: 1 does not move.
        beta: 0..1, how smooth and lasting a movement is.
        size: height and width of the frames; ``None`` for the photo's. The scales have the photo's proportions.
        loop: fade the end of the walk into its beginning, so that the film can be repeated.
        net: trained for it.

    Yields:
        [1, 3, h, w], -1..1.
    """
    net = _there(net)
    painter = _Painter(photos, cfg, run, size or (photos[0].shape[2], photos[0].shape[3]), seed, NO_TILE, net)
    first = min(painter.level_of(structure), painter.depth - 1)
    walks = [_walk(net, scale, frames, alpha, beta, loop, painter.rng) for scale in range(first, painter.depth)]
    below = net.reconstruction(first)
    for noises in zip(*walks):
        x = below
        for scale, noise in zip(range(first, painter.depth), noises):
            # Above the coarsest scale the noise of the photo is zero: the walk is what it deviates by.
            strength = cfg.stir if scale == first > 0 else 1.0
            x = net.step(scale, net.onto(x, net.sizes[scale]), strength * noise)
        assert x is not None
        # The same seed for each frame: what is still stays still.
        painter.rng = torch.Generator().manual_seed(seed)
        yield painter.refined(x.clamp(-1, 1), painter.depth - 1)


def _walk(
    net: Net, scale: int, frames: int, alpha: float, beta: float, loop: bool, rng: torch.Generator
) -> list[Tensor]:
    """The noise of one scale in every frame."""

    def fresh() -> Tensor:
        return net.noise(scale, net.sizes[scale], 1, rng)

    still = net.fixed.expand(-1, 3, -1, -1) if scale == 0 else torch.zeros_like(fresh())
    before, now = still, 0.95 * still + 0.05 * fresh()
    walk = []
    for _ in range(2 * frames if loop else frames):
        moved = now + beta * (now - before) + (1 - beta) * fresh()
        before, now = now, alpha * still + (1 - alpha) * moved
        walk.append(now)
    if not loop:
        return walk
    # Two stretches of the walk, one fading into the other: frame 0 follows the last one as any other its own.
    # Their deviations from the photo are independent: weights on a circle keep them as large as they were.
    share = torch.arange(frames) / frames * (torch.pi / 2)
    ends = list(zip(walk[frames:], walk[:frames], share))
    return [still + float(c.cos()) * (a - still) + float(c.sin()) * (b - still) for a, b, c in ends]


class _Painter:
    """What all verbs need: the sizes of a result's levels, noise, and the two ways of making a picture."""

    def __init__(
        self, photos: Sequence[Tensor], cfg: Config, run: Run, size: Size, seed: int, tile: Tile, net: Net | None
    ) -> None:
        if cfg.magnified:
            raise InputError("a model that was trained to upscale can do nothing else: give another --model (model=)")
        self.net, self.photo, self.cfg, self.run, self.size, self.tile = _there(net), photos[0], cfg, run, size, tile
        self.rng = torch.Generator().manual_seed(seed)
        self.photo_size = (self.photo.shape[2], self.photo.shape[3])
        # Scales that an interrupted training has not come to are made of patches, or enlarged.
        self.depth = self.net.depth
        learned = self.net.sizes[: self.depth]
        self.patches = patch_levels(self.photo_size, learned[-1], size, cfg) if cfg.learned else []
        self.sizes = [in_proportion(scale, self.photo_size, size) for scale in learned]
        self.coarser = [self._as_level(scale) for scale in learned[:-1]]
        self.sizes += [level.size for level in self.patches[1:]]

    def _as_level(self, scale: Size) -> Level:
        share = max(scale[0] / self.photo_size[0], scale[1] / self.photo_size[1])
        return Level(in_proportion(scale, self.photo_size, self.size), share, self.cfg.patch, 1)

    def level_of(self, structure: float) -> int:
        """The level that ``structure`` names; 0 only where it is 0."""
        last = len(self.sizes) - 1
        return min(last, max(1, round(structure * last))) if structure > 0 else 0

    def photo_at(self, size: Size) -> Tensor:
        """The photo at a scale, stretched where the result has other proportions."""
        return at_size(self.photo, size)

    def best(self, first: int, below: Tensor | None, stirred: bool = False) -> Tensor:
        """Of several pictures through the scales from ``first`` up, the one whose patches are most like the photo's.

        A random layout may lack a part of the photo, or hold shapes that are not in it. To draw a few more costs
        hardly anything at these scales.
        """
        net, repainted = self.net, self.net.repainter is not None and below is not None and first == self.net.painted
        begin = first
        if repainted:
            assert below is not None
            below = net.repaint(net.onto(below, self.sizes[first]), self.rng)
            begin = first + 1
        stir = self.cfg.stir if stirred else 1.0
        sizes, left = self.sizes[: self.depth], self.cfg.candidates
        real = at_size(self.photo, net.sizes[self.depth - 1])
        best: Tensor | None = None
        least = float("inf")
        while left:
            # Small ones all at once; of large ones as many as need no more memory than that.
            count = max(1, min(left, MOST_PIXELS // (sizes[-1][0] * sizes[-1][1])))
            left -= count
            drawn = net.drawn(count, self.depth, sizes, self.rng, self.tile, begin, below, stir)
            assert drawn is not None
            drawn = drawn.clamp(-1, 1)
            distances = likeness(real, drawn) if self.cfg.candidates > 1 else drawn.new_zeros(1)
            nearest = int(distances.argmin())
            if float(distances[nearest]) < least:
                best, least = drawn[nearest : nearest + 1], float(distances[nearest])
        assert best is not None
        return best

    def refined(self, start: Tensor, level: int) -> Tensor:
        """From ``start``, at that level, to the result: by patches, or merely enlarged where none are used."""
        if not self.patches:
            return self.net.onto(start, self.size, self.tile)
        cfg = self.cfg
        how = Refinement(
            restless=cfg.restless,
            alpha=cfg.alpha,
            spread=cfg.spread,
            passes=1,
            exact_below=EXACT_BELOW,
            exact_start=EXACT_START,
        )
        at = level - self.depth + 1
        below = [*self.coarser, *self.patches[:at]]
        return refine(start, [self.photo], how, self.run, self.patches[at:], self.rng, self.tile, below)


def likeness(real: Tensor, made: Tensor) -> Tensor:
    """How far the patches of layouts [N, 3, h, w] are, all together, from the photo's [1, 3, H, W]: [N], 0 is best.

    Small patches and those of the size that the critic sees.
    """
    small, seen = (sliced_each(real, made, patch=patch, projections=16) for patch in (5, 11))
    return small + seen


def _there(net: Net | None) -> Net:
    if net is None:
        raise InputError("singan makes pictures from a trained model: train it first, with calotype train singan PHOTO")
    return net
