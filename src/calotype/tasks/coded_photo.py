"""Jobs for one photo that a model of a data set may do by embedding it, where engines work on the photo itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from calotype.errors import ArgumentError, InputError
from calotype.kinds import KINDS
from calotype.results import Latent
from calotype.tasks.aligned import fitted_alpha
from calotype.tasks.arguments import between, one_of, whole
from calotype.tasks.latent_job import CodedJob
from calotype.tasks.outputs import OutputSpec
from calotype.tasks.photo_job import PhotoJob
from calotype.tasks.request import Request
from calotype.types import PhotoLike

if TYPE_CHECKING:
    import torch

    from calotype.run import Run

# How far a result reaches over its mask, and how soft its edge is, as shares of the side.
DILATION, SOFTNESS = 0.015, 0.015
_FAST = "fast"
METHODS = (_FAST, "paper")


class CodedPhotoJob(CodedJob, PhotoJob):
    """A job for one photo and, with a model of a data set, its latent code."""

    code_given: ClassVar[bool] = True  # whether the verb takes a latent code of the photo

    def __init__(
        self,
        request: Request,
        photo: PhotoLike,
        also: Sequence[PhotoLike] = (),
        run: Run | None = None,
        **pictures: Any,
    ) -> None:
        """See ``PhotoJob``.

        Raises:
            InputError: an input cannot be used.
        """
        self.latents, self.stages = {}, {}
        if request.own.get("method") is not None:
            one_of(METHODS, request.own["method"], "method")
        if request.own.get("level") is not None:
            between(request.own["level"], 0, 1, "a level", "0.5")
        for name in ("steps", "noise_steps"):
            if request.own.get(name) is not None:
                whole(request.own[name], f"a number of --{name.replace('_', '-')}", "300")
        super().__init__(request, photo, also, run, **pictures)
        if self._model_size is not None and request.size not in (None, self.photo.size):
            raise InputError(f"the model draws pictures of {self.photo.size} pixels: leave out --size (size=)")

    def read_mask(self, mask: PhotoLike) -> torch.Tensor:
        """The mask of the photo's shape, kept among the inputs: [1, 1, h, w], 0 or 1, of the size of the photo.

        Raises:
            InputError: it cannot be used.
        """
        from calotype.image.io import open_photo
        from calotype.image.mask import open_mask

        self.pictures["mask"] = self.aligned_mask(open_photo(mask, max_side=self.request.max_side))
        return open_mask(self.pictures["mask"], self.photo.size)

    @classmethod
    def opened(cls, name: str, value: Any, request: Request) -> Any:
        """See ``Job``; a latent code is for models only."""
        if name == "code" and not any(given.name == "code" for given in request.declared.inputs):
            wrong = InputError if request.loaded else ArgumentError
            raise wrong(f"{request.engine} works on the photo itself: leave out --code (code=), or give a --model")
        return super().opened(name, value, request)

    def coded_doubts(self) -> list[str | None]:
        """Lines about a photo and a model of a data set that differ; none for engines."""
        from calotype.tasks.plausibility import code_of_another_model, code_of_another_photo, grey_photo

        if not self.system.of_sets:
            return []
        doubts, code = [grey_photo(self.given, getattr(self.config, "channels", 3))], self.pictures.get("code")
        if isinstance(code, Latent) and self.request.model is not None:
            doubts += [code_of_another_model(code, self.request.model)]
            doubts += [code_of_another_photo(code, self.given)]
        return doubts

    @property
    def options(self) -> dict[str, Any]:
        """See ``Job``; values that were not given are those of the method."""
        options = super().options
        if not self.declared.coded:
            return options
        own = self.request.own
        given = {
            "method": own.get("method") or _FAST,
            "steps": own.get("steps") or 0,
            "noise_steps": own.get("noise_steps"),
        }
        searched = self.code_given and "code" not in self.pictures
        return {**options, **given, "plan": (self.verb, *given.values(), searched)}

    def model_arguments(self, output: OutputSpec) -> dict[str, Any]:
        """See ``Job``; the mask is the region that the verb works on."""
        arguments = super().model_arguments(output)
        regional = any(given.name == "mask" for given in self.declared.inputs)
        return {**arguments, "mask": self.region_of(output.seed)} if regional else arguments

    def region_of(self, seed: int) -> torch.Tensor:
        """Where the output of a seed is drawn by the model: [1, 1, h, w], 0 or 1."""
        raise NotImplementedError

    def make(self, output: OutputSpec) -> tuple[Any, float]:
        """See ``PhotoJob``; the picture of a latent code is blended into the photo."""
        made, seconds = super().make(output)
        if not self.declared.coded:
            return made, seconds
        return self.with_kept_alpha(self.placed(self.keep(made, output), output), output), seconds

    def placed(self, made: Any, output: OutputSpec) -> Any:
        """The picture of a latent code [1, 3, h, w], -1..1, as a result: a PIL image."""
        return self.finished(made)

    def fitted_alpha(self, name: str) -> torch.Tensor:
        """The alpha of an input, cropped and resized to the model's size: [1, 1, h, w], -1..1."""
        return fitted_alpha(self.as_given(name), (self.size.height, self.size.width))

    def alpha_of_both(self, other: str, region: torch.Tensor | None) -> torch.Tensor | None:
        """The alpha of the photo, and in a region (``None``: everywhere) that of another input; ``None`` if opaque."""
        from calotype.image.mask import composite

        if self.given.alpha is None and self.as_given(other).alpha is None:
            return None
        first, second = (self.fitted_alpha(name) for name in ("photo", other))
        return second if region is None else composite(first, second, self._soft(region.cpu()))

    def blended(self, made: torch.Tensor, region: torch.Tensor) -> torch.Tensor:
        """The result in a region [1, 1, h, w] with a soft edge, and the photo elsewhere: [1, 3, h, w]."""
        from calotype.image.mask import composite

        photo = KINDS["photo"].tensor(self.photo, made.device)
        return composite(photo, made, self._soft(region.to(made.device)))

    def _soft(self, region: torch.Tensor) -> torch.Tensor:
        """A region [1, 1, h, w] with a soft edge, 0..1."""
        from calotype.image.mask import soften

        side = max(self.size.height, self.size.width)
        return soften(region, round(DILATION * side), SOFTNESS * side)
