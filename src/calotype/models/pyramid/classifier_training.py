"""Training of the classifier of a data set's own classes, before the generator is trained; then it is frozen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype import distributed
from calotype.errors import InputError, counted
from calotype.models.pyramid.config import CLASSIFIER_BATCH, Config
from calotype.models.pyramid.set_classifier import SetClassifier
from calotype.nn.colour_jitter import NUMBERS, jitter_colours
from calotype.nn.schedules import constant_then_linear, set_rates
from calotype.run import Event, Run, fit, started

STAGE = "classifier"
_HELD_OUT = 8  # one of so many pictures is not learned from
_MEASURED, _SCANNED = 400, 400  # held-out pictures for the accuracy; batches that they are looked for in
_DECAY_AT = 0.3  # share of the steps after which the learning rate decays
_SMOOTHING, _WEIGHT_DECAY = 0.1, 1e-3
_SHIFT, _JITTER = 8, 0.2  # of the pictures: by a side / 8 at most; strength of the colour jitter
_SHOWN = 6  # pictures of a class in a preview

Batches = Callable[[int], Mapping[str, Tensor]]


def held_out(pictures: Tensor) -> Tensor:
    """Which pictures [B, 3, H, W], -1..1, of 8 bits, the classifier is tried on and not trained with: bool [B].

    It depends on the picture alone, so that it is the same in every epoch and process.
    """
    levels = ((pictures + 1) * 127.5).round().long()
    places = torch.arange(levels[0].numel(), device=levels.device).view(levels.shape[1:]) % 251 + 1
    chosen: Tensor = (levels * places).sum((1, 2, 3)) % _HELD_OUT == 0
    return chosen


class ClassifierTrainer:
    """The classifier, its optimizer, and the training step.

    Args:
        cfg: the settings.
        device: to compute on.
    """

    def __init__(self, cfg: Config, device: torch.device) -> None:
        self.cfg, self.device = cfg, device
        self.net = SetClassifier(cfg.classifier_width, cfg.classes, pooled=cfg.enlarged == 1).to(device)
        self.optimizer = torch.optim.AdamW(
            self.net.parameters(), cfg.classifier_rate, (0.9, 0.99), weight_decay=_WEIGHT_DECAY
        )
        self.schedule = constant_then_linear(cfg.classifier_steps, _DECAY_AT, floor=0.02)

    @property
    def state(self) -> dict[str, Any]:
        """All that a step changes, by name."""
        return {"net": self.net, "optimizer": self.optimizer}

    def step(self, state: Mapping[str, Any], batch: Mapping[str, Tensor], i: int) -> dict[str, Tensor]:
        """Update the classifier once, by the cross-entropy of the pictures that are not held out.

        Args:
            state: not used; it is ``self.state``.
            batch: ``image`` [B, 3, H, W], -1..1, and ``label`` int64 [B].
            i: number of the step.

        Returns:
            ``loss`` and ``accuracy``, 0..1, on these pictures, means over all processes.
        """
        set_rates(self.schedule(i), self.optimizer)
        self.net.train()
        pictures, labels = batch["image"].to(self.device), batch["label"].to(self.device)
        learned = ~held_out(pictures)
        logits = self.net(self._augmented(pictures))[-1]
        each = F.cross_entropy(logits, labels, reduction="none", label_smoothing=_SMOOTHING)
        loss = (each * learned).sum() / learned.sum().clamp_min(1)
        self.optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        distributed.average_gradients(self.net.parameters())
        self.optimizer.step()
        right = ((logits.argmax(1) == labels) & learned).sum() / learned.sum().clamp_min(1)
        means = distributed.mean_over_all(torch.stack([loss.detach(), right]))
        return {"loss": means[0], "accuracy": means[1]}

    def _augmented(self, pictures: Tensor) -> Tensor:
        """The pictures shifted, jittered in colour and, where the settings say so, mirrored at random."""
        count, _, height, width = pictures.shape
        down, across = height // _SHIFT, width // _SHIFT
        padded = F.pad(pictures, (across, across, down, down), mode="reflect")
        y, x = torch.randint(2 * down + 1, (count,)).tolist(), torch.randint(2 * across + 1, (count,)).tolist()
        shifted = torch.stack([one[:, a : a + height, b : b + width] for one, a, b in zip(padded, y, x)])
        if self.cfg.mirror:
            chosen = (torch.rand(count) < 0.5).to(self.device).view(-1, 1, 1, 1)
            shifted = torch.where(chosen, shifted.flip(3), shifted)
        how = (torch.rand(count, NUMBERS) * 2 - 1).to(self.device)
        return jitter_colours(shifted, how, _JITTER)

    def finish(self) -> SetClassifier:
        """The classifier, frozen, equal in all processes."""
        with torch.no_grad():
            for buffer in self.net.buffers():  # statistics of batch normalisation are of each process's pictures
                if buffer.is_floating_point():
                    buffer.copy_(distributed.mean_over_all(buffer))
        return self.net.requires_grad_(False).eval()


def train_classifier(batches: Batches, cfg: Config, run: Run) -> SetClassifier:
    """Train the classifier on ``image`` and ``label`` of the batches; its accuracy is told in a note.

    Raises:
        Stopped, OutputError, InputError: as ``Run.steps``.
        InputError: the batches have no labels.
    """
    if "label" not in batches(0):
        raise InputError("the training pictures have no labels: put those of each class into a subfolder of their own")
    trainer = started(lambda: ClassifierTrainer(cfg, run.device), run, STAGE)
    tried = _held_out_pictures(batches)

    def joined(i: int) -> dict[str, Tensor]:
        several = [batches(i * cfg.joined + k) for k in range(cfg.joined)]
        return {name: torch.cat([each[name] for each in several]) for name in ("image", "label")}

    def picture() -> Tensor:
        return by_class(trainer.net.eval(), tried[0].to(run.device), cfg.classes)

    def step(state: Mapping[str, Any], batch: Mapping[str, Tensor], i: int) -> dict[str, Any]:
        values: dict[str, Any] = trainer.step(state, batch, i)
        if i + 1 == cfg.classifier_steps:  # what is reported is kept with the model
            values["held_out_accuracy"] = accuracy(trainer.net.eval(), *(each.to(run.device) for each in tried))
        return values

    fit(step, trainer.state, joined, run, steps=cfg.classifier_steps, stage=STAGE, preview=picture)
    net = trainer.finish()
    _tell(net, *tried, cfg, run)
    return net


def _tell(net: SetClassifier, pictures: Tensor, labels: Tensor, cfg: Config, run: Run) -> None:
    share = accuracy(net, pictures.to(run.device), labels.to(run.device))
    net.accuracy.fill_(share)
    if run.on_event is not None and distributed.rank() == 0:
        told = counted(len(labels), "picture")
        which = "that it did not learn from" if held_out(pictures).all() else "that it learned from: add some"
        line = f"the classifier tells {cfg.classes} classes: {share:.0%} right of {told} {which}"
        run.on_event(Event("note", STAGE, cfg.classifier_steps, cfg.classifier_steps, text=line))


def _held_out_pictures(batches: Batches) -> tuple[Tensor, Tensor]:
    """Held-out pictures of the first batches, and their labels; of the first batch all, if there are none."""
    pictures, labels, count = [], [], 0
    for i in range(_SCANNED):
        batch = batches(i)
        chosen = held_out(batch["image"])
        pictures.append(batch["image"][chosen])
        labels.append(batch["label"][chosen])
        count += int(chosen.sum())
        if count >= _MEASURED:
            break
    if not count:
        return batches(0)["image"], batches(0)["label"]
    return torch.cat(pictures)[:_MEASURED], torch.cat(labels)[:_MEASURED]


@torch.no_grad()
def accuracy(net: nn.Module, pictures: Tensor, labels: Tensor) -> float:
    """The share of pictures [N, 3, H, W] whose class is told right, the mean over all processes."""
    right = torch.cat([net(part)[-1].argmax(1) for part in torch.split(pictures, CLASSIFIER_BATCH)]) == labels
    return float(distributed.mean_over_all(right.float().mean()[None])[0])


@torch.no_grad()
def by_class(net: nn.Module, pictures: Tensor, classes: int) -> Tensor:
    """Pictures sorted by the class that the classifier tells: a row for each of the first classes that it finds."""
    told = net(pictures)[-1].argmax(1)
    rows = []
    for number in range(min(classes, 2 * _SHOWN)):
        found = pictures[told == number][:_SHOWN]
        blank = pictures.new_zeros(_SHOWN - len(found), *pictures.shape[1:])
        rows.append(torch.cat(list(torch.cat([found, blank])), dim=2))
    return torch.cat(rows, dim=1)[None]
