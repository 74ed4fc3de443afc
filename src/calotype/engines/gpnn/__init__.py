"""GPNN: new images from one photo by generative patch nearest neighbours. No training.

The method (Granot, Feinstein, Shocher, Bagon, Irani: "Drop the GAN: In Defense of Patches Nearest Neighbors as Single
Image Generative Models", CVPR 2022): at a coarse level of a pyramid the photo is perturbed by noise; then, level by
level, every patch of the image is replaced by its best match in the photo, overlaps are averaged, and the result is
upsampled to be the query of the next level. The best match minimizes d(q, k) / (alpha + min over q' of d(q', k)): the
denominator favours parts of the photo that the result lacks, so that the result is complete as well as coherent.

Two searches minimize the same score. ``exact`` is exhaustive, as published; it is the reference for the other, and its
time is quadratic in the pixels. ``fast`` (PatchMatch) keeps the best match so far of every patch of the result and, for
the denominator, of the photo, and improves it by propagation from neighbours and random guesses, on principal
components of the patches, starting from the matches of the coarser level. Time and memory are linear in the pixels:
benchmarks/results/speed.json has the numbers.

Differences from the paper, apart from the search. Each is a setting; the preset ``paper`` with structure 0 has none of
them:
- The initial image is also displaced, not only perturbed in value (``sway``): patch matching removes noise in the
  values so well that samples are often the photo itself.
- Patches have 5 pixels at the fine levels (``fine_patch``), with only a few replacements (``fine_steps``).
- The coarsest level is slightly larger (``coarsest``), so that layouts vary more.
- ``vary`` and ``texture`` count completeness at the coarse levels alone (``fine_alpha``): at the fine ones every patch
  of the photo would be matched as well, in every step. Results copy a little more of the photo, and cover slightly less
  of it.
- ``alpha`` is relative to the photo's variance at each level (``relative_alpha``): one absolute value for all photos
  loses what is faint or sparse.
- ``restless`` noise at every level, and votes weighted towards the centre of a patch (``spread``), make results less of
  a collage; the preset ``original`` uses them.
- The distance is the mean squared difference on a -1..1 scale, and ``alpha`` is given for it; which scale the paper's
  0.005 refers to is not documented.

``remake`` renders a given image (a sketch, a paste, an edit) with the photo's patches, injected at a level of the
pyramid. At a coarse one only its layout is kept; at a fine one its shapes are, and only the texture changes. ``edit``
and ``harmonize`` do so in the changed area of a photo alone; a pasted object keeps its shapes and takes its hues and
its texture from the photo.

``texture`` synthesises more of a material from a sample of it: blocks are quilted (Efros and Freeman, SIGGRAPH 2001) at
a coarse level, and refined from there up.

``analogy`` is an image analogy A : A' applied to B (Hertzmann et al., Image Analogies, SIGGRAPH 2001): patches are
compared by their pixels and by guide channels, such as a label map of the photo, or the photo without its effect.
``relayout`` is the same for two label maps given as class indices, and ``draw`` for a layout and several photos with
label maps: the first is the one whose map is nearest, and the others have what it lacks.

``remix`` keeps as much of the photo as a level of a classifier's features says: it is a variation that is guided by
them, without training.

Sizes: from 16 pixels up to a hundred megapixels. Limits: no semantics, so a face or a building may be broken up; what
is unique in a photo is either kept whole or broken. Several photos may contribute patches. Results may be tileable. CPU
and CUDA run the same code, with the same noise.
"""

from calotype.engines.gpnn.analogy import analogy, relayout
from calotype.engines.gpnn.config import PRESETS, Config
from calotype.engines.gpnn.cost import cost, draw_cost, retarget_cost
from calotype.engines.gpnn.draw import draw
from calotype.engines.gpnn.edit import edit, harmonize
from calotype.engines.gpnn.generate import retarget, scales, seedless, vary
from calotype.engines.gpnn.remake import remake, stylize
from calotype.engines.gpnn.remix import needs, remix
from calotype.engines.gpnn.texture import texture

__all__ = [
    "PRESETS",
    "Config",
    "analogy",
    "cost",
    "draw",
    "draw_cost",
    "edit",
    "harmonize",
    "needs",
    "relayout",
    "remake",
    "remix",
    "retarget",
    "retarget_cost",
    "scales",
    "seedless",
    "stylize",
    "texture",
    "vary",
]
