"""Settings of Lifelong GAN."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from calotype.errors import InputError
from calotype.translation.config import SMALL, STUDY, TINY, TranslationConfig

FORMAT = 2  # of what is recorded of the tasks of a model
_WITHOUT_LOCKED = 1  # an earlier one, which is the same but for the filters of locked tasks


@dataclass(frozen=True)
class Config(TranslationConfig):
    """Settings of Lifelong GAN: those of BicycleGAN, and those of learning further tasks.

    Attributes:
        tasks: names of the tasks that the model knows, in the order in which it learned them.
        locked: for each task, whether it has filters of its own beside frozen ones.
        distillation: weight of the distillation losses, beta; 0 is fine-tuning, which forgets.
        auxiliary: what distillation is evaluated on: ``montage``, patches of the new task's pictures put together;
            ``swap``, the new pictures with labels of old tasks, for models of labels; ``raw``, the new pictures as they
            are; ``noise``, Gaussian noise; ``crop``, the new pictures enlarged; ``typical``, montages that are made
            similar to the conditions of earlier tasks, of which a few statistics are kept, and the old networks'
            pictures of them.
        patch: side of the patches of a montage, pixels.
        patches_from: whether the patches of a montage are from one picture or from the whole batch.
        recolour: share of the montages whose patches get other colours: channels exchanged, inverted, spread and
            shifted by chance; so the old networks are also asked about colours that the new task lacks.
        auxiliary_share: auxiliary pictures a step, as a share of the reconstructed ones.
        filter_share: share of a locked task's filters that are new; the others are sums of frozen ones.
        format: version of what is recorded of the tasks.
    """

    tasks: tuple[str, ...] = ()
    locked: tuple[bool, ...] = ()
    distillation: float = 10.0
    auxiliary: Literal["montage", "swap", "raw", "noise", "crop", "typical"] = "montage"
    patch: int = 8
    patches_from: Literal["one", "batch"] = "one"
    recolour: float = 0.0
    auxiliary_share: float = 0.5
    filter_share: float = 0.05
    format: int = FORMAT

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.tasks) != len(self.locked) or len(set(self.tasks)) != len(self.tasks):
            raise ValueError("tasks need names that differ, and locked a value for each of them")
        if (
            self.distillation < 0
            or not 0 <= self.recolour <= 1
            or not 0 < self.auxiliary_share <= 1
            or not 0 < self.filter_share <= 1
        ):
            raise ValueError("distillation has to be at least 0, shares above 0 and at most 1")
        if self.patch < 1:
            raise ValueError("patch has to be at least 1")


def _config(values: dict[str, Any]) -> Config:
    return Config(**values)


# Small networks forget with montages of the new task, or do not learn it (benchmarks/lifelong.py). Codes of a short
# training lie far from the standard normal distribution, from which pictures of other tasks were drawn: so each task
# has a distribution of its own. A greater weight of the divergence brought them nearer, but then codes said little.
KEPT: dict[str, Any] = {"distillation": 10.0, "auxiliary": "typical", "code_prior": "fitted"}

PRESETS: dict[str, Config] = {
    # For some thousand pictures and one processor core.
    "small": _config({**SMALL, **KEPT}),
    # For tests.
    "tiny": _config({**TINY, **KEPT}),
    # For comparisons of settings: narrower networks, for a shorter time.
    "study": _config({**STUDY, **KEPT}),
    # The published method on the published networks, for GPUs; beta and patches as in a public re-implementation.
    "paper": Config(distillation=0.5, auxiliary_share=1.0),
}


def check_format(cfg: Config) -> None:
    """Refuse a model whose records of its tasks, or filters of locked ones, this version does not know.

    Raises:
        InputError: another version has written them.
    """
    if cfg.format != FORMAT and not (cfg.format == _WITHOUT_LOCKED and not any(cfg.locked)):
        raise InputError(
            f"the model was taught by another version of calotype (format {cfg.format}, this one writes {FORMAT}): "
            "use it with that version, or train its first task again"
        )
