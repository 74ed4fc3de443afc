"""The networks: encoders of content and style, decoder, and discriminator (published code of Kotovenko et al.)."""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.models.styledisentangle.config import Config
from calotype.models.styledisentangle.normalization import local_group_norm

_SLOPE = 0.2


class Normed(nn.Module):
    """A convolution with reflected borders, local group normalisation with learned scale and offset, activation."""

    def __init__(self, inputs: int, outputs: int, group: int, *, kernel: int = 3, stride: int = 1) -> None:
        super().__init__()
        self.group, self.pad = group, kernel // 2
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, bias=False)
        self.scale = nn.Parameter(torch.ones(outputs, 1, 1))
        self.offset = nn.Parameter(torch.zeros(outputs, 1, 1))

    def forward(self, x: Tensor, window: int, slope: float = 0.0) -> Tensor:
        """[B, outputs, h, w] of [B, inputs, H, W]; the window is measured in pixels of the result."""
        y = local_group_norm(self.conv(reflected(x, self.pad)), self.group, window)
        return F.leaky_relu(y * self.scale + self.offset, slope)


class Plain(nn.Module):
    """A convolution with reflected borders and activation, without normalisation: contrasts and colours are kept."""

    def __init__(self, inputs: int, outputs: int, *, kernel: int = 3, stride: int = 1) -> None:
        super().__init__()
        self.pad = kernel // 2
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride)
        nn.init.kaiming_normal_(self.conv.weight, _SLOPE)
        nn.init.zeros_(self.conv.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor, window: int, slope: float = 0.0) -> Tensor:
        """As ``Normed``; the window is not used."""
        return F.leaky_relu(self.conv(reflected(x, self.pad)), slope)


def layer(inputs: int, outputs: int, cfg: Config, *, normalised: bool, kernel: int = 3, stride: int = 1) -> nn.Module:
    """A convolution of an encoder or of the discriminator."""
    if normalised:
        return Normed(inputs, outputs, cfg.group, kernel=kernel, stride=stride)
    return Plain(inputs, outputs, kernel=kernel, stride=stride)


