"""SMIS: pictures from label maps in which every class has a look of its own, by GroupDNet.

Zhu, Xu, You, Bai, "Semantically Multi-modal Image Synthesis", CVPR 2020. A class of a label map has a code: a few
channels that say what its pixels look like. An encoder with one group of channels a class finds the codes of a photo
from the pixels of each class alone, cut out and resized; codes of new pictures are drawn from a standard normal
distribution. The decoder begins with as many groups as there are classes and has fewer from block to block, at last
one, so that classes are apart at first and are brought together later. Its conditional group normalisation (CG-Norm) is
that of SPADE with grouped convolutions. So one class can be redrawn while the others stay: by another seed, by the look
of another photo, or on the way from one look to another.

``small`` (the default) is for pictures of 64 pixels and one processor core, ``study`` for 32 pixels and a shorter time,
``paper``, ``paper_cityscapes`` and ``paper_ade20k`` the published networks for DeepFashion, Cityscapes and ADE20K, for
GPUs. ``imported`` reads generators and encoders of the published code.

``redraw.Drawing`` keeps what does not depend on the codes, and the activations of groups whose codes did not change, so
that redrawing one class costs a part of drawing the picture.

The preset ``quick`` takes scale and shift by the class of a pixel alone (CLADE, ``modulation``), without its positional
encoding. The preset ``oasis`` is trained against a discriminator that segments (OASIS, ``adversarial``): weighted
cross-entropy over the classes and generated pixels, and LabelMix; the noise of OASIS's own generator is not part of it.

Differences from the publication:

- Those that ``calotype.models.spade`` lists for the training: one pass of both networks a step, drawing with averaged
  weights, the divergence averaged over the batch, no perceptual loss unless it is asked for, and in the presets for a
  processor colours compared by the mean absolute difference of averaged pixels.
- A class is cut out by the label map. The published code looks for pixels whose three values do not add up to 0, which
  misses some.
- In the presets for a processor a code is one vector for all pixels of a class (``code_grid``), not a grid of them:
  random grids paint flat parts in patches. Their encoder has no normalisation (``encoder_norm``), which takes away the
  colour of flat regions.
- Where neither groups nor channels are given, groups fall as the published ones do, by ratio, to divisors of the
  channels.
- A photo that lacks a class leaves that class to the seed. The published encoder gives a constant there.
- One object of a class is restyled by taking its pixels from a second picture that differs in the code of that class.

Limits: a code is one for all objects of a class in ``draw``. Groups are kept apart in the first blocks only; what the
later ones mix they have to learn to keep apart, so a changed class still changes the others a little. No transparency.
"""

from calotype.models.smis.config import PRESETS, Config
from calotype.models.smis.cost import cost, efforts, training_cost
from calotype.models.smis.draw import check_draw, check_restyle, draw, restyle
from calotype.models.smis.importing import imported
from calotype.models.smis.interpolation import check_interpolate, interpolate
from calotype.models.smis.layered import layered
from calotype.models.smis.network import build
from calotype.models.smis.redraw import Drawing
from calotype.models.smis.train import train, unfinished
from calotype.semantic.config import about, adapted
from calotype.semantic.needs import needs
from calotype.semantic.training import batch_size, picture_size, stages

__all__ = [
    "PRESETS",
    "Config",
    "Drawing",
    "about",
    "adapted",
    "batch_size",
    "build",
    "check_draw",
    "check_interpolate",
    "check_restyle",
    "cost",
    "draw",
    "efforts",
    "imported",
    "interpolate",
    "layered",
    "needs",
    "picture_size",
    "restyle",
    "stages",
    "train",
    "training_cost",
    "unfinished",
]
