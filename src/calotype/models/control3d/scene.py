"""The 3D generator: primitives with poses, sizes and textures, and surroundings, from a latent vector."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype import distributed
from calotype.models.control3d.config import PLACED, Config
from calotype.models.control3d.styled import StyledSurroundings, spread_weights
from calotype.render.camera import Camera, Pose, full_turn, looking_at_origin, polar_of, rotation_of, turned

_PLACES = 0.7  # factor of the last weights of the geometry: objects lie apart, few at the limits of their places


class Scene(NamedTuple):
    """A scene, in world coordinates.

    Attributes:
        pose: of the primitives: rotations [B, N, 3, 3], places [B, N, 3], half sizes [B, N, 3].
        texture: [B, N, C, t, t, t]; of points, places and features, [B, N, K, 3 + C].
        present: [B, N], 1 for primitives that are there, else 0.
        around: features of the surroundings, [B, C, h, 2 h]; ``None`` for plain white.
    """

    pose: Pose
    texture: Tensor
    present: Tensor
    around: Tensor | None


class SceneGenerator(nn.Module):
    """Scenes from latent vectors.

    Args:
        cfg: the settings.
    """

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        self.cfg = cfg
        half = cfg.latent // 2
        self.geometry = _mlp(half, cfg.wide, 12 * cfg.objects)
        start = cfg.texture // 2
        self.coarse = (2 * cfg.features, start, start, start)
        length = cfg.points * (3 + cfg.features)
        grid = self.coarse[0] * start**3
        self.appearance = _mlp(half, cfg.wide, cfg.objects * (length if cfg.primitive == "points" else grid))
        if cfg.primitive != "points":
            self.finer = nn.ConvTranspose3d(2 * cfg.features, cfg.features, 4, 2, 1)
        if cfg.painters == "styled":
            for network in (self.geometry, self.appearance):
                spread_weights(network)
            self.geometry[-1].weight.data.mul_(_PLACES)  # type: ignore[operator]
        if cfg.classes and cfg.painters == "styled":
            self.around: nn.Module = StyledSurroundings(half, cfg.features, cfg.surroundings)
        elif cfg.classes:
            height = cfg.surroundings // 4
            self.start = nn.Linear(half, 32 * height * height * 2)
            self.around = nn.Sequential(
                nn.LeakyReLU(0.2),
                nn.Unflatten(1, (32, height, 2 * height)),
                _enlarging(32, 32, cfg),
                nn.LeakyReLU(0.2),
                _enlarging(32, cfg.features, cfg),
            )

    def forward(self, latent: Tensor) -> Scene:
        """[B, latent], of a standard normal distribution, to scenes with all primitives."""
        cfg = self.cfg
        shape, look = latent.chunk(2, 1)
        found = self.geometry(shape).unflatten(1, (cfg.objects, 12))
        half = cfg.least_size + (cfg.most_size - cfg.least_size) * found[..., 9:].sigmoid()
        pose = Pose(rotation_of(found[..., :6]), found[..., 6:9].tanh(), half)
        if cfg.poses == "sampled":
            pose = self._sampled(shape, pose)
        return Scene(pose, self._textures(look), latent.new_ones(len(latent), cfg.objects), self._around(look))

    def _sampled(self, shape: Tensor, learned: Pose) -> Pose:
        """Uniform places and turns; heights and sizes are those that were learned."""
        cfg = self.cfg
        normal = shape[:, : PLACED * cfg.objects].reshape(-1, cfg.objects, PLACED)
        across, along, turn = (0.5 * (1 + torch.erf(normal / math.sqrt(2)))).unbind(-1)
        down = 1 - (1 + cfg.highest) * (1 - learned.place[..., 1]) / 2
        place = [cfg.reach * (2 * across - 1), down, cfg.reach * (2 * along - 1)]
        return Pose(turned(full_turn(turn)), torch.stack(place, -1), learned.half)

    def _textures(self, look: Tensor) -> Tensor:
        cfg, count = self.cfg, len(look)
        made: Tensor = self.appearance(look)
        if cfg.primitive == "points":
            made = made.view(count, cfg.objects, cfg.points, -1)
            return torch.cat([made[..., :3].tanh(), made[..., 3:]], -1)
        fine: Tensor = self.finer(F.leaky_relu(made.view(count * cfg.objects, *self.coarse), 0.2))
        return fine.view(count, cfg.objects, *fine.shape[1:])

    def surroundings(self, latent: Tensor) -> Tensor | None:
        """Those of scenes alone: [B, latent] to [B, C, h, 2 h]; ``None`` for plain white."""
        return self._around(latent.chunk(2, 1)[1])

    def _around(self, look: Tensor) -> Tensor | None:
        if not self.cfg.classes:
            return None
        around: Tensor = self.around(look if self.cfg.painters == "styled" else self.start(look))
        return around


def _enlarging(before: int, after: int, cfg: Config) -> nn.Module:
    if cfg.transposed:
        return nn.ConvTranspose2d(before, after, 4, 2, 1)
    return nn.Sequential(nn.Upsample(scale_factor=2, mode="nearest"), nn.Conv2d(before, after, 3, padding=1))


def _mlp(before: int, wide: tuple[int, ...], after: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for a, b in pairwise((before, *wide)):
        layers += [nn.Linear(a, b), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, nn.Linear((before, *wide)[-1], after))


def random_cameras(count: int, cfg: Config) -> Camera:
    """Cameras drawn as in training, from torch's global generator."""
    u, v = torch.rand(2, count)
    azimuth = full_turn(cfg.azimuth_from + (cfg.azimuth_to - cfg.azimuth_from) * u)
    return looking_at_origin(azimuth, polar_of(cfg.polar_from + (cfg.polar_to - cfg.polar_from) * v), cfg.radius)


def hidden_at_random(scene: Scene) -> Scene:
    """With a random number of primitives left out, from none to all but one."""
    count, objects = scene.present.shape
    everywhere = count * distributed.world()
    order = distributed.share(torch.rand(everywhere, objects)).argsort(1).argsort(1)
    kept = distributed.share(torch.randint(1, objects + 1, (everywhere, 1)))
    return scene._replace(present=scene.present * (order < kept).to(scene.present))


def turned_objects(scene: Scene, angle: Tensor) -> Scene:
    """Every primitive turned about the vertical axis through its own middle by [B, N] radians."""
    pose = scene.pose
    return scene._replace(pose=pose._replace(rotation=turned(angle) @ pose.rotation))


def detached(scene: Scene) -> Scene:
    """Without gradients for the 3D generator."""
    around = None if scene.around is None else scene.around.detach()
    pose = Pose(*(each.detach() for each in scene.pose))
    return Scene(pose, scene.texture.detach(), scene.present.detach(), around)
