"""Edits of embedded photos: paths between them, mixtures by layer, differences and directions of styles.

Abdal, Qin, Wonka, "Image2StyleGAN", ICCV 2019, section 5 (morphing, style transfer, expression transfer); Shen and
Zhou, "Closed-Form Factorization of Latent Semantics in GANs", CVPR 2021, for directions without labels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from calotype.errors import InputError
from calotype.models.stylegan.activations import combined
from calotype.models.stylegan.config import Config
from calotype.models.stylegan.drawn import Drawn, drawn
from calotype.models.stylegan.network import Generator, Net
from calotype.run import Run

Code = Mapping[str, Tensor]
_SAMPLES = 2000  # latent vectors over which the spread along a direction is measured


def morph(
    cfg: Config,
    run: Run,
    *,
    net: Net,
    first: Code,
    second: Code,
    further: Sequence[Code] = (),
    frames: int = 24,
    closed: bool = False,
) -> list[Tensor]:
    """Pictures on the straight lines from each code to the next.

    Args:
        cfg: as in training.
        run: where it runs and reports.
        net: the generator that all were found in.
        first: a latent code: ``styles`` and, if they were optimised, ``noise0`` ...
        second: another one.
        further: codes that the path goes on to, in their order.
        frames: number of pictures from the first code to the last, at least that of the codes. The picture of every
            code is among them, and the lines take equal numbers, or differ by one.
        closed: whether the pictures of the line from the last code back to the first follow, at the same pace.

    Returns:
        [1, 3, side, side] each, -1..1.

    Raises:
        InputError: a code is not of this generator.
    """
    codes = [code_of(code, net, cfg) for code in (first, second, *further)]
    path = path_of(len(codes), frames, closed=closed)
    made = []
    for i in run.steps(len(path), stage="frames"):
        leg, share = path[i]
        one, other = codes[leg], codes[(leg + 1) % len(codes)]
        noise = [a.lerp(b, share) for a, b in zip(*_both_noises(one, other, net))]
        made.append(drawn(net, one.styles.lerp(other.styles, share), noise).picture.to(run.device))
    return made


def path_of(codes: int, frames: int, *, closed: bool = False) -> list[tuple[int, float]]:
    """Where every picture of a path through codes lies: the number of its line, and the share of it, 0..1.

    Args:
        codes: number of codes, at least 2.
        frames: number of pictures from the first code to the last, at least ``codes``.
        closed: whether pictures from the last code back to the first follow; that of the first is not repeated.
    """
    lines = codes - 1
    at = [round(line * (frames - 1) / lines) for line in range(codes)]  # the pictures of the codes
    path = [(k, (i - at[k]) / (at[k + 1] - at[k])) for k in range(lines) for i in range(at[k], at[k + 1])]
    path.append((lines - 1, 1.0))
    steps = round((frames - 1) / lines)
    return path + [(lines, i / steps) for i in range(1, steps)] if closed else path


def crossover(
    cfg: Config,
    run: Run,
    *,
    net: Net,
    structure: Code,
    style: Code,
    from_layer: int | None = None,
    mask: Tensor | None = None,
    source: Tensor | None = None,
    share: float | None = None,
) -> Drawn:
    """The first layers of one code and the others of another: shape of the first, colours of the second.

    With a mask, activations are combined in place of styles: see ``activations.combined``. The latent code of the
    result is then that of ``structure``, whose picture is not the result.

    Args:
        cfg: as in training.
        run: where it runs.
        net: the generator that both were found in.
        structure: the code whose first layers are used.
        style: the code whose other layers are used.
        from_layer: first layer of the second, from 0; ``None``: half of them. With a mask, the layer after which
            activations are combined; ``None``: after a third of them.
        mask: region of the result that takes the second code's activations: [1, 1, h, w], 0 or 1.
        source: region of the second picture that they are taken from, moved to that of ``mask``; ``None``: the same.
        share: weight of the second's activations in the mask, 0..1: 1 copies, 0.5 averages; ``None``: 1.

    Raises:
        InputError: a code is not of this generator, or it has no such layer.
    """
    one, other = code_of(structure, net, cfg), code_of(style, net, cfg)
    rows = one.styles.shape[1]
    if mask is not None:
        after = combined_after(from_layer, rows)
        noise = _both_noises(one, other, net)
        weight = 1.0 if share is None else share
        picture = combined(net, (one.styles, other.styles), noise, mask, after, source=source, share=weight)
        return Drawn(picture, one.styles, one.noise)
    row = first_of(from_layer, rows)
    return drawn(net, torch.cat([one.styles[:, :row], other.styles[:, row:]], 1))


def first_of(from_layer: int | None, rows: int) -> int:
    """The first layer of the second code.

    Raises:
        InputError: there is no such layer.
    """
    row = rows // 2 if from_layer is None else from_layer
    if not 0 <= row < rows:
        raise InputError(f"there is no layer {row}: give --from-layer 0 to {rows - 1} (from_layer=)")
    return row


def combined_after(from_layer: int | None, rows: int) -> int:
    """The layer after which activations are combined.

    Raises:
        InputError: there is no such layer.
    """
    after = rows // 3 if from_layer is None else from_layer
    if not 0 <= after < rows - 1:
        raise InputError(
            f"there are no activations after layer {after}: give --from-layer 0 to {rows - 2} (from_layer=)"
        )
    return after


def transfer(
    cfg: Config,
    run: Run,
    *,
    net: Net,
    code: Code,
    before: Code,
    after: Code,
    strength: float = 1.0,
    threshold: float = 0.0,
) -> Drawn:
    """Add the difference of two codes to a third: an expression, from two photos of one person to another person.

    Args:
        cfg: as in training.
        run: where it runs.
        net: the generator that all were found in.
        code: the code to change.
        before: of the photo without the expression.
        after: of the photo with it.
        strength: factor of the difference.
        threshold: layers whose difference is shorter than this share of the longest are left alone, 0..1.

    Raises:
        InputError: a code is not of this generator.
    """
    one, neutral, changed = code_of(code, net, cfg), code_of(before, net, cfg), code_of(after, net, cfg)
    difference = changed.styles - neutral.styles
    length = difference.norm(dim=2, keepdim=True)
    difference = torch.where(length < threshold * length.max(), torch.zeros_like(difference), difference)
    return drawn(net, one.styles + strength * difference, one.noise)


def adjust(
    cfg: Config,
    run: Run,
    *,
    net: Net,
    code: Code,
    direction: Code | None = None,
    component: int = 0,
    strength: float = 1.0,
    from_layer: int | None = None,
    to_layer: int | None = None,
) -> Drawn:
    """Move a code along a direction.

    Args:
        cfg: as in training.
        run: where it runs.
        net: the generator that the code was found in.
        code: the code.
        direction: of styles, [style] or [rows, style], the only array of a latent code; ``None``: ``component``.
        component: number of a direction that is found without labels, from 0: the one along which the layers' styles
            change most, then the next.
        strength: how far, in standard deviations of random pictures along a component; a factor of a given direction.
        from_layer: first layer that is changed, from 0; ``None``: the first.
        to_layer: last layer that is changed; ``None``: the last.

    Raises:
        InputError: the code or the direction is not of this generator, or there is no such component or layer.
    """
    one = code_of(code, net, cfg)
    rows = one.styles.shape[1]
    first, last = layers_of(from_layer, to_layer, rows)
    if direction is None:
        step = strength * _component(net.generator, cfg, component, first, last)
    else:
        step = strength * direction_of(direction, rows, cfg)
    chosen = torch.arange(rows, device=step.device)
    inside = ((chosen >= first) & (chosen <= last))[None, :, None]
    return drawn(net, torch.where(inside, one.styles + step, one.styles), one.noise)


def layers_of(from_layer: int | None, to_layer: int | None, rows: int) -> tuple[int, int]:
    """The first and the last layer that are changed.

    Raises:
        InputError: there are no such layers.
    """
    first, last = from_layer or 0, rows - 1 if to_layer is None else to_layer
    if not 0 <= first <= last < rows:
        raise InputError(f"there are no layers {first} to {last}: the layers of this model are 0 to {rows - 1}")
    return first, last


def check_component(number: int, cfg: Config) -> None:
    """Check the number of a direction that is found without labels.

    Raises:
        InputError: there is none of that number.
    """
    if not 0 <= number < cfg.style:
        raise InputError(f"there is no component {number}: give 0 to {cfg.style - 1}")


@torch.no_grad()
def _component(generator: Generator, cfg: Config, number: int, first: int, last: int) -> Tensor:
    """An eigenvector of the layers' affine maps, scaled to the standard deviation of styles along it: [style]."""
    named = {name: value for name, value in generator.named_parameters() if name.endswith("affine.weight")}
    matrices = list(named.values()) or [
        value for name, value in generator.named_parameters() if name.endswith("to_style.weight")
    ]
    # Two layers share a row where colours are made, so the number of maps is larger than that of rows.
    share = len(matrices) / generator.rows
    chosen = matrices[int(first * share) : max(int(first * share) + 1, round((last + 1) * share))]
    weights = torch.cat([value / value.norm(dim=1, keepdim=True).clamp_min(1e-8) for value in chosen])
    check_component(number, cfg)
    vectors = torch.linalg.eigh(weights.T @ weights).eigenvectors.flip(1)
    vector = vectors[:, number]
    vector = vector * vector[vector.abs().argmax()].sign()  # eigenvectors have no sign of their own
    z = torch.randn(_SAMPLES, cfg.latent, generator=torch.Generator().manual_seed(0)).to(vector.device)
    label = None if not cfg.classes else torch.eye(cfg.classes, device=vector.device)[:1].expand(_SAMPLES, -1)
    spread: Tensor = (generator.mapping(z, label) @ vector).std()
    scaled: Tensor = vector * spread
    return scaled


