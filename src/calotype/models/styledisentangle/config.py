"""Settings of the style model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from calotype.errors import InputError


@dataclass(frozen=True)
class Config:
    """Settings of the networks and the training.

    Attributes:
        size: height and width that training pictures are brought to, pixels; patches are cut from them.
        artists: names of the artists; empty until they are told by a data set.
        categories: names of the categories of photos; empty: photos have none, and the content head is left out.
        width: channels of the first convolution of both encoders; doubled at every halving but the last.
        halvings: how many times the encoders halve their input.
        deep: channels of the content, after the last halving.
        blocks: residual blocks of the decoder.
        group: channels of a group of the local group normalisation.
        skips: channels of the maps before each halving of a photo that the decoder sees beside the content (U-Net),
            so that results keep fine shapes; 0, as published: none.
        style: numbers of a style vector, which has length 1.
        hidden: channels of the hidden layers of the style encoder and the content head.
        dropout: share of the style encoder's features that are left out in training.
        discriminator_widths: channels of the discriminator's convolutions, each of which halves its input.
        prediction_kernels: kernels of its prediction maps, as many as convolutions.
        map_channels: channels of each prediction map; 1 as published.
        patches: side of the patches, pixels, stage by stage.
        batches: photos a step, an even number, stage by stage: half of them are x1, half x2.
        windows: side of the windows of the normalisation, W0, stage by stage.
        margins: margin r of the fixpoint triplet loss, stage by stage.
        until: the step that each stage ends with, counted from the start.
        adversarial_weight: weight of the adversarial loss.
        content_class_weight: weight of the classification of the content.
        style_class_weight: weight of the classification of the style.
        pixel_weight: weight of the difference of blurred photo and result.
        content_weight: weight of the distance of the content's features (FP-content).
        triplet_weight: weight of the fixpoint triplet loss (FPT).
        disentangling_weight: weight of the disentanglement loss (FPD).
        own_artist_weight: weight of a linear classification of the artist from the style vectors of artworks, which the
            publication does not have: in short trainings of small networks all style vectors become one without it.
        real_share: share of the steps, the first ones, in which nothing is drawn: the style encoder learns artists
            (``own_artist_weight``) and to find artworks, moved by ``moves``, among those of the step
            (``triplet_weight``); the discriminator learns artists and categories; 0, as published: none.
        reconstruction_weight: weight of the mean absolute difference of artworks and what is drawn of their own content
            and style; not published.
        temperature: above 0, the fixpoint loss is a classification, which is not published: each result has to find
            its artwork among all those of the step, by squared distances over this number; 0: the published triplet.
        allowed_learned: whether the disentanglement loss has a gradient of the difference that it allows, too, as
            published; then it also falls where results go away from their artworks.
        artist_judges: whether the discriminator tells real from drawn for each artist by an output of its own; as
            published, one output judges all artists.
        style_normalised: whether the style encoder normalises its features, as published; otherwise it does not, since
            normalisation takes away contrasts and colours, and pools maxima beside means.
        discriminator_normalised: the same for the discriminator.
        moves: pixels by which pictures are moved at random, and mirrored by chance, before the discriminator sees them,
            so that it does not know the artworks by heart; 0, as published: none.
        spread: standard deviation of the initial weights of convolutions that are normalised; 0: by the number of
            inputs (He et al., ICCV 2015), which is not published.
        average: share of the moving average of the networks that is kept in a step, 0..1; the average is what a
            training returns; 0, as published: the networks themselves.
        rising: share of the steps after those of ``real_share``, the first ones, in which the weights of both style
            losses rise from nothing; 0, as published: none. Before results show styles at all, these losses are least
            where all style vectors are one.
        falling: share of the steps, the last ones, in which the learning rate falls to nothing; 0, as published: none.
        blur: side of the squares over which pixels are averaged before they are compared, pixels.
        rate: learning rate.
        beta1: decay rate of Adam's average of the gradient.
        target: accuracy of the discriminator below which it is updated instead of the other networks; negative: all are
            updated in every step.
        augment: whether patches are mirrored, scaled by up to a fifth, and changed in colour.
    """

    size: tuple[int, int] = (1024, 1024)
    artists: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    width: int = 32
    halvings: int = 4
    deep: int = 256
    blocks: int = 9
    group: int = 32
    skips: int = 0
    style: int = 16
    hidden: int = 256
    dropout: float = 0.5
    discriminator_widths: tuple[int, ...] = (128, 128, 256, 512, 512, 1024, 1024)
    prediction_kernels: tuple[int, ...] = (5, 10, 3, 10, 3, 6, 3)
    map_channels: int = 1
    patches: tuple[int, ...] = (128, 256, 384, 512, 640, 768)
    batches: tuple[int, ...] = (32, 16, 8, 4, 2, 2)
    windows: tuple[int, ...] = (128, 128, 192, 256, 320, 384)
    margins: tuple[float, ...] = (0.2, 0.3, 0.4, 0.5, 0.5, 0.5)
    until: tuple[int, ...] = (50_000, 75_000, 100_000, 125_000, 150_000, 300_000)
    adversarial_weight: float = 20.0
    content_class_weight: float = 10.0
    style_class_weight: float = 20.0
    pixel_weight: float = 400.0
    content_weight: float = 2.0
    triplet_weight: float = 50.0
    disentangling_weight: float = 50.0
    own_artist_weight: float = 0.0
    real_share: float = 0.0
    reconstruction_weight: float = 0.0
    temperature: float = 0.0
    allowed_learned: bool = True
    artist_judges: bool = False
    style_normalised: bool = True
    discriminator_normalised: bool = True
    moves: int = 0
    spread: float = 0.02
    average: float = 0.0
    rising: float = 0.0
    falling: float = 0.0
    blur: int = 10
    rate: float = 2e-4
    beta1: float = 0.8
    target: float = 0.5
    augment: bool = True

    def __post_init__(self) -> None:
        if min(self.width, self.deep, self.group, self.halvings) < 1:
            raise ValueError("width, deep, group and halvings have to be at least 1")
        stages = {len(each) for each in (self.patches, self.batches, self.windows, self.margins, self.until)}
        if len(stages) != 1 or not self.patches:
            raise ValueError("patches, batches, windows, margins and until need one value for each stage")
        if list(self.until) != sorted(set(self.until)) or self.until[0] < 1:
            raise ValueError("until has to rise from stage to stage")
        grid = 4 << self.halvings
        if any(window % grid or window < grid for window in self.windows):
            raise ValueError(f"windows have to be multiples of {grid}")
        if any(patch % (1 << self.halvings) or patch > min(self.size) for patch in self.patches):
            raise ValueError(f"patches have to be multiples of {1 << self.halvings}, and no larger than size")
        if any(batch < 2 or batch % 2 for batch in self.batches):
            raise ValueError("batches have to be even numbers")
        if len(self.discriminator_widths) != len(self.prediction_kernels):
            raise ValueError("prediction_kernels needs as many values as discriminator_widths")
        widths = [*self.widths, *self.discriminator_widths[:-1]]
        if any(width % min(self.group, width) for width in widths):
            raise ValueError("all channels have to be multiples of group, or fewer")
        if min(self.moves, self.skips) < 0:
            raise ValueError("moves and skips have to be at least 0")
        if not 0 <= self.real_share < 1:
            raise ValueError("real_share has to be at least 0 and below 1")
        if self.real_share and min(self.temperature, self.own_artist_weight) <= 0:
            raise ValueError("real_share needs a temperature and an own_artist_weight above 0")
        if not 0 <= self.average < 1 or min(self.rising, self.falling, self.temperature) < 0:
            raise ValueError("average has to be at least 0 and below 1, rising, falling and temperature at least 0")
        if not 0 <= self.dropout < 1 or self.style < 1 or self.blocks < 1 or self.blur < 1:
            raise ValueError("dropout has to be at least 0 and below 1, style, blocks and blur at least 1")

    @property
    def widths(self) -> list[int]:
        """Channels of the convolutions of an encoder: the first one, and one for each halving."""
        grown = [self.width * (1 << max(0, level - 1)) for level in range(self.halvings)]
        return [*grown, self.deep]

    @property
    def window(self) -> int:
        """The window of the last stage, which results are made with."""
        return self.windows[-1]

    @property
    def real_steps(self) -> int:
        """The first steps, in which nothing is drawn."""
        return round(self.real_share * self.until[-1])

    def rate_at(self, step: int) -> float:
        """The learning rate of a step, counted from the start of the first stage."""
        last = max(1.0, self.falling * self.until[-1])
        return self.rate * min(1.0, (self.until[-1] - step) / last)

    def share_at(self, step: int) -> float:
        """The share of their weights that both style losses have in a step, counted as for ``rate_at``."""
        first, step = self.rising * (self.until[-1] - self.real_steps), step - self.real_steps
        return 1.0 if not first or step >= first else max(0.0, step / first)


_SMALL = Config(
    size=(64, 64),
    width=16,
    halvings=3,
    deep=96,
    blocks=4,
    group=8,
    skips=8,
    style=16,
    hidden=64,
    dropout=0.0,
    discriminator_widths=(24, 32, 48, 64),
    prediction_kernels=(5, 3, 3, 3),
    map_channels=8,
    patches=(64,),
    batches=(16,),
    windows=(64,),
    margins=(0.3,),
    until=(6000,),
    adversarial_weight=3.0,
    content_class_weight=0.5,
    style_class_weight=4.0,
    pixel_weight=6.0,
    content_weight=1.0,
    triplet_weight=2.5,
    disentangling_weight=40.0,
    own_artist_weight=8.0,
    real_share=0.4,
    reconstruction_weight=20.0,
    temperature=0.1,
    allowed_learned=False,
    artist_judges=True,
    style_normalised=False,
    discriminator_normalised=False,
    moves=2,
    spread=0.0,
    average=0.995,
    rising=0.4,
    falling=0.5,
    blur=4,
    rate=1e-3,
    beta1=0.5,
    target=-1.0,
    augment=False,
)

PRESETS: dict[str, Config] = {
    # For some thousand pictures and one processor core.
    "small": _SMALL,
    # For tests.
    "tiny": replace(
        _SMALL,
        size=(32, 32),
        width=4,
        halvings=2,
        deep=8,
        blocks=1,
        group=4,
        skips=2,
        style=4,
        hidden=8,
        discriminator_widths=(4, 8),
        prediction_kernels=(3, 3),
        patches=(16, 32),
        batches=(4, 4),
        windows=(16, 32),
        margins=(0.2, 0.3),
        until=(2, 3),
        real_share=0.0,
        blur=2,
    ),
    # For comparisons of settings: pictures of half the size.
    "study": replace(
        _SMALL, size=(32, 32), halvings=2, deep=64, blocks=3, patches=(32,), windows=(32,), until=(2400,), blur=2
    ),
    # As published, for GPUs.
    "paper": Config(),
}


def adapted(cfg: Config, about: Mapping[str, Any]) -> Config:
    """The settings for a data set: the names of its ``artists`` and of the ``categories`` of its photos.

    Raises:
        InputError: there are no artists.
    """
    artists = tuple(str(name) for name in about.get("artists") or ("artist 1", "artist 2"))
    if len(artists) < 1:
        raise InputError("the data set has no artworks: put them into its folder 'style', a sub-folder an artist")
    return replace(cfg, artists=artists, categories=tuple(str(name) for name in about.get("categories") or ()))
