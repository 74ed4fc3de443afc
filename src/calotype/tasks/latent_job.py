"""Jobs whose outputs are pictures with the latent codes that they are drawn from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from calotype.errors import InputError
from calotype.files import shown
from calotype.results import Latent, Result
from calotype.tasks.job import OutputSpec
from calotype.tasks.model_job import ModelJob


def _is_same(source: Path | None, path: Path) -> bool:
    return source is not None and source.resolve() == path.resolve()


class LatentJob(ModelJob):
    """A job for a model whose function gives a picture, its styles and its noise maps.

    Attributes:
        latents: the latent codes of the outputs made so far, by seed.
    """

    latents: dict[int, Latent]
    beside: ClassVar[tuple[str, ...]] = (".safetensors",)

    def __init__(self, *args: Any, **inputs: Any) -> None:
        """See ``ModelJob``."""
        self.latents = {}
        super().__init__(*args, **inputs)

    @property
    def name(self) -> str:
        """The name of the main input."""
        return str(self.inputs[self.main or self.takes[0]].name)

    def make(self, output: OutputSpec) -> tuple[Any, float]:
        """See ``Job``."""
        made, seconds = super().make(output)
        values = {"styles": made.styles.cpu().numpy()}
        values |= {f"noise{number}": each.cpu().numpy() for number, each in enumerate(made.noise)}
        settings = {**self.settings, **output.differs, **({"features": made.features} if made.features else {})}
        self.latents[output.seed] = Latent(values, self.name, settings)
        from calotype.image.io import to_image

        return to_image(made.picture), seconds

    def save(self, made: Any, path: Any, output: OutputSpec) -> None:
        """Write the picture, and beside it the latent code as a safetensors file."""
        code = Path(path).with_suffix(".safetensors")
        if any(isinstance(given, Latent) and _is_same(given.source, code) for given in self.inputs.values()):
            raise InputError(f"{shown(code)} is an input of this command: write the result elsewhere (-o)")
        self.latents[output.seed].save(code)
        super().save(made, path, output)

    def result(self) -> Result:
        """The pictures of the request with their latent codes."""
        made = super().result()
        return replace(made, latents=[self.latents[seed] for seed in made.seeds])
