"""Which verbs make something of a photo, or with a model of many, for whoever makes a front end of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from calotype.tasks.analogy import Drawing, analogy
from calotype.tasks.animate import Animating, animate
from calotype.tasks.edges import Outlining, edges
from calotype.tasks.edit import Editing, edit
from calotype.tasks.erase import Erasing, erase
from calotype.tasks.expand import Expanding, expand
from calotype.tasks.harmonize import Harmonizing, harmonize
from calotype.tasks.making import Job
from calotype.tasks.mix import Mixing, mix
from calotype.tasks.paint import Painting, paint
from calotype.tasks.panorama import Panoramas, panorama
from calotype.tasks.relayout import Relaying, relayout
from calotype.tasks.retarget import Retargeting, retarget
from calotype.tasks.sample import Samples, sample
from calotype.tasks.sampling import Sampling
from calotype.tasks.segment import Segmenting, segment
from calotype.tasks.stylize import Styling, stylize
from calotype.tasks.texture import Texturing, texture
from calotype.tasks.upscale import Upscaling, upscale
from calotype.tasks.vary import Variations, vary

# Each with what it is made by.
MAKING: dict[Callable[..., Any], type[Job]] = {
    vary: Variations,
    retarget: Retargeting,
    paint: Painting,
    harmonize: Harmonizing,
    edit: Editing,
    erase: Erasing,
    expand: Expanding,
    texture: Texturing,
    stylize: Styling,
    mix: Mixing,
    upscale: Upscaling,
    animate: Animating,
    analogy: Drawing,
    relayout: Relaying,
    segment: Segmenting,
    edges: Outlining,
}

# The verbs that make something with a model of many photos.
SAMPLING: dict[Callable[..., Any], type[Sampling]] = {
    sample: Samples,
    panorama: Panoramas,
}
