"""Scenes of GIRAFFE models: drawn from a seed as in training, edited, and seen from anywhere."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.errors import InputError
from calotype.models.control3d.giraffe import Boxes, Codes, GiraffeNet
from calotype.models.control3d.giraffe_settings import Giraffe
from calotype.models.control3d.network import Layers
from calotype.render.camera import Pose

_FARTHEST = 1.0  # along each axis, of the middle of an object that is moved
_TRIES = 50  # until objects do not touch
# How often scenes have from two objects up, where their number is random: that of the set of the published code.
_COUNTS = (0.19456788355146546, 0.24355003312266127, 0.2526954684618522, 0.3091866148640181)


def codes_of(settings: Giraffe, seed: int, look: int) -> Codes:
    """Codes of a seed, with the appearance of another."""

    def drawn(number: int) -> list[Tensor]:
        generator = torch.Generator().manual_seed(number)
        sizes = [(settings.objects, settings.latent)] * 2 + [(settings.background_latent,)] * 2
        return [torch.randn(*size, generator=generator) for size in sizes]

    shapes, looks = drawn(seed), drawn(look)
    return Codes(shapes[0], looks[1], shapes[2], looks[3])


def boxes_of(settings: Giraffe, seed: int) -> tuple[Boxes, Tensor, float]:
    """Objects at random places as in training, which of them are there, and the turn of the surroundings, radians.

    Places at which boxes overlap are drawn again, up to 50 times; the published code takes places of its training set
    where several objects stand on a plane.
    """
    generator = torch.Generator().manual_seed(seed)

    def between(low: tuple[float, ...], high: tuple[float, ...], share: Tensor) -> Tensor:
        return torch.tensor(low) + share * (torch.tensor(high) - torch.tensor(low))

    count = settings.objects
    scale = torch.rand(count, 1 if settings.same_scale else 3, generator=generator)
    half = between(settings.scale_from, settings.scale_to, scale)
    for _ in range(_TRIES):
        place = between(settings.place_from, settings.place_to, torch.rand(count, 3, generator=generator))
        if settings.plane is not None:
            place[:, 2] = settings.plane
        if not _overlap(place, half):
            break
    turns = between(settings.turn[:1], settings.turn[1:], torch.rand(count, generator=generator))
    present = torch.ones(count, dtype=torch.bool)
    if settings.existence:
        shares = torch.tensor(_COUNTS[: max(1, count - 1)])
        chosen = 2 + int(torch.multinomial(shares, 1, generator=generator))
        present = torch.randperm(count, generator=generator) < chosen
    around = float(
        between(settings.background_turn[:1], settings.background_turn[1:], torch.rand(1, generator=generator))
    )
    return Boxes(upright(2 * math.pi * turns), place, half), present, 2 * math.pi * around


def _overlap(place: Tensor, half: Tensor) -> bool:
    """Whether any two boxes overlap on all axes."""
    apart = (place[:, None] - place).abs() >= half[:, None] + half
    touching = ~apart.any(-1)
    return bool(touching.fill_diagonal_(fill_value=False).any())


def upright(angle: Tensor) -> Tensor:
    """Rotations about the vertical axis z by angles in radians: [...] to [..., 3, 3]."""
    c, s, o, i = angle.cos(), angle.sin(), torch.zeros_like(angle), torch.ones_like(angle)
    return torch.stack([c, -s, o, s, c, o, o, o, i], -1).unflatten(-1, (3, 3))  # type: ignore[no-untyped-call, no-any-return]


def camera_at(settings: Giraffe, azimuth: float | None, polar: float | None) -> tuple[Tensor, Tensor]:
    """Rotation to the world, of axes to the right, up and back, and place of a camera; angles in degrees.

    ``None`` is the middle of those of training.
    """
    around = math.radians(azimuth) if azimuth is not None else math.pi * sum(settings.azimuth)
    above = math.radians(polar) if polar is not None else math.acos(1 - sum(settings.polar))
    back = torch.tensor(
        [math.sin(above) * math.cos(around), math.sin(above) * math.sin(around), math.cos(above)], dtype=torch.float32
    )
    right = F.normalize(torch.linalg.cross(torch.tensor([0.0, 0.0, 1.0]), back), dim=0)
    return torch.stack([right, torch.linalg.cross(back, right), back], 1), back * sum(settings.radius) / 2


@torch.no_grad()
def layers(
    net: GiraffeNet,
    device: torch.device,
    *,
    seed: int,
    azimuth: float | None,
    polar: float | None,
    objects: tuple[int, ...],
    turn: float,
    move: tuple[float, float, float],
    grow: float,
    remove: tuple[int, ...],
    look: int | None,
    poses: Mapping[str, Tensor] | None,
) -> Layers:
    """A scene and its layers; arguments and errors as for ``calotype.models.control3d.layers``.

    Alpha and depth are those of the rendered features, enlarged; an object's colours those of a picture of it alone.
    """
    settings = net.settings
    boxes, present, around = boxes_of(settings, seed)
    if poses is not None:
        boxes = Boxes(*(poses[name][0].cpu() for name in ("rotation", "place", "half")))
    boxes = _edited(boxes, objects, turn, move, grow)
    for number in remove:
        present[number - 1] = False
    rotation, eye = camera_at(settings, azimuth, polar)
    _check_outside(boxes, present, eye)
    codes = Codes(*(each.to(device) for each in codes_of(settings, seed, seed if look is None else look)))
    moved = Boxes(*(each.to(device) for each in boxes))
    camera, turned = (rotation.to(device), eye.to(device)), upright(torch.tensor(around)).to(device)
    everything = net.seen(codes, moved, present.to(device), camera, turned)

    def picture(there: Tensor, background: bool) -> Tensor:
        found = net.seen(codes, moved, there.to(device), camera, turned, background=background)
        made: Tensor = net.neural_renderer(found.features)
        return 2 * made - 1

    def large(planes: Tensor) -> Tensor:
        return F.interpolate(planes, size=(settings.picture, settings.picture), mode="bilinear", align_corners=False)

    alone = torch.eye(settings.objects, dtype=torch.bool) & present
    alpha, depth = large(everything.alpha)[None], large(everything.depth)[None]
    visible = torch.where(alpha > 0.5, depth, settings.depth[1])
    world = Pose(boxes.rotation[None], boxes.place[None], boxes.half[None])
    axes = rotation * torch.tensor([1.0, -1.0, -1.0])  # to the right, down, forward, as cameras have them elsewhere
    seen_at = Pose(axes.T @ world.rotation, (world.place - eye) @ axes, world.half)
    return Layers(
        picture=2 * net.neural_renderer(everything.features) - 1,
        colours=torch.stack([picture(each, False)[0] for each in alone])[None],
        alpha=alpha,
        outline=alpha,
        depth=depth,
        rendered=depth,
        fused=visible.amin(1),
        background=picture(torch.zeros_like(present), True),
        pose=seen_at,
        world=world,
    )


@torch.no_grad()
def _edited(
    boxes: Boxes, objects: tuple[int, ...], turn: float, move: tuple[float, float, float], grow: float
) -> Boxes:
    """Some objects turned, seen from above against the clock, moved and grown."""
    rotation, place, half = (each.clone() for each in boxes)
    # A camera of azimuth 0 looks along -x; y is to its right and z up.
    step = place.new_tensor([-move[2], move[0], move[1]])
    for number in objects:
        rotation[number - 1] = upright(torch.tensor(math.radians(turn))) @ rotation[number - 1]
        place[number - 1] = (place[number - 1] + step).clamp(-_FARTHEST, _FARTHEST)
        half[number - 1] = half[number - 1] * grow
    return Boxes(rotation, place, half)


def _check_outside(boxes: Boxes, present: Tensor, eye: Tensor) -> None:
    """Refuse a camera inside of an object.

    Raises:
        InputError: it is; the message names the object.
    """
    for number, there in enumerate(present.tolist(), 1):
        seen = boxes.rotation[number - 1].T @ (eye - boxes.place[number - 1]) / boxes.half[number - 1]
        if there and float(seen.abs().max()) < 1:
            raise InputError(
                f"the camera is inside of object {number}: move the object away, or turn the camera (azimuth=)"
            )
