"""The net: a scene is generated, rendered primitive by primitive, painted, and composed."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from calotype.models.control3d.config import Config
from calotype.models.control3d.painter import Painter
from calotype.models.control3d.scene import Scene, SceneGenerator
from calotype.models.control3d.styled import StyledPainter
from calotype.render.camera import Camera, Pose, View, seen_from
from calotype.render.compose import composed, fused_depth
from calotype.render.primitives import Rendered, cuboids, points, spheres, textured
from calotype.render.surroundings import surroundings

_FAR = 4.0
_REACH = 2.0  # how far a painted depth may be from the primitive's middle, in largest half sizes


class Layers(NamedTuple):
    """A scene in pictures, layer by layer.

    Attributes:
        picture: [B, 3, h, w], -1..1.
        colours: of the objects, [B, N, 3, h, w], -1..1.
        alpha: of the objects as painted, [B, N, 1, h, w], 0..1; 0 for those that are not there.
        outline: alpha of the primitives, which no object leaves, [B, N, 1, h, w].
        depth: of the objects as painted, [B, N, 1, h, w].
        rendered: depth of the primitives, by which objects hide each other, [B, N, 1, h, w].
        fused: depth of the nearest object, [B, 1, h, w].
        background: [B, 3, h, w], -1..1.
        pose: of the objects in camera coordinates.
        world: of the objects in the scene, before they are seen by the camera.
    """

    picture: Tensor
    colours: Tensor
    alpha: Tensor
    outline: Tensor
    depth: Tensor
    rendered: Tensor
    fused: Tensor
    background: Tensor
    pose: Pose
    world: Pose


def view_of(cfg: Config) -> View:
    """What pictures show: a focal length of the picture's size, about 53 degrees."""
    return View(cfg.size, cfg.size, float(cfg.size), far=_FAR)


class Net(nn.Module):
    """The 3D generator and both 2D generators.

    Args:
        cfg: the settings.
    """

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        self.cfg = cfg
        self.scene = SceneGenerator(cfg)
        self.painter = _painter(cfg, cfg.features + 2, 5, cfg.objects, cfg.object_width)
        self.background = _painter(cfg, cfg.features, 3, 1, cfg.width) if cfg.classes else None

    def forward(self, latent: Tensor, camera: Camera) -> Tensor:
        """Pictures of the scenes of latent vectors [B, latent]: [B, 3, h, w], -1..1."""
        return self.layers(self.scene(latent), latent, camera).picture

    def layers(self, scene: Scene, latent: Tensor, camera: Camera, opaque: float = 0.0) -> Layers:
        """A scene, perhaps an edited one, as cameras see it.

        Args:
            scene: B scenes.
            latent: [B, latent]: how they are painted.
            camera: B cameras.
            opaque: least share of a primitive's alpha that an object has, 0..1; above 0 in training.
        """
        cfg, view = self.cfg, view_of(self.cfg)
        each = Camera(camera.rotation[:, None], camera.place[:, None])
        pose = seen_from(each, scene.pose)
        flat = Pose(*(part.flatten(0, 1) for part in pose))
        rendered, features = self._rendered(flat, scene.texture.flatten(0, 1), view)
        middle = flat.place[:, 2].view(-1, 1, 1, 1)
        alpha, depth = rendered.alpha[:, None], rendered.depth[:, None]
        reach = _REACH * cfg.most_size
        painted = self.painter(torch.cat([features * alpha, alpha, (depth - middle) / reach * alpha], 1), latent)

        def each_of(x: Tensor) -> Tensor:
            return x.view(-1, cfg.objects, *x.shape[1:])

        outline = each_of(alpha) * scene.present[..., None, None, None]
        own = each_of(opaque + (1 - opaque) * (painted[:, 3:4] + 1) / 2) * outline
        colours = each_of(painted[:, :3])
        background = self.surroundings(scene.around, latent, camera)
        surface = each_of(depth)
        picture, _ = composed(colours, own, surface, background)
        found = each_of(middle + reach * painted[:, 4:5])
        nearest = fused_depth(own, found, view.far)
        return Layers(picture, colours, own, outline, found, surface, nearest, background, pose, scene.pose)

    def _rendered(self, pose: Pose, texture: Tensor, view: View) -> tuple[Rendered, Tensor]:
        made = (spheres if self.cfg.primitive == "sphere" else cuboids)(pose, view)
        if self.cfg.primitive == "points":
            return made, points(pose, view, texture[..., :3], texture[..., 3:])
        return made, textured(made.surface, texture)

    def surroundings(self, around: Tensor | None, latent: Tensor, camera: Camera) -> Tensor:
        """What surrounds scenes, as cameras see it: [B, 3, h, w]; plain white if there is nothing."""
        size = self.cfg.size
        if self.background is None or around is None:
            return latent.new_ones(len(latent), 3, size, size)
        seen = surroundings(camera, view_of(self.cfg), around, self.cfg.radius)
        painted: Tensor = self.background(seen, latent)
        return painted


def _painter(cfg: Config, inputs: int, outputs: int, slots: int, width: int) -> nn.Module:
    """The 2D generator of the settings."""
    if cfg.painters == "styled":
        return StyledPainter(inputs, outputs, cfg.size, width, cfg.latent, slots)
    return Painter(inputs, outputs, width, cfg.latent, slots, transposed=cfg.transposed)
