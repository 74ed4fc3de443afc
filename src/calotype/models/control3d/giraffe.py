"""The networks of GIRAFFE: fields of objects and of surroundings, rendered together, and a 2D network.

Niemeyer and Geiger, "GIRAFFE: Representing Scenes as Compositional Generative Neural Feature Fields", CVPR 2021.
Modules have the names of the published code. Released models are imported; none are trained here.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.errors import counted
from calotype.models.control3d.giraffe_settings import Field, Giraffe, Renderer

_PADDING = 0.1  # of boxes; beyond, an object has no density
_FAINT = 1e-4  # in the place of a sum of densities that is 0
_ENDLESS = 1e10  # length of the last sample of a ray
_START = 4  # halvings that the 2D network leaves: pictures of features have 16 pixels


class Codes(NamedTuple):
    """Codes of one scene: of shape and appearance of the objects [N, latent], and of the surroundings [latent]."""

    shape: Tensor
    look: Tensor
    shape_around: Tensor
    look_around: Tensor


class Boxes(NamedTuple):
    """Where objects are in the world: rotations to the world [N, 3, 3], places [N, 3], half sizes [N, 3]."""

    rotation: Tensor
    place: Tensor
    half: Tensor


class Seen(NamedTuple):
    """What a camera sees, before the 2D network.

    Attributes:
        features: [1, C, side, side].
        alpha: of each object, [N, 1, side, side].
        depth: of each object, [N, 1, side, side]; the farthest where there is none.
    """

    features: Tensor
    alpha: Tensor
    depth: Tensor


class FieldNetwork(nn.Module):
    """Features and densities at places.

    Args:
        cfg: the settings.
        latent: length of the codes.
    """

    def __init__(self, cfg: Field, latent: int) -> None:
        super().__init__()
        self.cfg = cfg
        places, views, wide = 6 * cfg.frequencies, 6 * cfg.view_frequencies, cfg.hidden
        count = sum(i in cfg.skips for i in range(cfg.blocks - 1))
        self.fc_in, self.fc_z = nn.Linear(places, wide), nn.Linear(latent, wide)
        self.blocks = nn.ModuleList(nn.Linear(wide, wide) for _ in range(cfg.blocks - 1))
        if count:
            self.fc_z_skips = nn.ModuleList(nn.Linear(latent, wide) for _ in range(count))
            self.fc_p_skips = nn.ModuleList(nn.Linear(places, wide) for _ in range(count))
        self.sigma_out = nn.Linear(wide, 1)
        self.fc_z_view, self.feat_view = nn.Linear(latent, wide), nn.Linear(wide, wide)
        self.fc_view, self.feat_out = nn.Linear(views, wide), nn.Linear(wide, cfg.features)

    def forward(self, places: Tensor, rays: Tensor, shape: Tensor, look: Tensor) -> tuple[Tensor, Tensor]:
        """Places and directions [P, 3] with codes [latent] to features [P, C] and densities [P]."""
        cfg = self.cfg
        encoded = self._encoded(places, cfg.frequencies)
        x, skip = F.relu(self.fc_in(encoded) + self.fc_z(shape)), 0
        for number, layer in enumerate(self.blocks, 1):
            x = F.relu(layer(x))
            if number in cfg.skips and number < len(self.blocks):
                x = x + self.fc_z_skips[skip](shape) + self.fc_p_skips[skip](encoded)
                skip += 1
        density = self.sigma_out(x)[:, 0]
        x = self.feat_view(x) + self.fc_z_view(look)
        if cfg.views:
            x = F.relu(x + self.fc_view(self._encoded(rays / rays.norm(dim=-1, keepdim=True), cfg.view_frequencies)))
        features = self.feat_out(x)
        return features.sigmoid() if cfg.sigmoid else features, density

    def _encoded(self, x: Tensor, frequencies: int) -> Tensor:
        """Sines and cosines of multiples of the coordinates: [P, 6 x frequencies]."""
        angles = [(2.0**i) * math.pi * (x / self.cfg.downscale) for i in range(frequencies)]
        return torch.cat([wave for angle in angles for wave in (angle.sin(), angle.cos())], -1)


class NeuralRenderer(nn.Module):
    """Features of 16 pixels to pictures.

    Args:
        cfg: the settings.
        size: of the pictures, pixels.
    """

    def __init__(self, cfg: Renderer, size: int) -> None:
        super().__init__()
        self.cfg = cfg
        count = size.bit_length() - 1 - _START
        widths = [cfg.width, cfg.width // 2, *(max(cfg.width >> (i + 2), cfg.least) for i in range(count - 1))]
        entering = [cfg.width, *(max(cfg.width >> (i + 1), cfg.least) for i in range(count))]
        self.conv_in = nn.Identity() if cfg.width == cfg.inputs else nn.Conv2d(cfg.inputs, cfg.width, 1)
        self.conv_layers = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for a, b in zip(entering, widths[1:]))
        if cfg.skip:
            self.conv_rgb: nn.Module = nn.ModuleList(
                nn.Conv2d(width, 3, 3, padding=1) for width in (cfg.inputs, *entering[1:])
            )
        else:
            self.conv_rgb = nn.Conv2d(entering[-1], 3, 1)

    def forward(self, features: Tensor) -> Tensor:
        """[B, inputs, 16, 16] to pictures [B, 3, size, size], 0..1 where they are bounded."""
        cfg, x = self.cfg, self.conv_in(features)
        colours = None
        if isinstance(self.conv_rgb, nn.ModuleList):
            colours = _enlarged(self.conv_rgb[0](features), smooth=cfg.smooth_colours)
        for number, layer in enumerate(self.conv_layers):
            x = layer(_enlarged(x, smooth=cfg.smooth_features))
            x = F.leaky_relu(F.instance_norm(x) if cfg.norm else x, 0.2)
            if colours is not None and isinstance(self.conv_rgb, nn.ModuleList):
                colours = colours + self.conv_rgb[number + 1](x)
                if number < len(self.conv_layers) - 1:
                    colours = _enlarged(colours, smooth=cfg.smooth_colours)
        made: Tensor = self.conv_rgb(x) if colours is None else colours
        return made.sigmoid() if cfg.sigmoid else made


def _enlarged(x: Tensor, *, smooth: bool) -> Tensor:
    if not smooth:
        return F.interpolate(x, scale_factor=2.0, mode="nearest")
    x = F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
    taps = x.new_tensor([0.25, 0.5, 0.25])
    kernel = (taps[:, None] * taps).expand(x.shape[1], 1, 3, 3)
    return F.conv2d(F.pad(x, (1, 1, 1, 1), mode="reflect"), kernel, groups=x.shape[1])


class GiraffeNet(nn.Module):
    """The fields and the 2D network.

    Args:
        settings: of the model.
    """

    def __init__(self, settings: Giraffe) -> None:
        super().__init__()
        self.settings = settings
        self.decoder = FieldNetwork(settings.decoder, settings.latent)
        self.background_generator = FieldNetwork(settings.background, settings.background_latent)
        self.neural_renderer = NeuralRenderer(settings.renderer, settings.size)

    def seen(
        self,
        codes: Codes,
        boxes: Boxes,
        present: Tensor,
        camera: tuple[Tensor, Tensor],
        around: Tensor,
        *,
        background: bool = True,
    ) -> Seen:
        """One scene as a camera sees it.

        Args:
            codes: of its objects.
            boxes: of its objects.
            present: bool [N], which of them are there.
            camera: rotation to the world [3, 3] (to the right, up, back), and place [3].
            around: rotation of the surroundings [3, 3].
            background: whether the surroundings are rendered, too.
        """
        cfg = self.settings
        rotation, eye = camera
        rays = self._rays(eye) @ rotation.T
        steps = torch.linspace(*cfg.depth, cfg.samples, device=eye.device)
        feats, densities = [], []
        for number in range(len(present)):
            into = boxes.rotation[number].T
            start, way = into @ (eye - boxes.place[number]) / boxes.half[number], rays @ into.T / boxes.half[number]
            inside, feature, density = self._sampled(
                self.decoder, start, way, steps, codes.shape[number], codes.look[number]
            )
            densities.append(density * (inside & present[number]))
            feats.append(feature)
        if background:
            start, way = around @ eye, rays @ around.T
            _, feature, density = self._sampled(
                self.background_generator, start, way, steps, codes.shape_around, codes.look_around
            )
            densities.append(density)
            feats.append(feature)
        density, features = torch.stack(densities), torch.stack(feats)
        lengths = rays.norm(dim=-1)[:, None]
        weights = _weights(density if len(density) == 1 else self._together(density), steps, lengths, _ENDLESS)
        mixed = features[0] if len(density) == 1 else self._mixed(density, features)
        picture = self._as_picture((weights[0][..., None] * mixed).sum(1))
        each = _weights(density[: len(present)], steps, lengths, 0.0)
        alpha = each.sum(-1)
        depth = torch.where(alpha > _FAINT, (each * steps).sum(-1) / alpha.clamp_min(_FAINT), cfg.depth[1])
        return Seen(picture, self._planes(alpha), self._planes(depth))

    def _together(self, density: Tensor) -> Tensor:
        return (density.amax(0) if self.settings.largest else density.sum(0))[None]

    def _mixed(self, density: Tensor, features: Tensor) -> Tensor:
        """The features of all objects at every sample, by their densities."""
        if self.settings.largest:
            chosen = density.argmax(0)[None, ..., None].expand(1, *features.shape[1:])
            return features.gather(0, chosen)[0]
        total = density.sum(0, keepdim=True)
        shares = density / torch.where(total == 0, _FAINT, total)
        return (features * shares[..., None]).sum(0)

    def _rays(self, like: Tensor) -> Tensor:
        """Directions from the camera through all pixels, rows from above: [side x side, 3]."""
        focal = 1 / math.tan(math.radians(self.settings.fov) / 2)
        line = torch.linspace(-1, 1, self.settings.side, device=like.device) / focal
        y, x = torch.meshgrid(-line, line, indexing="ij")
        return torch.stack([x, y, -torch.ones_like(x)], -1).reshape(-1, 3)

    def _sampled(
        self, net: FieldNetwork, start: Tensor, way: Tensor, steps: Tensor, shape: Tensor, look: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Which samples of rays are in the box, features [R, S, C] and densities [R, S]."""
        places = start + steps[:, None] * way[:, None]
        rays = way[:, None].expand_as(places)
        features, density = net(places.reshape(-1, 3), rays.reshape(-1, 3), shape, look)
        inside = (places.abs() <= 1 + _PADDING).all(-1)
        return inside, features.view(*places.shape[:2], -1), F.relu(density.view(places.shape[:2]))

    def _as_picture(self, values: Tensor) -> Tensor:
        side = self.settings.side
        return values.T.reshape(1, -1, side, side)

    def _planes(self, values: Tensor) -> Tensor:
        side = self.settings.side
        return values.view(-1, 1, side, side)

    def extra_repr(self) -> str:
        """Size and number of objects."""
        return f"{self.settings.size} pixels, {counted(self.settings.objects, 'object')}"


def _weights(density: Tensor, steps: Tensor, lengths: Tensor, last: float) -> Tensor:
    """How much each sample adds to its ray, [N, R, S]; the last one is ``last`` long."""
    lengths = torch.cat([steps[1:] - steps[:-1], steps.new_tensor([last])]) * lengths
    alpha = 1 - torch.exp(-density * lengths)
    clear = torch.cat([torch.ones_like(alpha[..., :1]), 1 - alpha + 1e-10], -1).cumprod(-1)[..., :-1]
    return alpha * clear
