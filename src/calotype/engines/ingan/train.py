"""Training: the generator learns to leave the photo as it is, then to bring it to any size."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from calotype.engines.ingan.config import Config
from calotype.engines.ingan.geometry import Arc, Form, Quad, Size
from calotype.engines.ingan.judges import Critics, displaced, noisy, scales_of, shares_at, sliced, whitening
from calotype.engines.ingan.net import Net, channels_last, generator_of, learned_size
from calotype.errors import InputError
from calotype.image.resize import resize
from calotype.run import Run, fit

WARM, LEARNING = "copying", "retargeting"
# How often a training shows how far it has come.
PREVIEWS = 10
# Shorter side of the smallest picture that is asked for in training, pixels.
SMALLEST_TARGET = 13


def build(cfg: Config, size: tuple[int, int]) -> Net:
    """An untrained net for a photo of ``size`` pixels (height, width)."""
    return Net(cfg, size)


def stages(size: tuple[int, int], cfg: Config) -> list[str]:
    """Names of the stages of training, in the order they are worked."""
    return [WARM, LEARNING] if cfg.warm else [LEARNING]


def train(photo: Tensor, cfg: Config, run: Run) -> Net:
    """Learn from one photo. Section 3 of the paper.

    Args:
        photo: [1, 3, H, W], -1..1.
        cfg: settings.
        run: folder, seed, device, progress, stopping; each stage ends with a preview.

    Raises:
        InputError: the photo is too small or has transparency, or a setting is out of range.
        Stopped: the run was asked to stop.
    """
    checked(photo, cfg)
    learning = Learning(photo, cfg, run)
    if cfg.warm:
        fit(learning.warm_step, learning.warm_state, learning.batch, run, steps=cfg.warm, stage=WARM)
    learning.begin()
    fit(learning.step, learning.state, learning.batch, run, steps=cfg.steps, stage=LEARNING)
    return learning.done()


def unfinished(photo: Tensor, cfg: Config, run: Run) -> Net | None:
    """``None``: a generator that merely copies is of no use, and there is no stage between that and the end."""
    checked(photo, cfg)
    return None


class Learning:
    """A training: its networks and optimisers, and what one step does.

    Args:
        photo: [1, 3, H, W], -1..1.
        cfg: settings.
        run: seed and device.
    """

    def __init__(self, photo: Tensor, cfg: Config, run: Run) -> None:
        self.cfg, self.run = cfg, run
        whole = (photo.shape[2], photo.shape[3])
        self.photo = resize(photo.to(run.device), learned_size(whole, cfg))
        self.size: Size = (self.photo.shape[2], self.photo.shape[3])
        side = cfg.crop or max(self.size)
        self.piece: Size = (min(side, self.size[0]), min(side, self.size[1]))
        run.reseed("init")
        self.net = build(cfg, whole).to(run.device)
        # What is trained; the net holds its average, or the same weights in the end.
        self.generator = channels_last(generator_of(cfg)).to(run.device)
        self.teacher = torch.optim.Adam(self.generator.parameters(), lr=cfg.warm_rate, betas=(0.5, 0.999))
        self.warm_state: dict[str, Any] = {"generator": self.generator, "teacher": self.teacher}
        self.scales = scales_of(self.piece, cfg)
        self.white = whitening(self.photo, cfg, self.scales) if cfg.judge == "sliced" else []
        self.critics: Critics | None = None
        if cfg.judge == "critics":
            self.critics = channels_last(Critics(cfg, self.scales)).to(run.device)

    def begin(self) -> None:
        """Set up the stage that learns to retarget, with the generator as it is now."""
        cfg = self.cfg
        self.average = self.net.generator
        self.average.load_state_dict(self.generator.state_dict())
        self.teacher = torch.optim.Adam(self.generator.parameters(), lr=cfg.rate, betas=(0.5, 0.999))
        self.state: dict[str, Any] = {**self.warm_state, "teacher": self.teacher, "average": self.average}
        if self.critics is not None:
            self.judge = torch.optim.Adam(self.critics.parameters(), lr=cfg.rate, betas=(0.5, 0.999))
            self.state |= {"critics": self.critics, "judge": self.judge}

    def batch(self, i: int) -> None:
        """Nothing: all that a step works on is drawn within it."""

    # -----------------------------------------------------------------------------------------------------------
    # The steps

    def warm_step(self, state: dict[str, Any], batch: None, i: int) -> dict[str, Tensor]:
        """One step of an auto-encoder: what is made of the photo at its own size is to be the photo."""
        self.teacher.zero_grad(set_to_none=True)
        piece = self.cut()
        made = self.generator(noisy(piece), self.piece)
        error = (made - piece).abs().mean()
        error.backward()
        self.teacher.step()
        if i == self.cfg.warm - 1:
            self.run.report(preview=made.detach())
        return {"error": error.detach()}

    def step(self, state: dict[str, Any], batch: None, i: int) -> dict[str, Tensor]:
        """The generator learns from the judge and from having the photo back; then critics learn, if there are any."""
        self._set_rate(i)
        piece = self.cut()
        size, form = self.aim(i)
        self.teacher.zero_grad(set_to_none=True)
        made = self.generator(noisy(piece), size, form)
        smaller = (min(size[0], self.piece[0]), min(size[1], self.piece[1]))
        shares = shares_at(i, smaller, self.scales, self.cfg)
        verdict = self._judged(made, piece, shares)
        error = (self.generator(made, self.piece, form, undo=True) - piece).abs().mean()
        loss = self.cfg.judged * verdict + self.cfg.reconstruction * error
        if self.cfg.layout:
            loss = loss + self.cfg.layout * displaced(piece, made, form, self.cfg.cells)
        loss.backward()
        self.teacher.step()
        if i >= self.cfg.mend_from * self.cfg.steps:
            self._mend(made.detach(), piece, form)
        if self.critics is not None:
            self._teach_critics(self.critics, made.detach(), shares)
        self._average(i)
        if (i + 1) % max(1, self.cfg.steps // PREVIEWS) == 0 or i == self.cfg.steps - 1:
            self.run.report(preview=self.preview())
        return {"distance": verdict.detach(), "error": error.detach()}

    def _judged(self, made: Tensor, piece: Tensor, shares: list[float]) -> Tensor:
        if self.critics is None:
            return sliced(piece, made, self.cfg, shares, self.white)
        self.critics.requires_grad_(False)
        verdict: Tensor = self.critics(made, 1.0, shares)
        self.critics.requires_grad_(True)
        return verdict

    def _mend(self, made: Tensor, piece: Tensor, form: Form | None) -> None:
        """One update for having the photo back alone, from what was made as it is."""
        self.teacher.zero_grad(set_to_none=True)
        (self.generator(made, self.piece, form, undo=True) - piece).abs().mean().backward()
        self.teacher.step()

    def _teach_critics(self, critics: Critics, made: Tensor, shares: list[float]) -> None:
        self.judge.zero_grad(set_to_none=True)
        real = critics(noisy(self.cut()), 1.0, shares)
        fake = critics(noisy(made), 0.0, shares)
        (0.5 * (real + fake)).backward()
        self.judge.step()

    # -----------------------------------------------------------------------------------------------------------
    # What a step works on

    def cut(self) -> Tensor:
        """A random piece of the photo; all of it, where pieces are as large."""
        top, left = (int(torch.randint(a - b + 1, ())) for a, b in zip(self.size, self.piece))
        return self.photo[:, :, top : top + self.piece[0], left : left + self.piece[1]]

    def aim(self, i: int) -> tuple[Size, Form | None]:
        """The size and form that step ``i`` asks for: nearer to the photo's own in the beginning."""
        cfg = self.cfg
        grown = min(1.0, i / max(1.0, cfg.ramp * cfg.steps))
        least, most = (1 + (end - 1) * grown for end in (cfg.smallest, cfg.largest))
        down, across = (float(v) for v in least + (most - least) * torch.rand(2))
        too_much = max(1.0, down * across / cfg.most) ** 0.5
        factors = (down / too_much, across / too_much)
        height, width = (max(SMALLEST_TARGET, round(n * f)) for n, f in zip(self.piece, factors))
        return (height, width), self._form(grown) if float(torch.rand(())) < cfg.bent else None

    def _form(self, grown: float) -> Form:
        """A quad whose upper or lower corners are moved along their edge, or an arc."""
        kind, a, b = torch.rand(3).tolist()
        bend = self.cfg.bend * grown
        if kind < 1 / 3:
            return Arc(bend * (2 * a - 1))
        a, b = a * bend, b * bend
        if kind < 2 / 3:
            return Quad(((a, 0.0), (1 - min(b, 0.9 - a), 0.0), (1.0, 1.0), (0.0, 1.0)))
        return Quad(((0.0, 0.0), (1.0, 0.0), (1 - min(b, 0.9 - a), 1.0), (a, 1.0)))

    # -----------------------------------------------------------------------------------------------------------
    # Around them

    def _set_rate(self, i: int) -> None:
        """Constant, then falling to 0: a function of the step, so that nothing has to be kept for going on."""
        cfg = self.cfg
        left = min(1.0, (cfg.steps - i) / ((1 - cfg.decay_at) * cfg.steps)) if cfg.decay_at < 1 else 1.0
        for optimizer in (self.teacher, self.judge) if self.critics is not None else (self.teacher,):
            for group in optimizer.param_groups:
                group["lr"] = cfg.rate * left

    @torch.no_grad()
    def _average(self, i: int) -> None:
        """Let the average follow; faster in the beginning, when it has little past."""
        keep = min(self.cfg.average, (1 + i) / (10 + i)) if self.cfg.average else 0.0
        for mean, now in zip(self.average.state_dict().values(), self.generator.state_dict().values(), strict=True):
            if mean.is_floating_point():
                mean.lerp_(now, 1 - keep)
            else:
                mean.copy_(now)

    @torch.no_grad()
    def preview(self) -> Tensor:
        """The photo half as wide again: [1, 3, h, w], -1..1."""
        self.average.eval()
        made: Tensor = self.average(self.photo, (self.size[0], round(1.5 * self.size[1])))
        return made

    def done(self) -> Net:
        """The trained net."""
        self.net.finished.fill_(True)
        return self.net.requires_grad_(False).eval()


