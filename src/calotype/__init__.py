"""Calotype makes new pictures from the ones you have.

    import calotype
    calotype.vary("bird.jpg", n=4).save("out")

Everything public is named here. Names are looked up when they are first used: ``import calotype`` imports neither torch
nor anything else that is slow.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from calotype import renamed

if TYPE_CHECKING:
    from calotype.catalog import load as load
    from calotype.errors import CalotypeError as CalotypeError
    from calotype.errors import InputError as InputError
    from calotype.errors import OutputError as OutputError
    from calotype.errors import Stopped as Stopped
    from calotype.image.io import open_photo as open_photo
    from calotype.image.labelmap import open_labels as open_labels
    from calotype.results import Animation as Animation
    from calotype.results import Latent as Latent
    from calotype.results import Result as Result
    from calotype.results import Table as Table
    from calotype.run import Event as Event
    from calotype.run import Run as Run
    from calotype.tasks.adjust import adjust as adjust
    from calotype.tasks.align import align as align
    from calotype.tasks.analogy import analogy as analogy
    from calotype.tasks.animate import animate as animate
    from calotype.tasks.crossover import crossover as crossover
    from calotype.tasks.directions import directions as directions
    from calotype.tasks.dissect import dissect as dissect
    from calotype.tasks.draw import draw as draw
    from calotype.tasks.edges import edges as edges
    from calotype.tasks.edit import edit as edit
    from calotype.tasks.embed import embed as embed
    from calotype.tasks.erase import erase as erase
    from calotype.tasks.evaluate import evaluate as evaluate
    from calotype.tasks.expand import expand as expand
    from calotype.tasks.harmonize import harmonize as harmonize
    from calotype.tasks.interpolate import interpolate as interpolate
    from calotype.tasks.invert import invert as invert
    from calotype.tasks.mix import mix as mix
    from calotype.tasks.morph import morph as morph
    from calotype.tasks.paint import paint as paint
    from calotype.tasks.panorama import panorama as panorama
    from calotype.tasks.relayout import relayout as relayout
    from calotype.tasks.remix import remix as remix
    from calotype.tasks.repose import repose as repose
    from calotype.tasks.restyle import restyle as restyle
    from calotype.tasks.retarget import retarget as retarget
    from calotype.tasks.retrieve import retrieve as retrieve
    from calotype.tasks.sample import sample as sample
    from calotype.tasks.scene import scene as scene
    from calotype.tasks.segment import segment as segment
    from calotype.tasks.show import show as show
    from calotype.tasks.study import study as study
    from calotype.tasks.styles import styles as styles
    from calotype.tasks.stylize import stylize as stylize
    from calotype.tasks.teach import teach as teach
    from calotype.tasks.texture import texture as texture
    from calotype.tasks.train import train as train
    from calotype.tasks.transfer import transfer as transfer
    from calotype.tasks.translate import translate as translate
    from calotype.tasks.turntable import turntable as turntable
    from calotype.tasks.upscale import upscale as upscale
    from calotype.tasks.vary import vary as vary
    from calotype.types import Boxes as Boxes
    from calotype.types import Factor as Factor
    from calotype.types import LabelMap as LabelMap
    from calotype.types import Photo as Photo
    from calotype.types import Shape as Shape
    from calotype.types import Size as Size

__version__ = "0.1.0"

_HOMES = {
    "vary": "calotype.tasks.vary",
    "retarget": "calotype.tasks.retarget",
    "paint": "calotype.tasks.paint",
    "harmonize": "calotype.tasks.harmonize",
    "edit": "calotype.tasks.edit",
    "erase": "calotype.tasks.erase",
    "expand": "calotype.tasks.expand",
    "texture": "calotype.tasks.texture",
    "stylize": "calotype.tasks.stylize",
    "mix": "calotype.tasks.mix",
    "turntable": "calotype.tasks.turntable",
    "upscale": "calotype.tasks.upscale",
    "animate": "calotype.tasks.animate",
    "analogy": "calotype.tasks.analogy",
    "relayout": "calotype.tasks.relayout",
    "remix": "calotype.tasks.remix",
    "restyle": "calotype.tasks.restyle",
    "scene": "calotype.tasks.scene",
    "repose": "calotype.tasks.repose",
    "retrieve": "calotype.tasks.retrieve",
    "styles": "calotype.tasks.styles",
    "directions": "calotype.tasks.directions",
    "segment": "calotype.tasks.segment",
    "edges": "calotype.tasks.edges",
    "draw": "calotype.tasks.draw",
    "align": "calotype.tasks.align",
    "embed": "calotype.tasks.embed",
    "morph": "calotype.tasks.morph",
    "crossover": "calotype.tasks.crossover",
    "transfer": "calotype.tasks.transfer",
    "adjust": "calotype.tasks.adjust",
    "sample": "calotype.tasks.sample",
    "interpolate": "calotype.tasks.interpolate",
    "panorama": "calotype.tasks.panorama",
    "train": "calotype.tasks.train",
    "teach": "calotype.tasks.teach",
    "translate": "calotype.tasks.translate",
    "evaluate": "calotype.tasks.evaluate",
    "show": "calotype.tasks.show",
    "study": "calotype.tasks.study",
    "dissect": "calotype.tasks.dissect",
    "invert": "calotype.tasks.invert",
    "load": "calotype.catalog",
    "open_photo": "calotype.image.io",
    "open_labels": "calotype.image.labelmap",
    "Photo": "calotype.types",
    "LabelMap": "calotype.types",
    "Size": "calotype.types",
    "Factor": "calotype.types",
    "Shape": "calotype.types",
    "Boxes": "calotype.types",
    "Result": "calotype.results",
    "Animation": "calotype.results",
    "Latent": "calotype.results",
    "Table": "calotype.results",
    "Run": "calotype.run",
    "Event": "calotype.run",
    "CalotypeError": "calotype.errors",
    "InputError": "calotype.errors",
    "OutputError": "calotype.errors",
    "Stopped": "calotype.errors",
}

__all__ = ["__version__", *_HOMES]  # noqa: PLE0604  (a dict of names, known to be strings)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'calotype' has no attribute '{name}'")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value  # next time without a detour
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})


renamed.install()
