"""The task ``teach``: add a task to a trained model."""

# Annotations are values here, not strings: the command line is made from them.
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

from calotype.tasks import arguments
from calotype.tasks.argument_types import check_types
from calotype.tasks.data import set_folder
from calotype.tasks.param import Param
from calotype.tasks.request import check_seed
from calotype.tasks.sample import MODEL
from calotype.tasks.taught_model import TaughtModel, teaching
from calotype.tasks.training import train_model

if TYPE_CHECKING:
    from calotype.run import Run


@dataclass(frozen=True)
class Taught:
    """A model with one task more.

    Attributes:
        folder: folder of the new model; the model before stays as it is.
        tasks: names of all its tasks.
        new: whether this call trained it or resumed its training.
        seconds: time that the call took.
        certificate: JSON-ready: ``tasks``, with hashes of pictures of the old tasks ``before`` and ``after``; the
            matrix ``accuracy``, whose row t has the accuracies of tasks 0 .. t after training t; ``forgetting``.
    """

    folder: Path
    tasks: tuple[str, ...]
    new: bool
    seconds: float
    certificate: Mapping[str, Any]

    @property
    def lines(self) -> list[str]:
        """The certificate as text."""
        return certificate_lines(self.certificate)


def certificate_lines(certificate: Mapping[str, Any]) -> list[str]:
    """A certificate as lines of text: hashes of each old task, the matrix of accuracies, what was forgotten."""
    lines = []
    for task, forgotten in zip(certificate["tasks"], certificate["forgetting"]):
        same = "identical" if task["same"] else f"changed by {task['drift']:.1f} of 255"
        lines.append(
            f"{task['name']}: pictures {same} (sha256 {task['before'][:12]} before, {task['after'][:12]} after), "
            f"forgetting {forgotten:.2f}"
        )
    lines.append("accuracy after each training, by task: " + ", ".join(certificate["names"]))
    rows = enumerate(certificate["accuracy"])
    lines += [f"  training {number + 1}: " + "  ".join(f"{value:.2f}" for value in row) for number, row in rows]
    return lines


def taught(model: TaughtModel, run: "Run") -> Taught:
    """Run or resume a training that ``teaching`` has checked; see ``teach``."""
    done = train_model(model, run)
    return Taught(done.folder, model.config.tasks, done.new, done.seconds, model.certificate)


def teach(
    model: Annotated[str | Path, MODEL],
    photos: Annotated[
        str | Path,
        Param(
            "the new task: a folder of pairs of pictures, or the name of a set that 'calotype data' has made",
            kind="folder",
            metavar="SET",
        ),
    ],
    *,
    locked: Annotated[
        bool,
        Param(
            "freeze the model and give the task filters of its own: pictures of old tasks stay the same bit by bit",
            kind="switch",
            first=True,
        ),
    ] = False,
    name: Annotated[str | None, Param("name of the task; without it, that of the set", metavar="NAME")] = None,
    seed: Annotated[int, Param("seed of the training", kind="seed", metavar="NUMBER", at_least=0)] = 0,
    out: Annotated[
        str | Path | None,
        Param("output folder instead of the model store", kind="folder", flags=("-o", "--out")),
    ] = None,
    settings: Annotated[Mapping[str, Any] | None, arguments.SETTINGS] = None,
    device: Annotated[str, arguments.DEVICE] = "auto",
    run: Optional["Run"] = None,
) -> Taught:
    """Add a task to a trained model that makes pictures from conditions, without the data of its old tasks.

    The result is a new model; the old one stays as it is. While the new task is learned, the network's answers to
    auxiliary pictures are held to those it gave before (Lifelong GAN). With --locked the network is frozen, and the
    task gets a few filters of its own (Piggyback GAN).

    A certificate is printed: hashes of pictures of the old tasks before and after, the accuracies of all tasks after
    each training, and what was forgotten. A stopped training is resumed by the same command.

    Args:
        model: a name that ``calotype models`` lists, or a folder: of bicyclegan or lifelong.
        photos: a folder of pairs, as for ``train``, or the name of a set.
        locked: whether the task gets filters of its own beside frozen ones.
        name: of the task, for ``translate``. ``None``: that of the set.
        seed: seed of the training.
        out: output folder. ``None``: the model store.
        settings: keys of the model's ``Config`` that concern training, and their values.
        device: ``"auto"``, ``"cpu"``, ``"cuda"`` ...
        run: receives progress reports, and can stop the work.

    Returns:
        The new model's folder, and the certificate.

    Raises:
        InputError: the model cannot be taught, or the task contradicts a known one; the message says what to do.
        OutputError: the model cannot be saved.
        Stopped: ``run`` was stopped; the same call resumes the training.
    """
    check_types(teach, locals())
    from calotype.run import Run, choose_device

    check_seed(seed)
    found = teaching(model, set_folder(photos), name=name, locked=locked, seed=seed, out=out, settings=settings)
    return taught(found, run or Run(device=str(choose_device(device))))
