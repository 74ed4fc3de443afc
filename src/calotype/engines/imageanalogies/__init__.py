"""Image Analogies: what is to B as A' is to A, made pixel by pixel. Nothing is trained.

The idea (Hertzmann, Jacobs, Oliver, Curless, Salesin: "Image Analogies", SIGGRAPH 2001): a photo A' and its counterpart
A show an effect by example. Every pixel of the result B' is copied from the pixel of A' whose surroundings are most
alike: 5 x 5 pixels of A against the same of B, the twelve pixels of A' before it against those made already of B', and
3 x 3 pixels of each at the level below, from the coarsest level of a Gaussian pyramid to the finest. Of two candidates
one is taken: the nearest of all, or the best of those that go on with what a neighbour was copied from (after
Ashikhmin), which is preferred though it be farther, by a factor of 1 + 2^(l - L) kappa. So an effect (a blur, a
drawing), a texture (without A: the photo's own brightness), or a layout (A and B label maps: texture-by-numbers) is
carried over.

Fronts instead of rows: a pixel depends on twelve others, so those with equal x + 3 y can be made together. The result
is that of the published order, pixel for pixel, and takes seconds instead of hours.

What differs from the paper, beside that. Each but the third is a setting; the preset ``paper`` has none of them:
- Neighbourhoods are compared by principal components (``components``).
- The tree is searched leaf by leaf (``probes``), for all pixels of a front at once. The preset ``paper`` compares with
  all the photo, which the paper could not afford.
- Label maps are compared as labels, all equally unlike; the paper compares their colours, as ``guide="colours"`` does.
- The coarsest level is disturbed a little (``noise``), so that there is more than one result.

Sizes: from 8 pixels up; time grows with the number of pixels. Limits: what is made first cannot be mended by what is
made later, so large forms come out worse than with ``gpnn``, which makes everything anew several times; where labels
leave it open what lies there, the place does not tell either, and one label's matter may come from anywhere.
"""

from calotype.engines.imageanalogies.config import PRESETS, Config
from calotype.engines.imageanalogies.cost import cost
from calotype.engines.imageanalogies.generate import analogy, relayout, scales

__all__ = ["PRESETS", "Config", "analogy", "cost", "relayout", "scales"]
