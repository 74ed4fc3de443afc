"""ESPNetv2, a small network for semantic segmentation.

Mehta, Rastegari, Shapiro and Hajishirzi, ESPNetv2 (CVPR 2019), with the pyramid decoder of the authors' later code
(DiCENet, TPAMI 2020, section 5), at twice the base width: 0.8 million weights. Layers have the names of the authors'
public weights, so that these files can be loaded.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.errors import InputError
from calotype.files import shown
from calotype.image.resize import resize
from calotype.nn.weight_files import WEIGHTS_VARIABLE, read_weights

VOC = (
    *("background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow"),
    *("dining table", "dog", "horse", "motorbike", "person", "potted plant", "sheep", "sofa", "train", "tv monitor"),
)
CITYSCAPES = (
    *("road", "sidewalk", "building", "wall", "fence", "pole", "traffic light", "traffic sign", "vegetation"),
    *("terrain", "sky", "person", "rider", "car", "truck", "bus", "train", "motorcycle", "bicycle", "background"),
)
FILES = {"voc": "espnetv2_s2_voc21.pth", "city": "espnetv2_s2_city20.pth"}
_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet, RGB, 0..1
_SHORT = 256  # pixels: smaller images are upsampled to this shorter side
_WIDTHS = (32, 128, 256, 512)  # channels at 1/2, 1/4, 1/8 and 1/16 of the input size
_BRANCHES = 4
_DILATIONS, _LATE_DILATIONS = (1, 2, 3, 4), (1, 1, 2, 3)  # dilations of the branches at 1/8 and at 1/16 of the size
_SCALES = (2.0, 1.5, 1.0, 0.5, 0.1)  # of the pyramid pooling
_MIN_SIDE = 5  # minimum side of a pyramid level, pixels
_BASE = 16


class _Conv(nn.Module):
    """A convolution with "same" padding and, optionally, batch normalisation and PReLU."""

    def __init__(
        self,
        before: int,
        after: int,
        side: int,
        stride: int = 1,
        groups: int = 1,
        dilation: int = 1,
        *,
        norm: bool = True,
        activate: bool = True,
    ) -> None:
        super().__init__()
        padding = side // 2 * dilation
        self.conv = nn.Conv2d(before, after, side, stride, padding, dilation, groups, bias=False)
        self.bn = nn.BatchNorm2d(after) if norm else nn.Identity()
        self.act = nn.PReLU(after) if norm and activate else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, H, W] to [B, D, h, w]."""
        y: Tensor = self.act(self.bn(self.conv(x)))
        return y


class _NormAct(nn.Module):
    """Batch normalisation and PReLU."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.bn, self.act = nn.BatchNorm2d(channels), nn.PReLU(channels)

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, H, W] to the same."""
        y: Tensor = self.act(self.bn(x))
        return y


class _Pyramid(nn.Module):
    """The EESP unit of the encoder: branches of increasing dilation, each added to the previous ones (section 3.1)."""

    def __init__(self, before: int, after: int, dilations: tuple[int, ...], stride: int = 1) -> None:
        super().__init__()
        inner = after // _BRANCHES
        self.proj_1x1 = _Conv(before, inner, 1, groups=_BRANCHES)
        self.spp_dw = nn.ModuleList(_Conv(inner, inner, 3, stride, inner, d, norm=False) for d in dilations)
        self.conv_1x1_exp = _Conv(after, after, 1, groups=_BRANCHES, activate=False)
        self.br_after_cat = _NormAct(after)
        self.module_act = nn.PReLU(after)
        self.halves = stride == 2

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, H, W] to [B, D, h, w]."""
        inner = self.proj_1x1(x)
        branches: list[Tensor] = []
        for branch in self.spp_dw:
            y = branch(inner)
            branches.append(y + branches[-1] if branches else y)
        out: Tensor = self.conv_1x1_exp(self.br_after_cat(torch.cat(branches, 1)))
        if self.halves:
            return out
        result: Tensor = self.module_act(out + x if out.shape == x.shape else out)
        return result


class _Down(nn.Module):
    """2x downsampling: average pooling beside a strided EESP unit, plus the downsampled image (section 3.2)."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.eesp = _Pyramid(before, after - before, _DILATIONS, 2)
        self.inp_reinf = nn.Sequential(_Conv(3, 3, 3), _Conv(3, after, 1, activate=False))
        self.act = nn.PReLU(after)

    def forward(self, x: Tensor, picture: Tensor) -> Tensor:
        """[B, C, H, W] and the full size image to [B, D, H / 2, W / 2]."""
        out = torch.cat([_halved(x), self.eesp(x)], 1)
        small = picture
        while small.shape[2] > out.shape[2]:
            small = _halved(small)
        y: Tensor = self.act(out + self.inp_reinf(small))
        return y


