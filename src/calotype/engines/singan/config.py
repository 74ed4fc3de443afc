"""What can be set about the engine, and the settings that have a name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Config:
    """Settings of SinGAN.

    Attributes:
        coarsest: shorter side of the coarsest scale, pixels.
        finest: longer side of the finest scale, pixels; larger photos are shrunk to it.
        factor: nominal ratio between neighbouring scales, below 1; adjusted a little to fit the photo.
        spacing: ``even``, as in SinGAN, or ``early``, as in ConSinGAN: more scales where pictures are small, fewer
            where they are large.
        scales: with ``early``, how many scales there are.
        learned: shorter side of the finest scale that is learned, pixels: what is finer is made of the photo's patches.
            0 learns all scales, and uses no patches.
        width: channels of the networks at the first four scales; doubled after every fourth.
        widest: channels at most.
        steps: training steps a scale.
        critic_steps: updates of the critic a step.
        generator_steps: updates of the generator a step.
        rate: learning rate of Adam, for both.
        decay_at: share of the steps after which the rate is a tenth.
        together: how many of the finest generators are trained at a time; 1, as in SinGAN, trains one a scale.
        lower_rate: learning rate of a generator as a multiple of that of the next finer one.
        penalty: weight of the gradient penalty.
        penalty_every: updates of the critic from one penalty to the next; its weight is multiplied by as many.
        reconstruction: weight of the mean squared error of the photo made again from its fixed noise.
        noise: standard deviation of a scale's noise, as a multiple of what the scales below it fail to reconstruct
            (root mean square).
        crop: side of the square pieces that large scales are learned from, pixels; 0 for whole pictures.
        settle: pictures from which each generator's normalisation is measured anew when its scale is done; 0 keeps
            the running mean of training, as published.
        candidates: layouts drawn for each picture, of which the one whose patches are most like the photo's is made.
        stir: what the noise is multiplied by at the scale it begins at, where that is not the coarsest: as strong as it
            was in training it hardly changes what the scales below reconstruct.
        patch: side of the patches of the finer levels, pixels; odd.
        alpha: completeness of the patches, as in GPNN: small insists that every part of the photo is used.
        remake_alpha: ``alpha`` for ``remake``, where insisting puts foreign things into what was given.
        restless: noise added at every level of patches, as a multiple of the detail it adds (root mean square).
        spread: where patches overlap, each counts by a bell of this standard deviation around its middle, as a fraction
            of its side; 0 is a plain mean.
        patch_steps: replacements of every patch, per level; one at the last.
        magnified: for ``upscale`` alone: the factor that the training prepares for; 0 for everything else. Only the
            finest scale is used, and unless ``learned`` is 0 only that one is learned.
        border: ``zero`` puts zeros around every input, as SinGAN does; ``noise`` lets the noise reach over the edge, as
            SinGAN does for animation, so that borders vary as much as the rest.
        given: height and width of every learned scale, coarsest first, where the settings above do not say it:
            those of a model that was trained elsewhere.
        consistent: for ``upscale``: how often, after each pass, what the picture lacks of the photo when it is shrunk
            again is put back (back-projection, Irani and Peleg 1991), lest errors add up. 0 as published.
        colours: for ``paint`` alone: quantise what comes into the scale ``painted`` to that many colours; 0 does not.
        painted: the scale that is trained once more for it.
    """

    coarsest: int = 25
    finest: int = 250
    factor: float = 0.75
    spacing: str = "even"
    scales: int = 6
    learned: int = 56
    width: int = 32
    widest: int = 128
    steps: int = 1000
    critic_steps: int = 1
    generator_steps: int = 1
    rate: float = 5e-4
    decay_at: float = 0.8
    together: int = 1
    lower_rate: float = 0.1
    penalty: float = 0.1
    penalty_every: int = 1
    reconstruction: float = 10.0
    noise: float = 0.1
    border: str = "zero"
    crop: int = 64
    settle: int = 16
    candidates: int = 8
    stir: float = 12.0
    patch: int = 5
    alpha: float = 0.005
    remake_alpha: float = 0.05
    restless: float = 0.5
    spread: float = 0.1
    patch_steps: int = 2
    magnified: float = 0.0
    given: tuple[int, ...] = ()
    consistent: int = 2
    colours: int = 0
    painted: int = 0


_PAPER = Config(
    learned=0,
    steps=2000,
    critic_steps=3,
    generator_steps=3,
    crop=0,
    settle=0,
    candidates=1,
    stir=1.0,
    consistent=0,
)

PRESETS: dict[str, Config] = {
    "fast": Config(),
    "fine": Config(learned=110, steps=2000),
    "paper": _PAPER,
    # ConSinGAN's schedule (Hinz et al., WACV 2021) on SinGAN's networks: six scales, most of them small, the
    # three finest generators trained together.
    "consingan": Config(
        spacing="early",
        learned=0,
        steps=2000,
        critic_steps=3,
        generator_steps=3,
        crop=0,
        together=3,
        settle=16,
        candidates=1,
        stir=1.0,
        width=64,
        widest=64,
    ),
    "tiny": Config(coarsest=12, finest=40, learned=18, steps=3, width=8, widest=8, candidates=2, settle=2),
}
