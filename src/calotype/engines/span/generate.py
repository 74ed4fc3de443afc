"""``upscale``: the network on the colours of a photo, strip by strip, and on its transparency where there is some."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from calotype.engines.span.config import Config
from calotype.engines.span.stability import SMOOTHING, failed, smoothed
from calotype.engines.span.stream import Stream
from calotype.errors import InputError
from calotype.image.resize import resize
from calotype.image.resize_rows import RowResize
from calotype.image.transparency import continued
from calotype.nn.span import MISSING, SCALES, Span, span, untrained, weights_file
from calotype.run import Run
from calotype.setting_checks import at_least

Size = tuple[int, int]


def networks(factor: float, cfg: Config) -> tuple[int, ...]:
    """By how much each network enlarges that is used for a factor; a resize does the rest."""
    if factor <= 2:
        return (2,)
    return (4, 2) if factor > 4 and cfg.beyond == "network" else (4,)


def strips(size: Size, cfg: Config) -> tuple[int, int]:
    """Into how many strips a photo of that height and width is cut, and how many rows one has."""
    rows = max(1, min(size[0], cfg.strip // size[1]))
    return -(-size[0] // rows), rows


@torch.inference_mode()
def upscale(photos: Sequence[Tensor], cfg: Config, run: Run, *, factor: float) -> Tensor:
    """The photo, enlarged.

    Args:
        photos: one [1, C, H, W], -1..1, of any size.
        cfg: settings.
        run: progress, stopping, device.
        factor: of height and width, above 1 and up to 8.

    Returns:
        [1, C, round(factor * H), round(factor * W)], -1..1. A photo without colour stays so.

    Raises:
        InputError: the weights are not here, a setting is out of range, or there is more than one photo.
        Stopped: the run was asked to stop.
    """
    _check(photos, cfg)
    photo = photos[0]
    size = (photo.shape[2], photo.shape[3])
    made = photo.new_empty((1, photo.shape[1], round(factor * size[0]), round(factor * size[1])))
    if photo.shape[1] == 3 or bool((photo[:, 3:] == 1).all()):
        made[:, 3:] = 1
        _fill(made[:, :3], photo[:, :3], factor, cfg, run, "colours")
        return made
    _fill(made[:, 3:], photo[:, 3:], factor, cfg, run, "transparency")
    _fill(made[:, :3], continued(photo), factor, cfg, run, "colours")
    made[:, :3] *= (made[:, 3:] + 1) / 2
    return made


def _fill(made: Tensor, given: Tensor, factor: float, cfg: Config, run: Run, stage: str) -> None:
    """Write the enlargement of some channels; where the network fails, of a smoothed photo (``stability``)."""
    count, rows = strips((given.shape[2], given.shape[3]), cfg)
    for attempt in range(len(SMOOTHING) + 1):
        part = _Part(given, made, factor, cfg)
        for step in run.steps(count, stage=f"{stage}, hard edges {attempt}" if attempt else stage):
            part.take(step * rows, min(given.shape[2], (step + 1) * rows))
        where = failed(given, made, max(1, round(factor * rows))) if cfg.stable else None
        if where is None:
            return
        if attempt < len(SMOOTHING):
            given = smoothed(given, where, attempt)
        else:
            size = (made.shape[2], made.shape[3])
            made.copy_(torch.lerp(made, resize(given, size), resize(where, size, mode="bilinear")))


class _Part:
    """Some channels on their way through the networks and a resize.

    Args:
        given: [1, 1 or 3, H, W], -1..1; one channel is seen as a grey picture by the network.
        made: [1, 1 or 3, h, w], where the result is written.
        factor: of height and width.
        cfg: settings.
    """

    def __init__(self, given: Tensor, made: Tensor, factor: float, cfg: Config) -> None:
        self._given, self._made = given, made
        self._grey = bool((given[:, :1] == given[:, 1:]).all())
        self._row, size = 0, (given.shape[2], given.shape[3])
        self._streams = []
        for scale in networks(factor, cfg):
            self._streams.append(Stream(_network(scale, cfg, given.device), size, strips(size, cfg)[1], given.device))
            size = scale * size[0], scale * size[1]
        to = (made.shape[2], made.shape[3])
        self._resize = None if to == size else RowResize(size, to)

    def take(self, start: int, stop: int) -> None:
        """Enlarge these rows, and write what can be told by now."""
        self._pass(self._given[:, :, start:stop].expand(-1, 3, -1, -1), self._streams)

    def _pass(self, rows: Tensor, streams: Sequence[Stream]) -> None:
        if streams:
            for found in streams[0].feed(rows):
                self._pass(found.clamp_(-1, 1), streams[1:])
            return
        if self._grey:
            rows = rows.mean(1, keepdim=True)
        if self._resize is not None:
            rows = self._resize.feed(rows).clamp_(-1, 1)
        self._made[:, :, self._row : self._row + rows.shape[2]] = rows
        self._row += rows.shape[2]


def _network(scale: int, cfg: Config, device: torch.device) -> Span:
    made = untrained(scale, cfg.channels) if cfg.weights == "untrained" else span(scale, cfg.channels)
    return made.to(device)


def has_weights(cfg: Config | None = None) -> bool:
    """Whether the weights that these settings need, by default those of the preset ``fast``, are here."""
    cfg = cfg or Config()
    return cfg.weights == "untrained" or all(weights_file(scale, cfg.channels) is not None for scale in SCALES)


def _check(photos: Sequence[Tensor], cfg: Config) -> None:
    if len(photos) > 1:
        raise InputError("one photo is enlarged at a time: leave out the others")
    check_settings(cfg)


def check_settings(cfg: Config) -> None:
    """Check the settings before any work is done.

    Raises:
        InputError: one is out of range.
    """
    at_least(cfg, {"strip": 1})


def needs(cfg: Config, verb: str) -> None:
    """Check that the weights of other networks are there that a verb needs, before the work.

    Args:
        cfg: the settings.
        verb: a verb, or ``train``.

    Raises:
        InputError: they are not.
    """
    if not has_weights(cfg):
        raise InputError(MISSING)
