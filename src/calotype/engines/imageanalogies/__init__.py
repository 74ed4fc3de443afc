"""Image Analogies: the transformation A : A' applied to B, synthesised pixel by pixel. No training.

The method (Hertzmann, Jacobs, Oliver, Curless, Salesin: "Image Analogies", SIGGRAPH 2001): a photo A' and its
counterpart A show a filter by example. Every pixel of the result B' is copied from the pixel of A' with the most
similar neighbourhood: 5 x 5 pixels of A and B, the twelve causal neighbours in A' and B', and 3 x 3 pixels of each at
the next coarser level, from the coarsest level of a Gaussian pyramid to the finest. There are two candidates: the best
match of all, and the best among the continuations of the neighbours' sources (coherence search, after Ashikhmin), which
is preferred if its distance is larger by at most a factor of 1 + 2^(l - L) kappa. This transfers filters (a blur, a
drawing), textures (without A: the photo's own luminance), and layouts (A and B are label maps: texture-by-numbers).

Wavefronts instead of scan lines: a pixel depends on twelve others, so all pixels with equal x + 3 y can be processed
together. The result equals that of the published order, pixel by pixel, and takes seconds instead of hours.

Other differences from the paper. Each but the third is a setting; the preset ``paper`` has none of them:
- Neighbourhoods are compared by principal components (``components``).
- The search tree is searched leaf by leaf (``probes``), for all pixels of a wavefront at once. The preset ``paper``
  searches exhaustively, which was too expensive for the paper.
- Label maps are compared as labels, all with the same distance; the paper compares their colours, as
  ``guide="colours"`` does.
- Noise is added at the coarsest level (``noise``), so that there is more than one result.

Sizes: from 8 pixels up; time grows with the number of pixels. Limits: early decisions are never revised, so large
shapes come out worse than with ``gpnn``, which replaces all patches several times; where labels are ambiguous, the
position does not decide either, and content of a label may come from anywhere.
"""

from calotype.engines.imageanalogies.config import PRESETS, Config
from calotype.engines.imageanalogies.cost import cost
from calotype.engines.imageanalogies.generate import analogy, relayout, scales

__all__ = ["PRESETS", "Config", "analogy", "cost", "relayout", "scales"]