class Stack(nn.Module):
    """The convolutions that both encoders have: one, and one for each halving."""

    def __init__(self, cfg: Config, *, normalised: bool = True) -> None:
        super().__init__()
        widths = cfg.widths
        self.first = layer(3, widths[0], cfg, normalised=normalised)
        self.halving = nn.ModuleList(layer(a, b, cfg, normalised=normalised, stride=2) for a, b in pairwise(widths))

    def forward(self, pictures: Tensor, window: int) -> Tensor:
        """[B, deep, H / 2^n, W / 2^n] of [B, 3, H, W]; the window W0 in pixels of the pictures."""
        x: Tensor = self.first(pictures, window // 2)
        for level, halve in enumerate(self.halving, 1):
            x = halve(x, max(4, window >> level + 1))
        return x


class ContentEncoder(Stack):
    """The content of a picture: what the convolutions see, and with ``cfg.skips`` the maps before each halving, too.

    Skips from the encoder to the decoder are those of Ronneberger et al., "U-Net", MICCAI 2015. The maps lie in the
    channels of the content, a square of pixels of each in one pixel, so that a content is one tensor.
    """

    def __init__(self, cfg: Config) -> None:
        super().__init__(cfg)
        self.skips = nn.ModuleList(nn.Conv2d(width, cfg.skips, 1) for width in cfg.widths[:-1] if cfg.skips)

    def forward(self, pictures: Tensor, window: int) -> Tensor:
        """[B, deep + skips (4 + ... + 4^n), H / 2^n, W / 2^n] of [B, 3, H, W], as ``Stack``."""
        if not self.skips:
            return super().forward(pictures, window)
        x: Tensor = self.first(pictures, window // 2)
        found = []
        for level, (halve, skip) in enumerate(zip(self.halving, self.skips), 1):
            found.append(F.pixel_unshuffle(skip(x), 1 << len(self.skips) - level + 1))
            x = halve(x, max(4, window >> level + 1))
        return torch.cat([x, *found], 1)


class StyleEncoder(nn.Module):
    """The style vector of a picture: of length 1."""

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        self.stack = Stack(cfg, normalised=cfg.style_normalised)
        self.dropout, self.maxima = cfg.dropout, not cfg.style_normalised
        sizes = [cfg.deep * (1 + self.maxima), cfg.hidden, cfg.hidden, cfg.style]
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(sizes))

    def forward(self, pictures: Tensor, window: int) -> Tensor:
        """[B, style] of [B, 3, H, W]."""
        features = self.stack(pictures, window)
        x = features.mean((2, 3))
        if self.maxima:
            x = torch.cat([x, features.amax((2, 3))], 1)
        for number, layer in enumerate(self.layers):
            x = layer(F.dropout(F.relu(x) if number else x, self.dropout, self.training))
        return F.normalize(x, dim=1)


class Styled(nn.Module):
    """A convolution whose normalisation has scale and offset from the style."""

    def __init__(self, inputs: int, outputs: int, cfg: Config) -> None:
        super().__init__()
        self.group = cfg.group
        self.conv = nn.Conv2d(inputs, outputs, 3, bias=False)
        self.affine = nn.Linear(cfg.style, 2 * outputs)

    def forward(self, x: Tensor, style: Tensor, window: int, slope: float) -> Tensor:
        """[B, outputs, H, W] of [B, inputs, H, W] and [B, style]."""
        y = local_group_norm(self.conv(reflected(x, 1)), self.group, window)
        scale, offset = F.leaky_relu(self.affine(style), _SLOPE)[:, :, None, None].chunk(2, 1)
        return F.leaky_relu(y * scale + offset, slope)


class Residual(nn.Module):
    """Two convolutions with the style, added to what they are of."""

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        self.first = Styled(cfg.deep, cfg.deep, cfg)
        self.second = Styled(cfg.deep, cfg.deep, cfg)

    def forward(self, x: Tensor, style: Tensor, window: int) -> Tensor:
        """[B, deep, h, w] of the same shape and of [B, style]."""
        changed: Tensor = self.second(self.first(x, style, window, _SLOPE), style, window, _SLOPE)
        return x + changed


class Decoder(nn.Module):
    """A picture of content and style."""

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        self.halvings = cfg.halvings
        self.deep, self.skips = cfg.deep, cfg.skips
        self.blocks = nn.ModuleList(Residual(cfg) for _ in range(cfg.blocks))
        widths = [cfg.deep, *reversed(cfg.widths[:-1])]
        self.ups = nn.ModuleList(Styled(a + cfg.skips, b, cfg) for a, b in pairwise(widths))
        self.last = nn.Conv2d(widths[-1], 3, 7)

    def forward(self, content: Tensor, style: Tensor, window: int) -> Tensor:
        """[B, 3, 2^n h, 2^n w], -1..1, of a content [B, c, h, w] and [B, style]; W0 in pixels of the picture."""
        x, deep = content[:, : self.deep], max(4, window >> self.halvings + 1)
        skips = self.skips_of(content)
        for block in self.blocks:
            x = block(x, style, deep)
        for number, layer in enumerate(self.ups):
            x = F.interpolate(x, scale_factor=2.0, mode="nearest")
            if skips:
                x = torch.cat([x, skips[number]], 1)
            x = layer(x, style, max(4, window >> self.halvings - number), 0.0)
        return 2 * torch.sigmoid(self.last(reflected(x, 3))) - 1

    def skips_of(self, content: Tensor) -> list[Tensor]:
        """The encoder's maps in a content, the smallest first: [B, skips, 2^k h, 2^k w]; none without ``skips``."""
        if not self.skips:
            return []
        factors = [1 << level for level in range(self.halvings, 0, -1)]  # in the order in which they are packed
        parts = torch.split(content[:, self.deep :], [self.skips * factor**2 for factor in factors], 1)
        return [F.pixel_shuffle(part, factor) for part, factor in zip(parts, factors)][::-1]


class Discriminator(nn.Module):
    """Whether a picture is an artwork, by which artist, and of what category the content is.

    After each convolution a map is predicted, which the next ones see, too; all maps together are what the three heads
    judge.
    """

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        widths = cfg.discriminator_widths
        before = [3, *(width + cfg.map_channels for width in widths[:-1])]
        self.convs = nn.ModuleList(
            layer(a, b, cfg, normalised=cfg.discriminator_normalised, kernel=5, stride=2)
            for a, b in zip(before, widths)
        )
        self.maps = nn.ModuleList(
            nn.Conv2d(a, cfg.map_channels, k, padding="same") for a, k in zip(widths, cfg.prediction_kernels)
        )
        count = len(widths) * cfg.map_channels
        self.real = nn.Conv2d(count, len(cfg.artists) if cfg.artist_judges else 1, 5, padding=2)
        self.artist = nn.Conv2d(count, len(cfg.artists), 5, padding=2)
        self.category: nn.ModuleList | None = None
        if cfg.categories:
            sizes = [len(cfg.categories), cfg.hidden, cfg.hidden, len(cfg.categories)]
            head = nn.Conv2d(count, sizes[0], 5, padding=2)
            self.category = nn.ModuleList([head, *(nn.Linear(a, b) for a, b in pairwise(sizes))])

    def forward(self, pictures: Tensor, window: int) -> tuple[Tensor, Tensor, Tensor | None]:
        """Logits: real [B, 1 or artists, h, w], artist [B, artists, h, w], category [B, categories] or ``None``."""
        x, found = pictures, []
        for level, (conv, predict) in enumerate(zip(self.convs, self.maps), 1):
            x = conv(x, max(4, window >> level), _SLOPE)
            found.append(predict(x))
            x = torch.cat([x, found[-1]], 1)
        size = found[0].shape[2:]
        maps = torch.cat([F.interpolate(each, size, mode="bilinear", align_corners=False) for each in found], 1)
        return self.real(maps), self.artist(maps), self._category(maps)

    def _category(self, maps: Tensor) -> Tensor | None:
        if self.category is None:
            return None
        first, *layers = self.category
        x: Tensor = first(maps).amax((2, 3))
        for number, layer in enumerate(layers):
            x = layer(F.relu(x) if number else x)
        return x


class Net(nn.Module):
    """What a trained model is.

    Args:
        cfg: the settings.

    Attributes:
        content: encoder of the content.
        style: encoder of the style.
        decoder: makes a picture of both.
    """

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        self.content = ContentEncoder(cfg)
        self.style = StyleEncoder(cfg)
        self.decoder = Decoder(cfg)
        initialise(self, cfg.spread)


def build(cfg: Config) -> Net:
    """The networks, with weights drawn from torch's global generator; channels last in memory."""
    result: Net = Net(cfg).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return result


def reflected(x: Tensor, pad: int) -> Tensor:
    """Borders of ``pad`` reflected pixels; repeated ones where the map is too small."""
    mode = "reflect" if min(x.shape[2:]) > pad else "replicate"
    return F.pad(x, (pad, pad, pad, pad), mode=mode)


@torch.no_grad()
def initialise(module: nn.Module, spread: float) -> None:
    """Convolutions that are normalised, from a normal distribution that is cut at two standard deviations ``spread``.

    With ``spread`` 0 the standard deviation is that of He et al., "Delving Deep into Rectifiers", ICCV 2015.

    Prediction maps, heads and linear layers are drawn as torch does.
    """
    for part in module.modules():
        if isinstance(part, nn.Conv2d) and part.bias is None:
            if spread > 0:
                nn.init.trunc_normal_(part.weight, 0.0, spread, -2 * spread, 2 * spread)
            else:
                nn.init.kaiming_normal_(part.weight)
        if isinstance(part, Styled):  # at first, the style changes nothing
            part.affine.bias.data[: part.affine.out_features // 2] = 1.0
