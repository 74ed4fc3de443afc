"""Pictures from label maps, and pictures with other codes of some classes, by a trained net."""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.errors import ArgumentError, InputError
from calotype.image.components import joined, neighbours
from calotype.image.labelmap import resized
from calotype.models.smis.config import Config
from calotype.models.smis.network import Net, codes_of
from calotype.run import Run
from calotype.semantic.drawing import checked, drawn
from calotype.semantic.labels import LabelMaps, label_channels

_LARGER = 0.7  # photos that have to be shrunk more than this to have the pixels of the training's are

# What a class looks like: the seed of a random code, or a photo [1, 3, h, w], -1..1, and its label map int64 [1, h, w].
Look = int | tuple[Tensor, Tensor]


@torch.no_grad()
def draw(
    cfg: Config,
    run: Run,
    *,
    net: Net,
    label_map: Tensor,
    style: Tensor | None = None,
    style_map: Tensor | None = None,
    looks: Mapping[int, Look] | None = None,
    seed: int = 0,
    instances: Tensor | None = None,
) -> Tensor:
    """A picture of a label map, in which every class has a code of its own.

    Args:
        cfg: as in training.
        run: where it runs.
        net: trained, in eval mode.
        label_map: int64 [1, h, w], at least 1 x 1: classes from 0; -1 for a pixel without a class, which is one more
            class to the network, or none at all with ``cfg.unknown`` "zeros". A size that is no multiple of 2 to the
            power of ``cfg.doublings`` is padded on the right and at the bottom by repeating the last pixels, and the
            picture is cut.
        style: [1, 3, h, w], -1..1, of any size: a photo whose codes are used, the means that the encoder finds; needs
            ``style_map``. Classes that it does not have take those of the seed; ``None`` does so for all classes.
        style_map: int64 [1, h, w], its label map.
        looks: other codes of single classes, by number: appearance mixture.
        seed: of the codes, which are drawn from a standard normal distribution.
        instances: int64 [1, h, w]; where ``cfg.instances`` is set, ``None`` takes every region of a class as one.

    Returns:
        [1, 3, h, w], float32, -1..1, on the run's device.

    Raises:
        InputError: a map has a class that the net does not know or a wrong shape, or a photo has no fitting map.
    """
    codes = codes_for(cfg, net, style, style_map, seed)
    for number, look in (looks or {}).items():
        codes = with_look(cfg, net, codes, number, look)
    return drawn_with(cfg, run, net, label_map, codes, instances)


@torch.no_grad()
def restyle(
    cfg: Config,
    run: Run,
    *,
    net: Net,
    picture: Tensor,
    label_map: Tensor,
    target: Tensor | None = None,
    looks: Mapping[int, Look] | None = None,
    classes: tuple[int, ...] = (),
    at: tuple[int, int] | None = None,
    seed: int = 0,
) -> Tensor:
    """A photo drawn again by its label map, with other codes of some classes, or by an edited map.

    Args:
        cfg: as in training.
        run: where it runs.
        net: trained, in eval mode.
        picture: [1, 3, h, w], -1..1: the photo, from which the codes of all classes come.
        label_map: int64 [1, h, w], its label map.
        target: an edited label map, int64 [1, h, w]: semantic manipulation. Classes that the photo does not have take
            codes of the seed.
        looks: codes of single classes from elsewhere, by number.
        classes: numbers of classes that take codes of the seed.
        at: row and column of a pixel of one object: only the connected region of its class around it changes. The other
            objects of that class keep the code of the photo.
        seed: of the random codes.

    Returns:
        [1, 3, h, w], of the size of ``target`` or else of ``label_map``, float32, -1..1, on the run's device.

    Raises:
        InputError: as for ``draw``; or ``at`` lies outside, or in no class that changes.
    """
    wanted = label_map if target is None else target
    before = codes_for(cfg, net, picture, label_map, seed)
    after = before
    changed: dict[int, Look] = {**dict.fromkeys(classes, seed), **(looks or {})}
    for number, look in changed.items():
        after = with_look(cfg, net, after, number, look)
    if at is not None:
        check_pixel(cfg, wanted, at, changed)
    made = drawn_with(cfg, run, net, wanted, after)
    if at is None:
        return made
    there = object_at(wanted, at)
    return torch.where(there[:, None].to(run.device), made, drawn_with(cfg, run, net, wanted, before))


