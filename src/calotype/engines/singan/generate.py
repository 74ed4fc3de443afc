"""Images from a trained model: samples, retargeting, injected images, super-resolution, animation."""

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

# Sampled layouts differ from the photo's, so the first level, without an initial nearest-neighbour field, is searched
# exhaustively up to so many patches (geometric mean of both sets); the levels after it up to fewer.
EXACT_BELOW, EXACT_START = 4000, 14_000
# Maximum number of pixels of candidates sampled in one batch.
MAX_BATCH_PIXELS = 500_000


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
    """A random sample: section 2 of the paper; ``structure`` selects the injection scale (section 3).

    Args:
        photos: [1, 3, H, W], -1..1: the one photo that the model was trained on.
        cfg: settings, those of the training except for patches and candidates.
        run: progress, stopping, device.
        size: height and width of the result, pixels.
        seed: of all noise.
        structure: 0 starts from noise at the coarsest scale; larger values at a finer one, from the photo as
            reconstructed by the scales below.
        tile: whether the result is periodic, vertically and horizontally.
        net: trained, all scales or some.

    Returns:
        [1, 3, h, w], -1..1.

    Raises:
        InputError: there is no model.
        Stopped: the run was asked to stop.
    """
    synthesis = _Synthesis(photos, cfg, run, size, seed, tile, net)
    first = synthesis.level_of(structure)
    if first >= synthesis.depth:
        return synthesis.finished(synthesis.photo_at(synthesis.sizes[first]), first)
    same = size == synthesis.photo_size and tile == NO_TILE
    # The reconstruction has the photo's size; for other sizes the photo itself is resized.
    below = None if first == 0 or same else synthesis.photo_at(synthesis.sizes[first - 1])
    return synthesis.finished(synthesis.best_sample(first, below, stirred=first > 0), synthesis.depth - 1)


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
    """The photo at another size: resized at the coarsest scale, then generated from the scale above it.

    Arguments, result and errors are those of ``vary``.
    """
    synthesis = _Synthesis(photos, cfg, run, size, seed, tile, net)
    return synthesis.finished(synthesis.best_sample(1, synthesis.photo_at(synthesis.sizes[0])), synthesis.depth - 1)


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
    """Generate from a given image: paint to image, harmonisation and editing (section 4 of the paper).

    The image is downsampled to the scale below the injection scale, upsampled to that one, and generated from there up.

    Args:
        photos: as for ``vary``.
        cfg: as for ``vary``.
        run: as for ``vary``.
        picture: the given image, [1, 3, H, W], -1..1, of any size.
        size: height and width of the result, pixels.
        seed: of all noise.
        structure: 0..1, the injection scale; the coarsest cannot take an image and counts as the one above it.
        net: as for ``vary``.

    Returns:
        [1, 3, h, w], -1..1.

    Raises:
        InputError, Stopped: as ``vary``.
    """
    cfg = replace(cfg, alpha=cfg.remake_alpha)
    synthesis = _Synthesis(photos, cfg, run, size, seed, NO_TILE, net)
    picture = resize(picture[:, :3], size)
    first = max(1, synthesis.level_of(structure))
    if first >= synthesis.depth:
        return synthesis.finished(at_size(at_size(picture, synthesis.sizes[first - 1]), synthesis.sizes[first]), first)
    return synthesis.finished(
        synthesis.best_sample(first, at_size(picture, synthesis.sizes[first - 1])), synthesis.depth - 1
    )


