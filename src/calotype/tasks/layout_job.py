"""Jobs for models of data sets whose main input may be a layout: a label map, resized to the size of the result."""

from __future__ import annotations

from typing import Any

from calotype.kinds import KINDS
from calotype.tasks.job import OutputSpec
from calotype.tasks.model_job import ModelJob
from calotype.types import LabelMap, Size


class LayoutJob(ModelJob):
    """A job for a model whose function may take an input ``layout``."""

    def fitting_size(self) -> Size:
        """The requested size; by default the number of pixels of the training size, in the layout's aspect ratio."""
        layout, training_size = self.inputs.get("layout"), Size(*self.loaded.photo_size)
        if self.request.size is not None or not isinstance(layout, LabelMap):
            return self.request.size or training_size
        scale = (training_size.pixels / layout.size.pixels) ** 0.5
        return Size(max(1, round(layout.size.height * scale)), max(1, round(layout.size.width * scale)))

    def model_arguments(self, output: OutputSpec) -> dict[str, Any]:
        """The usual arguments, with the label map resized to the size of the result."""
        arguments, layout = super().model_arguments(output), self.inputs.get("layout")
        if isinstance(layout, LabelMap):
            from calotype.image.labelmap import fitted

            name = next(given.argument or given.name for given in self.declared.inputs if given.name == "layout")
            arguments[name] = KINDS["label map"].tensor(fitted(layout, self.size), self.run.device)
        return arguments

    @property
    def name(self) -> str:
        """The name of the layout, else of the model."""
        return str(self.inputs["layout"].name) if "layout" in self.inputs else super().name
