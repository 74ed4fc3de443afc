"""Settings of Layout2Im, and presets."""

from __future__ import annotations

from dataclasses import dataclass, replace

HALVINGS = 3  # of the size, from pictures to the features that the fuser works on
_COUNTS = (
    *("classes", "objects", "embedding", "latent", "width", "residual_blocks", "discriminator_width"),
    *("object_discriminator_width", "steps", "batch"),
)


@dataclass(frozen=True)
class Config:
    """Settings of the networks, of their discriminators and of the training.

    Attributes:
        size: height and width of the pictures, pixels; multiples of 8.
        classes: number of classes of objects, at least 1.
        names: of the classes, in their order; empty where they are not known.
        objects: the most objects of a picture that are learned from, the largest ones.
        least: objects whose box has a smaller share of the picture are not learned from, 0..1.
        embedding: length of the embedding of a class.
        latent: length of the appearance code of an object.
        width: channels of the first layers of encoder and composer, and of the fused features.
        crop: height and width of the crops of objects, pixels; 32 times a power of two.
        fuser_kernel: side of the kernels of the convolutional LSTM, odd.
        residual_blocks: after it.
        discriminator_width: channels of the first block of the discriminator of pictures.
        object_discriminator_width: of that of objects.
        picture_weight: weight of the adversarial loss of pictures.
        object_weight: of that of objects.
        class_weight: of the classification of objects.
        pixel_weight: of the mean absolute difference of pixels.
        code_weight: of the mean absolute difference of codes that are found again in pictures of random ones.
        kl_weight: of the Kullback-Leibler divergence of the codes, summed over a code.
        steps: training steps.
        batch: pictures a step, all processes together.
        rate: learning rate.
        beta1: decay rate of Adam's average of the gradient.
        beta2: decay rate of Adam's average of the squared gradient.
        decay_at: share of the steps after which the learning rates fall linearly to 0; 1 for never.
        average: decay of the exponential moving average of the weights; 0 for none.
        mirror: whether half of the training pictures are mirrored.
        bf16: whether convolutions are computed in bfloat16, where the device supports it.
    """

    size: tuple[int, int] = (64, 64)
    classes: int = 171
    names: tuple[str, ...] = ()
    objects: int = 8
    least: float = 0.02
    embedding: int = 64
    latent: int = 64
    width: int = 64
    crop: int = 32
    fuser_kernel: int = 5
    residual_blocks: int = 6
    discriminator_width: int = 64
    object_discriminator_width: int = 64
    picture_weight: float = 1.0
    object_weight: float = 1.0
    class_weight: float = 1.0
    pixel_weight: float = 1.0
    code_weight: float = 10.0
    kl_weight: float = 0.01
    steps: int = 300_000
    batch: int = 8
    rate: float = 1e-4
    beta1: float = 0.5
    beta2: float = 0.999
    decay_at: float = 1.0
    average: float = 0.0
    mirror: bool = False
    bf16: bool = True

    def __post_init__(self) -> None:
        for name in _COUNTS:
            if getattr(self, name) < 1:
                raise ValueError(f"{name} has to be at least 1")
        grid = 1 << HALVINGS
        if any(side < grid or side % grid for side in self.size):
            raise ValueError(f"both sides of size have to be multiples of {grid}")
        if self.crop < 32 or self.crop & (self.crop - 1):
            raise ValueError(f"crop={self.crop} is not a power of two from 32 up")
        if self.fuser_kernel < 1 or self.fuser_kernel % 2 == 0:
            raise ValueError("fuser_kernel has to be odd")
        for name in ("least", "decay_at"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} has to be from 0 to 1")
        if not 0 <= self.average < 1:
            raise ValueError("average has to be at least 0 and below 1")
        if self.names and len(self.names) != self.classes:
            raise ValueError("there have to be as many names as classes, or none")


_SMALL = Config(
    classes=10,
    embedding=32,
    latent=16,
    width=24,
    least=0.005,
    fuser_kernel=3,
    residual_blocks=3,
    discriminator_width=16,
    object_discriminator_width=16,
    pixel_weight=10.0,
    steps=6000,
    rate=5e-4,
    beta2=0.99,
    decay_at=0.5,
    average=0.998,
)

PRESETS: dict[str, Config] = {
    # For some thousand pictures and one processor core.
    "small": _SMALL,
    # For tests.
    "tiny": replace(
        _SMALL,
        size=(16, 16),
        classes=3,
        objects=3,
        embedding=4,
        latent=2,
        width=4,
        residual_blocks=1,
        discriminator_width=4,
        object_discriminator_width=4,
        steps=3,
        batch=4,
        average=0.5,
    ),
    # For comparisons of settings: pictures of half the size, for a shorter time.
    "study": replace(_SMALL, size=(32, 32), width=16, residual_blocks=2, steps=2000, batch=16, average=0.99),
    # As published, for GPUs.
    "paper": Config(),
}


def picture_size(cfg: Config) -> tuple[int, int]:
    """Height and width of the training pictures, pixels."""
    return cfg.size


def batch_size(cfg: Config) -> int:
    """Pictures a step, all processes together."""
    return cfg.batch
