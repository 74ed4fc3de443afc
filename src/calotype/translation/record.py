"""What a net keeps of a task: a few pairs for certificates, and what its conditions look like."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.errors import InputError
from calotype.image.resize import resize
from calotype.translation.config import TranslationConfig
from calotype.translation.trainer import Translator, examples

GRID = 4  # a condition is described by a grid of so many squares a side
_LEAST_SPREAD = 0.05  # of a number of the description
_LEAST_VARIANCE = 1e-8  # that is added to those of codes, relative to their mean
_BATCHES = 16  # that the description is measured on
_TYPICAL = 0.05  # share of a task's conditions that are less likely than its typical ones


class Record(nn.Module):
    """Pairs and statistics of one task, as buffers.

    Args:
        cfg: the settings.

    Attributes:
        conditions: uint8 [kept, 3, H, W], or labels, int64 [kept].
        pictures: uint8 [kept, 3, H, W].
        mean: of the descriptions of the conditions.
        spread: their standard deviations.
        typical: a likelihood that 95 % of the task's conditions reach.
        error: mean absolute difference of reconstructions of the task's pictures, at the end of its training.
        code_mean: of the distribution that codes of this task are drawn from, [code]; 0 where it is the standard one.
        code_root: Cholesky factor of its covariance, [code, code]; the identity where it is the standard one.
        labels: bool [classes], those that the task has.
    """

    conditions: Tensor
    pictures: Tensor
    mean: Tensor
    spread: Tensor
    typical: Tensor
    error: Tensor
    code_mean: Tensor
    code_root: Tensor
    labels: Tensor

    def __init__(self, cfg: TranslationConfig) -> None:
        super().__init__()
        self.cfg = cfg
        pictures = torch.zeros(cfg.kept, 3, *cfg.size, dtype=torch.uint8)
        numbers = torch.zeros(cfg.kept, dtype=torch.int64)
        count = 4 * GRID * GRID
        for name, value in {
            "conditions": numbers if cfg.classes else pictures.clone(),
            "pictures": pictures,
            "mean": torch.zeros(count),
            "spread": torch.ones(count),
            "typical": torch.zeros(()),
            "error": torch.zeros(()),
            "code_mean": torch.zeros(cfg.code),
            "code_root": torch.eye(cfg.code),
            "labels": torch.zeros(cfg.classes, dtype=torch.bool),
        }.items():
            self.register_buffer(name, value)

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *args: Any) -> None:
        """Models of earlier versions have no distribution of codes: theirs is the standard normal one."""
        for name in ("code_mean", "code_root"):
            state_dict.setdefault(prefix + name, getattr(self, name))
        super()._load_from_state_dict(state_dict, prefix, *args)

    @torch.no_grad()
    def fill(self, net: Translator, batches: Callable[[int], Mapping[str, Tensor]], device: torch.device) -> None:
        """Record a task from its training pictures, after its training.

        Args:
            net: trained.
            batches: the batch of every step.
            device: of the net.

        Raises:
            InputError: codes are to be fitted and are not finite.
        """
        cfg = self.cfg
        given = [batches(i) for i in range(max(_BATCHES, -(-cfg.kept // len(batches(0)["image"]))))]
        name = "label" if cfg.classes else "other"
        whole = {key: torch.cat([batch[key] for batch in given]) for key in ("image", name)}
        self.pictures.copy_(_bytes(whole["image"][: cfg.kept]))
        if cfg.classes:
            self.conditions.copy_(whole[name][: cfg.kept])
            self.labels[torch.unique(whole[name])] = True
        else:
            self.conditions.copy_(_bytes(whole[name][: cfg.kept]))
            found = description(whole[name].to(device))
            self.mean.copy_(found.mean(0))
            self.spread.copy_(found.std(0).clamp_min(_LEAST_SPREAD))
            self.typical.copy_(self.likelihood(whole[name].to(device)).quantile(_TYPICAL))
        self.error.copy_(reconstruction_error(net, given[0], cfg, device))
        if cfg.code_prior == "fitted":
            mean, root = fitted_prior(*net.encode(whole["image"].to(device)))
            self.code_mean.copy_(mean)
            self.code_root.copy_(root)

    def codes(self, standard: Tensor) -> Tensor:
        """Codes of this task, of numbers drawn from the standard normal distribution: [B, code] each."""
        return self.code_mean.to(standard) + standard @ self.code_root.to(standard).T

    def likelihood(self, conditions: Tensor) -> Tensor:
        """How likely conditions [B, 3, h, w] are those of this task: mean logarithm of normal densities, [B]."""
        distance = (description(conditions) - self.mean) / self.spread
        return -(0.5 * distance.square() + self.spread.log()).mean(1)

    def pairs(self) -> dict[str, Tensor]:
        """The kept pairs as a batch, see ``Trainer.step``."""
        pictures = self.pictures.float() / 127.5 - 1
        if self.cfg.classes:
            return {"image": pictures, "label": self.conditions}
        return {"image": pictures, "other": self.conditions.float() / 127.5 - 1}


def fitted_prior(mean: Tensor, log_variance: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and covariance of the mixture of the distributions of codes, the aggregated posterior.

    Codes that are drawn from a normal distribution with these are like those that the generator got of real pictures
    (Ghosh et al., "From Variational to Deterministic Autoencoders", ICLR 2020, section 4: ex-post density estimation).

    Args:
        mean: of the distribution of each picture's code, [B, code].
        log_variance: likewise.

    Returns:
        The mean, [code], and the Cholesky factor of the covariance, [code, code]. To the variances 1e-8 of their mean
        over the dimensions is added, so that the factor exists where codes vary in a few directions alone.

    Raises:
        InputError: the codes are not finite.
    """
    exact = mean.cpu().double()  # not all devices have float64
    apart = exact - exact.mean(0)
    covariance = apart.T @ apart / len(exact) + log_variance.cpu().double().exp().mean(0).diag()
    if not bool(covariance.isfinite().all()):
        raise InputError("the training diverged, its codes are not finite: train with a smaller rate (--set rate=)")
    least = _LEAST_VARIANCE * covariance.diagonal().mean().clamp_min(torch.finfo(torch.float32).tiny)
    root: Tensor = torch.linalg.cholesky(covariance + least * torch.eye(len(covariance), dtype=covariance.dtype))
    return mean.mean(0), root.to(mean)


