"""Pictures from boxes, by a trained net, with retrieved or given backgrounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from calotype.errors import ArgumentError, InputError, nth
from calotype.models.bachgan.boxes import Boxes
from calotype.models.bachgan.config import Config
from calotype.models.bachgan.network import BoxLayouts, Net
from calotype.models.bachgan.retrieval import plain, ranked, scores
from calotype.run import Run


@torch.no_grad()
def draw(
    cfg: Config,
    run: Run,
    *,
    net: Net,
    boxes: Mapping[str, Tensor],
    pin: Sequence[int] | None = None,
    exclude: Sequence[int] | None = None,
    background: Tensor | None = None,
    size: tuple[int, int] | None = None,
    seed: int = 0,
) -> Tensor:
    """A picture of salient objects in boxes.

    Args:
        cfg: as in training.
        run: where it runs.
        net: trained, in eval mode.
        boxes: ``boxes`` float32 [1, n, 4], left, top, right, bottom, 0..1, and their ``classes`` int64 [1, n].
        pin: numbers of maps of the memory that the background is made from; ``None`` retrieves them.
        exclude: numbers of maps that are not to be retrieved.
        background: a label map int64 [1, h, w] that the background is made from instead.
        size: height and width of the picture; ``None``: as in training.
        seed: 0 takes the maps with the best scores; others choose among ``cfg.candidates`` of them.

    Returns:
        [1, 3, h, w], float32, -1..1, on the run's device.

    Raises:
        InputError: a box is of a class that is no salient one, or a map has no such number.
    """
    device = next(net.parameters()).device
    height, width = size or cfg.size
    grid = 1 << cfg.doublings
    padded = (height + -height % grid, width + -width % grid)
    given = checked(cfg, boxes, device)
    if background is None:
        maps = net.memory[[number for number, _ in retrieved(cfg, net, boxes, pin=pin, exclude=exclude, seed=seed)]]
    else:
        maps = _as_memory(cfg, background).to(device)
    planes, found = net.layout(given, maps, padded)
    picture: Tensor = net.generator(net.condition(BoxLayouts(planes[None], found[None])), None)
    return picture[:, :, :height, :width].contiguous().to(run.device)


def retrieved(
    cfg: Config,
    net: Net,
    boxes: Mapping[str, Tensor],
    *,
    pin: Sequence[int] | None = None,
    exclude: Sequence[int] | None = None,
    seed: int = 0,
) -> list[tuple[int, float]]:
    """The numbers and scores of the maps that ``draw`` takes; arguments as there.

    Raises:
        InputError: as ``draw``.
    """
    given = checked(cfg, boxes, next(net.parameters()).device)
    found, empty = scores(given, net.memory, net.areas(), cfg), net.unusable()
    for number in (*(pin or ()), *(exclude or ())):
        if number >= len(empty) or bool(empty[number]):
            raise InputError(f"there is no background {number}: this model knows 0 to {int((~empty).sum()) - 1}")
    both = sorted(set(pin or ()) & set(exclude or ()))
    if both:
        raise ArgumentError(f"the background {both[0]} is pinned and excluded: leave it out of --pin or of --exclude")
    if pin:
        return [(number, float(found[number])) for number in pin]
    left_out = empty.clone()
    left_out[list(exclude or ())] = True
    generator = torch.Generator().manual_seed(seed)
    if not float(found.max()) > 0:  # nothing to go by: any maps
        numbers = (~left_out).nonzero()[:, 0]
        numbers = numbers[torch.randperm(len(numbers), generator=generator)[: cfg.retrieved]]
    else:
        numbers = ranked(found, cfg.candidates if seed else cfg.retrieved, left_out)
        if seed:
            numbers = numbers[torch.randperm(len(numbers), generator=generator)[: cfg.retrieved]]
    return [(int(number), float(found[number])) for number in numbers]


def told(
    cfg: Config,
    *,
    net: Net,
    boxes: Mapping[str, Tensor],
    pin: Sequence[int] | None = None,
    exclude: Sequence[int] | None = None,
    background: Tensor | None = None,
    size: tuple[int, int] | None = None,
    seed: int = 0,
) -> list[str]:
    """Which maps a background comes from, for the user; arguments as for ``draw``."""
    if background is not None or cfg.background == "none":
        return []
    found = retrieved(cfg, net, boxes, pin=pin, exclude=exclude, seed=seed)
    if not found:
        return ["this model has no label maps for a background: give one, --background MAP (background=)"]
    numbers, values = ",".join(str(number) for number, _ in found), ", ".join(f"{value:.2f}" for _, value in found)
    keep = "" if pin else f"; --pin {numbers} keeps them, --exclude {numbers} takes others"
    return [f"background of seed {seed} from the maps {numbers} of the training set, which overlap by {values}{keep}"]


def check_draw(
    cfg: Config,
    *,
    net: Net,
    boxes: Mapping[str, Tensor],
    pin: Sequence[int] | None = None,
    exclude: Sequence[int] | None = None,
    background: Tensor | None = None,
    size: tuple[int, int] | None = None,
    seed: int = 0,
) -> None:
    """Refuse what ``draw`` cannot draw; the arguments are those of ``draw``.

    Raises:
        InputError: as ``draw``.
    """
    if background is None:
        retrieved(cfg, net, boxes, pin=pin, exclude=exclude, seed=seed)
    else:
        checked(cfg, boxes, next(net.parameters()).device)
        _as_memory(cfg, background)


def checked(cfg: Config, boxes: Mapping[str, Tensor], device: torch.device) -> Boxes:
    """Boxes [n, 4] and their classes [n] on a device.

    Raises:
        InputError: a box is of another class than the salient ones.
    """
    kinds = boxes["classes"][0]
    for index, kind in enumerate(kinds.tolist()):
        if kind not in cfg.salient:
            names = [cfg.names[each] if cfg.names else str(each) for each in cfg.salient]
            own = cfg.names[kind] if cfg.names and 0 <= kind < cfg.classes else str(kind)
            raise InputError(
                f"the {nth(index)} box is of the class {own}: this model draws boxes of {', '.join(names)}"
            )
    return boxes["boxes"][0].to(device), kinds.to(device)


def _as_memory(cfg: Config, background: Tensor) -> Tensor:
    """A label map int64 [1, h, w] as one of the memory: uint8.

    Raises:
        InputError: it has a class that the model does not know.
    """
    if int(background.max()) >= cfg.classes:
        raise InputError(f"the background has class {int(background.max())}: this model knows 0 to {cfg.classes - 1}")
    return plain(background)
