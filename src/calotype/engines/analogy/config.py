"""The engine's configuration and its presets."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Config:
    """Settings of Semantic Image Analogy.

    Attributes:
        classes: number of classes of the label maps.
        side: longer side of the generator's input and output, pixels; 0 for the photo's own size.
        coding: encoding of label maps: ``one-hot``, a channel per class, or ``colours``, three channels with a fixed
            colour per class, as released.
        width: channels of the generator at full resolution; doubled at each of three downsamplings.
        norm: ``instance``, or ``batch`` as released.
        spectral: whether the generator has spectral normalisation; the discriminator always has.
        output: ``tanh``, or ``leaky`` as released: batch norm and leaky ReLU, so that no value is far below 0.
        ratio: division of features: ``safe``, with the divisor at least a thousandth and the ratio at most 10, or
            ``raw``.
        anchored: subtract from scale and shift their values at equal maps, which makes the identity exact whatever the
            weights; otherwise ``fixed_point`` has to train it.
        critic_width: channels of the discriminator after its first layer.
        conditional: whether the discriminator sees the label map.
        segmenter_width: channels of the segmentation network.
        steps: total number of training steps.
        parts: stages that the training is divided into; each ends with a preview.
        critic_steps: discriminator updates per step, before the generator's.
        critic_after: discriminator updates after the generator's, on its last output.
        generator_steps: generator updates per step, on the same images.
        rate: learning rate of Adam for generator and segmentation network.
        critic_rate: learning rate of Adam for the discriminator.
        momentum: Adam's beta 1.
        square_momentum: Adam's beta 2.
        decay_from: fraction of the steps after which the learning rates decay linearly to a tenth.
        average: decay per step of the exponential moving average of the generator's weights, which is what is kept; 0
            keeps the final weights.
        segment_always: train the segmentation network at every step, not only at reconstruction steps.
        reconstruct_every: every so many-th step is a reconstruction step: source and target are the same.
        adversarial: weight of the adversarial loss (least squares).
        matching: weight of the feature matching loss.
        reconstruction: weight of the mean absolute error at reconstruction steps.
        paired: weight of the mean absolute error at the other steps, against the image warped like the map.
        fixed_point: weight of the fixed point loss: scale 1 and shift 0 for equal maps.
        alignment: weight of the semantic alignment loss: the segmentation network has to find the target map in the
            result.
        detached: detach the result in the alignment loss, as the released code does.
        coherence: weight of the patch coherence loss.
        features: features of the patch coherence loss: ``vgg``, the first layers of VGG, ``pixels``, or ``auto``:
            ``vgg`` if its weights are available.
        queries: patches of a result sampled for the coherence loss per update.
        nearest: number of nearest patches of the photo that each is compared with.
        semantic: weight of the fraction of pixels with another class in the patch distance, relative to the mean
            absolute difference of features.
        mirror: probability of flipping a training image, at full augmentation strength.
        warp: maximum displacement of a control point, as a fraction of the image's width, at full strength.
        zoom: maximum magnification minus 1, at full strength.
        shift: maximum translation, as a fraction of the image's size, at full strength.
        growth: fraction of the steps until augmentation has full strength.
        blend: warp maps with bilinear interpolation, as released, which mixes classes; otherwise by nearest neighbour.
        jitter: amplitude of the noise on the photo in training, on the scale -1..1.
        refined: whether the result is synthesised from the photo's patches; otherwise the generator's output is
            upsampled.
        handed: longer side of the photo at the level where the patch synthesis starts, pixels: the generator's output
            is downsampled to it, which removes its blur; 0, or more than ``side``, for the generator's own size.
        patch: side of these patches, pixels; odd.
        alpha: completeness weight, as in GPNN: small values enforce that every patch of the photo is used.
        believed: exponent of the confidence map: where the generator's output looks like another label than the
            requested one, it is replaced by photo content of that label from about the same position, the sooner the
            larger the exponent. 0 keeps the output everywhere.
        label_weight: weight of a label, 0 or 1, relative to a colour, -1..1, in the patch distance.
        place_weight: weight of the position in the patch distance, with coordinates from -1 to 1 on each axis; it
            decides where labels and colours are ambiguous.
        together: weight of the coherence term, as a multiple of the mean match distance; 0 takes the best match of each
            patch independently.
        restless: noise added at every patch level, as a multiple of the RMS detail of that level.
        spread: standard deviation of the Gaussian weights with which overlapping patches are averaged, as a fraction of
            the patch side; 0 is a uniform mean.
        components: number of principal components of a patch descriptor (colours, labels and position); 0 for all
            values. Too few lose rare labels (benchmarks/components.py).
        patch_steps: patch replacement iterations per level; one at the last.
    """

    classes: int = 2
    side: int = 96
    coding: str = "one-hot"
    width: int = 16
    norm: str = "instance"
    spectral: bool = False
    output: str = "tanh"
    ratio: str = "safe"
    anchored: bool = True
    critic_width: int = 32
    conditional: bool = True
    segmenter_width: int = 24
    steps: int = 1500
    parts: int = 5
    critic_steps: int = 0
    critic_after: int = 1
    generator_steps: int = 1
    rate: float = 1e-3
    critic_rate: float = 2e-3
    momentum: float = 0.0
    square_momentum: float = 0.9
    decay_from: float = 0.5
    average: float = 0.995
    segment_always: bool = True
    reconstruct_every: int = 5
    adversarial: float = 1.0
    matching: float = 1.0
    reconstruction: float = 5.0
    paired: float = 1.0
    fixed_point: float = 0.0
    alignment: float = 1.0
    detached: bool = False
    coherence: float = 1.0
    features: str = "pixels"
    queries: int = 45
    nearest: int = 1
    semantic: float = 1.0
    mirror: float = 0.5
    warp: float = 0.08
    zoom: float = 0.4
    shift: float = 0.15
    growth: float = 0.2
    blend: bool = False
    jitter: float = 1 / 255
    refined: bool = True
    handed: int = 24
    patch: int = 5
    alpha: float = 0.05
    believed: float = 3.0
    label_weight: float = 3.0
    place_weight: float = 0.4
    together: float = 8.0
    restless: float = 0.25
    spread: float = 0.05
    components: int = 96
    patch_steps: int = 2

    @property
    def released(self) -> bool:
        """Whether these are the faults of the released code, whose networks then are its own in all details."""
        return self.detached and not self.conditional


_PAPER = Config(
    side=0,
    width=32,
    norm="instance",
    spectral=True,
    anchored=False,
    critic_width=64,
    segmenter_width=128,
    steps=2500,
    critic_steps=1,
    generator_steps=10,
    rate=0.005,
    critic_rate=0.02,
    decay_from=0.4,
    average=0.0,
    paired=0.0,
    fixed_point=1.0,
    features="auto",
    queries=15,
    nearest=5,
    warp=0.02,
    zoom=0.2,
    shift=0.0,
    growth=0.4,
    segment_always=False,
    refined=False,
)

# The released code with its faults: maps in colours that are interpolated, unbounded ratios, a last layer that hardly
# goes below 0, an unconditional discriminator, and a detached alignment loss.
_RELEASE = replace(
    _PAPER,
    coding="colours",
    norm="batch",
    output="leaky",
    ratio="raw",
    conditional=False,
    detached=True,
    semantic=0.0,
    blend=True,
)

PRESETS: dict[str, Config] = {
    "fast": Config(),
    "paper": _PAPER,
    "release": _RELEASE,
    "tiny": Config(
        side=48, width=8, critic_width=8, segmenter_width=8, steps=4, parts=2, queries=6, reconstruct_every=2
    ),
}
