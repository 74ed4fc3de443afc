"""Fill a hole with shifted copies of its surroundings, with seams where they are least visible.

Every pixel of the hole is assigned one of a few offsets: a labelling of a Markov random field with pairwise costs
between neighbours of different labels (He and Sun, ECCV 2012, eq. 2-4). They solve it with graph cuts; here it is
solved by belief propagation, which needs only a few operations on small matrices. Messages are sent line by line to and
fro (Tappen and Freeman, ICCV 2003), so that they cross the hole in one iteration. Many offsets are assigned in groups,
from whose results each pixel then chooses (fusion moves: Lempitsky, Rother, Roth, Blake, PAMI 2010).
"""

from __future__ import annotations

import torch
from torch import Tensor

from calotype.engines.completion.offsets import leads_to_known, offset_cost

# Cost of an offset that does not lead to a known pixel: more than any seam.
INVALID_COST = 1e4
# Maximum number of offsets that are assigned at once.
GROUP = 60
# Right, left, down, up: (rows, columns).
DIRECTIONS = ((0, 1), (0, -1), (1, 0), (-1, 0))


def assign_offsets(
    photo: Tensor, hole: Tensor, offsets: Tensor, rounds: int, near: float = 0.0, copied: Tensor | None = None
) -> Tensor:
    """Assign an offset to each pixel of a hole: indices, int64 [pixels], in the order of ``hole.nonzero()``.

    Args:
        photo: [1, C, h, w], -1..1.
        hole: bool [h, w].
        offsets: int64 [K, 2], rows and columns.
        rounds: iterations of belief propagation.
        near: cost of the maximum distance, in squared colour differences.
        copied: [h, w], cost of a copy of each pixel; ``None`` for none.
    """
    pixel = hole.nonzero()
    cost = near * offset_cost(offsets, (hole.shape[0], hole.shape[1]))

    def costs(some: Tensor, distances: Tensor) -> Tensor:
        """Of the offsets [K, 2] or [n, K, 2] for each pixel."""
        if copied is None:
            return distances
        each = some[None] if some.dim() == 2 else some
        return distances + copied[clamped_index(pixel[:, None] + each, hole.shape[0], hole.shape[1])]

    count = -(-len(offsets) // GROUP)
    found = []
    for first in range(count):
        # Every group has frequent offsets and rare ones.
        group = torch.arange(first, len(offsets), count, device=hole.device)
        found.append(group[labelled(photo, hole, pixel, offsets[group], costs(offsets[group], cost[group]), rounds)])
    if count == 1:
        return found[0]
    lists = torch.stack(found, 1)
    chosen = labelled(photo, hole, pixel, offsets[lists], costs(offsets[lists], cost[lists]), rounds)
    return lists.gather(1, chosen[:, None])[:, 0]


def labelled(photo: Tensor, hole: Tensor, pixel: Tensor, offsets: Tensor, cost: Tensor, rounds: int) -> Tensor:
    """The labels of least cost, int64 [n]: of offsets [K, 2] for all pixels, or of each pixel's own [n, K, 2].

    ``cost`` [K] or [n, K] is added to those of known neighbours.
    """
    field = _MarkovField(photo, hole, pixel, offsets)
    field.unary += cost
    return field.icm(field.propagate(rounds).argmin(1))


class _MarkovField:
    """Unary and pairwise costs of all labels, and the pairs of neighbours.

    Attributes:
        unary: [n, K], unary cost of each label of each pixel, including the seams to known pixels.
        pairs: two pairs of index tensors [e]: horizontal and vertical neighbours.
        seams: [e, K, K], pairwise costs of the labels of such neighbours, the first one's first.
        lines: the pairs of each line across the direction of their neighbours, in order.
    """

    def __init__(self, photo: Tensor, hole: Tensor, pixel: Tensor, offsets: Tensor) -> None:
        rows, columns = hole.shape
        pixels = photo[0].permute(1, 2, 0)
        number = torch.full((rows, columns), -1, dtype=torch.int64, device=hole.device)
        number[hole] = torch.arange(len(pixel), device=hole.device)
        shared = offsets.dim() == 2
        each = offsets[None] if shared else offsets

        def copies(at: Tensor, offsets: Tensor) -> Tensor:
            return pixels[clamped_index(at[:, None] + offsets, rows, columns)]  # [n, K, C]

        self.unary = torch.where(leads_to_known(offsets, hole), 0.0, INVALID_COST)
        distances = squared_distances(copies(pixel, each), copies(pixel, each)) if shared else None
        self.pairs, self.seams, self.lines = [], [], []
        for direction in DIRECTIONS:
            step = pixel + torch.tensor(direction, device=hole.device)
            inside = (step >= 0).all(1) & (step[:, 0] < rows) & (step[:, 1] < columns)
            neighbour = torch.where(inside, number[clamped_index(step, rows, columns)], -1)
            # Seam to a known neighbour: its value, and the value next to the copied pixel.
            neighbour_value = pixels[clamped_index(step, rows, columns)][:, None]
            known = (inside & (neighbour < 0)).nonzero()[:, 0]
            continuation = copies(step[known], each if shared else each[known])
            self.unary[known] += (neighbour_value[known] - continuation).square().sum(2)
            if sum(direction) > 0:
                one = (neighbour >= 0).nonzero()[:, 0]
                # In lines across the direction.
                line = pixel[one, direction.index(1)]
                one = one[line.argsort(stable=True)]
                two = neighbour[one]
                ends = line.bincount().cumsum(0).tolist()
                self.lines.append([slice(x, y) for x, y in zip([0, *ends], ends) if y > x])
                self.pairs.append((one, two))
                if distances is not None:
                    self.seams.append(distances[one] + distances[two])
                else:
                    self.seams.append(
                        squared_distances(copies(pixel[one], each[one]), copies(pixel[one], each[two]))
                        + squared_distances(copies(pixel[two], each[one]), copies(pixel[two], each[two]))
                    )

    def propagate(self, rounds: int) -> Tensor:
        """Beliefs, as costs of each label of each pixel: [n, K]. Min-sum, line by line to and fro along both axes."""
        total = self.unary.clone()
        # Messages to the second pixel of each pair from the first, and to the first from the second.
        messages = [torch.zeros(2, *seam.shape[:2], device=seam.device) for seam in self.seams]
        for _ in range(rounds):
            for (one, two), seam, lines, (to_two, to_one) in zip(self.pairs, self.seams, self.lines, messages):
                for here in lines:
                    send(total, one[here], two[here], seam[here].transpose(1, 2), to_one[here], to_two[here])
                for here in reversed(lines):
                    send(total, two[here], one[here], seam[here], to_two[here], to_one[here])
        return total

    def icm(self, labels: Tensor, sweeps: int = 4) -> Tensor:
        """Iterated conditional modes from ``labels`` [n], in checkerboard order."""
        indices = torch.arange(len(labels), device=labels.device)
        for sweep in range(2 * sweeps):
            cost = self.unary.clone()
            for (one, two), seam in zip(self.pairs, self.seams):
                at = torch.arange(len(one), device=one.device)
                cost.index_add_(0, one, seam[at, :, labels[two]])
                cost.index_add_(0, two, seam[at, labels[one]])
            labels = torch.where((indices + sweep) % 2 == 0, cost.argmin(1), labels)
        return labels


def send(total: Tensor, start: Tensor, end: Tensor, seam: Tensor, back: Tensor, sent: Tensor) -> None:
    """Update the messages ``sent`` [e, K] of the pixels ``start`` to their neighbours ``end`` and their beliefs.

    Args:
        total: [n, K], the beliefs.
        start: int64 [e].
        end: int64 [e], each once.
        seam: [e, K, K], by the labels of end and start.
        back: [e, K], the messages of the neighbours.
        sent: [e, K], those before; replaced.
    """
    message = (seam + (total[start] - back)[:, None]).amin(2)
    message -= message.amin(1, keepdim=True)
    total[end] += message - sent
    sent.copy_(message)


def squared_distances(a: Tensor, b: Tensor) -> Tensor:
    """Of the rows of a [n, K, C] and b [n, K, C]: [n, K, K]."""
    return torch.cdist(a, b).square()


def clamped_index(pixel: Tensor, rows: int, columns: int) -> tuple[Tensor, Tensor]:
    """Index of the pixel at each position [..., 2], clamped to the image."""
    return pixel[..., 0].clamp(0, rows - 1), pixel[..., 1].clamp(0, columns - 1)
