"""Jobs whose outputs are pictures with the latent codes that they are drawn from, and the stages of the search."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from calotype.results import Latent, Result, Stage, Table
from calotype.tasks.job import Job
from calotype.tasks.model_job import ModelJob
from calotype.tasks.model_store import weights_sha256
from calotype.tasks.outputs import OutputSpec
from calotype.types import Carried

CODE_SUFFIX, STAGES_SUFFIX, LOG_SUFFIX = ".safetensors", ".stages.png", ".stages.csv"
_LARGEST = 256  # side of a picture on a sheet of stages, pixels


class CodedJob(Job):
    """A job whose model gives an object with ``picture``, ``styles``, ``noise``, ``features`` and ``stages``.

    Attributes:
        latents: the latent codes of the outputs made so far, by seed.
        stages: the stages of their search, by seed.
    """

    latents: dict[int, Latent]
    stages: dict[int, list[Stage]]

    @property
    def has_code(self) -> bool:
        """Whether the outputs have a latent code that draws them."""
        return self.declared.coded

    @property
    def beside(self) -> tuple[str, ...]:
        """See ``Job``."""
        if not self.has_code:
            return super().beside
        return (CODE_SUFFIX, *((STAGES_SUFFIX, LOG_SUFFIX) if self.request.own.get("stages") else ()))

    def keep(self, made: Any, output: OutputSpec) -> Any:
        """Keep the latent code and the stages of an output; returns its picture, a tensor."""
        from calotype.image.io import to_image

        values = {"styles": made.styles.cpu().numpy()}
        values |= {f"noise{number}": each.cpu().numpy() for number, each in enumerate(made.noise)}
        settings = self.recorded(output)
        if settings and self.request.model is not None:
            settings["model_sha256"] = weights_sha256(self.request.model)
        if settings and made.features:
            settings["features"] = made.features
        self.latents[output.seed] = Latent(values, self.name, settings)
        self.stages[output.seed] = [
            Stage(each.name, to_image(each.picture), tuple(map(tuple, each.log.tolist()))) for each in made.stages
        ]
        return made.picture

    def save(self, made: Any, path: Any, output: OutputSpec) -> None:
        """Write the picture, beside it the latent code as a safetensors file and, if asked for, the stages."""
        if not self.has_code:
            super().save(made, path, output)
            return
        self.latents[output.seed].save(Path(path).with_suffix(CODE_SUFFIX))
        if self.request.own.get("stages"):
            save_stages(self.stages[output.seed], Path(path), self.recorded(output), self.carried)
        super().save(made, path, output)

    def result(self) -> Result:
        """The pictures of the request with their latent codes and stages."""
        made = super().result()
        if not self.latents or not self.has_code:
            return made
        return replace(
            made,
            latents=[self.latents[seed] for seed in made.seeds],
            stages=[self.stages[seed] for seed in made.seeds],
        )


def save_stages(stages: list[Stage], path: Path, settings: Any, carried: Carried) -> None:
    """Write the pictures of the stages side by side, and loss and PSNR of every step, beside a picture.

    Raises:
        OutputError: a file cannot be written.
    """
    from calotype.image.grid import contact_sheet
    from calotype.image.io import save_png

    pictures, names = [each.picture for each in stages], [each.name for each in stages]
    if pictures:
        sheet = contact_sheet(pictures, names, columns=len(pictures), cell=_LARGEST)
        save_png(sheet, path.with_suffix(STAGES_SUFFIX), settings, carried)
    rows = [(each.name, step, *values) for each in stages for step, values in enumerate(each.log, 1)]
    Table(("stage", "step", "loss", "psnr"), tuple(rows)).save(path.with_suffix(LOG_SUFFIX))


class LatentJob(CodedJob, ModelJob):
    """A job for a model whose function gives a picture, its styles and its noise maps."""

    coded = True
    named: ClassVar[Mapping[str, Any]] = {}  # options that file names tell, with their defaults

    def __init__(self, *args: Any, **inputs: Any) -> None:
        """See ``ModelJob``."""
        self.latents, self.stages = {}, {}
        super().__init__(*args, **inputs)

    @property
    def name(self) -> str:
        """The names of the inputs and the options that differ from their defaults: other edits have other names."""
        inputs = [str(self.inputs[name].name) for name in self.takes if name in self.inputs]
        given = {name: self.request.own[name] for name in self.named if self.request.own[name] != self.named[name]}
        options = "".join(f"_{name.replace('_', '-')}{value:g}" for name, value in given.items())
        return "-".join(inputs) + options

    def make(self, output: OutputSpec) -> tuple[Any, float]:
        """See ``Job``."""
        from calotype.image.io import to_image

        made, seconds = super().make(output)
        return to_image(self.keep(made, output)), seconds
