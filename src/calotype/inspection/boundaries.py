"""Linear boundaries of attributes in a space of styles, and the directions across them.

Shen, Gu, Tang, Zhou, "Interpreting the Latent Space of GANs for Semantic Face Editing", CVPR 2020: the normal of a
linear boundary between samples with and without an attribute is the direction along which the attribute changes;
subtracting its projections on other normals leaves the other attributes alone (section 3.2, conditional manipulation).
The boundary here is one of logistic regression, published is a linear support vector machine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.errors import InputError
from calotype.inspection.attribute_classifier import balanced_accuracy

HELD_OUT = 0.3  # share of the samples that boundaries are not fitted to
_DECAY = 1e-2  # of the weights, relative to the mean loss
_ITERATIONS = 100
_LEAST_LEFT = 0.1  # of a normal, beside those of the others


@dataclass(frozen=True)
class Boundary:
    """A linear boundary.

    Attributes:
        normal: of length 1, towards styles with the attribute: [style].
        accuracy: balanced accuracy on samples that it was not fitted to, 0..1; 0.5 is chance.
        spread: standard deviation of the styles along the normal.
    """

    normal: Tensor
    accuracy: float
    spread: float

    @property
    def direction(self) -> Tensor:
        """A step of one standard deviation of the styles: [style]."""
        return self.normal * self.spread


def boundary(styles: Tensor, has: Tensor, seed: int = 0) -> Boundary:
    """Fit a boundary to all but ``HELD_OUT`` of the samples.

    Args:
        styles: [N, style].
        has: whether each sample has the attribute: bool [N].
        seed: of the choice of the held-out samples.

    Raises:
        InputError: too few samples have it, or have it not.
    """
    held = _held_out(has, seed)
    mean, scale = styles[~held].mean(0), styles[~held].std().clamp_min(1e-8)
    x, y = (styles - mean) / scale, has.float()
    normal, offset = _fitted(x[~held], y[~held])
    accuracy = balanced_accuracy((x[held] @ normal + offset) > 0, has[held])
    unit = normal / normal.norm().clamp_min(1e-12)
    return Boundary(unit, accuracy, float((styles @ unit).std()))


def orthogonal(
    boundaries: Mapping[str, Boundary], styles: Tensor, has: Mapping[str, Tensor], seed: int = 0
) -> dict[str, Boundary]:
    """The boundaries with normals orthogonal to those of all others, and the accuracy that is left of them.

    Args:
        boundaries: by attribute.
        styles: [N, style].
        has: whether each sample has each attribute: bool [N].
        seed: as for ``boundary``.

    Raises:
        InputError: nothing is left of a normal: the attributes are the same direction.
    """
    made = {}
    for name, one in boundaries.items():
        others = [other.normal for key, other in boundaries.items() if key != name]
        left = one.normal - _projected(one.normal, others)
        if float(left.norm()) < _LEAST_LEFT:
            raise InputError(
                f"the direction of '{name}' is a mixture of the others: leave out attributes that say the same, or "
                "--orthogonal (orthogonal=)"
            )
        unit = left / left.norm()
        made[name] = Boundary(unit, _accuracy_along(styles @ unit, has[name], seed), float((styles @ unit).std()))
    return made


def _projected(vector: Tensor, others: Sequence[Tensor]) -> Tensor:
    """The part of a vector that lies in the space of others."""
    if not others:
        return torch.zeros_like(vector)
    basis = torch.linalg.qr(torch.stack(list(others), 1).double()).Q
    projected: Tensor = (basis @ (basis.T @ vector.double())).to(vector.dtype)
    return projected


def _accuracy_along(values: Tensor, has: Tensor, seed: int) -> float:
    """Balanced accuracy on held-out samples of the threshold between the means of the others."""
    held = _held_out(has, seed)
    known, y = values[~held], has[~held]
    threshold = (known[y].mean() + known[~y].mean()) / 2
    return balanced_accuracy(values[held] > threshold, has[held])


def _held_out(has: Tensor, seed: int) -> Tensor:
    """Which samples are held out, as many of those with the attribute as without, in proportion: bool [N]."""
    chance = torch.Generator().manual_seed(seed)
    held = torch.zeros(len(has), dtype=torch.bool)
    for kind in (has, ~has):
        numbers = kind.nonzero()[:, 0].cpu()
        count = round(HELD_OUT * len(numbers))
        if count < 1 or len(numbers) - count < 1:
            raise InputError("too few pictures have an attribute, or have it not: label more, or raise --samples")
        held[numbers[torch.randperm(len(numbers), generator=chance)[:count]]] = True
    return held.to(has.device)


def _fitted(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Weights and offset of logistic regression in which both kinds of samples count the same."""
    parameters = torch.zeros(x.shape[1] + 1, device=x.device, requires_grad=True)
    share = y.mean()
    weight = torch.where(y > 0.5, 0.5 / share, 0.5 / (1 - share))
    optimizer = torch.optim.LBFGS([parameters], max_iter=_ITERATIONS, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        with torch.enable_grad():
            said = x @ parameters[:-1] + parameters[-1]
            loss = F.binary_cross_entropy_with_logits(said, y, weight)
            loss = loss + _DECAY * parameters[:-1].square().sum()
            loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    found = parameters.detach()
    return found[:-1], found[-1]
