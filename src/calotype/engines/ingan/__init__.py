"""InGAN: one photo brought to any size, aspect and shape, by one network that has learned nothing but that photo.

The idea (Shocher, Bagon, Isola, Irani: "InGAN: Capturing and Retargeting the 'DNA' of a Natural Image", ICCV 2019): a
generator is given the photo and a geometric transformation, and is to give a picture of the transformed size and form
whose patches are, at every scale, those of the photo, in the same proportions. What it makes has to lead back: the same
network, given the result and the inverse transformation, is to return the photo. The transformation is a layer without
parameters in the generator, so that one training serves all sizes, aspects and shapes, and everything between them.

``paper`` is that: an hourglass with additive skips and spectral normalisation, critics at up to nine scales that learn
to tell 9 x 9 pixels of the photo from made ones, 75,000 steps on pieces of 256 pixels, factors that grow from 1 to
0.15 .. 2.25. It differs from the published code in what are faults of that code: corners go where they should, and the
way back is the true inverse; the weights of scales add up to 1; sizes need not be multiples of 8; training goes on
where it was stopped. Like the published default it trains on rectangles alone: ``bent=0.5`` has it learn shapes.

``fast`` is made for processors. Critics need tens of thousands of steps; here the judge is the sliced Wasserstein
distance between the patches of the photo and of what was made, at the same scales (the measure of GPDM, Elnekave and
Weiss, ECCV 2022), which is right from the first step on. Patches are whitened for it: what stretching does to them
hardly shows in plain ones. The generator is small, adds what is missing to the picture as plain stretching would have
it, and sees the photo at 56 x 56 pixels or as many in its own shape, a quarter of the steps in a shape that is no
rectangle. Patches alone do not say that the sky is above: very small copies of the result are held near those of the
stretched photo. From the layout on, the result is made of the photo's own patches (``calotype.matching``), which are
sharp at any size, neighbours together from neighbouring places. So it is a hybrid: no critic, and the network makes the
layout alone. On five photos, to half and twice the size in each direction, its SIFID is 7.0, against 8.6 of gpnn and
20.8 of plain resizing; at twice the width alone it is 4.2, against 3.0 of gpnn (``benchmarks/ingan.py``). The network
has no part in that: patches on a layout that is merely stretched come to 6.8. After so few steps it moves little, and
it is where the patches begin, and that they are copied together, that keeps things whole. What it is needed for is
shapes that are no rectangles, and films.

Sizes: photos of 18 pixels and more, results of 16 and more. Factors beyond those that are learned are gone in several
passes. Limits: nothing is understood, only what surrounds what; one photo, without transparency; the result hardly
depends on the seed; ``paper`` learns at the photo's own size, and takes days on a processor.
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
