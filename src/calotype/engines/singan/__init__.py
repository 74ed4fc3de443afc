"""SinGAN: a generative model of one photo, learned from nothing but that photo.

The idea (Shaham, Dekel, Michaeli: "SinGAN: Learning a Generative Model from a Single Natural Image", ICCV 2019): a
pyramid of small networks, one a scale. Each adds to the enlarged picture of the scale below what is missing at its own,
and is trained against a critic that sees patches of 11 x 11 pixels: at the coarsest scale, where these are nearly half
of a picture, layouts are learned, and at the finest textures. One noise is fixed, from which the photo itself has to be
made again. A sample is fresh noise at every scale; noise from a finer scale on keeps the layout of the photo; a picture
put in at some scale comes out in the manner of the photo.

``paper`` is that, with three updates of the critic and three of the generator in each of 2000 steps a scale. It differs
from the published code in what are faults of that code. The fixed noise is drawn once (so the paper; the code draws it
at every step and keeps the last). The generator's picture is made anew for each of its updates. Pictures between the
scales do not pass through 8 bits, and are resampled straight to where they are wanted instead of being cut by a pixel.
Photos in portrait format and of more than 250 pixels can be enlarged. Training goes on where it was stopped.

``fast`` is a hybrid. The networks learn the coarse scales, where they are quick and invent layouts; from 56 pixels up
the picture is made of the photo's own patches (``calotype.matching``), which are sharp at any size, so that photos of
many megapixels cost no more to learn than small ones. Of eight layouts drawn the one is kept whose patches are, all
together, most like the photo's: a random one may lack the sun. The steps are a thousand with one update each;
normalisation is measured anew when a scale is done. ``fine`` learns up to 110 pixels. ``consingan`` takes scales, steps
and joint training from ConSinGAN (Hinz, Fisher, Wang, Wermter, WACV 2021) with SinGAN's networks: pictures, not
features, go from scale to scale.

Sizes: photos of 22 pixels and more; results of any size and shape. Limits: nothing is understood, only what surrounds
what; one photo, without transparency. With ``paper`` and ``consingan`` the finest scale has 250 pixels, and larger
results are enlarged from there.
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
