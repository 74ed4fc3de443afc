"""Registry of the verbs and their jobs, for the front ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from calotype.catalog import declared
from calotype.tasks.adjust import AdjustJob, adjust
from calotype.tasks.analogy import AnalogyJob, analogy
from calotype.tasks.animate import AnimateJob, animate
from calotype.tasks.crossover import CrossoverJob, crossover
from calotype.tasks.draw import DrawJob, draw
from calotype.tasks.edges import EdgesJob, edges
from calotype.tasks.edit import EditJob, edit
from calotype.tasks.embed import EmbedJob, embed
from calotype.tasks.erase import EraseJob, erase
from calotype.tasks.expand import ExpandJob, expand
from calotype.tasks.harmonize import HarmonizeJob, harmonize
from calotype.tasks.interpolate import InterpolateJob, interpolate
from calotype.tasks.job import Job
from calotype.tasks.mix import MixJob, mix
from calotype.tasks.model_job import ModelJob
from calotype.tasks.morph import MorphJob, morph
from calotype.tasks.paint import PaintJob, paint
from calotype.tasks.panorama import PanoramaJob, panorama
from calotype.tasks.param import described
from calotype.tasks.photo_job import PhotoJob
from calotype.tasks.relayout import RelayoutJob, relayout
from calotype.tasks.remix import RemixJob, remix
from calotype.tasks.repose import ReposeJob, repose
from calotype.tasks.restyle import RestyleJob, restyle
from calotype.tasks.retarget import RetargetJob, retarget
from calotype.tasks.sample import SampleJob, sample
from calotype.tasks.scene import SceneJob, scene
from calotype.tasks.segment import SegmentJob, segment
from calotype.tasks.stylize import StylizeJob, stylize
from calotype.tasks.texture import TextureJob, texture
from calotype.tasks.transfer import TransferJob, transfer
from calotype.tasks.translate import TranslateJob, translate
from calotype.tasks.turntable import TurntableJob, turntable
from calotype.tasks.upscale import UpscaleJob, upscale
from calotype.tasks.vary import VaryJob, vary

# The verbs that process a photo.
PHOTO_VERBS: dict[Callable[..., Any], type[PhotoJob]] = {
    vary: VaryJob,
    retarget: RetargetJob,
    paint: PaintJob,
    harmonize: HarmonizeJob,
    edit: EditJob,
    erase: EraseJob,
    expand: ExpandJob,
    texture: TextureJob,
    stylize: StylizeJob,
    mix: MixJob,
    upscale: UpscaleJob,
    animate: AnimateJob,
    analogy: AnalogyJob,
    relayout: RelayoutJob,
    remix: RemixJob,
    segment: SegmentJob,
    edges: EdgesJob,
}
# The verbs that need a model of a data set.
MODEL_VERBS: dict[Callable[..., Any], type[ModelJob]] = {
    sample: SampleJob,
    interpolate: InterpolateJob,
    panorama: PanoramaJob,
    draw: DrawJob,
    restyle: RestyleJob,
    scene: SceneJob,
    turntable: TurntableJob,
    repose: ReposeJob,
    translate: TranslateJob,
    embed: EmbedJob,
    morph: MorphJob,
    crossover: CrossoverJob,
    transfer: TransferJob,
    adjust: AdjustJob,
}
JOBS: dict[Callable[..., Any], type[Job]] = {**PHOTO_VERBS, **MODEL_VERBS}
VERBS: dict[str, tuple[Callable[..., Any], type[Job]]] = {task.__name__: (task, job) for task, job in JOBS.items()}


def accepting(argument: str, system: str) -> list[str]:
    """The verbs of a system that have an argument of this name."""
    return [verb for verb in declared(system).verbs if verb in VERBS and argument in described(VERBS[verb][0])]
