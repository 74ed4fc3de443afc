"""GPNN: new pictures from one photo by generative patch nearest neighbours. Nothing is trained.

The idea (Granot, Feinstein, Shocher, Bagon, Irani: "Drop the GAN: In Defense of Patches Nearest Neighbors as Single
Image Generative Models", CVPR 2022): at a coarse level of a pyramid the photo is disturbed; then, level by level, every
patch of the picture is replaced by the photo's patch that suits it best, overlaps are averaged, and the result is
enlarged to become the question at the next level. The best patch is the one of least d(q, k) / (alpha + min over q' of
d(q', k)): the denominator makes parts of the photo attractive that nothing resembles yet, so the result is complete as
well as coherent.

Two searches give the same kind of answer. ``exact`` compares all patches with all, as published; it is the oracle of
the other and its time grows with the square of the pixels. ``fast`` keeps, for every patch of the result and, for the
denominator, of the photo, the best match so far, tries what the neighbours' matches propose and a few random guesses
(PatchMatch), on principal components of the patches, and starts from the level below. Its time and memory grow
linearly: benchmarks/results/speed.json has the figures.

What differs from the paper, beside the search. Each is a setting; the preset ``paper`` with structure 0 has
none of them:
- The start is disturbed in place as well as in value (``sway``): patches undo noise in the values so well that
  samples are often the photo itself.
- Patches are 5 pixels at the fine levels (``fine_patch``), and only a few replacements are made there (``fine_steps``).
- The coarsest level is a little larger (``coarsest``), so that layouts differ more.
- ``alpha`` is in proportion to the photo's variance at each level (``relative_alpha``): as one number for all photos it
  loses what is faint or sparse.
- ``restless`` noise at every level, and votes that count most in the middle of a patch (``spread``), make results less
  of a collage; the preset ``original`` uses them.
- The distance is the mean squared difference on a -1..1 scale, for which ``alpha`` is given; which scale the paper's
  0.005 refers to is not known for certain.

``remake`` carries a foreign picture (a sketch, a paste, an edit) over into the photo's manner: it is taken in at a
level of the pyramid and rebuilt from patches of the photo. At a coarse one only the layout of the sketch is kept; at a
fine one its shapes are, and patches change no more than the surface.

``texture`` makes more of a material from a sample of it: small pieces are quilted (Efros and Freeman, SIGGRAPH 2001) at
a coarse level, and rebuilt from there up.

``analogy`` lays the photo out as a target has it (Hertzmann et al., Image Analogies, SIGGRAPH 2001): patches are
compared by their pixels and by what a map of the photo, or a photo without its effect, has at the same place.
``relayout`` is the same for two label maps given as numbers.

Sizes: from 16 pixels up to a hundred megapixels. Limits: nothing is understood, so a face or a building may be taken
apart; what is unique in a photo is either kept whole or broken. Several photos may lend patches. Results may be
tileable. CPU and CUDA run the same code, with the same noise.
"""

from calotype.engines.gpnn.analogy import analogy, relayout
from calotype.engines.gpnn.config import PRESETS, Config
from calotype.engines.gpnn.cost import cost
from calotype.engines.gpnn.generate import retarget, scales, vary
from calotype.engines.gpnn.remake import remake, stylize
from calotype.engines.gpnn.texture import texture

__all__ = [
    "PRESETS",
    "Config",
    "analogy",
    "cost",
    "relayout",
    "remake",
    "retarget",
    "scales",
    "stylize",
    "texture",
    "vary",
]
