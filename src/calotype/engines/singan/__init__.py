"""SinGAN: a generative model of a single photo, trained on that photo alone.

The method (Shaham, Dekel, Michaeli: "SinGAN: Learning a Generative Model from a Single Natural Image", ICCV 2019): a
pyramid of small GANs, one per scale. Each generator adds the missing detail to the upsampled image of the next coarser
scale, trained against a patch discriminator with a receptive field of 11 x 11 pixels: at the coarsest scale, where that
is nearly half of the image, layouts are learned, at the finest scales textures. The photo itself must be reconstructed
from one fixed noise map. A sample uses new noise at every scale; noise from a finer scale on keeps the layout of the
photo; an image injected at some scale is rendered with the photo's patch statistics.

``paper`` follows the publication, with three discriminator and three generator updates in each of the 2000 steps per
scale. It corrects faults of the published code: the fixed noise is drawn once (as in the paper; the code redraws it at
every step and keeps the last). The generated image is recomputed for each of the generator's updates. Images passed
between scales are not quantised to 8 bits, and are resampled directly to the target size instead of being cropped by a
pixel. Super-resolution works for portrait photos and for photos of more than 250 pixels. Interrupted training can be
resumed.

``fast`` is a hybrid. Networks are trained for the coarse scales only, where they are fast and produce new layouts; from
56 pixels up the image is synthesised from the photo's own patches (``calotype.matching``), which are sharp at any size,
so that training on a photo of many megapixels costs no more than on a small one. Eight layouts are sampled, and the one
whose patch distribution is most similar to the photo's is kept: a random one may miss parts of the photo, such as the
sun. 1000 steps with one update each; batch norm statistics are recomputed when a scale is finished. ``fine`` trains
scales up to 110 pixels. ``consingan`` takes scale sizes, steps and joint training from ConSinGAN (Hinz, Fisher, Wang,
Wermter, WACV 2021) with SinGAN's networks: images, not features, are passed from scale to scale.

Sizes: photos of 22 pixels and more; results of any size and aspect ratio. Limits: no semantics, only local context; one
photo, without transparency. With ``paper`` and ``consingan`` the finest scale has 250 pixels, and larger results are
upsampled from there. A few pixels unlike all others, such as one orange on grey wood, may be lost or get colours beyond
the photo's with ``paper``: the sum of the scales is not limited (docs/benchmarks.md).
"""

from calotype.engines.singan.config import PRESETS, Config
from calotype.engines.singan.cost import cost, efforts, training_cost
from calotype.engines.singan.generate import animate, remake, retarget, upscale, vary
from calotype.engines.singan.importing import imported
from calotype.engines.singan.pyramid import scales
from calotype.engines.singan.train import adapted, build, stages, train, unfinished

__all__ = [
    "PRESETS",
    "Config",
    "adapted",
    "animate",
    "build",
    "cost",
    "efforts",
    "imported",
    "remake",
    "retarget",
    "scales",
    "stages",
    "train",
    "training_cost",
    "unfinished",
    "upscale",
    "vary",
]
