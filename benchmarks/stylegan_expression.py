"""Expressions transferred between embedded faces, and faces morphed into each other, told by a classifier.

The generator is the example model, 32 pixels, with its encoder. The classifier is trained on its training pictures, the
first 4000 of the set ``faces``; ``accuracy`` is that on 1000 others. Each face that is changed (``code``) takes the
difference of two pictures of another one that differ in the mouth alone (``before``, ``after``), of which ``after`` has
the expression that the face does not have. All three are embedded in W+. Said is how often the classifier finds the
expression of ``after`` in the result, and each attribute of the face; and the same of the face as it is embedded. The
strength is chosen on the first pairs and reported on others.

The morph goes from face to face in 11 pictures. ``monotone`` is Spearman's correlation of the picture's number with
what the classifier says of an attribute that both ends differ in, as a logit.

    calotype weights stlpips
    python benchmarks/stylegan_expression.py --out benchmarks/results/stylegan_expression.json --sheet SHEET
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported anywhere

import json
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

import stylegan_common as common
from calotype.catalog import load
from calotype.data.sets import dicebear
from calotype.data.sets.dicebear import Chosen
from calotype.inspection.attribute_classifier import AttributeClassifier, trained_classifier
from calotype.models.stylegan.editing import morph, transfer
from calotype.models.stylegan.embedding import embed, psnr
from calotype.nn.shift_tolerant import shift_tolerant
from calotype.run import Run
from calotype.tasks.encoder_model import encoder_of
from machine import provenance
from stylegan import HELD_OUT, TRAINED
from stylegan_common import EXAMPLE_MODEL, begun, face_picture, with_packages, write_result, write_sheet

PAIRS, STEPS, FRAMES = 15, 100, 11
STRENGTHS = (1.0, 1.5, 2.0, 3.0)
# Acceptance: accuracy on held-out faces, expressions of the donor, attributes that are kept, and monotone morphs.
LEAST_ACCURACY, LEAST_EXPRESSION, LEAST_KEPT, LEAST_MONOTONE = 0.95, 0.8, 0.9, 0.9
EXPRESSION = "expression"


@dataclass(frozen=True)
class Face:
    """A drawn face: its picture [1, 3, side, side], -1..1, and the number of each attribute."""

    chosen: Chosen
    picture: Tensor
    attributes: dict[str, int]


class Faces:
    """Faces of a style by number, and the same with other mouths."""

    def __init__(self, held: dict[str, Any]) -> None:
        self.held = held
        colours = {name: sorted(about["values"]) for name, about in held["colors"].items()}
        self.colours = {name: colours[name] for name in ("skin", "hair", "clothing")}
        self.mouths = sorted(held["components"]["mouth"]["variants"])

    @property
    def sizes(self) -> dict[str, int]:
        """The number of values of each attribute."""
        there = dict.fromkeys((EXPRESSION, "glasses", "hat", "beard"), 2)
        return {**there, **{name: len(values) for name, values in self.colours.items()}}

    def face(self, number: int) -> Face:
        return self.of(dicebear.choose(self.held, np.random.default_rng((0, number))))

    def of(self, chosen: Chosen) -> Face:
        found = {EXPRESSION: int(chosen.variants["mouth"].startswith("sad"))}
        found |= {name: int(name in chosen.variants) for name in ("glasses", "hat", "beard")}
        found |= {name: values.index(chosen.colours[name]) for name, values in self.colours.items()}
        return Face(chosen, face_picture(self.held, chosen), found)

    def with_expression(self, face: Face, expression: int, seed: int) -> Face:
        """The face with another mouth, of that expression."""
        mouths = [name for name in self.mouths if name.startswith("sad") == bool(expression)]
        mouth = mouths[int(np.random.default_rng((1, seed)).integers(len(mouths)))]
        return self.of(replace(face.chosen, variants={**face.chosen.variants, "mouth": mouth}))


def stacked(faces: list[Face]) -> tuple[Tensor, dict[str, Tensor]]:
    names = faces[0].attributes
    return torch.cat([each.picture for each in faces]), {
        name: torch.tensor([each.attributes[name] for each in faces]) for name in names
    }


def trained(faces: list[Face], sizes: dict[str, int]) -> AttributeClassifier:
    """A classifier of faces."""
    return trained_classifier(*stacked(faces), sizes, Run())


def rights(net: AttributeClassifier, faces: list[Face], pictures: Tensor | None = None) -> dict[str, float]:
    """How often each attribute is right, of the faces or of other pictures of them."""
    given, truth = stacked(faces)
    said = net(given if pictures is None else pictures)
    return {name: round(float((logits.argmax(1) == truth[name]).float().mean()), 4) for name, logits in said.items()}


@dataclass(frozen=True)
class Edit:
    """A face, the pictures of another one, and their latent codes."""

    face: Face
    before: Face
    after: Face
    codes: tuple[dict[str, Tensor], ...]


class Editing:
    """Embeds, transfers and morphs in the example model."""

    def __init__(self, faces: Faces, model: Path) -> None:
        loaded = load(model)
        self.faces, self.cfg, self.net = faces, loaded.config, loaded.net.requires_grad_(False)
        self.encoder = encoder_of(loaded, model)
        self.errors: list[float] = []

    def code(self, face: Face) -> dict[str, Tensor]:
        found = embed(
            self.cfg, Run(), net=self.net, photo=face.picture, encoder=self.encoder, start="encoder", steps=STEPS
        )
        self.errors.append(float(psnr(found.picture, face.picture)))
        return {"styles": found.styles}

    def edit(self, number: int) -> Edit:
        face, donor = self.faces.face(number), self.faces.face(number + 1)
        wanted = 1 - face.attributes[EXPRESSION]
        before = self.faces.with_expression(donor, 1 - wanted, number)
        after = self.faces.with_expression(donor, wanted, number)
        return Edit(face, before, after, tuple(self.code(each) for each in (face, before, after)))

    def changed(self, edit: Edit, strength: float) -> Tensor:
        code, before, after = edit.codes
        how = {"code": code, "before": before, "after": after, "strength": strength}
        return transfer(self.cfg, Run(), net=self.net, **how).picture

    def drawn(self, code: dict[str, Tensor]) -> Tensor:
        return transfer(self.cfg, Run(), net=self.net, code=code, before=code, after=code).picture

    def path(self, first: dict[str, Tensor], second: dict[str, Tensor]) -> Tensor:
        return torch.cat(morph(self.cfg, Run(), net=self.net, first=first, second=second, frames=FRAMES))


def transferred(
    editing: Editing, net: AttributeClassifier, edits: list[Edit], strength: float
) -> tuple[dict[str, Any], Tensor]:
    """What the classifier says of the faces with the expression of another one."""
    pictures = torch.cat([editing.changed(each, strength) for each in edits])
    wanted = torch.tensor([each.after.attributes[EXPRESSION] for each in edits])
    found = rights(net, [each.face for each in edits], pictures)
    embedded = torch.cat([editing.drawn(each.codes[0]) for each in edits])
    said, before = net(pictures), net(embedded)
    kept = {name: value for name, value in found.items() if name != EXPRESSION}
    same = {name: round(float((said[name].argmax(1) == before[name].argmax(1)).float().mean()), 4) for name in kept}
    return {
        "strength": strength,
        "expression of the donor": round(float((said[EXPRESSION].argmax(1) == wanted).float().mean()), 4),
        "attributes of the face": kept,
        "attributes of the embedded face": same,
        "attributes kept, mean": round(float(np.mean(list(kept.values()))), 4),
        "attributes kept of the embedded face, mean": round(float(np.mean(list(same.values()))), 4),
    }, pictures


def spearman(values: Tensor) -> float:
    """Spearman's correlation of values with their order."""
    ranks = values.argsort().argsort().float()
    return float(torch.corrcoef(torch.stack([ranks, torch.arange(len(values)).float()]))[0, 1])


