"""Pictures from boxes, by a trained net."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from calotype.errors import InputError, nth
from calotype.models.layout2im.config import HALVINGS, Config
from calotype.models.layout2im.network import Net, Objects
from calotype.run import Run


@torch.no_grad()
def draw(
    cfg: Config,
    run: Run,
    *,
    net: Net,
    boxes: Mapping[str, Tensor],
    size: tuple[int, int] | None = None,
    seed: int = 0,
) -> Tensor:
    """A picture of objects in boxes, which are drawn in their order.

    Args:
        cfg: as in training.
        run: where it runs.
        net: trained, in eval mode.
        boxes: ``boxes`` float32 [1, n, 4], left, top, right, bottom, 0..1, and their ``classes`` int64 [1, n].
        size: height and width of the picture; ``None``: as in training.
        seed: of the appearance codes, one for each object; the code of an object does not depend on later ones.

    Returns:
        [1, 3, h, w], float32, -1..1, on the run's device.

    Raises:
        InputError: there is no box, or one is of a class that the model does not know.
    """
    check_draw(cfg, net=net, boxes=boxes)
    device = next(net.parameters()).device
    kinds = boxes["classes"][0]
    height, width = size or cfg.size
    grid = 1 << HALVINGS
    padded = (height + -height % grid, width + -width % grid)
    scale = boxes["boxes"].new_tensor([width / padded[1], height / padded[0]] * 2)
    generator = torch.Generator().manual_seed(seed)
    codes = torch.stack([torch.randn(cfg.latent, generator=generator) for _ in kinds]).to(device)
    objects = Objects(kinds.to(device), (boxes["boxes"][0] * scale).to(device), torch.zeros_like(kinds).to(device), 1)
    picture: Tensor = net(objects, codes, padded)
    return picture[:, :, :height, :width].contiguous().to(run.device)


def check_draw(
    cfg: Config, *, net: Net, boxes: Mapping[str, Tensor], size: tuple[int, int] | None = None, seed: int = 0
) -> None:
    """Refuse boxes that ``draw`` cannot use; the arguments are those of ``draw``.

    Raises:
        InputError: there is no box, or one is of a class that the model does not know.
    """
    kinds = boxes["classes"][0].tolist()
    if not kinds:
        raise InputError("there are no boxes: give at least one")
    for index, kind in enumerate(kinds):
        if not 0 <= kind < cfg.classes:
            raise InputError(f"the {nth(index)} box is of the class {kind}: this model knows 0 to {cfg.classes - 1}")
