"""The distillation losses: new networks agree with the old ones in four places (Lifelong GAN, section 3.1)."""

from __future__ import annotations

import torch
from torch import Tensor

from calotype.models.lifelong.auxiliary import auxiliary
from calotype.models.lifelong.config import Config
from calotype.models.lifelong.typical import typical
from calotype.translation.net import Net
from calotype.translation.record import Record


class Distillation:
    """The losses of a step, for ``calotype.translation.trainer.Trainer``.

    The mean absolute differences of code and picture in both cycles: the code of an auxiliary picture, the picture of
    that code, the picture of a drawn code, and the code that is found in it. Each network goes its own way, with the
    same noise.

    With ``cfg.auxiliary`` "typical", the conditions are like those of earlier tasks, and their pictures are drawn by
    the old networks, so that the old encoder, too, sees what it knows. All drawn codes are then drawn as those of the
    task that a condition is like; with "swap", as those of the task of the label.

    Args:
        student: what is trained.
        teacher: as it was before, with the records of the earlier tasks, and perhaps places for further ones.
        cfg: the settings.
        old: labels of the earlier tasks, or ``None``.
    """

    def __init__(self, student: Net, teacher: Net, cfg: Config, old: Tensor | None = None) -> None:
        self.student, self.teacher, self.cfg, self.old = student, teacher.requires_grad_(False).eval(), cfg, old
        earlier = list(teacher.records)[: len(cfg.tasks) - 1]
        self.known = [record for record in earlier if isinstance(record, Record)]

    def __call__(self, condition: Tensor, real: Tensor) -> dict[str, Tensor]:
        """The four losses of one batch, each times the weight of distillation.

        Args:
            condition: of the current task, [B, C, H, W].
            real: its pictures, [B, 3, H, W].
        """
        with torch.no_grad():
            conditions, pictures, of = self._given(condition, real)
            layout = torch.channels_last
            conditions, pictures = (
                conditions.contiguous(memory_format=layout),
                pictures.contiguous(memory_format=layout),
            )
        noise, drawn = torch.randn(2, len(pictures), self.cfg.code).to(real.device)
        given = (conditions, pictures, noise, self._codes(drawn, of))
        with torch.no_grad():
            wanted = _chain(self.teacher, *given)
        found = _chain(self.student, *given)
        names = ("old code", "old reconstruction", "old picture", "old code found")
        weight = self.cfg.distillation
        return {name: weight * (mine - theirs).abs().mean() for name, mine, theirs in zip(names, found, wanted)}

    def _given(self, condition: Tensor, real: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
        """Auxiliary conditions and pictures, and the number of the task that each is like, if of any."""
        conditions, pictures = auxiliary(condition, real, self.cfg, self.old)
        if self.cfg.auxiliary == "swap" and self.old is not None:
            return conditions, pictures, self._of_labels(conditions[:, :, 0, 0].argmax(1))
        if self.cfg.auxiliary != "typical":
            return conditions, pictures, None
        of = torch.randint(len(self.known), (len(conditions),)).to(conditions.device)
        conditions = typical(conditions, self.known, of)
        codes = torch.randn(len(conditions), self.cfg.code).to(conditions)
        return conditions, self.teacher.draw(conditions, self._codes(codes, of)), of

    def _of_labels(self, labels: Tensor) -> Tensor:
        """The number of the task of each label [B]."""
        return torch.stack([known.labels for known in self.known])[:, labels].int().argmax(0)

    def _codes(self, standard: Tensor, of: Tensor | None) -> Tensor:
        """Numbers from the standard normal distribution [B, code] as codes of tasks [B]."""
        if of is None:
            return standard
        mean, root = (
            torch.stack(each)[of] for each in zip(*((known.code_mean, known.code_root) for known in self.known))
        )
        return mean + torch.einsum("bij,bj->bi", root, standard)


def _chain(net: Net, conditions: Tensor, pictures: Tensor, noise: Tensor, drawn: Tensor) -> tuple[Tensor, ...]:
    """Code, picture of the code, picture of a drawn code, and the mean code of the latter."""
    mean, log_variance = net.encode(pictures)
    code = mean + noise * (0.5 * log_variance).exp()
    both = net.draw(torch.cat([conditions, conditions]), torch.cat([code, drawn]))
    reconstructed, free = both.chunk(2)
    return code, reconstructed, free, net.encode(free)[0]