@torch.no_grad()
def upscale(
    photos: Sequence[Tensor], cfg: Config, run: Run, *, factor: float, seed: int, net: Net | None = None
) -> Tensor:
    """Super-resolution: section 4 of the paper.

    The image is repeatedly upsampled by a small factor, and the finest generator adds detail after each pass.

    Args:
        photos: [1, 3, H, W], -1..1.
        cfg: as ``adapted`` for ``upscale``.
        run: progress, stopping, device.
        factor: of both sides.
        seed: of the noise.
        net: trained for it.

    Returns:
        [1, 3, round(factor * H), round(factor * W)], -1..1.
    """
    net = _required(net)
    rng = torch.Generator().manual_seed(seed)
    photo, last = photos[0], len(net.sizes) - 1
    height, width = photo.shape[2:]
    x, passes = photo, passes_of(factor)
    for i in run.steps(passes, stage="enlarging"):
        scale = step_of(factor) ** (i + 1)
        size = (round(height * scale), round(width * scale))
        noise = net.noise(1, size, 1, rng)
        x = net.step(last, at_size(x, size), noise).clamp(-1, 1)
        for _ in range(cfg.consistent):
            residual = photo - resize(x, (height, width), clamp=False)
            x = (x + resize(residual, size, clamp=False)).clamp(-1, 1)
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
    """Frames of an animated photo: a random walk in noise space near the reconstruction (supplement, animation).

    z_t = alpha z* + (1 - alpha) (z_{t-1} + beta (z_{t-1} - z_{t-2}) + (1 - beta) u_t), with new noise u_t, at every
    scale from the injection scale up; below it the noise is that of the reconstruction.

    Args:
        photos: [1, 3, H, W], -1..1.
        cfg: as ``adapted`` for ``animate``.
        run: progress, stopping, device.
        frames: number of frames.
        seed: of the walk.
        structure: 0..1, the injection scale, at which movement starts.
        alpha: 0..1, similarity to the photo: 1 does not move.
        beta: 0..1, smoothness of the movement.
        size: height and width of the frames; ``None`` for the photo's. The scales keep the photo's aspect ratio.
        loop: fade the end of the walk into its start, so that the animation loops.
        net: trained for it.

    Yields:
        [1, 3, h, w], -1..1.
    """
    net = _required(net)
    synthesis = _Synthesis(photos, cfg, run, size or (photos[0].shape[2], photos[0].shape[3]), seed, NO_TILE, net)
    first = min(synthesis.level_of(structure), synthesis.depth - 1)
    walks = [_walk(net, scale, frames, alpha, beta, loop, synthesis.rng) for scale in range(first, synthesis.depth)]
    below = net.reconstruction(first)
    for noises in zip(*walks):
        x = below
        for scale, noise in zip(range(first, synthesis.depth), noises):
            # Above the coarsest scale the reconstruction noise is zero, so the walk is the deviation from it.
            strength = cfg.stir if scale == first > 0 else 1.0
            x = net.step(scale, net.resized(x, net.sizes[scale]), strength * noise)
        assert x is not None
        # The same seed for each frame, so that still regions do not flicker.
        synthesis.rng = torch.Generator().manual_seed(seed)
        yield synthesis.finished(x.clamp(-1, 1), synthesis.depth - 1)


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
    # Cross-fade two segments of the walk, so that frame 0 continues the last frame. Their deviations from the
    # reconstruction are independent: weights cos and sin keep their variance.
    share = torch.arange(frames) / frames * (torch.pi / 2)
    ends = list(zip(walk[frames:], walk[:frames], share))
    return [still + float(c.cos()) * (a - still) + float(c.sin()) * (b - still) for a, b, c in ends]


class _Synthesis:
    """Shared by all verbs: the sizes of a result's levels, the noise, and generation by networks and by patches."""

    def __init__(
        self, photos: Sequence[Tensor], cfg: Config, run: Run, size: Size, seed: int, tile: Tile, net: Net | None
    ) -> None:
        if cfg.magnified:
            raise InputError("a model that was trained to upscale can do nothing else: give another --model (model=)")
        self.net, self.photo, self.cfg, self.run, self.size, self.tile = _required(net), photos[0], cfg, run, size, tile
        self.rng = torch.Generator().manual_seed(seed)
        self.photo_size = (self.photo.shape[2], self.photo.shape[3])
        # Scales not yet trained are replaced by patch levels, or by upsampling.
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
        """The level that ``structure`` selects; 0 only for 0."""
        last = len(self.sizes) - 1
        return min(last, max(1, round(structure * last))) if structure > 0 else 0

    def photo_at(self, size: Size) -> Tensor:
        """The photo resampled to a scale of the result, whose aspect ratio may differ."""
        return at_size(self.photo, size)

    def best_sample(self, first: int, below: Tensor | None, stirred: bool = False) -> Tensor:
        """Sample several candidates through the scales from ``first`` up; return the one with the smallest patch
        distance.

        A random layout may miss parts of the photo, or contain shapes that it lacks. Additional candidates are cheap at
        these scales.
        """
        net, repainted = self.net, self.net.repainter is not None and below is not None and first == self.net.painted
        begin = first
        if repainted:
            assert below is not None
            below = net.repaint(net.resized(below, self.sizes[first]), self.rng)
            begin = first + 1
        stir = self.cfg.stir if stirred else 1.0
        sizes, left = self.sizes[: self.depth], self.cfg.candidates
        real = at_size(self.photo, net.sizes[self.depth - 1])
        best: Tensor | None = None
        least = float("inf")
        while left:
            # Small candidates in one batch; larger ones in batches of bounded memory.
            count = max(1, min(left, MAX_BATCH_PIXELS // (sizes[-1][0] * sizes[-1][1])))
            left -= count
            samples = net.sample(count, self.depth, sizes, self.rng, self.tile, begin, below, stir)
            assert samples is not None
            samples = samples.clamp(-1, 1)
            distances = patch_distance(real, samples) if self.cfg.candidates > 1 else samples.new_zeros(1)
            nearest = int(distances.argmin())
            if float(distances[nearest]) < least:
                best, least = samples[nearest : nearest + 1], float(distances[nearest])
        assert best is not None
        return best

    def finished(self, start: Tensor, level: int) -> Tensor:
        """From ``start``, an image of level ``level``, to the result: by patches, or by upsampling if none are used."""
        if not self.patches:
            return self.net.resized(start, self.size, self.tile)
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


def patch_distance(real: Tensor, made: Tensor) -> Tensor:
    """Sliced Wasserstein distance between the patches of images [N, 3, h, w] and the photo [1, 3, H, W]: [N], 0 is
    best.

    Summed over small patches (5 pixels) and patches of the discriminator's receptive field (11 pixels).
    """
    small, large = (sliced_each(real, made, patch=patch, projections=16) for patch in (5, 11))
    return small + large


def _required(net: Net | None) -> Net:
    if net is None:
        raise InputError("singan makes pictures from a trained model: train it first, with calotype train singan PHOTO")
    return net
