"""What can be set about the engine, and the settings that have a name."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Config:
    """Settings of Semantic Image Analogy.

    Attributes:
        classes: how many classes the label maps have.
        side: longer side of what the net learns and makes, pixels; 0 for the photo's own size.
        coding: how a map is shown to the nets: ``one-hot``, a channel a class, or ``colours``, three channels, a fixed
            colour a class, as released.
        width: channels of the generator at full size; doubled at each of three halvings.
        norm: ``instance``, or ``batch`` as released.
        spectral: whether the generator's weights are normalised by their largest singular value, as those of the critic
            always are.
        output: ``tanh``, or ``leaky`` as released: batch norm and leaky ReLU, so that no value is far below 0.
        ratio: how features are divided: ``safe``, never by less than a thousandth, the quotient at most 10, or ``raw``.
        anchored: take from scale and shift what they are at equal maps, so that these change nothing whatever the
            weights; otherwise ``fixed_point`` has to teach it.
        critic_width: channels of the critic after its first layer.
        conditional: whether the critic sees the label map.
        segmenter_width: channels of the segmentation network.
        steps: training steps in all.
        parts: stages that the training is divided into; each ends with a preview.
        critic_steps: updates of the critic in a step, before the generator's.
        critic_after: the same after the generator's, on the last picture it made.
        generator_steps: updates of the generator in a step, on the same pictures.
        rate: learning rate of Adam for generator and segmentation network.
        critic_rate: the same for the critic.
        momentum: the first beta of Adam.
        square_momentum: the second.
        decay_from: share of the steps after which both rates fall, linearly, to a tenth at the end.
        average: decay, a step, of the running mean of the generator's weights, which is what is kept; 0 keeps the
            weights as they are at the end.
        segment_always: let the segmentation network learn at every step, not only where the source is its own target.
        reconstruct_every: every so many steps the source is its own target.
        adversarial: weight of the loss that the critic gives (least squares).
        matching: weight of feature matching.
        reconstruction: weight of the mean absolute error where the source is its own target.
        paired: the same where it is not: against the picture warped as the map is.
        fixed_point: weight of the loss that asks for scale 1 and shift 0 where the maps are equal.
        alignment: weight of semantic alignment: the segmentation network has to find the target map in the result.
        detached: cut the gradient of semantic alignment off, as the released code does.
        coherence: weight of patch coherence.
        features: what patch coherence compares: ``vgg``, the first layers of VGG, ``pixels``, or ``auto``, the first
            where its weights are to be found.
        queries: patches of a result that patch coherence looks at in one update.
        nearest: patches of the photo each of them is compared with: the most alike.
        semantic: what the share of pixels of another class adds to the distance of two patches, against the mean
            absolute difference of their values.
        mirror: probability of flipping a training picture, when augmentation is at its strongest.
        warp: largest displacement of a control point of a training picture, share of its width, likewise.
        zoom: largest enlargement of a training picture, share of its size, likewise.
        shift: largest displacement of all of a training picture, share of its size, likewise.
        growth: share of the steps until augmentation is at its strongest.
        blend: warp maps by interpolation, as released, which gives pixels between two classes; otherwise by the nearest
            pixel.
        jitter: largest noise on the photo in training, on -1..1.
        refined: whether the photo's patches finish what the net has made; otherwise it is enlarged.
        handed: longer side of the photo at the level where patches take over, pixels: what the net has made is shrunk
            to it, and with that goes what is soft in it; 0, or more than ``side``, for the net's own size.
        patch: side of these patches, pixels; odd.
        alpha: completeness, as in GPNN: small insists that every part of the photo is used.
        believed: how soon the net's picture is given up where it looks like another label than the one asked for: the
            power of how likely that one is by its colours; the photo's own matter of that label, from about the same
            place, stands in for it. 0 believes the net everywhere.
        label_weight: how much a label, 0 or 1, counts against a colour, -1..1, when patches are compared.
        place_weight: how much the place counts, top to bottom and left to right being a difference of 2 each: what lies
            where, as far as labels and colours leave it open.
        together: what it costs, as a multiple of the mean distance of the matches, that all around a patch is copied
            from elsewhere than it; 0 takes the best match of each patch alone.
        restless: noise added at every level of patches, as a multiple of the detail it adds (root mean square).
        spread: where patches overlap, each counts by a bell of this standard deviation around its middle, as a fraction
            of its side; 0 is a plain mean.
        components: principal components that stand for a patch, colours, labels and place together; 0 for all its
            values. With fewer, rare labels are left out (benchmarks/components.py).
        patch_steps: replacements of every patch, per level; one at the last.
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

# The released code, faults included: maps in colours that blend where they are warped, quotients without bound, a last
# layer that hardly goes below 0, no condition, and a loss that nothing learns from.
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
