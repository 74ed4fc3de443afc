"""Probes: how well a linear model tells a factor from a code, on samples that it did not learn from.

A probe that tells an identity from a pose code measures a leak; one that tells nothing does not prove that nothing is
there, see ``calotype.metrics.information`` for another measure.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from calotype.errors import InputError

_STRENGTHS = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)  # of the regularization, relative to the number of samples
_FOLDS = 4
_RESAMPLED, _CONFIDENCE = 1000, 0.95
_ITERATIONS = 60  # of L-BFGS


@dataclass(frozen=True)
class Probe:
    """What a probe tells on held-out samples.

    Attributes:
        kind: ``ridge``: coefficient of determination R^2, at most 1; ``logistic``: accuracy, 0..1.
        score: on the held-out samples.
        low: lower end of the 95 % bootstrap interval over held-out samples.
        high: its upper end.
        chance: score of a probe that does not see the code: 0 for R^2; the share of the most frequent class among the
            samples learned from, in the held-out ones, or one over the number of classes, whichever is more.
        learned: number of samples learned from.
        held_out: number of held-out samples.
    """

    kind: str
    score: float
    low: float
    high: float
    chance: float
    learned: int
    held_out: int

    @property
    def normalised(self) -> float:
        """The score scaled so that chance is 0 and perfect 1, at least 0."""
        return max(0.0, (self.score - self.chance) / (1 - self.chance)) if self.chance < 1 else 0.0

    def as_dict(self) -> dict[str, Any]:
        """All attributes and ``normalised``, JSON-ready."""
        return {**asdict(self), "normalised": self.normalised}


def split(count: int, *, groups: Sequence[int] | Tensor | None = None, share: float = 0.75, seed: int = 0) -> Tensor:
    """Which samples are learned from, bool [count]; the others are held out.

    Args:
        count: number of samples.
        groups: group of each sample: groups are held out as a whole; ``None``: samples one by one.
        share: of the samples, or groups, that are learned from, between 0 and 1.
        seed: of the choice.

    Raises:
        InputError: there are too few samples, or groups, to hold any out.
    """
    of = torch.arange(count) if groups is None else torch.as_tensor(groups)
    numbers = torch.from_numpy(np.unique(of.numpy()))
    if len(numbers) < 2:
        raise InputError(f"too few samples or groups ({len(numbers)}) to split for a probe: give two or more")
    order = numbers[torch.randperm(len(numbers), generator=torch.Generator().manual_seed(seed))]
    learned = order[: min(len(order) - 1, max(1, round(share * len(order))))]
    return torch.isin(of, learned)


def fourier_features(code: Tensor, learned: Tensor, *, count: int = 512, seed: int = 0) -> Tensor:
    """A code and random Fourier features of it, for probes that are not linear, [n, d + count].

    Rahimi and Recht, "Random Features for Large-Scale Kernel Machines", NIPS 2007: cosines of random projections; a
    linear model of them approximates one with a Gaussian kernel, here of the width at which two codes that differ by
    one standard deviation in every element have a kernel of exp(-1/2).

    Args:
        code: [n, d].
        learned: samples that the elements are standardised by, bool [n].
        count: number of cosines.
        seed: of the projections.
    """
    x = _standardised(code.float(), learned)[:, :-1]
    chance = torch.Generator().manual_seed(seed)
    directions = torch.randn(x.shape[1], count, generator=chance) / x.shape[1] ** 0.5
    phases = torch.rand(count, generator=chance) * (2 * math.pi)
    return torch.cat([x, (x @ directions + phases).cos()], 1)


def ridge_probe(code: Tensor, values: Tensor, learned: Tensor, *, seed: int = 0) -> Probe:
    """Ridge regression of values on a code, its strength chosen by cross-validation within the learned samples.

    R^2 is 1 minus the squared error over that of the learned samples' mean, all columns of the values together, each
    scaled to variance 1.

    Args:
        code: [n, d].
        values: [n, k], or [n].
        learned: which samples are learned from, bool [n].
        seed: of folds and bootstrap.

    Raises:
        InputError: fewer than two samples are learned from or held out, or the values do not vary.
    """
    _check(len(code), learned)
    x, y = _standardised(code.double(), learned), values.double().reshape(len(code), -1)
    mean, deviation = y[learned].mean(0), y[learned].std(0)
    varying = deviation > 1e-9
    if not varying.any():
        raise InputError("the values do not vary: a probe needs at least two of them")
    y = (y[:, varying] - mean[varying]) / deviation[varying]
    inside = torch.nonzero(learned)[:, 0]
    folds = torch.randperm(len(inside), generator=torch.Generator().manual_seed(seed)) % min(_FOLDS, len(inside))

    def error(strength: float) -> float:
        total = 0.0
        for fold in range(min(_FOLDS, len(inside))):
            known, unknown = inside[folds != fold], inside[folds == fold]
            total += float((y[unknown] - x[unknown] @ _ridge(x[known], y[known], strength)).square().sum())
        return total

    weights = _ridge(x[inside], y[inside], min(_STRENGTHS, key=error))
    held = ~learned
    lost = (y[held] - x[held] @ weights).square().sum(1)
    # Held-out samples have their own mean, but a probe without a code could only give that of the learned ones.
    scale = y[held].square().sum(1)
    return _probe("ridge", lambda rows: 1 - float(lost[rows].sum() / scale[rows].sum().clamp(min=1e-12)), 0.0, learned)


def logistic_probe(code: Tensor, classes: Tensor, learned: Tensor, *, seed: int = 0) -> Probe:
    """Multinomial logistic regression of classes on a code, its strength chosen on a quarter of the learned samples.

    Args:
        code: [n, d].
        classes: int64 [n], of any numbers.
        learned: which samples are learned from, bool [n].
        seed: of the choice of that quarter, and of the bootstrap.

    Raises:
        InputError: fewer than two samples are learned from or held out, or they are of one class.
    """
    _check(len(code), learned)
    found, indices = np.unique(classes.numpy(), return_inverse=True)
    names, y = range(len(found)), torch.from_numpy(indices).reshape(-1)
    if len(names) < 2:
        raise InputError("all samples are of one class: a probe needs at least two classes")
    x = _standardised(code.float(), learned)
    inside, held = torch.nonzero(learned)[:, 0], ~learned
    order = inside[torch.randperm(len(inside), generator=torch.Generator().manual_seed(seed))]
    tried, known = order[: max(1, len(order) // 4)], order[max(1, len(order) // 4) :]

    def accuracy(strength: float) -> float:
        return float((_logistic(x[known], y[known], len(names), strength)(x[tried]) == y[tried]).float().mean())

    best = max(_STRENGTHS, key=accuracy)
    right = (_logistic(x[inside], y[inside], len(names), best)(x[held]) == y[held]).double()
    common = y[inside].mode().values
    chance = max(1 / len(names), float((y[held] == common).double().mean()))
    return _probe("logistic", lambda rows: float(right[rows].mean()), chance, learned, seed)


def _ridge(x: Tensor, y: Tensor, strength: float) -> Tensor:
    penalty = strength * len(x) * torch.eye(x.shape[1], dtype=x.dtype)
    penalty[-1, -1] = 0  # the constant
    found: Tensor = torch.linalg.lstsq(x.T @ x + penalty + 1e-9 * torch.eye(x.shape[1], dtype=x.dtype), x.T @ y)[0]
    return found


def _logistic(x: Tensor, y: Tensor, count: int, strength: float) -> Callable[[Tensor], Tensor]:
    weights = torch.zeros(x.shape[1], count, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights], max_iter=_ITERATIONS, history_size=10, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        with torch.enable_grad():
            loss = torch.nn.functional.cross_entropy(x @ weights, y) + 0.5 * strength * weights[:-1].square().sum()
            loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    found = weights.detach()
    return lambda rows: (rows @ found).argmax(1)


def _standardised(code: Tensor, learned: Tensor) -> Tensor:
    """Columns of mean 0 and variance 1 among the learned samples, and last a constant."""
    flat = code.flatten(1)
    deviation, mean = torch.std_mean(flat[learned], 0)
    scaled = (flat - mean) / torch.where(deviation > 1e-9, deviation, 1.0)
    return torch.cat([scaled.clamp(-10, 10), flat.new_ones(len(flat), 1)], 1)


def _check(count: int, learned: Tensor) -> None:
    known = int(learned.sum())
    if known < 2 or count - known < 2:
        raise InputError(f"{known} samples to learn from and {count - known} held out are too few for a probe")


def _probe(kind: str, score: Callable[[Tensor], float], chance: float, learned: Tensor, seed: int = 0) -> Probe:
    known, held = int(learned.sum()), int((~learned).sum())
    low, high = bootstrap(score, held, seed)
    return Probe(kind, score(torch.arange(held)), low, high, chance, known, held)


def bootstrap(score: Callable[[Tensor], float], count: int, seed: int = 0) -> tuple[float, float]:
    """The 95 % percentile interval of a score over resampled rows.

    Efron, "Bootstrap Methods: Another Look at the Jackknife", 1979.

    Args:
        score: of rows, int64 [count] with repetitions.
        count: number of rows.
        seed: of the resampling.
    """
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.tensor(
        [score(torch.randint(count, (count,), generator=generator)) for _ in range(_RESAMPLED)]
    ).double()
    ends = torch.quantile(drawn, torch.tensor([0.5 - _CONFIDENCE / 2, 0.5 + _CONFIDENCE / 2]).double())
    return float(ends[0]), float(ends[1])
