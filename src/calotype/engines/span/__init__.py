"""SPAN: super-resolution with a pretrained network. No training.

The method (Wan et al.: "Swift Parameter-free Attention Network for Efficient Super-Resolution", CVPRW 2024): a network
of 22 convolutions, trained on pairs of photos and their reductions (DF2K), that enlarges by 2 or by 4. Six blocks
weight their features by an odd function of the features themselves, an attention without parameters. The verb is
``upscale``.

Factors up to 2 are made by the network for 2, larger ones by that for 4, and a bicubic resize does the rest. Above 4
the preset ``paper`` lets the network for 2 follow that for 4, which gains a hundredth of a decibel. A photo is computed
in strips of rows, each convolution going on where it stopped, so there are no seams, and memory grows with the width
and the result alone. 16 bits are kept, photos without colour stay so. Transparency is enlarged by the network as a
grey picture, colours are continued into what is transparent before they are enlarged. Between hard edges, as in
drawings and text, the network fails in places; there the photo is smoothed a little, and enlarged again
(``stability``). Results are the same for every seed.

The weights are the published ones (Apache-2.0), which ``calotype weights span`` fetches: in ``fast`` those with 48
channels, in ``paper`` those with 52, which the publication compares with others.

Differences from the publication: the parallel branches of convolutions are merged, as in the published weights.

Sizes: from 1 pixel up. Limits: the network was trained on clean photos, reduced by a bicubic filter. Noise, blur and
traces of compression are enlarged like details; things that cannot be recognised in the photo are not invented.
"""

from calotype.engines.span.config import PRESETS, Config
from calotype.engines.span.cost import cost
from calotype.engines.span.generate import has_weights, needs, upscale

__all__ = [
    "PRESETS",
    "Config",
    "cost",
    "has_weights",
    "needs",
    "upscale",
]
