"""The engine's configuration and its presets."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Config:
    """Settings of SinGAN.

    Attributes:
        coarsest: shorter side of the coarsest scale, pixels.
        finest: longer side of the finest scale, pixels; larger photos are downsampled to it.
        factor: nominal ratio between neighbouring scales, below 1; adjusted slightly to fit the photo.
        spacing: ``even``, a geometric series as in SinGAN, or ``early``, as in ConSinGAN: more scales at small sizes,
            fewer at large ones.
        scales: with ``early``, the number of scales.
        learned: shorter side of the finest scale that has a trained network, pixels; finer scales are synthesised from
            the photo's patches. 0: all scales have networks, and no patches are used.
        width: channels of the networks at the first four scales; doubled after every fourth.
        widest: maximum number of channels.
        steps: training steps per scale.
        critic_steps: discriminator updates per step.
        generator_steps: generator updates per step.
        rate: learning rate of Adam, for both networks.
        decay_at: fraction of the steps after which the learning rate is divided by ten, 0..1.
        together: number of finest generators that are trained jointly; 1, as in SinGAN, trains one scale at a time.
        lower_rate: learning rate of a generator as a multiple of that of the next finer one.
        penalty: weight of the WGAN-GP gradient penalty.
        penalty_every: the penalty is computed at every so many-th discriminator update only, and multiplied by this
            number.
        reconstruction: weight of the reconstruction loss: mean squared error of the photo reconstructed from its fixed
            noise.
        noise: standard deviation of a scale's noise, as a multiple of the RMS reconstruction error of the scales below
            it.
        crop: side of the square crops that large scales are trained on, pixels; 0 for whole images.
        settle: number of images from which each generator's batch norm statistics are recomputed when its scale is
            finished; 0 keeps the running statistics of training, as published.
        candidates: layouts sampled per result; the one with the smallest patch distance to the photo is used.
        stir: factor of the noise at the injection scale, where that is not the coarsest: at its training amplitude it
            hardly changes the image from the scales below.
        patch: side of the patches of the finer levels, pixels; odd.
        alpha: completeness weight as in GPNN: small values enforce that every patch of the photo is used.
        remake_alpha: ``alpha`` for ``remake``, where strong completeness would put unrelated content into the given
            image.
        restless: noise added at every patch level, as a multiple of the RMS detail of that level.
        spread: standard deviation of the Gaussian weights with which overlapping patches are averaged, as a fraction of
            the patch side; 0 is a uniform mean.
        patch_steps: patch replacement iterations per level; one at the last.
        magnified: for ``upscale`` only: the factor to train for; 0 for everything else. Only the finest scale is used,
            and unless ``learned`` is 0 only that one is trained.
        border: ``zero`` pads every input with zeros, as SinGAN does; ``noise`` pads with noise, as SinGAN does for
            animation, so that borders vary as much as the interior.
        given: height and width of every scale, coarsest first, overriding the settings above: for imported models.
        consistent: for ``upscale``: number of back-projection iterations after each pass (Irani and Peleg 1991), which
            keep the downsampled result equal to the photo. 0 as published.
        colours: for ``paint`` only: quantise the input of the scale ``painted`` to that many colours; 0: no
            quantisation.
        painted: index of the scale that is trained once more for it.
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