def _halved(x: Tensor) -> Tensor:
    return F.avg_pool2d(x, 3, 2, 1)


class _Encoder(nn.Module):
    """The encoder, shared with the authors' classifier, with its layer names."""

    def __init__(self) -> None:
        super().__init__()
        self.level1 = _Conv(3, _WIDTHS[0], 3, 2)
        self.level2_0 = _Down(_WIDTHS[0], _WIDTHS[1])
        self.level3_0 = _Down(_WIDTHS[1], _WIDTHS[2])
        self.level3 = nn.Sequential(*(_Pyramid(_WIDTHS[2], _WIDTHS[2], _DILATIONS) for _ in range(3)))
        self.level4_0 = _Down(_WIDTHS[2], _WIDTHS[3])
        self.level4 = nn.Sequential(*(_Pyramid(_WIDTHS[3], _WIDTHS[3], _LATE_DILATIONS) for _ in range(7)))

    def forward(self, picture: Tensor) -> list[Tensor]:
        """Feature maps at 1/2, 1/4, 1/8 and 1/16 of the input size."""
        half = self.level1(picture)
        quarter = self.level2_0(half, picture)
        eighth = self.level3(self.level3_0(quarter, picture))
        return [half, quarter, eighth, self.level4(self.level4_0(eighth, picture))]


class _Unit(nn.Module):
    """Convolution, batch normalisation and PReLU, with the decoder's layer names."""

    def __init__(self, before: int, after: int, side: int, groups: int = 1) -> None:
        super().__init__()
        conv = nn.Conv2d(before, after, side, padding=side // 2, groups=groups, bias=False)
        self.cbr = nn.Sequential(conv, nn.BatchNorm2d(after), nn.PReLU(after))

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, H, W] to [B, D, H, W]."""
        y: Tensor = self.cbr(x)
        return y


class _Norm(nn.Module):
    """Batch normalisation and PReLU, with the decoder's layer names."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.br = nn.Sequential(nn.BatchNorm2d(channels), nn.PReLU(channels))

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, H, W] to the same."""
        y: Tensor = self.br(x)
        return y


class _ChannelShuffle(nn.Module):
    """Channel shuffle: interleave the channels of all pyramid levels."""

    def forward(self, x: Tensor) -> Tensor:
        """[B, L C, H, W] to the same, with the level index varying fastest."""
        batch, channels, height, width = x.shape
        levels = x.view(batch, len(_SCALES), channels // len(_SCALES), height, width)
        return levels.transpose(1, 2).reshape(batch, channels, height, width)


class _Pool(nn.Module):
    """The decoder unit: pyramid pooling, one depthwise convolution per scale."""

    def __init__(self, before: int, inner: int, after: int, *, last: bool = False) -> None:
        super().__init__()
        self.stages = nn.ModuleList(nn.Conv2d(inner, inner, 3, 1, 1, groups=inner, bias=False) for _ in _SCALES)
        self.projection_layer = _Unit(before, inner, 1)
        wide = inner * len(_SCALES)
        self.merge_layer = nn.Sequential(
            _Norm(wide), _ChannelShuffle(), _Unit(wide, inner, 3, inner), nn.Conv2d(inner, after, 1, bias=last)
        )
        self.br = nn.Identity() if last else _Norm(after)

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, H, W] to [B, D, H, W]."""
        x = self.projection_layer(x)
        levels = [self._at_scale(x, stage, scale) for stage, scale in zip(self.stages, _SCALES)]
        y: Tensor = self.br(self.merge_layer(torch.cat(levels, 1)))
        return y

    @staticmethod
    def _at_scale(x: Tensor, stage: nn.Module, scale: float) -> Tensor:
        full = (x.shape[2], x.shape[3])
        size = (max(_MIN_SIDE, math.ceil(full[0] * scale)), max(_MIN_SIDE, math.ceil(full[1] * scale)))
        if scale < 1:
            return _bilinear(stage(F.adaptive_avg_pool2d(x, size)), full)
        if scale > 1:
            return F.adaptive_avg_pool2d(stage(_bilinear(x, size)), full)
        y: Tensor = stage(x)
        return y


class _Gated(nn.Module):
    """Encoder features gated by channel weights from global pooling (squeeze and excitation)."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.wt_layer = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(before, after, 1, bias=False), nn.Sigmoid())
        self.expansion_layer = _Unit(before, after, 3, math.gcd(before, after))

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, H, W] to [B, D, H, W]."""
        y: Tensor = self.expansion_layer(x) * self.wt_layer(x)
        return y


