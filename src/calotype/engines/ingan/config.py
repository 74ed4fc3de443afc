"""What can be set about the engine, and the settings that have a name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Config:
    """Settings of InGAN.

    Attributes:
        side: the networks see the photo shrunk to as many pixels as a square of this side has; what is finer is made of
            the photo's patches. 0: they see it as it is, and no patches are used.
        crop: side of the square pieces that are learned from, pixels; 0 for the whole photo.
        width: channels of the generator at full size; doubled with every halving.
        depth: how often the generator halves a picture.
        blocks: residual blocks in its middle.
        residual: whether the generator adds what is missing to the picture, stretched, instead of making all of it.
        spectral: whether the weights of generator and critics are divided by their largest singular value.
        norm: ``batch``, by the running mean of training, as published; ``instance``, each picture by its own.
        steps: training steps.
        warm: steps before that in which the generator learns to leave the photo as it is.
        rate: learning rate of Adam, for all networks.
        warm_rate: that of the generator in the warm steps.
        decay_at: share of the steps after which the rate falls, linearly, to 0.
        average: how much of its past an average of the generator's weights keeps at each step; pictures are made with
            the average. 0: with the weights themselves, as published.
        judge: ``critics``, one network a scale, as published; ``sliced``, the sliced Wasserstein distance of patches,
            which has to be learned by nobody.
        critic_width: channels of the critics.
        factor: ratio of neighbouring scales that pictures are judged at, above 1.
        patch: for ``sliced``: side of the patches that are compared, pixels; odd.
        directions: for ``sliced``: how many random directions they are projected on, at each scale and step.
        floor: for ``sliced``: variance below which a direction counts less, as a fraction of the largest one.
        judged: weight of what the judge says.
        even_at: share of the steps at which all scales count the same; the coarse ones count more before, less after.
        reconstruction: weight of the mean absolute error of the photo had back from what was made of it.
        layout: weight of the mean absolute difference between what was made and the photo stretched to its size, both
            shrunk to ``cells``: patches alone do not say that the sky is above. 0: what goes where is left to the
            reconstruction, as published.
        cells: shorter side of what they are shrunk to.
        mend_from: share of the steps from which on each is followed by one that mends the reconstruction alone; 1 for
            none.
        smallest: least factor that pictures are shrunk by in training, in each direction.
        largest: greatest factor that they are enlarged by.
        most: greatest factor of their pixels.
        ramp: share of the steps over which both grow from 1 to what they are.
        bent: share of the steps in which the photo is brought into a form that is no rectangle.
        bend: how far such a form's corners are moved, or its edge bent, at most, as a fraction of width or height.
        patches_from: side of a square of as many pixels as the photo has at the level where patches begin; 0 for where
            the networks end.
        patch_side: side of the patches of which the finer levels are made, pixels; odd.
        alpha: completeness of those patches, as in GPNN: small insists that every part of the photo is used.
        patch_steps: replacements of every patch, per level; one at the last.
        together: what it costs, as a multiple of the mean distance of the matches, that all around a patch is copied
            from elsewhere than it; 0 takes the best match of each patch alone.
        restless: noise added at every such level, as a multiple of the detail it adds (root mean square).
        steady: for films: share of the frame before in what the patches of a frame begin with.
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
    norm="batch",
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
