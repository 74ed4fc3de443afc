"""Completion: what is missing from a photo, put together from the rest of it. Nothing is trained.

The idea (He, Sun: "Statistics of Patch Offsets for Image Completion", ECCV 2012): similar patches of a photo lie at a
few displacements from each other. The photo, displaced by each of the commonest, is laid over the hole, and every pixel
of the hole takes one of these copies so that the seams between them are seen least: large coherent pieces, and so
straight edges and whole textures. That is done at a coarse level; from there up, patches of the photo are made to fit
each other (Wexler, Shechtman, Irani: "Space-Time Completion of Video", PAMI 2007; Newson, Almansa, Gousseau, Perez:
"Video Inpainting of Complex Scenes", 2014).

What differs from the papers:
- Labels are found by belief propagation and then one by one, where He and Sun use graph cuts.
- The offsets are those of a sample of patches, compared with all others; where none of the common ones leads from a
  pixel of the hole to what is known, a few of a lattice are added.
- Poisson blending evens out small differences at seams and leaves large ones, which are edges.
- In the large, tones are drawn towards the smoothest surface through what is around the hole: copies from elsewhere
  are often a little too bright or too dark.
- A hole that has too many pixels even at the coarsest level where it can be seen (scratches over a whole photo) is
  filled from its rim, pixel by pixel, before patches are fitted.
- Holes that are far from each other are filled one by one, each from its surroundings.

The verb is ``fill``: a photo and a hole. Erasing things is that, and so is continuing a photo beyond its edges, where
the hole lies around it. Sizes: from 16 pixels up; only the surroundings of a hole are looked at, so that what it takes
hardly grows with the photo. Limits: nothing is understood. What was behind a thing can only be what is elsewhere in the
photo; half a face is not made whole.
"""

from calotype.engines.completion.config import PRESETS, Config
from calotype.engines.completion.cost import cost
from calotype.engines.completion.fill import fill

__all__ = ["PRESETS", "Config", "cost", "fill"]