def monotone(editing: Editing, net: AttributeClassifier, edits: list[Edit]) -> tuple[dict[str, Any], list[Tensor]]:
    """Morphs between the two expressions of a face, and between faces of which one has glasses."""
    found: dict[str, list[float]] = {EXPRESSION: [], "skin": []}
    shown = []
    lightness = torch.tensor([sum(bytes.fromhex(value[1:])) for value in editing.faces.colours["skin"]]).float()
    for edit, other in zip(edits, edits[1:] + edits[:1]):
        ends = sorted((edit.before, edit.after), key=lambda each: each.attributes[EXPRESSION])
        codes = edit.codes[1:] if ends[0] is edit.before else edit.codes[:0:-1]
        frames = editing.path(*codes)
        logits = net(frames)[EXPRESSION]
        found[EXPRESSION].append(spearman(logits[:, 1] - logits[:, 0]))
        shown.append(frames)
        tones = [lightness[each.face.attributes["skin"]] for each in (edit, other)]
        if tones[0] != tones[1]:
            frames = editing.path(edit.codes[0], other.codes[0])
            tone = net(frames)["skin"].softmax(1) @ lightness  # expected sum of the channels
            found["skin"].append(spearman(tone) * (1 if tones[0] < tones[1] else -1))
            shown.append(frames)
    return {
        name: {
            "paths": len(values),
            "mean": round(float(np.mean(values)), 3),
            "median": round(float(np.median(values)), 3),
            "least": round(min(values), 3),
            "share above": round(float((np.array(values) > LEAST_MONOTONE).mean()), 3),
        }
        for name, values in found.items()
    }, shown


