"""Training: one scale after the other, from the coarsest to the finest."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from torch import Tensor

from calotype.engines.singan.config import Config
from calotype.engines.singan.net import Net
from calotype.engines.singan.pyramid import at_size, learned_sizes, reals, step_of
from calotype.engines.singan.trainer import QuantizedScaleTrainer, ScaleTrainer
from calotype.errors import InputError
from calotype.image.palette import palette
from calotype.run import Run, fit
from calotype.setting_checks import at_least, odd_sides, one_of, unusable, within


def build(cfg: Config, size: tuple[int, int]) -> Net:
    """An untrained model for a photo of ``size`` pixels (height, width)."""
    return Net(cfg, size)


def stages(size: tuple[int, int], cfg: Config) -> list[str]:
    """Names of the training stages, in order."""
    named = [f"scale {i}" for i in range(len(learned_sizes(size, cfg)))]
    return [*named, "scale in colours"] if cfg.colours else named


def adapted(cfg: Config, verb: str, **facts: Any) -> Config:
    """The settings to train with for a verb.

    Args:
        cfg: the user's settings.
        verb: ``upscale`` needs its own pyramid and a larger reconstruction weight (section 4 of the paper), ``animate``
            padding with noise and a smaller coarsest scale, ``paint`` a scale trained on quantised colours.
        facts: ``factor`` of ``upscale``; ``colours`` and ``scale`` of ``paint``.
    """
    if verb == "upscale":
        magnified = float(facts["factor"])
        coarsest = cfg.coarsest if cfg.learned else min(cfg.coarsest, 18)
        return replace(cfg, magnified=magnified, reconstruction=100.0, factor=1 / step_of(magnified), coarsest=coarsest)
    if verb == "animate":
        return replace(cfg, border="noise", coarsest=min(cfg.coarsest, 20))
    if verb == "paint" and facts.get("colours"):
        return replace(cfg, colours=int(facts["colours"]), painted=int(facts["scale"]))
    return cfg


def train(photo: Tensor, cfg: Config, run: Run, *, base: Net | None = None) -> Net:
    """Train on one photo: sections 2.1 to 2.3 of the paper.

    Args:
        photo: [1, 3, H, W], -1..1.
        cfg: settings.
        run: folder, seed, device, progress, stopping; one stage per scale, with a preview at the end of each.
        base: a model trained with the same settings but for ``colours``: its scales are reused.

    Raises:
        InputError: the photo is too small or has transparency, or a setting is out of range.
        Stopped: the run was asked to stop.
    """
    checked(photo, cfg)
    photo = photo.to(run.device)
    net = build(cfg, (photo.shape[2], photo.shape[3])).to(run.device)
    if base is None:
        _train_scales(net, reals(photo, cfg), cfg, run)
    else:
        known = {name: tensor for name, tensor in base.state_dict().items() if name != "palette"}
        net.load_state_dict(known, strict=False)
    if cfg.colours:
        _train_repainter(net, reals(photo, cfg), photo, cfg, run)
    return net.requires_grad_(False).eval()


def unfinished(photo: Tensor, cfg: Config, run: Run) -> Net | None:
    """The model with the scales that an interrupted training has finished; ``None`` if there are none."""
    checked(photo, cfg)
    photo = photo.to(run.device)
    net = build(cfg, (photo.shape[2], photo.shape[3])).to(run.device)
    for scale, real in enumerate(reals(photo, cfg)):
        trainer = ScaleTrainer(net, scale, real, cfg, run)
        if not run.finished(cfg.steps, trainer.state, stage=f"scale {scale}"):
            break
        trainer.finish()
    return net.requires_grad_(False).eval() if net.depth else None


_COUNTS = (
    "steps",
    "critic_steps",
    "generator_steps",
    "together",
    "penalty_every",
    "width",
    "candidates",
    "patch_steps",
)


def check_settings(cfg: Config) -> None:
    """Check the settings before any work is done.

    Raises:
        InputError: one is out of range.
    """
    one_of(cfg, {"spacing": ("even", "early"), "border": ("zero", "noise")})
    if cfg.crop and cfg.crop < 32:
        raise unusable(cfg, "crop", "at least 32 pixels, or 0 for whole pictures")
    within(cfg, {"factor": (0.3, 0.95)})
    at_least(cfg, dict.fromkeys(_COUNTS, 1))
    odd_sides(cfg, ("patch",))
    if cfg.coarsest < 11:
        raise unusable(cfg, "coarsest", "11 pixels, which the networks see, or more")
    if cfg.magnified and not cfg.magnified > 1:
        raise unusable(cfg, "magnified", "a factor above 1, or 0")
    if len(cfg.given) % 2 or any(side < 1 for side in cfg.given):
        raise unusable(cfg, "given", "height and width of every scale, like 25,34,33,45")


def checked(photo: Tensor, cfg: Config) -> None:
    """Check photo and settings before the training starts."""
    if photo.shape[1] != 3:
        raise InputError("singan learns from opaque photos: lay this one on a background first, or use --engine gpnn")
    check_settings(cfg)
    learned_sizes((photo.shape[2], photo.shape[3]), cfg)


def _train_scales(net: Net, targets: list[Tensor], cfg: Config, run: Run) -> None:
    below: ScaleTrainer | None = None
    for scale, real in enumerate(targets):
        trainer = ScaleTrainer(net, scale, real, cfg, run, below)
        fit(trainer.step, trainer.state, trainer.batch, run, steps=cfg.steps, stage=f"scale {scale}")
        trainer.finish()
        below = trainer


def _train_repainter(net: Net, targets: list[Tensor], photo: Tensor, cfg: Config, run: Run) -> None:
    """Train one scale once more, on input with quantised colours (supplementary material, paint to image)."""
    net.palette.copy_(palette(at_size(photo, net.sizes[net.painted]), cfg.colours))
    trainer = QuantizedScaleTrainer(net, targets[net.painted], cfg, run)
    fit(trainer.step, trainer.state, trainer.batch, run, steps=cfg.steps, stage="scale in colours")
    trainer.finish()