def check_draw(
    cfg: Config,
    *,
    net: Net,
    label_map: Tensor,
    style: Tensor | None = None,
    style_map: Tensor | None = None,
    looks: Mapping[int, Look] | None = None,
    seed: int = 0,
    instances: Tensor | None = None,
) -> None:
    """Refuse styles and looks that ``draw`` cannot use; the arguments are those of ``draw``.

    Raises:
        InputError: as ``draw``.
    """
    check_style(net, style, style_map)
    for number, look in (looks or {}).items():
        check_look(cfg, net, number, look)


def check_restyle(
    cfg: Config,
    *,
    net: Net,
    picture: Tensor,
    label_map: Tensor,
    target: Tensor | None = None,
    looks: Mapping[int, Look] | None = None,
    classes: tuple[int, ...] = (),
    at: tuple[int, int] | None = None,
    seed: int = 0,
) -> None:
    """Refuse changes of looks that ``restyle`` cannot make; the arguments are those of ``restyle``.

    Raises:
        InputError: as ``restyle``.
    """
    check_style(net, picture, label_map)
    changed: dict[int, Look] = {**dict.fromkeys(classes, seed), **(looks or {})}
    for number, look in changed.items():
        check_look(cfg, net, number, look)
    if at is not None:
        check_pixel(cfg, label_map if target is None else target, at, changed)


def check_style(net: Net, style: Tensor | None, style_map: Tensor | None) -> None:
    """Refuse a photo whose looks cannot be found.

    Raises:
        ArgumentError: one of photo and map is missing.
        InputError: they differ in size, or the model has no encoder.
    """
    if style is None and style_map is None:
        return
    if style is None or style_map is None:
        missing = "label map" if style_map is None else "photo"
        raise ArgumentError(f"the {missing} of the style is missing: give the photo and its label map, or neither")
    if checked(style_map).shape[1:] != style.shape[2:]:
        sizes = [f"{x.shape[-1]}x{x.shape[-2]}" for x in (style_map, style)]
        raise InputError(f"the label map is {sizes[0]} and its photo {sizes[1]} pixels: give two of one size")
    if net.encoder is None:
        raise InputError("this model has no encoder: leave the photo out, or give a seed in its place")


def check_look(cfg: Config, net: Net, number: int, look: Look) -> None:
    """Refuse a look that cannot be given to a class.

    Raises:
        InputError: there is no such class, or the photo does not have it or cannot be used.
    """
    channel_of(cfg, number)
    if isinstance(look, int):
        return
    check_style(net, *look)
    if not bool((look[1] == number).any()):
        raise InputError(f"a photo has no pixel of the class {_named(cfg, number)}, whose look it is to give")


def check_pixel(cfg: Config, label_map: Tensor, at: tuple[int, int], changed: Mapping[int, Look]) -> None:
    """Refuse a pixel (row, column) of no object that changes.

    Raises:
        InputError: it lies outside, or in no class that changes.
    """
    object_at(label_map, at)
    number = int(label_map[0, at[0], at[1]])
    if number not in changed:
        raise InputError(f"the object at that pixel is of class {_named(cfg, number)}, which does not change")


@torch.no_grad()
def drawn_with(
    cfg: Config, run: Run, net: Net, label_map: Tensor, codes: Tensor, instances: Tensor | None = None
) -> Tensor:
    """As ``draw``, with codes [1, classes x code, h, w]."""
    device = next(net.parameters()).device
    generator = net.generator
    return drawn(lambda maps: generator(maps, codes.to(device)), cfg, run, label_map, 1 << cfg.doublings, instances)