def _bilinear(x: Tensor, size: Sequence[int]) -> Tensor:
    return F.interpolate(x, size=tuple(size), mode="bilinear", align_corners=True)


class Espnet(nn.Module):
    """The network: photos [B, 3, H, W], normalised, H and W multiples of 16, to logits [B, classes, H, W]."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        widths, inner = (4 * _BASE, 3 * _BASE, 2 * _BASE, classes), min(classes // 2, _BASE)
        self.base_net = _Encoder()
        self.bu_dec_l1 = _Pool(_WIDTHS[3], inner, widths[0])
        self.bu_dec_l2 = _Pool(widths[0], inner, widths[1])
        self.bu_dec_l3 = _Pool(widths[1], inner, widths[2])
        self.bu_dec_l4 = _Pool(widths[2], inner, widths[3], last=True)
        self.merge_enc_dec_l2 = _Gated(_WIDTHS[2], widths[0])
        self.merge_enc_dec_l3 = _Gated(_WIDTHS[1], widths[1])
        self.merge_enc_dec_l4 = _Gated(_WIDTHS[0], widths[2])
        self.bu_br_l2, self.bu_br_l3, self.bu_br_l4 = (
            nn.Sequential(nn.BatchNorm2d(width), nn.PReLU(width)) for width in widths[:3]
        )

    def forward(self, photos: Tensor) -> Tensor:
        """[B, 3, H, W] to [B, classes, H, W]."""
        half, quarter, eighth, sixteenth = self.base_net(photos)
        x = self.bu_dec_l1(sixteenth)
        for features, merge, norm, decode in (
            (eighth, self.merge_enc_dec_l2, self.bu_br_l2, self.bu_dec_l2),
            (quarter, self.merge_enc_dec_l3, self.bu_br_l3, self.bu_dec_l3),
            (half, self.merge_enc_dec_l4, self.bu_br_l4, self.bu_dec_l4),
        ):
            x = decode(norm(merge(features) + _bilinear(x, [2 * side for side in x.shape[2:]])))
        return _bilinear(x, photos.shape[2:])


class Segmenter:
    """Semantic segmentation of photos: ``segmenter(...)(photos)``.

    Args:
        net: with its weights.
        classes: class names.
        name: identifies the weights.
    """

    def __init__(self, net: Espnet, classes: tuple[str, ...], name: str) -> None:
        self.net, self.classes, self.name = net, classes, name

    def __call__(self, photos: Tensor) -> Tensor:
        """[B, 3, H, W], -1..1, to class indices, int64 [B, H, W]."""
        self.net.to(photos.device)
        height, width = photos.shape[2:]
        factor = max(1.0, _SHORT / min(height, width))
        size = (math.ceil(height * factor / 16) * 16, math.ceil(width * factor / 16) * 16)
        mean, deviation = (photos.new_tensor(v)[:, None, None] for v in (_MEAN, _DEVIATION))
        with torch.no_grad():
            scores = self.net(((resize(photos[:, :3], size) + 1) / 2 - mean) / deviation)
            return resize(scores, (height, width), mode="bilinear").argmax(1)


def segmenter(which: str | Path) -> Segmenter:
    """The segmenter with the authors' weights, which do not come with the package.

    Args:
        which: ``voc`` (animals, people, vehicles, furniture: 20 classes of Pascal VOC and the background) or ``city``
            (streets: 19 classes of Cityscapes and a background), from the folder in ``CALOTYPE_WEIGHTS``; or the path
            of such a file.

    Raises:
        InputError: there is no such file, or it has other content.
    """
    file = Path(which)
    if str(which) in FILES:
        folder = os.environ.get(WEIGHTS_VARIABLE)
        if not folder:
            raise InputError(f"no weights of ESPNetv2: set {WEIGHTS_VARIABLE} to the folder of {FILES[str(which)]}")
        file = Path(folder) / FILES[str(which)]
    weights, digest = read_weights(file, " or ".join(FILES.values()))
    last = weights.get("bu_dec_l4.merge_layer.3.weight", torch.empty(0))
    for classes in (VOC, CITYSCAPES):
        if len(last) == len(classes):
            net = Espnet(len(classes))
            try:
                net.load_state_dict(weights)
            except RuntimeError:
                break
            return Segmenter(net.eval().requires_grad_(False), classes, f"espnetv2 ({digest[:8]})")
    raise InputError(f"{shown(file)} holds no weights of ESPNetv2: give {' or '.join(FILES.values())}")
