"""GPDM: new pictures from one photo by matching the distribution of its patches. Nothing is trained.

The idea (Elnekave, Weiss: "Generating Natural Images with Direct Patch Distribution Matching", ECCV 2022): a picture is
like the photo when its patches, all taken together, are distributed like the photo's. How far two sets of patches are
from each other is told by the sliced Wasserstein distance: all are projected on a random direction, and the sorted
values of both sides are compared; the mean over many directions is near 0 only where the sets agree. Level by level,
from a few pixels up to full size, the pixels themselves are moved down this distance by Adam, along new directions at
every step. No patch is searched for, so the time grows with n log n; none is copied, so results repeat less of the
photo in order than those of nearest neighbours; and what is rare in the photo is rare in the result, with no setting
for it.

Three presets. ``paper`` has the published settings: levels 1 / 0.85 apart from 21 pixels up, 64 directions, 300 steps a
level. ``fast`` is a hybrid: levels are 4/3 apart, distributions lay the picture out and shape it up to
``replaced_above`` pixels, and from there on patches of the photo stand in for those of the result (GPNN: Granot et al.,
CVPR 2022, with an approximate search), since sorting all patches 300 times is dear where there are many of them.
In benchmarks/results, gpdm_ablation.json has what each of the choices costs and gains in small pictures, gpdm_250.json
both presets at 250 pixels, gpdm.json the quality of ``fast`` beside what the authors of GPNN and SinGAN published.

What differs from the authors' code, in all presets:
- Photo and result are reduced by the same factors. There an upright photo is measured by its width and the result by
  its height, and the patches compared are of different scales.
- The noise of the start is given at the coarsest level's own resolution. There it is added at full size and then
  reduced with the picture, which leaves of a standard deviation of 1.5 about 0.1 in a photo of 180 pixels, and less in
  a larger one; 0.1 is what ``noise`` is set to.
- Where photo and result have unequal counts of patches, the photo's sorted values are read at the result's ranks; there
  random entries of the shorter list are repeated.
- The pyramid's ratio is adjusted a little so that whole steps lead from ``coarsest`` to the photo.
- The slope is written down, not differentiated, and numpy sorts on the CPU; the values are the same.

``remake`` gives the photo's patches to a foreign picture (a sketch, a paste, an edit) from a level of the pyramid up;
``stylize`` does so without noise: another photo's shapes in this one's surface. Both match distributions at all levels,
in every preset.

Sizes: from 14 pixels up. The time of ``fast`` grows with the pixels; ``paper`` takes minutes at 250 of them a side.
Limits: nothing is understood, so large things may be taken apart; layouts are those that patches of 7 pixels allow at
the coarsest level, and the edges of the picture are all that holds the sky at the top: now and then it is not there.
Several photos are one set of patches, each with the weight of its size. Results may be tileable: patches that reach
over the edge are counted like others. CPU and CUDA draw the same numbers.
"""

from calotype.engines.gpdm.config import PRESETS, Config
from calotype.engines.gpdm.cost import cost
from calotype.engines.gpdm.generate import retarget, scales, vary
from calotype.engines.gpdm.remake import remake, remaking, stylize

__all__ = [
    "PRESETS",
    "Config",
    "cost",
    "remake",
    "remaking",
    "retarget",
    "scales",
    "stylize",
    "vary",
]
