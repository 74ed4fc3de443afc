"""GPDM: new images from one photo by matching the distribution of its patches. No training.

The method (Elnekave, Weiss: "Generating Natural Images with Direct Patch Distribution Matching", ECCV 2022): an image
resembles the photo if the distribution of its patches matches that of the photo's. The distance of two patch sets is
the sliced Wasserstein distance: both are projected on a random direction, and the sorted projections are compared; the
mean over many directions is near 0 only if the distributions agree. Level by level, from a few pixels up to full size,
Adam minimizes this distance over the pixels themselves, with new directions at every step. There is no patch search, so
the time grows with n log n; no patch is copied, so results repeat less of the photo verbatim than those of nearest
neighbours; and what is rare in the photo is rare in the result, without a setting for it.

Three presets. ``paper`` has the published settings: levels 1 / 0.85 apart from 21 pixels up, 64 directions, 300 steps
per level. ``fast`` is a hybrid: levels are 4/3 apart, distribution matching determines layout and shapes up to
``replaced_above`` pixels, and from there on patches are replaced by nearest neighbours in the photo (GPNN: Granot et
al., CVPR 2022, with an approximate search), since sorting all projections 300 times is expensive at many pixels. In
benchmarks/results, gpdm_ablation.json has the cost and the gain of each choice on small images, gpdm_250.json both
presets at 250 pixels, gpdm.json the quality of ``fast`` beside the published results of GPNN and SinGAN.

Differences from the authors' code, in all presets:
- Photo and result are downsampled by the same factors. There the photo is measured by its shorter side and the result
  by its height, so that portrait photos are compared at two different scales.
- The noise is added at the resolution of the coarsest level. There it is added at full size and downsampled with the
  image, which leaves about 0.1 of a standard deviation of 1.5 for a photo of 180 pixels, and less for larger ones;
  ``noise`` is therefore 0.1.
- If photo and result have different numbers of patches, the photo's sorted projections are interpolated at the result's
  ranks; there random entries of the shorter list are repeated.
- The pyramid's ratio is adjusted slightly so that an integer number of steps leads from ``coarsest`` to the photo.
- The gradient is computed in closed form, without autograd, and numpy sorts on the CPU; the values are the same.

``remake`` renders a given image (a sketch, a paste, an edit) with the photo's patches, injected at a level of the
pyramid; ``stylize`` does so without noise: the content of another photo in the style of this one. Both match
distributions at all levels, in every preset.

Sizes: from 14 pixels up. The time of ``fast`` grows with the pixels; ``paper`` takes minutes at 250 pixels per side.
Limits: no semantics, so large objects may be broken up; the layout is constrained only by patches of 7 pixels at the
coarsest level and by the image borders, so that the sky may not be at the top. Several photos form one set of patches,
each weighted by its size. Results may be tileable: patches across the edge are included. CPU and CUDA draw the same
random numbers.
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
