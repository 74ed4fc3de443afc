"""Completion: image inpainting from the rest of the photo. No training.

The method (He, Sun: "Statistics of Patch Offsets for Image Completion", ECCV 2012): similar patches of a photo are
related by a few dominant offsets. Shifted copies of the photo, one per dominant offset, are combined in the hole such
that the seams between them are least visible: large coherent regions, hence straight edges and intact textures. This is
done at a coarse level; from there up, patch-based optimization refines the fill (Wexler, Shechtman, Irani: "Space-Time
Completion of Video", PAMI 2007; Newson, Almansa, Gousseau, Perez: "Video Inpainting of Complex Scenes", 2014).

Differences from the papers:
- Labels are assigned by belief propagation followed by iterated conditional modes, where He and Sun use graph cuts.
- The offsets are those of a sample of patches, matched exhaustively; if no dominant offset leads from a pixel of the
  hole to a known pixel, a few offsets of a lattice are added.
- Poisson blending removes small differences at seams and keeps large ones, which are edges.
- Low frequencies are drawn towards a membrane interpolated from the surroundings: copies from elsewhere are often
  slightly too bright or too dark.
- A hole that is too large even at the coarsest level where it is visible (scratches all over a photo) is filled by
  onion peeling, from its rim inwards, before the patch optimization.
- Distant holes are filled separately, each from its surroundings.

The verb is ``fill``: a photo and a hole. It serves both object removal and outpainting, where the hole surrounds the
photo. Sizes: from 16 pixels up; only the surroundings of a hole are used, so that the cost hardly grows with the photo.
Limits: no semantics. An uncovered background can only consist of what the photo shows elsewhere; half a face is not
completed.
"""

from calotype.engines.completion.config import PRESETS, Config
from calotype.engines.completion.cost import cost
from calotype.engines.completion.fill import fill

__all__ = ["PRESETS", "Config", "cost", "fill"]
