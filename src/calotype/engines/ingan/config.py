"""The engine's configuration and its presets."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Config:
    """Settings of InGAN.

    Attributes:
        side: the networks see the photo downsampled to the pixel count of a square of this side; finer levels are
            synthesised from the photo's patches. 0: full resolution, and no patches are used.
        crop: side of the square crops to train on, pixels; 0 for the whole photo.
        width: channels of the generator at full resolution; doubled at each downsampling.
        depth: number of 2x downsamplings in the generator.
        blocks: residual blocks at the lowest resolution.
        residual: whether the generator outputs a residual on the resized image, instead of the image itself.
        spectral: whether generator and discriminators have spectral normalisation.
        norm: ``instance``, the statistics of each image, in training and in use, which the batch norm of the published
            code comes to, with one image a batch and no other mode than training; ``batch``, running statistics.
        steps: training steps.
        warm: steps before these in which the generator is trained as an auto-encoder of the photo.
        rate: learning rate of Adam, for all networks.
        warm_rate: learning rate of the generator in the ``warm`` steps.
        decay_at: fraction of the steps after which the learning rate decays linearly to 0.
        average: decay per step of the exponential moving average of the generator's weights, with which images are
            generated. 0: the weights themselves, as published.
        judge: the patch loss. ``critics``: one discriminator per scale, as published, on bilinear copies without
            antialiasing and with noise of half a grey level, the real image being the crop that the result is made
            from; ``sliced``: the sliced Wasserstein distance of patches, which needs no training.
        critic_width: channels of the discriminators.
        factor: ratio of neighbouring scales of the patch loss, above 1.
        patch: for ``sliced``: side of the compared patches, pixels; odd.
        directions: for ``sliced``: number of random projections per scale and step.
        floor: for ``sliced``: regularisation of the whitening, as a fraction of the largest variance.
        judged: weight of the patch loss.
        even_at: fraction of the steps at which all scales have equal weights; before, coarse ones weigh more, after,
            less.
        reconstruction: weight of the cycle loss: mean absolute error of the photo reconstructed from the result.
        layout: weight of the layout loss: mean absolute difference between the result and the resized photo, both
            downsampled to ``cells``; patch statistics do not determine the layout. 0: no layout loss, as published.
        cells: shorter side of the downsampled copies, pixels.
        mend_from: fraction of the steps from which on each is followed by an update for the cycle loss alone; 1 for
            none.
        smallest: minimum scale factor in training, in each direction.
        largest: maximum scale factor in training, in each direction.
        most: maximum factor of the number of pixels.
        ramp: fraction of the steps over which the range of factors grows from 1 to its full extent.
        bent: fraction of the steps with a target shape that is not a rectangle.
        bend: maximum displacement of such a shape's corners, or rise of its arc, as a fraction of width or height.
        patches_from: level at which patch synthesis starts, as the side of a square of as many pixels as the photo has
            there; 0 for where the networks end.
        patch_side: side of the patches of the finer levels, pixels; odd.
        alpha: completeness weight of those patches, as in GPNN: small values enforce that every patch of the photo is
            used.
        patch_steps: patch replacement iterations per level; one at the last.
        together: weight of the coherence term, as a multiple of the mean match distance; 0 takes the best match of each
            patch independently.
        restless: noise added at every patch level, as a multiple of the RMS detail of that level.
        steady: for films: weight of the previous frame in the initial image of the patch synthesis, 0..1.
    """

    side: int = 56
    crop: int = 0
    width: int = 16
    depth: int = 3
    blocks: int = 4
    residual: bool = True
    spectral: bool = False
    norm: str = "instance"
    steps: int = 600
    warm: int = 0
    rate: float = 6e-4
    warm_rate: float = 2e-3
    decay_at: float = 0.5
    average: float = 0.995
    judge: str = "sliced"
    critic_width: int = 24
    factor: float = 1.4
    patch: int = 7
    directions: int = 32
    floor: float = 0.03
    judged: float = 3.0
    even_at: float = 0.5
    reconstruction: float = 0.1
    layout: float = 2.0
    cells: int = 10
    mend_from: float = 1.0
    smallest: float = 0.4
    largest: float = 2.25
    most: float = 2.25
    ramp: float = 0.3
    bent: float = 0.25
    bend: float = 0.5
    patches_from: int = 0
    patch_side: int = 7
    alpha: float = 0.02
    patch_steps: int = 4
    together: float = 2.0
    restless: float = 0.0
    steady: float = 0.8


_PAPER = Config(
    side=0,
    crop=256,
    width=64,
    blocks=6,
    residual=False,
    spectral=True,
    norm="instance",
    steps=75_000,
    warm=0,
    rate=5e-5,
    decay_at=20 / 75,
    average=0.0,
    judge="critics",
    critic_width=64,
    judged=1.0,
    even_at=25 / 75,
    layout=0.0,
    mend_from=10 / 75,
    smallest=0.15,
    largest=2.25,
    most=2.25**2,
    ramp=10 / 75,
    bent=0.0,
)

PRESETS: dict[str, Config] = {
    "fast": Config(),
    "paper": _PAPER,
    "tiny": Config(side=24, width=4, depth=2, blocks=1, steps=4, directions=4, critic_width=4),
}
