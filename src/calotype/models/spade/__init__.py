"""SPADE: pictures from label maps, in the style of a picture or of a random code.

Park, Liu, Wang, Zhu, "Semantic Image Synthesis with Spatially-Adaptive Normalization", CVPR 2019. Ordinary
normalisation removes what a flat region of a label map says. A SPADE layer normalises the activations only, and then
scales and shifts every pixel by values that two convolutions compute from the label map. The generator is a chain of
residual blocks with such layers, each at twice the size of the one before. It starts from a style code: an encoder
computes a Gaussian over codes from a picture, and codes of new pictures are drawn from a standard normal distribution.
A multi-scale PatchGAN discriminator judges pictures beside their label maps, by the hinge loss and feature matching.

``small`` (the default) is for pictures of 64 pixels and one processor core, ``study`` the same for a shorter time,
``medium`` for 128 pixels, ``paper`` the published network for 256 pixels and GPUs. ``pix2pixhd`` is the generator that
the published code has for comparison (Wang et al., CVPR 2018), with the budget of ``small``. ``imported`` reads
generators and encoders of the published code.

A label map has classes from 0 and -1 for pixels without a class. To the networks such a pixel is one more class
(``unknown``): the last one, the first one, as in the released ADE20K weights, which were trained with the labels 0 for
unknown to 150, or none.

The preset ``quick`` takes scale and shift by the class of a pixel alone (CLADE, ``modulation``), without its positional
encoding. The preset ``oasis`` is trained against a discriminator that segments (OASIS, ``adversarial``): weighted
cross-entropy over the classes and generated pixels, and LabelMix; the noise of OASIS's own generator is not part of it.

Differences from the publication:

- Generator and discriminator run once a step, and both updates use the same activations. In the published code the
  discriminator's update runs both again, with the updated generator.
- Pictures are drawn with an exponential moving average of the weights. Batch normalisation then uses running
  statistics, measured anew after training; ``statistics=batch`` uses those of the drawn picture.
- One running mean and variance for a block's first layer and its shortcut, which have the same input; they are computed
  before the size is doubled, over fewer and equal values.
- The divergence of the style code is averaged over the batch, where the published code sums it, so the weight of
  ``paper`` is that of the published code for four pictures a device.
- The presets for a processor compare colours as well, by the mean absolute difference of pictures averaged over squares
  of ``pixel_pool`` pixels, and the weight of the divergence rises from 0. Without these or a perceptual loss the
  generator learns to ignore the style code.
- Before training the encoder's means vary by about 1 and its deviations are small. In the presets for a processor it
  has no normalisation (``encoder_norm``): instance normalisation takes away the tint that a style is made of.
- No perceptual loss unless it is asked for (``perceptual``): its weights do not come with the package. VGG-16 takes the
  place of VGG-19.
- Learning rates fall linearly to 0 in the second half, as in the paper, also where the published code's default is to
  keep them.
- The presets for a processor have narrow networks, an upper limit of the generator's channels and a higher decay rate
  of Adam's second moment.
- pix2pixHD is its global generator with the losses of SPADE; there is no enhancer network and no feature encoder.

Limits: a style code is one for the whole picture. Classes of which the training set has few pixels are drawn badly.
Pictures of other sizes than in training stretch the first grid of activations; things keep their size in pixels. No
transparency.
"""

from calotype.models.spade.config import PRESETS, Config
from calotype.models.spade.cost import cost, efforts, training_cost
from calotype.models.spade.draw import check_draw, draw, seedless
from calotype.models.spade.importing import imported
from calotype.models.spade.interpolation import check_interpolate, interpolate
from calotype.models.spade.layered import layered
from calotype.models.spade.network import build
from calotype.models.spade.train import train, unfinished
from calotype.semantic.config import about, adapted
from calotype.semantic.needs import needs
from calotype.semantic.training import batch_size, picture_size, stages

__all__ = [
    "PRESETS",
    "Config",
    "about",
    "adapted",
    "batch_size",
    "build",
    "check_draw",
    "check_interpolate",
    "cost",
    "draw",
    "efforts",
    "imported",
    "interpolate",
    "layered",
    "needs",
    "picture_size",
    "seedless",
    "stages",
    "train",
    "training_cost",
    "unfinished",
]
