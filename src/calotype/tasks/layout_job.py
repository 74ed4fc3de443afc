"""Jobs for models of data sets whose main input may be a layout: a label map, resized to the size of the result."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from calotype.errors import InputError
from calotype.kinds import KINDS
from calotype.tasks.image_conditioned import of_photo
from calotype.tasks.model_job import ModelJob
from calotype.tasks.naming import edited_looks, edited_name
from calotype.tasks.outputs import OutputSpec
from calotype.tasks.request import Request
from calotype.types import LabelMap, Size


class LayoutJob(ModelJob):
    """A job for a model whose function may take an input ``layout``."""

    @classmethod
    def opened(cls, name: str, value: Any, request: Request) -> Any:
        """See ``Job``; no looks are none at all."""
        if name == "look" and not value:
            return None
        if name == "look" and all(given.name != name for given in request.declared.inputs):
            raise InputError(
                "looks of classes need a model that has them, like those of smis: leave out --look (look=)"
            )
        return super().opened(name, value, request)

    def doubts(self) -> list[str | None]:
        """See ``ModelJob``; and about maps of a set whose classes are not those of the model."""
        maps = [given for given in self.inputs.values() if isinstance(given, LabelMap)]
        names = [str(name) for name in self.loaded.about.get("names", ())]
        return [*super().doubts(), *(_of_other_classes(one, names) for one in maps)]

    def fitting_size(self) -> Size:
        """The requested size; by default the number of pixels of the training size, in the layout's aspect ratio."""
        layout, training_size = self.inputs.get("layout"), Size(*self.loaded.photo_size)
        if self.request.size is not None or not isinstance(layout, LabelMap):
            return self.request.size or training_size
        return self.filled_by(layout.size)

    def filled_by(self, layout: Size) -> Size:
        """The size with the number of pixels of the training size, in the aspect ratio of a layout."""
        scale = (Size(*self.loaded.photo_size).pixels / layout.pixels) ** 0.5
        return Size(max(1, round(layout.height * scale)), max(1, round(layout.width * scale)))

    def model_arguments(self, output: OutputSpec) -> dict[str, Any]:
        """The usual arguments, with the label map resized to the size of the result."""
        arguments, layout = super().model_arguments(output), self.inputs.get("layout")
        if isinstance(layout, LabelMap):
            from calotype.image.labelmap import fitted

            name = next(given.argument or given.name for given in self.declared.inputs if given.name == "layout")
            arguments[name] = KINDS["label map"].tensor(fitted(layout, self.size), self.run.device)
        return {**arguments, **self._maps_of_pictures()}

    def _maps_of_pictures(self) -> dict[str, Any]:
        """The label map of each picture that has one, at the size of the picture: that of X is the input X_map."""
        device = self.run.device
        pairs = [(name, self.inputs.get(f"{name}_map")) for name in self.inputs]
        given = {name: labels for name, labels in pairs if labels is not None}
        fitting = {f"{name}_map": of_photo(labels, self.inputs[name]) for name, labels in given.items()}
        return {name: KINDS["label map"].tensor(labels, device) for name, labels in fitting.items()}

    @property
    def name(self) -> str:
        """The name of the layout, else of the model, and the looks of classes: other looks have other names."""
        stem = str(self.inputs["layout"].name) if "layout" in self.inputs else super().name
        return edited_name(stem, edited_looks(self.inputs.get("look")))


def _of_other_classes(labels: LabelMap, names: Sequence[str]) -> str | None:
    """A line about a map that lies in a set of samples whose classes have other names than those of a model."""
    from calotype.data.sample_lines import read_about

    if labels.source is None or not names:
        return None
    try:
        own = [str(name) for name in read_about(labels.source.resolve().parent.parent).get("map_classes", ())]
    except InputError:  # it lies in no set
        return None
    differing = [number for number, (one, other) in enumerate(zip(own, names)) if one != other]
    if not differing:
        return None
    said = ", ".join(f"{number} {own[number]}, here {names[number]}" for number in differing[:2])
    return f"'{labels.name}' is of a set with other classes than the model's ({said}): give a map of its classes"
