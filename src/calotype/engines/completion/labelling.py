"""Fill a hole with shifted copies of its surroundings, with seams where they are least visible.

Every pixel of the hole is assigned one of a few offsets: a labelling of a Markov random field with pairwise costs
between neighbours of different labels (He and Sun, ECCV 2012, eq. 2-4). They solve it with graph cuts; here it is
solved by belief propagation, which needs only a few operations on small matrices.
"""

from __future__ import annotations

import torch
from torch import Tensor

from calotype.engines.completion.offsets import leads_to_known, offset_cost

# Cost of an offset that does not lead to a known pixel: more than any seam.
INVALID_COST = 1e4
# Right, left, down, up: (rows, columns).
DIRECTIONS = ((0, 1), (0, -1), (1, 0), (-1, 0))


def assign_offsets(photo: Tensor, hole: Tensor, offsets: Tensor, rounds: int, near: float = 0.0) -> Tensor:
    """Assign an offset to each pixel of a hole: indices, int64 [pixels], in the order of ``hole.nonzero()``.

    Args:
        photo: [1, C, h, w], -1..1.
        hole: bool [h, w].
        offsets: int64 [K, 2], rows and columns.
        rounds: iterations of belief propagation.
        near: cost of the maximum distance, in squared colour differences.
    """
    pixel = hole.nonzero()
    field = _MarkovField(photo, hole, pixel, offsets)
    field.unary += near * offset_cost(offsets, (hole.shape[0], hole.shape[1]))
    beliefs = field.propagate(rounds)
    return field.icm(beliefs.argmin(1))


class _MarkovField:
    """Unary and pairwise costs of all labels, and the pairs of neighbours.

    Attributes:
        unary: [n, K], unary cost of each label of each pixel, including the seams to known pixels.
        pairs: two pairs of index tensors [e]: horizontal and vertical neighbours.
        seams: [e, K, K], pairwise costs of the labels of such neighbours.
    """

    def __init__(self, photo: Tensor, hole: Tensor, pixel: Tensor, offsets: Tensor) -> None:
        rows, columns = hole.shape
        pixels = photo[0].permute(1, 2, 0)
        number = torch.full((rows, columns), -1, dtype=torch.int64, device=hole.device)
        number[hole] = torch.arange(len(pixel), device=hole.device)
        copies = pixels[clamped_index(pixel[:, None] + offsets[None], rows, columns)]  # [n, K, C]
        self.unary = torch.where(leads_to_known(offsets, hole), 0.0, INVALID_COST)
        distances = torch.cdist(copies, copies).square()  # [n, K, K]
        self.pairs, self.seams = [], []
        for direction in DIRECTIONS:
            step = pixel + torch.tensor(direction, device=hole.device)
            inside = (step >= 0).all(1) & (step[:, 0] < rows) & (step[:, 1] < columns)
            neighbour = torch.where(inside, number[clamped_index(step, rows, columns)], -1)
            # Seam to a known neighbour: its value, and the value next to the copied pixel.
            neighbour_value = pixels[clamped_index(step, rows, columns)][:, None]
            continuation = pixels[clamped_index(step[:, None] + offsets[None], rows, columns)]
            known = (inside & (neighbour < 0))[:, None]
            self.unary = self.unary + torch.where(known, (neighbour_value - continuation).square().sum(2), 0.0)
            if sum(direction) > 0:
                one = (neighbour >= 0).nonzero()[:, 0]
                self.pairs.append((one, neighbour[one]))
                self.seams.append(distances[one] + distances[neighbour[one]])

    def propagate(self, rounds: int) -> Tensor:
        """Beliefs, as costs of each label of each pixel: [n, K]. Min-sum with damping 1/2."""
        # Messages to the second pixel of a pair from the first, and to the first from the second.
        messages = [torch.zeros(2, *seam.shape[:2], device=seam.device) for seam in self.seams]
        total = self.unary
        for _ in range(rounds):
            for (one, two), seam, (to_two, to_one) in zip(self.pairs, self.seams, messages):
                updates = min_sum_message(total[one] - to_one, seam), min_sum_message(total[two] - to_two, seam)
                to_two.lerp_(updates[0], 0.5)
                to_one.lerp_(updates[1], 0.5)
            total = self.unary.clone()
            for (one, two), (to_two, to_one) in zip(self.pairs, messages):
                total.index_add_(0, two, to_two)
                total.index_add_(0, one, to_one)
        return total

    def icm(self, labels: Tensor, sweeps: int = 4) -> Tensor:
        """Iterated conditional modes from ``labels`` [n], in checkerboard order."""
        indices = torch.arange(len(labels), device=labels.device)
        for sweep in range(2 * sweeps):
            cost = self.unary.clone()
            for (one, two), seam in zip(self.pairs, self.seams):
                at = torch.arange(len(one), device=one.device)
                cost.index_add_(0, one, seam[at, labels[two]])
                cost.index_add_(0, two, seam[at, labels[one]])
            labels = torch.where((indices + sweep) % 2 == 0, cost.argmin(1), labels)
        return labels


def min_sum_message(belief: Tensor, seam: Tensor, chunk: int = 64) -> Tensor:
    """Message to the neighbour: its minimum cost for every label, [e, K], normalised to a minimum of 0.

    Computed for a few pairs at a time, so that the temporaries fit the CPU's cache.
    """
    messages = torch.empty_like(belief)
    for start in range(0, len(belief), chunk):
        part = slice(start, start + chunk)
        messages[part] = (seam[part] + belief[part, None]).amin(2)  # seams are symmetric
    return messages - messages.amin(1, keepdim=True)


def clamped_index(pixel: Tensor, rows: int, columns: int) -> tuple[Tensor, Tensor]:
    """Index of the pixel at each position [..., 2], clamped to the image."""
    return pixel[..., 0].clamp(0, rows - 1), pixel[..., 1].clamp(0, columns - 1)
