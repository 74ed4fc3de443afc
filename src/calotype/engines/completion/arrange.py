"""The hole put together from displaced copies of what is around it, with seams where they are seen least.

Every pixel of the hole is given one of a few displacements: a labelling of a Markov random field whose costs lie
between neighbours with different labels (He and Sun, ECCV 2012, eq. 2-4). They solve it by graph cuts; here it is done
by belief propagation, which is a few operations on small matrices.
"""

from __future__ import annotations

import torch
from torch import Tensor

from calotype.engines.completion.offsets import far, landing

# What it costs to take a pixel from where none is known: more than any seam.
NOWHERE = 1e4
# Right, left, down, up: (rows, columns).
WAYS = ((0, 1), (0, -1), (1, 0), (-1, 0))


def arranged(photo: Tensor, hole: Tensor, offsets: Tensor, rounds: int, near: float = 0.0) -> Tensor:
    """For each pixel of a hole the number of an offset: int64 [pixels], in the order of ``hole.nonzero()``.

    Args:
        photo: [1, C, h, w], -1..1.
        hole: bool [h, w].
        offsets: int64 [K, 2], rows and columns.
        rounds: of belief propagation.
        near: what a pixel costs that is taken from the other end of the picture, in squared colour differences.
    """
    place = hole.nonzero()
    field = _Field(photo, hole, place, offsets)
    field.own += near * far(offsets, (hole.shape[0], hole.shape[1]))
    beliefs = field.propagated(rounds)
    return field.settled(beliefs.argmin(1))


class _Field:
    """The costs of all labels of all pixels, and which pixels are neighbours.

    Attributes:
        own: [n, K], what each label of each pixel costs by itself, beside what is known included.
        pairs: two index tensors [e], the pixels left and right, above and below of each other.
        seams: [e, K, K], what two labels of such neighbours cost.
    """

    def __init__(self, photo: Tensor, hole: Tensor, place: Tensor, offsets: Tensor) -> None:
        rows, columns = hole.shape
        pixels = photo[0].permute(1, 2, 0)
        number = torch.full((rows, columns), -1, dtype=torch.int64, device=hole.device)
        number[hole] = torch.arange(len(place), device=hole.device)
        copies = pixels[held(place[:, None] + offsets[None], rows, columns)]  # [n, K, C]
        self.own = torch.where(landing(offsets, hole), 0.0, NOWHERE)
        apart = torch.cdist(copies, copies).square()  # [n, K, K]
        self.pairs, self.seams = [], []
        for way in WAYS:
            step = place + torch.tensor(way, device=hole.device)
            inside = (step >= 0).all(1) & (step[:, 0] < rows) & (step[:, 1] < columns)
            beside = torch.where(inside, number[held(step, rows, columns)], -1)
            # A known neighbour: what stands there, and what would follow it in the copy.
            there = pixels[held(step, rows, columns)][:, None]
            follows = pixels[held(step[:, None] + offsets[None], rows, columns)]
            known = (inside & (beside < 0))[:, None]
            self.own = self.own + torch.where(known, (there - follows).square().sum(2), 0.0)
            if sum(way) > 0:
                one = (beside >= 0).nonzero()[:, 0]
                self.pairs.append((one, beside[one]))
                self.seams.append(apart[one] + apart[beside[one]])

    def propagated(self, rounds: int) -> Tensor:
        """What each label of each pixel costs, all things considered: [n, K]. Min-sum, damped by half."""
        # What the second of a pair hears from the first, and the first from the second.
        heard = [torch.zeros(2, *seam.shape[:2], device=seam.device) for seam in self.seams]
        total = self.own
        for _ in range(rounds):
            for (one, two), seam, (to_two, to_one) in zip(self.pairs, self.seams, heard):
                news = said(total[one] - to_one, seam), said(total[two] - to_two, seam)
                to_two.lerp_(news[0], 0.5)
                to_one.lerp_(news[1], 0.5)
            total = self.own.clone()
            for (one, two), (to_two, to_one) in zip(self.pairs, heard):
                total.index_add_(0, two, to_two)
                total.index_add_(0, one, to_one)
        return total

    def settled(self, labels: Tensor, sweeps: int = 4) -> Tensor:
        """``labels`` [n], changed while that costs less: by turns every other pixel."""
        every = torch.arange(len(labels), device=labels.device)
        for sweep in range(2 * sweeps):
            cost = self.own.clone()
            for (one, two), seam in zip(self.pairs, self.seams):
                at = torch.arange(len(one), device=one.device)
                cost.index_add_(0, one, seam[at, labels[two]])
                cost.index_add_(0, two, seam[at, labels[one]])
            labels = torch.where((every + sweep) % 2 == 0, cost.argmin(1), labels)
        return labels


def said(belief: Tensor, seam: Tensor, together: int = 64) -> Tensor:
    """For every label of the neighbour the least cost: [e, K], least of all 0.

    Some pairs at a time, so that what is added up stays in the processor's cache.
    """
    heard = torch.empty_like(belief)
    for start in range(0, len(belief), together):
        part = slice(start, start + together)
        heard[part] = (seam[part] + belief[part, None]).amin(2)  # seams are symmetric
    return heard - heard.amin(1, keepdim=True)


def held(place: Tensor, rows: int, columns: int) -> tuple[Tensor, Tensor]:
    """An index of the pixel at each place [..., 2], or of the nearest one that there is."""
    return place[..., 0].clamp(0, rows - 1), place[..., 1].clamp(0, columns - 1)
