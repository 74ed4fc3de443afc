"""Styles of pictures with and without attributes, and the boundaries between them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calotype.catalog import Loaded
from calotype.errors import InputError, counted
from calotype.tasks import model_store
from calotype.tasks.encoder_model import encoder_of

if TYPE_CHECKING:
    from torch import Tensor

    from calotype.data.attributes import Attributes
    from calotype.inspection.boundaries import Boundary
    from calotype.run import Event, Run


_HELD_OUT = 5  # one picture of so many is held out from the classifier
_CHUNK = 50  # pictures that are drawn at a time
_LEAST_DRAWN = 20  # samples with an attribute, and without
_MOVED, _STEP = 200, 2.0  # new samples that are moved, and how far, standard deviations
_LEAST_TOLD = 0.6  # balanced accuracy of the classifier, and of a boundary
_LARGEST = 256  # side at which pictures are encoded, pixels
Progress = Callable[[str, int, int], None]


class AttributeStyles:
    """The styles of pictures, and the boundaries in them.

    Args:
        loaded: the model.
        folder: its folder.
        space: the space of its styles, see ``System.style_space``.
        told: the pictures of a set, and their attributes.
        seed: of the classifier and of what is held out.
        run: where it runs; it can be stopped.
        progress: called with what is done, how much of it, and the total.

    Attributes:
        styles: [N, style].
        has: whether each of them has each attribute, bool [N].
        notes: attributes and pictures that were left out, and directions that are hardly better than chance.
    """

    def __init__(
        self, loaded: Loaded, folder: Path, space: Any, told: Attributes, seed: int, run: Run, progress: Progress
    ) -> None:
        self.loaded, self.folder, self.space, self.told, self.seed = loaded, folder, space, told, seed
        self.progress, self.notes = progress, list[str]()
        self.run = run.within(None, seed=seed, on_event=self._tell)
        self.styles: Tensor
        self.has: dict[str, Tensor] = {}
        self.classifier: Any = None

    def _tell(self, event: Event) -> None:
        if event.kind == "step":
            self.progress(event.stage, event.step, event.steps)

    def share(self, name: str) -> float:
        """The share of the styles that have an attribute."""
        return float(self.has[name].float().mean())

    # -----------------------------------------------------------------------------------------------------------

    def by_samples(self, count: int) -> tuple[dict[str, Boundary], dict[str, dict[str, float]]]:
        """Boundaries between samples, which a classifier labels, and the accuracy of that."""
        import torch

        from calotype.inspection.attribute_classifier import LARGEST, balanced_accuracy, trained_classifier

        side = min(LARGEST, *self.loaded.photo_size) // 8 * 8
        pictures, truth = self._pictures(side)
        held = torch.arange(len(pictures)) % _HELD_OUT == 0
        known = {name: values[~held].long().to(self.run.device) for name, values in truth.items()}
        for name, values in known.items():
            if not 0 < int(values.sum()) < len(values):
                raise InputError(f"too few pictures differ in '{name}': label more, or leave it out")
        shown_to = pictures[~held].to(self.run.device)
        self.classifier = trained_classifier(shown_to, known, dict.fromkeys(truth, 2), self.run)
        said = self._said(pictures[held].to(self.run.device))
        figures = {
            name: {"classifier": balanced_accuracy(said[name], truth[name][held])}
            for name in truth
            if 0 < int(truth[name][held].sum()) < int(held.sum())
        }
        for name, found in figures.items():
            if found["classifier"] < _LEAST_TOLD:
                self._left_out(
                    f"'{name}' cannot be told from the pictures: the classifier is right in "
                    f"{found['classifier']:.0%}, half is chance; label more pictures, or leave it out"
                )
        self.styles, labels = self._drawn(range(count), "drawing samples")
        told = [name for name in truth if figures.get(name, {"classifier": 1})["classifier"] >= _LEAST_TOLD]
        self.has = {name: labels[name] for name in told if self._enough(name, labels[name])}
        return self._boundaries(), figures

    def by_encoder(self) -> tuple[dict[str, Boundary], dict[str, dict[str, float]]]:
        """Boundaries between the pictures of the set, in the styles that the encoder finds for them."""
        import torch

        encoder = getattr(self.loaded.net, "encoder", None) or encoder_of(self.loaded, self.folder)
        if encoder is None:
            raise InputError(
                "the model has no encoder: train one, calotype train encoder "
                f"{model_store.typed(self.folder)}, or give --by samples"
            )
        encoder.to(self.run.device)
        pictures, self.has = self._pictures(min(_LARGEST, *self.loaded.photo_size))
        parts = pictures.split(_CHUNK)  # type: ignore[no-untyped-call]
        found = [
            self.space.encode(encoder, parts[i].to(self.run.device)).cpu()
            for i in self.run.steps(len(parts), stage="encoding pictures")
        ]
        self.styles = torch.cat(found)
        return self._boundaries(), {}

    def orthogonal(self, found: dict[str, Boundary]) -> dict[str, Boundary]:
        """The same, each orthogonal to all others."""
        from calotype.inspection.boundaries import orthogonal

        return orthogonal(found, self.styles, self.has, self.seed)

    def moved(self, found: dict[str, Boundary], start: int) -> dict[str, dict[str, float | None]]:
        """What the classifier sees when new samples are moved along each direction, towards what they have not."""
        styles, before = self._drawn(range(start, start + _MOVED), "drawing others")
        told: dict[str, dict[str, float | None]] = {}
        names = list(found)
        for i in self.run.steps(len(names), stage="moving them"):
            name = names[i]
            towards = (1 - 2 * before[name].float())[:, None]
            after = self._labels(styles + _STEP * towards * found[name].direction.cpu())
            same = [float((after[key] == before[key]).float().mean()) for key in found if key != name]
            told[name] = {
                "changed": float((after[name] != before[name]).float().mean()),
                "kept": sum(same) / len(same) if same else None,
            }
        return told

    # -----------------------------------------------------------------------------------------------------------

    def _pictures(self, side: int) -> tuple[Tensor, dict[str, Tensor]]:
        """The pictures of the set [N, 3, side, side], and whether each has each attribute, bool [N]."""
        import torch

        from calotype.data.folder import decoded_photos

        read = decoded_photos(
            self.told.files,
            (side, side),
            keep=False,
            on_progress=lambda done, count: self.progress("reading pictures", done, count),
        )
        if read.skipped:
            self.notes.append(read.report())
        pictures = torch.from_numpy(read.rows.copy()).permute(0, 3, 1, 2).float() / 127.5 - 1
        truth = {name: torch.tensor(self.told.column(name))[list(read.numbers)] for name in self.told.names}
        return pictures, truth

    def _drawn(self, seeds: range, stage: str) -> tuple[Tensor, dict[str, Tensor]]:
        """The styles of seeds, and what the classifier says of their pictures."""
        import torch

        starts = range(seeds.start, seeds.stop, _CHUNK)
        parts, said = [], []
        for i in self.run.steps(len(starts), stage=stage):
            styles = self.space.sample(range(starts[i], min(starts[i] + _CHUNK, seeds.stop)))
            parts.append(styles.cpu())
            said.append(self._said(self.space.draw(styles)))
        return torch.cat(parts), {name: torch.cat([each[name] for each in said]) for name in said[0]}

    def _labels(self, styles: Tensor) -> dict[str, Tensor]:
        import torch

        said = [self._said(self.space.draw(part.to(self.run.device))) for part in torch.split(styles, _CHUNK)]
        return {name: torch.cat([each[name] for each in said]) for name in said[0]}

    def _said(self, pictures: Tensor) -> dict[str, Tensor]:
        """Whether the classifier sees each attribute in pictures of any size, bool [N]."""
        from calotype.image.resize import resize

        side = self.classifier.side
        given = pictures if pictures.shape[2] == side else resize(pictures, (side, side))
        return {name: (each[:, 1] > each[:, 0]).cpu() for name, each in self.classifier.logits(given).items()}

    def _enough(self, name: str, has: Tensor) -> bool:
        """Whether enough samples have an attribute and have it not; else it is noted."""
        count = int(has.sum())
        if min(count, len(has) - count) >= _LEAST_DRAWN:
            return True
        rare = f"{counted(count, 'sample')} of {len(has)} with"
        if count > len(has) / 2:
            rare = f"{counted(len(has) - count, 'sample')} of {len(has)} without"
        self._left_out(f"the model drew {rare} '{name}', which is too few for a direction: raise --samples (samples=)")
        return False

    def _left_out(self, line: str) -> None:
        """Note why an attribute has no direction; if it is the only one, refuse."""
        if len(self.told.names) == 1:
            raise InputError(line)
        self.notes.append(line)

    def _boundaries(self) -> dict[str, Boundary]:
        from calotype.inspection.boundaries import boundary

        if not self.has:
            raise InputError("; ".join(self.notes) or "no attribute can be learned: label more pictures")
        found = {name: boundary(self.styles, has, self.seed) for name, has in self.has.items()}
        self.notes += [
            f"the direction of '{name}' is hardly better than chance: right in {one.accuracy:.0%} of what it was not "
            "fitted to, half is chance; label more pictures, or leave it out"
            for name, one in found.items()
            if one.accuracy < _LEAST_TOLD
        ]
        return found
