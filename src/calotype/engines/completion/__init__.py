"""Completion: image inpainting from the rest of the photo. No training.

The method (Wexler, Shechtman, Irani: "Space-Time Completion of Video", PAMI 2007; Newson, Almansa, Gousseau, Perez:
"Video Inpainting of Complex Scenes", 2014): at a coarse level, where the hole is a few pixels wide, it is filled by
shifted copies of the photo (see ``paper`` below), or by a smooth surface if it is narrow or reaches the border of the
image, as in outpainting (``start`` and ``border_start`` choose). From there up to full size, every patch that overlaps
the hole is replaced by the most similar patch of the photo, and overlapping patches are averaged, several times at
every level. Patches are searched by PatchMatch, or exhaustively where they are few.

Differences from the papers:
- Neighbours are copied together where that costs little (iterated conditional modes with a Potts penalty): large pieces
  of the photo, not a mean of many.
- Near patches fit better than distant ones, those at another height worst (``near``; 0 disables this).
- Patches fit better where their local contrast is the expected one (``texture``): averages of patches are smooth, and
  would otherwise be matched with what is blurred in the photo.
- Patches are averaged together with their gradients, from which the fill is integrated: copies from elsewhere are often
  slightly too bright or too dark, which would leave seams (Darabi et al.: "Image Melding", SIGGRAPH 2012).
- Thin parts of a hole, such as wires, are the mean of a biharmonic surface and of the patches that match it.
- Distant holes are filled separately, each from its surroundings.

The preset ``paper`` is another method (He, Sun: "Statistics of Patch Offsets for Image Completion", ECCV 2012): similar
patches of a photo are related by a few dominant offsets. Shifted copies of the photo, one per dominant offset, are
combined in the hole such that the seams between them are least visible. Differences from that paper:
- Labels are assigned by belief propagation followed by iterated conditional modes, where He and Sun use graph cuts.
- If no dominant offset leads from a pixel of the hole to a known pixel, a few offsets of a lattice are added.
- Poisson blending removes small differences at seams and keeps large ones, which are edges.
- A hole that is too large even at the coarsest level where it is visible (scratches all over a photo) is filled by
  onion peeling, from its rim inwards, before the patch optimization.

The verb is ``fill``: a photo and a hole. It serves both object removal and outpainting, where the hole surrounds the
photo. Sizes: from 16 pixels up; only the surroundings of a hole are used, so that the cost hardly grows with the photo.
Limits: no semantics. An uncovered background can only consist of what the photo shows elsewhere; half a face is not
completed.
"""

from calotype.engines.completion.config import PRESETS, Config
from calotype.engines.completion.cost import cost
from calotype.engines.completion.fill import fill

__all__ = ["PRESETS", "Config", "cost", "fill"]
