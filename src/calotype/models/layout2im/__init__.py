"""Layout2Im: pictures from boxes of objects, each with an appearance code.

Zhao, Meng, Yin and Sigal, "Image Generation from Layout", CVPR 2019. All objects of a picture, things and areas, are
given as boxes and classes. An encoder finds a code of appearance in the crop of each object. The composer spreads the
embedding of the class and the code over the box and makes features of every object; a convolutional LSTM takes in one
object after another, and a decoder draws the picture of its last state. In training each layout is drawn twice: with
the codes of the real objects, which has to give the real picture again, and with random codes, which the encoder has to
find again in the result. One discriminator judges pictures, another one crops of objects, whose classes it tells.

It is here as the baseline that BachGAN and ``control3d`` are compared with: ``draw`` takes the same boxes as BachGAN.

``small`` (the default) is for pictures of 64 pixels and one processor core, ``study`` for 32 pixels and a shorter time,
``paper`` the published setting for GPUs.

Differences from the publication:

- Pictures of found and of random codes are drawn as one batch, so they share the statistics of batch normalisation.
- The discriminators take the mean over positions, not the sum; the class of an object is told by the discriminator that
  judges it, from the same features.
- The divergence of the codes is summed over a code, and the mean over objects is taken.
- The presets for a processor have narrow networks, a weight of 10 for pixels, and a moving average of the weights.
- No released files are imported: their layout is not known here.

Limits: learns slowly; after some hundred steps pictures are soft and codes of appearance may hardly change them. Soft
at more than 64 pixels. What no box is for, such as the surroundings of objects, has no code. Later boxes lie in front
of earlier ones only as far as the LSTM has learned it.
"""

from calotype.models.layout2im.config import PRESETS, Config, batch_size, picture_size
from calotype.models.layout2im.cost import cost, efforts, training_cost
from calotype.models.layout2im.draw import check_draw, draw
from calotype.models.layout2im.network import build
from calotype.models.layout2im.train import stages, train, unfinished
from calotype.semantic.classes import about, adapted

__all__ = [
    "PRESETS",
    "Config",
    "about",
    "adapted",
    "batch_size",
    "build",
    "check_draw",
    "cost",
    "draw",
    "efforts",
    "picture_size",
    "stages",
    "train",
    "training_cost",
    "unfinished",
]