def main() -> None:
    parser = with_packages(common.parser(__doc__, "a sheet of the photos and results"))
    parser.add_argument("--model", type=Path, default=EXAMPLE_MODEL, help="folder of the model, with its encoder")
    parser.add_argument("--pairs", type=int, default=PAIRS, help="of faces, for choosing and as many for reporting")
    asked, held = begun(parser)
    faces = Faces(held)
    began = time.process_time()
    net = trained([faces.face(i) for i in range(TRAINED)], faces.sizes)
    seconds = time.process_time() - began
    accuracy = rights(net, [faces.face(TRAINED + i) for i in range(HELD_OUT)])
    print(json.dumps(accuracy), flush=True)
    editing = Editing(faces, asked.model)
    first = TRAINED + HELD_OUT
    edits = [editing.edit(first + 2 * i) for i in range(2 * asked.pairs)]
    choosing, reported = edits[: asked.pairs], edits[asked.pairs :]
    tried = [transferred(editing, net, choosing, strength)[0] for strength in STRENGTHS]
    for row in tried:
        print(json.dumps(row), flush=True)
    kept = [row for row in tried if row["attributes kept of the embedded face, mean"] >= LEAST_KEPT] or tried[:1]
    strength = max(kept, key=lambda row: row["expression of the donor"])["strength"]
    found, pictures = transferred(editing, net, reported, strength)
    once, _ = transferred(editing, net, reported, 1.0)
    embedded = torch.cat([editing.drawn(each.codes[0]) for each in reported])
    donors = [torch.cat([editing.drawn(each.codes[k]) for each in reported]) for k in (1, 2)]
    paths, frames = monotone(editing, net, reported)
    after = [each.after for each in reported]
    result = {
        "benchmark": "stylegan_expression",
        **provenance(),
        "seed": 0,
        "model": {"resolution": editing.cfg.resolution, "steps": editing.cfg.steps},
        "pairs": asked.pairs,
        "steps": STEPS,
        "features": shift_tolerant("alex").name,
        "psnr": round(float(np.mean(editing.errors)), 2),
        "classifier": {"cpu_seconds": round(seconds), "held_out": HELD_OUT, "accuracy": accuracy},
        "embedded": rights(net, [each.face for each in reported], embedded),
        "donor_embedded_expression": rights(net, after, donors[1])[EXPRESSION],
        "choosing": tried,
        "transfer": found,
        "transfer_once": once,
        "morph": paths,
        "bounds": {
            "accuracy": LEAST_ACCURACY,
            "expression": LEAST_EXPRESSION,
            "kept": LEAST_KEPT,
            "monotone": LEAST_MONOTONE,
        },
    }
    write_result(result, asked.out)
    if asked.sheet:
        columns = [torch.cat([each.face.picture for each in reported]), embedded, *donors, pictures]
        edited = torch.cat([torch.cat(list(each[:10]), 2) for each in columns], 1)
        films = torch.cat([torch.cat(list(each), 2) for each in frames[:10]], 1)
        write_sheet(torch.cat([edited, films[:, : edited.shape[1]]], 2)[None], asked.sheet)


if __name__ == "__main__":
    main()