def checked(photo: Tensor, cfg: Config) -> None:
    """Refuse what cannot work, before any of it is done."""
    if photo.shape[1] != 3:
        raise InputError("ingan learns from opaque photos: lay this one on a background first, or use --engine gpnn")
    for name, words in (("norm", ("batch", "instance")), ("judge", ("critics", "sliced"))):
        if getattr(cfg, name) not in words:
            raise InputError(f"{name}={getattr(cfg, name)} cannot be used: give {name}={' or '.join(words)}")
    for name, least in (
        ("steps", 1),
        ("warm", 0),
        ("cells", 2),
        ("width", 4),
        ("depth", 1),
        ("blocks", 0),
        ("critic_width", 1),
        ("directions", 1),
        ("patch_steps", 1),
    ):
        if getattr(cfg, name) < least:
            raise InputError(f"{name}={getattr(cfg, name)} cannot be used: give a whole number from {least} up")
    for name in ("patch", "patch_side"):
        if getattr(cfg, name) % 2 == 0 or not 3 <= getattr(cfg, name) <= 9:
            raise InputError(f"{name}={getattr(cfg, name)} cannot be used: give an odd number of pixels from 3 to 9")
    for name in ("side", "crop", "patches_from"):
        if 0 < getattr(cfg, name) < 20 or getattr(cfg, name) < 0:
            raise InputError(f"{name}={getattr(cfg, name)} cannot be used: give at least 20 pixels, or 0 for all")
    for name, low, high in (
        ("smallest", 0.05, 0.95),
        ("largest", 1.05, 10.0),
        ("factor", 1.1, 3.0),
        ("average", 0.0, 0.9999),
        ("decay_at", 0.0, 1.0),
        ("even_at", 0.01, 100.0),
        ("bent", 0.0, 1.0),
        ("bend", 0.0, 0.85),
        ("most", 1.0, 100.0),
        ("steady", 0.0, 0.95),
        ("together", 0.0, 1000.0),
        ("floor", 1e-6, 1e6),
    ):
        if not low <= getattr(cfg, name) <= high:
            raise InputError(f"{name}={getattr(cfg, name):g} cannot be used: give a number from {low:g} to {high:g}")
    learned_size((photo.shape[2], photo.shape[3]), cfg)
