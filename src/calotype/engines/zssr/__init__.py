"""ZSSR: super-resolution by a small network trained on the photo alone, just before it is used.

The method (Shocher, Cohen, Irani: "Zero-Shot Super-Resolution using Deep Internal Learning", CVPR 2018): small things
recur in a photo at other scales. So the photo is reduced, and a network learns to make the photo of its reduction;
applied to the photo itself, it makes what the photo could be a reduction of. The network is given the bicubic
enlargement and adds what is missing. Pairs are turned and mirrored, and taken of several reductions of the photo. Large
factors are reached in steps, the result of each being what the next step learns from. The network is applied to the
photo turned and mirrored in several ways, and the mean is corrected until its reduction is the photo
(back-projection). The verb is ``upscale``.

Nothing is needed but the photo: no training set, no weights. Alpha is learned and enlarged together with the colours,
16 bits are kept, photos without colour stay so. Networks are not kept, as each is for one photo and one factor.

Differences from the paper:
- ``fast`` has six convolutions of 32 channels instead of eight of 64. Both are trained in a fixed number of steps whose
  learning rate rises and falls; the paper lowers it where the error stays. Of larger photos random parts are learned.
- The mean of turned and mirrored results, not the median.
- The filter of the reduction is bicubic; an estimated one cannot be given.

Sizes: from 1 pixel up. Limits: textures that do not recur in the photo stay soft. Time grows with the result's pixels.
"""

from calotype.engines.zssr.config import PRESETS, Config
from calotype.engines.zssr.cost import cost
from calotype.engines.zssr.generate import upscale

__all__ = ["PRESETS", "Config", "cost", "upscale"]
