"""Mutual information of two codes, estimated by a critic that is trained anew on them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from calotype.errors import InputError
from calotype.losses.density_ratio import density_ratio_loss
from calotype.metrics.probes import bootstrap, split
from calotype.nn.critics import Critics
from calotype.nn.schedules import cosine, set_rates

_BATCH, _RATE, _DECAY = 256, 1e-3, 1e-2
STEPS = 1500  # of the training
_WIDTH, _BLOCKS = 128, 2
_CHECKS = 15  # times that the critic is tried on samples it does not learn from


@dataclass(frozen=True)
class Information:
    """An estimate of mutual information.

    Attributes:
        nats: mean of the logarithm of the density ratio over held-out pairs; about 0 for independent codes, and below
            the true value where the critic or the samples do not suffice.
        low: lower end of the 95 % bootstrap interval over held-out samples.
        high: its upper end.
        learned: number of samples learned from.
        held_out: number of held-out samples.
    """

    nats: float
    low: float
    high: float
    learned: int
    held_out: int

    def as_dict(self) -> dict[str, Any]:
        """All attributes, JSON-ready."""
        return asdict(self)


def mutual_information(
    first: Tensor,
    second: Tensor,
    *,
    groups: Tensor | None = None,
    steps: int = STEPS,
    width: int = _WIDTH,
    blocks: int = _BLOCKS,
    seed: int = 0,
) -> Information:
    """Train a critic T(a, b) = <f(a), g(b)> on three quarters of the samples and average it over the others.

    The critic is that of Esser et al., ICCV 2019; of its states during the training that of the lowest loss on a part
    of the samples learned from is used, which keeps it from overfitting. With thousands of samples of many elements it
    still finds less than there is, so a low value alone proves nothing: read it beside probes.

    Args:
        first: codes [n, d].
        second: the codes that go with them, [n, e].
        groups: group of each sample, int64 [n], such as its clip: groups are held out as a whole.
        steps: training steps of 256 pairs.
        width: channels of the critic.
        blocks: its residual blocks.
        seed: of weights, batches and held-out samples.

    Raises:
        InputError: there are too few samples.
    """
    if len(first) < 16:
        raise InputError(f"too few samples ({len(first)}) to estimate mutual information: give 16 or more")
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        torch.manual_seed(seed)
        return _estimated(first.float(), second.float(), groups, steps, width, blocks, seed)


def _estimated(
    first: Tensor, second: Tensor, groups: Tensor | None, steps: int, width: int, blocks: int, seed: int
) -> Information:
    learned = split(len(first), groups=groups, seed=seed)
    a, b = _scaled(first, learned), _scaled(second, learned)
    inside, held = torch.nonzero(learned)[:, 0], torch.nonzero(~learned)[:, 0]
    mine = None if groups is None else torch.as_tensor(groups)[inside]
    known = split(len(inside), groups=mine, share=0.85, seed=seed + 1)
    tried, inside = inside[~known], inside[known]
    critic = Critics(a.shape[1], b.shape[1], width=width, blocks=blocks, products=width)
    optimizer = torch.optim.AdamW(critic.parameters(), lr=_RATE, weight_decay=_DECAY, fused=True)
    schedule = cosine(steps)
    best, kept = _loss(critic, a[tried], b[tried]), {n: value.clone() for n, value in critic.state_dict().items()}
    batch = min(_BATCH, len(inside) // 2 * 2)
    for step in range(steps):
        set_rates(schedule(step), optimizer)
        rows = inside[torch.randint(len(inside), (batch,))]
        loss = density_ratio_loss(*critic(a[rows], b[rows])).sum()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        if (step + 1) % max(1, steps // _CHECKS) == 0:
            now = _loss(critic, a[tried], b[tried])
            if now < best:
                best, kept = now, {name: value.clone() for name, value in critic.state_dict().items()}
    critic.load_state_dict(kept)
    with torch.no_grad():
        scores = critic.frozen(0, a[held], b[held]).double()
    low, high = bootstrap(lambda rows: float(scores[rows].mean()), len(held), seed)
    return Information(float(scores.mean()), low, high, len(inside) + len(tried), len(held))


@torch.no_grad()
def _loss(critic: Critics, a: Tensor, b: Tensor) -> float:
    """The loss over all joint pairs and as many independent ones, for several shifts of the rows."""
    joint = critic.frozen(0, a, b)
    shifts = range(1, min(8, len(a)))
    apart = torch.stack([critic.frozen(0, a, b.roll(shift, 0)) for shift in shifts])
    return float(density_ratio_loss(joint.expand(len(apart), -1), apart).mean())


def _scaled(code: Tensor, learned: Tensor) -> Tensor:
    flat = code.flatten(1)
    deviation, mean = torch.std_mean(flat[learned], 0)
    return (flat - mean) / torch.where(deviation > 1e-9, deviation, 1.0)