def codes_for(cfg: Config, net: Net, style: Tensor | None, style_map: Tensor | None, seed: int) -> Tensor:
    """The codes of a photo with its label map, those of a seed where it has none: [1, classes x code, h, w].

    Raises:
        InputError: one of photo and map is missing, they differ in size, or the map has an unknown class.
    """
    device = next(net.parameters()).device
    own = codes_of(seed, cfg).to(device)
    check_style(net, style, style_map)
    if style is None or style_map is None:
        return own
    found, there = encoded(cfg, net, style, style_map)
    return torch.where(_by_class(cfg, there), found, own)


def with_look(cfg: Config, net: Net, codes: Tensor, number: int, look: Look) -> Tensor:
    """The codes with that of one class replaced.

    Raises:
        InputError: there is no such class, or the photo does not have it.
    """
    channel = channel_of(cfg, number)
    if isinstance(look, int):
        found = codes_of(look, cfg).to(codes)
    else:
        found, there = encoded(cfg, net, *look)
        if not there[channel]:
            raise InputError(f"a photo has no pixel of the class {_named(cfg, number)}, whose look it is to give")
    result = codes.clone()
    part = slice(channel * cfg.code, (channel + 1) * cfg.code)
    result[:, part] = found[:, part]
    return result


def encoded(cfg: Config, net: Net, picture: Tensor, label_map: Tensor) -> tuple[Tensor, Tensor]:
    """The codes of a photo, [1, classes x code, h, w], and which classes it has, bool [classes].

    Raises:
        InputError: photo and map differ in size, the map has an unknown class, or the model has no encoder.
    """
    check_style(net, picture, label_map)
    assert net.encoder is not None
    device = next(net.parameters()).device
    picture, label_map = _shrunk(cfg, picture, label_map)
    maps = LabelMaps(label_map.to(device), cfg)
    mean: Tensor = net.encoder(picture.to(device), maps)[0]
    there = torch.bincount(maps.numbers.flatten(), minlength=maps.kinds)[: maps.channels] > 0
    return mean, there


def _shrunk(cfg: Config, picture: Tensor, label_map: Tensor) -> tuple[Tensor, Tensor]:
    """Photo and label map, shrunk to the number of pixels of training pictures if they have more than twice that."""
    height, width = picture.shape[2:]
    scale = (cfg.size[0] * cfg.size[1] / (height * width)) ** 0.5
    if scale > _LARGER:
        return picture, label_map
    size = (max(1, round(height * scale)), max(1, round(width * scale)))
    small = F.interpolate(picture, size=size, mode="bilinear", antialias=True, align_corners=False)
    return small, resized(label_map.clamp_min(-1) + 1, size) - 1


def channel_of(cfg: Config, number: int) -> int:
    """The channel of a class in one-hot maps, and its place among the codes; -1 is the class of unknown pixels.

    Raises:
        InputError: there is no such class.
    """
    if not -1 <= number < cfg.classes or (number == -1 and cfg.unknown == "zeros"):
        raise InputError(f"there is no class {number}: this model knows 0 to {cfg.classes - 1}")
    first = int(cfg.unknown == "first")
    return number + first if number >= 0 else 0 if first else cfg.classes


def object_at(label_map: Tensor, at: tuple[int, int]) -> Tensor:
    """The connected region (of eight neighbours) of one class around a pixel: bool [1, h, w].

    Raises:
        InputError: the pixel lies outside.
    """
    height, width = label_map.shape[1:]
    if not (0 <= at[0] < height and 0 <= at[1] < width):
        raise InputError(f"the pixel {at[1]},{at[0]} lies outside of the {width}x{height} pixels of the label map")
    there = label_map[0] == label_map[0, at[0], at[1]]
    parts = joined(neighbours(there), int(there.sum()))
    own = parts[there[: at[0]].sum() + there[at[0], : at[1]].sum()]
    found = torch.zeros_like(there)
    found[there] = parts == own
    return found[None]


def _by_class(cfg: Config, there: Tensor) -> Tensor:
    """[classes] to [1, classes x code, 1, 1]."""
    return there[: label_channels(cfg)].repeat_interleave(cfg.code)[None, :, None, None]


def _named(cfg: Config, number: int) -> str:
    return cfg.names[number] if 0 <= number < len(cfg.names) else str(number)