def direction_of(given: Code, rows: int, cfg: Config) -> Tensor:
    """A direction of styles: [style] or [rows, style].

    Raises:
        InputError: it is none of this generator.
    """
    if len(given) != 1:
        raise InputError(f"a direction is one array, and the file has {len(given)}: give another --direction")
    (value,) = given.values()
    if value.dim() > 1 and value.shape[0] == 1:
        value = value[0]
    if tuple(value.shape) not in ((cfg.style,), (rows, cfg.style)):
        raise InputError(
            f"a direction of shape {list(value.shape)} does not fit this model: give [{cfg.style}] or "
            f"[{rows}, {cfg.style}]"
        )
    return value


def code_of(code: Code, net: Net, cfg: Config) -> Drawn:
    """The styles and noise maps of a latent code.

    Raises:
        InputError: they are not of this generator.
    """
    rows, styles = net.generator.rows, code.get("styles", code.get("w"))
    device = next(net.parameters()).device
    if styles is None or styles.dim() != 3 or styles.shape[2] != cfg.style or styles.shape[1] not in (1, rows):
        shape = "no styles" if styles is None else f"styles of shape {list(styles.shape)}"
        raise InputError(
            f"the latent code has {shape}, and this model [1, {rows}, {cfg.style}]: embed the photo in this model"
        )
    noise = [
        code[f"noise{k}"].to(device) for k in range(len(net.generator.synthesis.noise_sides)) if f"noise{k}" in code
    ]
    sides = net.generator.synthesis.noise_sides
    if noise and [each.shape[-1] for each in noise] != sides:
        raise InputError("the noise maps of the latent code are not of this model: embed the photo in this model")
    return Drawn(torch.empty(0), styles[:1].to(device).expand(-1, rows, -1), tuple(noise))


def _both_noises(one: Drawn, other: Drawn, net: Net) -> tuple[list[Tensor], list[Tensor]]:
    """The noise maps of both; those of the network where a code has none; none where neither has any."""
    if not one.noise and not other.noise:
        return [], []
    own: list[Tensor] = getattr(net.generator.synthesis, "noise_maps", list)()
    return list(one.noise) or own, list(other.noise) or own
