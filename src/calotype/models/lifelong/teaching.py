"""A further task for a trained net."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from typing import Any

import torch
from torch import Tensor, nn

from calotype.errors import InputError
from calotype.models.lifelong.config import FORMAT, KEPT, Config, check_format
from calotype.models.lifelong.distillation import Distillation
from calotype.models.lifelong.filters import LockedTask, TaskFilters
from calotype.models.lifelong.network import Net, build, records, task_net
from calotype.run import Run, started
from calotype.translation import net as translation
from calotype.translation.config import TranslationConfig
from calotype.translation.record import reconstruction_error
from calotype.translation.trainer import Trainer, examples
from calotype.translation.training import Batches, fitted, recorded

_COMPARED = 4  # batches whose conditions are compared with those of known tasks
_SAME = 0.5  # share of them that is typical of a known task
_WORSE = 3.0  # how many times the error of a known task shows that another picture is wanted
_FEW = 2  # kept conditions that the new task has, too, from which on their pictures are compared
_OTHER = 0.1  # mean absolute difference of two pictures of one condition, -1..1, that makes them different ones


def adopted(cfg: TranslationConfig, name: str) -> Config:
    """The settings of a trained model, of BicycleGAN or of this one, for teaching; ``name`` is that of its first task.

    Raises:
        InputError: the model was taught by another version.
    """
    if isinstance(cfg, Config):
        check_format(cfg)
        cfg = replace(cfg, format=FORMAT)
        return cfg if cfg.tasks else replace(cfg, tasks=(name,), locked=(False,))
    known = {field.name for field in fields(Config)}
    own = {key: value for key, value in asdict(cfg).items() if key in known}
    return Config(**{**own, **KEPT}, tasks=(name,), locked=(False,))


def taught(cfg: Config, name: str, *, locked: bool, changes: Mapping[str, Any] | None = None) -> Config:
    """The settings with one task more.

    Args:
        cfg: of the trained model, see ``adopted``.
        name: of the new task.
        locked: whether it gets filters of its own.
        changes: settings of this training.

    Raises:
        InputError: there is a task of that name, or the settings do not go with a trained model.
    """
    if name in cfg.tasks:
        raise InputError(f"the model knows a task '{name}' already: give another name, --name NAME (name=)")
    if any(cfg.locked) and not locked:
        raise InputError(
            "the model has locked tasks, which another training of its networks would change: add --locked (locked=)"
        )
    free = {"distillation", "auxiliary", "patch", "patches_from", "recolour", "auxiliary_share"}
    free |= {"pixel_weight", "code_weight", "kl_weight", "adversarial_weight", "discriminator_condition", "code_prior"}
    free |= {"steps", "batch", "rate", "beta1", "beta2", "decay_at"}
    for key in changes or {}:
        if key not in free:
            raise InputError(
                f"{key} is fixed in a trained model: settings of a further task are {', '.join(sorted(free))}"
            )
    try:
        changed = replace(cfg, **dict(changes or {}))
    except ValueError as error:
        raise InputError(str(error)) from error
    auxiliary = "swap" if cfg.classes and changed.auxiliary in ("montage", "typical") else changed.auxiliary
    if auxiliary == "swap" and not cfg.classes:
        raise InputError("auxiliary=swap is for models of labels: give typical, montage, crop, noise or raw")
    return replace(changed, tasks=(*cfg.tasks, name), locked=(*cfg.locked, locked), auxiliary=auxiliary)


def teach(batches: Batches, cfg: Config, run: Run, *, base: translation.Net) -> Net:
    """Teach a trained net one more task.

    Args:
        batches: the batch of step ``i`` of the new task, as for ``train``.
        cfg: as ``taught`` gives.
        run: where it runs, reports and is kept.
        base: the trained net, which stays as it is.

    Returns:
        A net of all tasks, in eval mode, on the run's device.

    Raises:
        InputError: the task contradicts one that the model knows.
        Stopped, OutputError: as ``Run.steps``.
    """
    name, locked = cfg.tasks[-1], cfg.locked[-1]
    if not locked:
        check_agreement(base, batches, cfg, run.device)
    net = extended(base, cfg).to(run.device)
    stage = stages(cfg)[-1]
    if locked:
        filters = net.filters[-1]
        assert isinstance(filters, TaskFilters)
        task: nn.Module = LockedTask(net.requires_grad_(False), filters.requires_grad_())
        trainer = started(lambda: Trainer(cfg, task, run.device), run, stage)
    else:
        further = None
        if cfg.distillation:
            teacher = extended(base, cfg).to(run.device)
            further = Distillation(net, teacher, cfg, _old_labels(base, cfg))
        trainer = started(lambda: Trainer(cfg, net.requires_grad_(), run.device, further), run, stage)
    fitted(trainer, batches, run, stage)
    return recorded(net, task_net(net, cfg, cfg.tasks.index(name)), batches, run)  # type: ignore[return-value]


def stages(cfg: Config) -> list[str]:
    """The name of the stage of a training: that of its task."""
    return [f"task {cfg.tasks[-1]}" if len(cfg.tasks) > 1 else "pictures"]


def extended(base: translation.Net, cfg: Config) -> Net:
    """A net with the weights and records of ``base`` and place for the new task."""
    net = build(cfg)
    net.load_state_dict({**net.state_dict(), **base.state_dict()})
    if cfg.locked[-1]:
        net.filters[-1] = TaskFilters(net, cfg.filter_share)  # of the weights that are there now
    return net


def check_agreement(base: translation.Net, batches: Batches, cfg: Config, device: torch.device) -> None:
    """Check that a new task asks for no other picture of a condition than a task that the net knows.

    Raises:
        InputError: it does.
    """
    if cfg.classes:
        _check_labels(base, batches, cfg)
        return
    given = [batches(i) for i in range(_COMPARED)]
    shown = [examples(batch, cfg, device) for batch in given]
    conditions, pictures = (torch.cat(each) for each in zip(*shown))
    known = base.to(device)
    error = torch.stack([reconstruction_error(known, batch, cfg, device) for batch in given]).mean()
    for name, record in zip(cfg.tasks, records(known)):
        typical = (record.likelihood(conditions) >= record.typical).float().mean()
        worse = typical >= _SAME and error > _WORSE * record.error
        if worse or contradicted(record.pairs(), conditions, pictures):
            raise InputError(
                f"the conditions of '{cfg.tasks[-1]}' look like those of '{name}', but ask for other pictures, and the "
                "model could not tell which are wanted: add --locked (locked=), and choose with translate --task"
            )


def contradicted(kept: Mapping[str, Tensor], conditions: Tensor, pictures: Tensor) -> bool:
    """Whether the very conditions of a known task have other pictures in a new one.

    Args:
        kept: pairs of the known task, ``other`` and ``image`` [K, 3, H, W], -1..1.
        conditions: of the new task, [B, 3, H, W].
        pictures: of these conditions.
    """
    found: list[Tensor] = []
    apart: list[Tensor] = []
    for condition, picture in zip(kept["other"].to(conditions), kept["image"].to(pictures)):
        same = (conditions - condition).abs().amax((1, 2, 3)) < 1 / 64
        if same.any() and not any(torch.equal(condition, earlier) for earlier in found):
            found.append(condition)
            apart.append((pictures[same] - picture).abs().mean((1, 2, 3)).amin())
    return len(found) >= _FEW and bool(torch.stack(apart).median() > _OTHER)


def _check_labels(base: translation.Net, batches: Batches, cfg: Config) -> None:
    new = torch.unique(torch.cat([batches(i)["label"] for i in range(_COMPARED)]))
    for name, record in zip(cfg.tasks, records(base)):
        both = [int(label) for label in new if record.labels[label]]
        if both:
            raise InputError(
                f"label {both[0]} of '{cfg.tasks[-1]}' is one of '{name}' already: give the new task labels of its own"
            )


def _old_labels(base: translation.Net, cfg: Config) -> Tensor | None:
    if not cfg.classes:
        return None
    known = torch.stack([record.labels for record in records(base)]).any(0)
    return known.nonzero().flatten()
