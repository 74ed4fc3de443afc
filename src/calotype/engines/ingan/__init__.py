"""InGAN: retargets one photo to any size, aspect ratio and shape, with one network trained on that photo alone.

The method (Shocher, Bagon, Isola, Irani: "InGAN: Capturing and Retargeting the 'DNA' of a Natural Image", ICCV 2019): a
generator receives the photo and a geometric transformation, and outputs an image of the transformed size and shape
whose patch distribution matches the photo's at every scale. Cycle consistency: the same network, given the result and
the inverse transformation, has to return the photo. The transformation is a layer without parameters inside the
generator, so that one training serves all sizes, aspect ratios and shapes.

``paper`` follows the publication: an hourglass network with additive skip connections and spectral normalisation, patch
discriminators (9 x 9 pixels) at up to nine scales, 75,000 steps on crops of 256 pixels, scale factors whose range grows
from 1 to 0.15 .. 2.25, batch norm with the statistics of the image at hand. It corrects faults of the published code:
corners are mapped exactly, and the inverse transformation is the true inverse; the weights of the scales sum to 1;
sizes need not be multiples of 8; interrupted training can be resumed. Like the published default it trains on
rectangles only: ``bent=0.5`` adds other shapes.

``fast`` is made for CPUs. Discriminators need tens of thousands of steps; they are replaced by the sliced Wasserstein
distance between the patches of the photo and of the result, at the same scales (as in GPDM, Elnekave and Weiss, ECCV
2022), which needs no training. Patches are whitened first, since stretching hardly changes the distribution of plain
ones. The generator is small, outputs a residual on the resized photo, and works on the photo at the pixel count of 56 x
56, in its own aspect ratio; a quarter of the steps use a shape that is not a rectangle. Patch statistics do not
determine the layout (that the sky is above): a layout loss compares strongly downsampled copies of the result and of
the resized photo. From the layout on, the result is synthesised from the photo's own patches (``calotype.matching``),
which are sharp at any size, with a coherence term that copies neighbouring patches together. So it is a hybrid: no
discriminator, and the network determines only the layout. On five photos, to half and twice the size in each direction,
its SIFID is 7.0, against 8.6 of gpnn and 20.8 of plain resizing; at twice the width alone it is 4.2, against 3.0 of
gpnn (``benchmarks/ingan.py``). The network does not contribute to these numbers: patches on a merely resized layout
reach 6.8. After so few steps it changes the layout little; objects stay intact because of the scale at which patch
synthesis starts, and because of the coherence term. The network is needed for shapes other than rectangles, and for
films. Its way back returns five photos, at the network's size, from half and twice the size and from two shapes with a
PSNR of 27.1 dB, without the cycle loss of 26.3; plain resampling there and back reaches 30.5
(``benchmarks/ingan_back.py``). ``Net.back`` is the way back.

Sizes: photos of 18 pixels and more, results of 16 and more. Scale factors outside the trained range are applied in
several passes. Limits: no semantics, only local context; one photo, without transparency; the result hardly depends on
the seed; ``paper`` trains at the photo's full size, which takes days on a CPU.
"""

from calotype.engines.ingan.config import PRESETS, Config
from calotype.engines.ingan.cost import cost, efforts, training_cost
from calotype.engines.ingan.generate import film, retarget
from calotype.engines.ingan.train import build, stages, train, unfinished

__all__ = [
    "PRESETS",
    "Config",
    "build",
    "cost",
    "efforts",
    "film",
    "retarget",
    "stages",
    "train",
    "training_cost",
    "unfinished",
]
