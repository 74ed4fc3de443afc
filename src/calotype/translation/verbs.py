"""What verbs make with a trained model of conditions."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from calotype.errors import InputError
from calotype.image.resize import resize
from calotype.run import Run
from calotype.translation.config import TranslationConfig
from calotype.translation.drawing import code_for, drawn, film, of_label
from calotype.translation.net import Net
from calotype.translation.record import Record
from calotype.translation.trainer import Translator


def check_pictures(cfg: TranslationConfig) -> None:
    """Check that the conditions of a model are pictures.

    Raises:
        InputError: they are labels.
    """
    if cfg.classes:
        raise InputError("this model makes pictures of labels: use calotype sample MODEL --label NUMBER")


def check_labels(cfg: TranslationConfig) -> None:
    """Check that the conditions of a model are labels.

    Raises:
        InputError: they are pictures.
    """
    if not cfg.classes:
        raise InputError("this model makes pictures of other pictures: use calotype translate PICTURE --model MODEL")


def translate(
    cfg: TranslationConfig,
    run: Run,
    *,
    net: Translator,
    picture: Tensor,
    style: Tensor | None = None,
    size: tuple[int, int] | None = None,
    seed: int = 0,
    record: Record | None = None,
) -> Tensor:
    """A picture of another picture.

    Args:
        cfg: as in training.
        run: where it runs.
        net: trained, in eval mode.
        picture: the condition, [1, C, h, w], -1..1; the first three channels are used.
        style: an exemplar [1, 3, h, w] whose code is used; ``None``: that of the seed.
        size: height and width of the result; ``None``: those of the condition.
        seed: of the code.
        record: of the task whose codes are drawn; ``None``: the first of ``net``.

    Returns:
        [1, 3, h, w], float32, -1..1, on the run's device.
    """
    condition = picture[:, :3] if size is None else resize(picture[:, :3], size)
    exemplar = None if style is None else resize(style, cfg.size).to(run.device)
    return drawn(net, cfg, condition, code_for(net, cfg, record or _first(net), exemplar, seed), run.device)


def seedless(cfg: TranslationConfig, *, net: Translator, style: Tensor | None = None, **others: Any) -> str:
    """Why all seeds give one picture; empty where they differ. The arguments are those of ``translate``."""
    return "" if style is None else "the look is that of the style picture, not of the seed"


def sample(
    cfg: TranslationConfig,
    run: Run,
    *,
    net: Translator,
    label: int = 0,
    seed: int = 0,
    record: Record | None = None,
) -> Tensor:
    """A picture of a label: [1, 3, h, w], float32, -1..1, on the run's device.

    Args:
        cfg: as in training.
        run: where it runs.
        net: trained, in eval mode.
        label: from 0.
        seed: of the code.
        record: as for ``translate``.

    Raises:
        InputError: there is no such label.
    """
    code = code_for(net, cfg, record or _first(net), None, seed)
    return drawn(net, cfg, _label(label, cfg), code, run.device)


def interpolate(
    cfg: TranslationConfig,
    run: Run,
    *,
    net: Translator,
    picture: Tensor | None = None,
    style: Tensor | None = None,
    to_style: Tensor | None = None,
    label: int = 0,
    size: tuple[int, int] | None = None,
    seed: int = 0,
    to_seed: int = 1,
    frames: int = 24,
    record: Record | None = None,
) -> list[Tensor]:
    """Pictures of one condition between two codes.

    Args:
        cfg: as in training.
        run: where it runs and reports.
        net: trained, in eval mode.
        picture: the condition, as for ``translate``; ``None`` for models of labels.
        style: exemplar of the first code; ``None``: that of ``seed``.
        to_style: exemplar of the last code; ``None``: that of ``to_seed``.
        label: the condition, for models of labels.
        size: as for ``translate``.
        seed: of the first code.
        to_seed: of the last code.
        frames: number of pictures, at least 2. Between two exemplars they lie on a straight line, else on an arc.
        record: as for ``translate``.

    Returns:
        [1, 3, h, w] each, float32, -1..1, on the run's device.

    Raises:
        InputError: the condition is missing.
    """
    if cfg.classes:
        condition = _label(label, cfg)
    elif picture is None:
        raise InputError("interpolate needs the picture that is translated: give --picture (picture=)")
    else:
        condition = picture if size is None else resize(picture, size)
    of = record or _first(net)
    ends: Any = [
        code_for(net, cfg, of, None if given is None else resize(given, cfg.size).to(run.device), number)
        for given, number in ((style, seed), (to_style, to_seed))
    ]
    return film(net, cfg, run, condition, tuple(ends), frames, straight=style is not None and to_style is not None)


def _first(net: Translator) -> Record:
    assert isinstance(net, Net)
    record = net.records[0]
    assert isinstance(record, Record)
    return record


def _label(label: int, cfg: TranslationConfig) -> Tensor:
    if not 0 <= label < cfg.classes:
        raise InputError(f"there is no label {label}: give one from 0 to {cfg.classes - 1} (label=)")
    return of_label(label, cfg)