def description(conditions: Tensor) -> Tensor:
    """Colours and changes of brightness in a grid of squares: [B, 64] of [B, 3, h, w], -1..1."""
    x = resize(conditions, (8 * GRID, 8 * GRID))
    grey = x.mean(1, keepdim=True)
    across = F.pad((grey[..., 1:] - grey[..., :-1]).abs(), (0, 1))
    down = F.pad((grey[:, :, 1:] - grey[:, :, :-1]).abs(), (0, 0, 0, 1))
    return F.avg_pool2d(torch.cat([x, across + down], 1), 8).flatten(1)


def likeliest(records: Sequence[Record], condition: Tensor) -> int:
    """The number of the task whose conditions are most like a condition [1, 3, h, w]."""
    found = torch.stack([record.likelihood(condition.to(record.mean.device))[0] for record in records])
    return int(found.argmax())


def reconstruction_error(
    net: Translator, batch: Mapping[str, Tensor], cfg: TranslationConfig, device: torch.device
) -> Tensor:
    """Mean absolute difference of pictures and those that are drawn with their own codes; a scalar."""
    condition, real = examples(batch, cfg, device)
    return (net.draw(condition, net.encode(real)[0]) - real).abs().mean()


@torch.no_grad()
def outputs(net: Translator, record: Record, device: torch.device, seed: int = 0) -> Tensor:
    """Pictures of the kept conditions with drawn codes of the task: uint8 [kept, 3, H, W], on the CPU."""
    condition, _ = examples(record.pairs(), record.cfg, device)
    generator = torch.Generator().manual_seed(seed)
    codes = record.codes(torch.randn(len(condition), record.cfg.code, generator=generator)).to(device)
    return _bytes(net.draw(condition, codes).clamp(-1, 1)).cpu()


def sha256(pictures: Tensor) -> str:
    """Hash of pictures, uint8 [N, 3, H, W]."""
    return hashlib.sha256(pictures.contiguous().numpy().tobytes()).hexdigest()


@torch.no_grad()
def accuracy(net: Translator, records: Sequence[Record], number: int, device: torch.device) -> float:
    """Share of the kept conditions of a task whose picture is nearer to its own target than to any other kept one.

    Pictures are drawn with the codes of their targets and compared by their mean absolute difference, with the kept
    pictures of all ``records``. 0..1.
    """
    record = records[number]
    condition, real = examples(record.pairs(), record.cfg, device)
    made = net.draw(condition, net.encode(real)[0]).flatten(1)
    known = torch.cat([other.pairs()["image"].to(device) for other in records]).flatten(1)
    first = sum(len(other.pictures) for other in records[:number])
    nearest = torch.cdist(made.float(), known.float(), p=1).argmin(1).cpu()
    return float((nearest == first + torch.arange(len(made))).float().mean())


def _bytes(pictures: Tensor) -> Tensor:
    return ((pictures + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
