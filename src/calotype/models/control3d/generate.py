"""The verbs: a scene, edited and seen from anywhere; films of a turn; layers."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from calotype.errors import InputError, counted
from calotype.models.control3d import giraffe_scene
from calotype.models.control3d.config import Config
from calotype.models.control3d.giraffe import GiraffeNet
from calotype.models.control3d.network import Layers, Net
from calotype.models.control3d.scene import Scene
from calotype.render.camera import Camera, looking_at_origin, polar_of, turned
from calotype.run import Run

_FARTHEST = 1.0  # along each axis, of the middle of an object


@torch.no_grad()
def scene(
    cfg: Config,
    run: Run,
    *,
    net: Net | GiraffeNet,
    seed: int = 0,
    azimuth: float | None = None,
    polar: float | None = None,
    objects: tuple[int, ...] = (),
    turn: float = 0.0,
    move: tuple[float, float, float] = (0.0, 0.0, 0.0),
    grow: float = 1.0,
    remove: tuple[int, ...] = (),
    look: int | None = None,
    poses: Mapping[str, Tensor] | None = None,
) -> Tensor:
    """Draw a scene; arguments as for ``layers``. Returns [1, 3, H, W], -1..1."""
    return layers(
        cfg,
        run,
        net=net,
        seed=seed,
        azimuth=azimuth,
        polar=polar,
        objects=objects,
        turn=turn,
        move=move,
        grow=grow,
        remove=remove,
        look=look,
        poses=poses,
    ).picture.clamp(-1, 1)


@torch.no_grad()
def layers(
    cfg: Config,
    run: Run,
    *,
    net: Net | GiraffeNet,
    seed: int = 0,
    azimuth: float | None = None,
    polar: float | None = None,
    objects: tuple[int, ...] = (),
    turn: float = 0.0,
    move: tuple[float, float, float] = (0.0, 0.0, 0.0),
    grow: float = 1.0,
    remove: tuple[int, ...] = (),
    look: int | None = None,
    poses: Mapping[str, Tensor] | None = None,
) -> Layers:
    """A scene and its layers.

    Args:
        cfg: the settings of the model.
        run: where it runs.
        net: the model.
        seed: of the scene.
        azimuth: of the camera around the vertical axis, degrees; ``None``: 0, or the middle of those of training if
            they are not all.
        polar: of the camera from straight above, degrees, 1..89; ``None``: the middle of those of training.
        objects: numbers, from 1, of those that are turned, moved and grown.
        turn: about the vertical axis through the middle of the object, degrees.
        move: to the right, up and away, as the camera of azimuth 0 sees it; objects lie in -1..1 on each axis.
        grow: factor of the size.
        remove: numbers of objects that are left out.
        look: seed of the colours and textures; ``None``: ``seed``.
        poses: ``rotation`` [1, N, 3, 3], ``place`` and ``half`` [1, N, 3] of all objects, before they are edited;
            ``None``: those of the seed.
    """
    check_scene(cfg, net=net, objects=objects, grow=grow, remove=remove, polar=polar, poses=poses)
    if isinstance(net, GiraffeNet):
        return giraffe_scene.layers(
            net,
            run.device,
            seed=seed,
            azimuth=azimuth,
            polar=polar,
            objects=objects,
            turn=turn,
            move=move,
            grow=grow,
            remove=remove,
            look=look,
            poses=poses,
        )
    latent = latent_of(seed, cfg)
    if look is not None:
        half = cfg.latent // 2
        latent = torch.cat([latent[:, :half], latent_of(look, cfg)[:, half:]], 1)
    latent = latent.to(run.device)
    found: Scene = net.scene(latent)
    if poses is not None:
        found = found._replace(pose=found.pose._replace(**poses))
    made = edited(found, objects, turn, move, grow, remove)
    camera = camera_at(azimuth, polar, cfg, run.device)
    if poses is not None or objects or azimuth is not None or polar is not None:
        _check_outside(made, camera)
    layered: Layers = net.layers(made, latent, camera)
    return layered


def _check_outside(scene: Scene, camera: Camera) -> None:
    """Refuse a camera inside of an object.

    Raises:
        InputError: it is; the message names the object.
    """
    pose = scene.pose
    seen = ((camera.position[:, None] - pose.place)[..., None, :] @ pose.rotation)[..., 0, :] / pose.half
    for number, inside in enumerate(seen[0].abs().amax(-1) < 1, 1):
        if inside and scene.present[0, number - 1]:
            raise InputError(
                f"the camera is inside of object {number}: move the object away, or turn the camera (azimuth=)"
            )


def edited(
    scene: Scene,
    objects: tuple[int, ...],
    turn: float,
    move: tuple[float, float, float],
    grow: float,
    remove: tuple[int, ...],
) -> Scene:
    """A scene [1 of it] with some objects turned, moved and grown, and others left out; see ``layers``."""
    pose, present = scene.pose, scene.present.clone()
    rotation, place, half = (each.clone() for each in pose)
    for number in objects:
        around = turned(torch.tensor(math.radians(turn))).to(rotation)
        rotation[:, number - 1] = around @ rotation[:, number - 1]
        # A camera of azimuth 0 looks along -z, and has x to its left; the world's y points down.
        step = place.new_tensor([-move[0], -move[1], -move[2]])
        place[:, number - 1] = (place[:, number - 1] + step).clamp(-_FARTHEST, _FARTHEST)
        half[:, number - 1] = half[:, number - 1] * grow
    for number in remove:
        present[:, number - 1] = 0
    return scene._replace(pose=pose._replace(rotation=rotation, place=place, half=half), present=present)


def camera_at(azimuth: float | None, polar: float | None, cfg: Config, device: torch.device) -> Camera:
    """One camera, from angles in degrees; ``None`` for the middle of those of training."""
    middle = 0.0 if cfg.azimuth_to - cfg.azimuth_from >= 1 else 180 * (cfg.azimuth_from + cfg.azimuth_to)
    around = torch.tensor([math.radians(middle if azimuth is None else azimuth)])
    above = polar_of(torch.tensor([(cfg.polar_from + cfg.polar_to) / 2]))
    if polar is not None:
        above = torch.tensor([math.radians(polar)])
    return looking_at_origin(around.to(device), above.to(device), cfg.radius)


@torch.no_grad()
def turntable(
    cfg: Config,
    run: Run,
    *,
    net: Net | GiraffeNet,
    seed: int = 0,
    frames: int = 36,
    objects: tuple[int, ...] = (),
    remove: tuple[int, ...] = (),
    polar: float | None = None,
) -> list[Tensor]:
    """A film of a full turn: of the camera around the scene, or of objects in it.

    Args:
        cfg, run, net, seed, remove, polar: as for ``layers``.
        frames: of the film.
        objects: numbers of those that turn; empty: the camera does.

    Returns:
        ``frames`` pictures, [1, 3, H, W], -1..1.
    """
    made = []
    for i in range(frames):
        angle = 360 * i / frames
        around = {"turn": angle, "objects": objects} if objects else {"azimuth": angle}
        made.append(scene(cfg, run, net=net, seed=seed, remove=remove, polar=polar, **around))
    return made


def latent_of(seed: int, cfg: Config) -> Tensor:
    """The latent vector of a seed: [1, latent]."""
    return torch.randn(1, cfg.latent, generator=torch.Generator().manual_seed(seed))


def check_scene(
    cfg: Config,
    *,
    net: Net | GiraffeNet,
    objects: tuple[int, ...] = (),
    grow: float = 1.0,
    remove: tuple[int, ...] = (),
    polar: float | None = None,
    poses: Mapping[str, Tensor] | None = None,
    **given: object,
) -> None:
    """Refuse what ``scene`` cannot draw.

    Raises:
        InputError: there is no such object, or an object or angle would be impossible.
    """
    for name, numbers in (("object", objects), ("remove", remove)):
        for number in numbers:
            if not 1 <= number <= cfg.objects:
                raise InputError(f"there is no object {number}: scenes have 1 to {cfg.objects} (--{name}, {name}=)")
    if poses is not None and poses["place"].shape[1] != cfg.objects:
        count = poses["place"].shape[1]
        raise InputError(
            f"the scene file has {counted(count, 'object')} and scenes of this model {cfg.objects}: give its own file"
        )
    if not 0 < grow * cfg.least_size < grow * cfg.most_size < cfg.radius / 2:
        raise InputError(f"an object grown by {grow:g} would reach the camera or vanish: give 0.1 to 1.6 (grow=)")
    if polar is not None and not 1 <= polar <= 89:
        raise InputError(f"a camera at {polar:g} degrees cannot be used: give 1, from above, to 89 (polar=)")
