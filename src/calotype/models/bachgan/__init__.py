"""BachGAN: pictures from salient objects in boxes; the background is imagined from maps of the training set.

Li, Cheng, Gan, Yu, Wang, Liu, "BachGAN: High-Resolution Image Synthesis from Salient Object Layout", CVPR 2020. Boxes
of some salient objects say little of what is around them. So label maps of the training set are retrieved whose objects
lie alike: the score is the intersection of filled boxes and objects of the same class by their union. Objects of
retrieved maps are taken out and the boxes put in; a small network fuses three of them and the boxes to what a SPADE
generator is conditioned on. A multi-scale PatchGAN discriminator judges pictures beside the boxes alone, by the hinge
loss and feature matching.

A trained model holds its memory: ``memory`` label maps of its training set. ``retrieved`` tells which ones a picture
takes, by number and score; they can be pinned, so that the background stays while boxes are edited, or excluded, and a
label map of one's own can take their place.

``small`` (the default) is for pictures of 64 pixels and one processor core, ``study`` for 32 pixels and a shorter time,
``paper`` and ``paper_cityscapes`` the published networks for ADE20K and Cityscapes, for GPUs. For comparison there are
``background=retrieval``, without fusion, and ``background=none``, SPADE on boxes.

Differences from the publication:

- Those that ``calotype.models.spade`` lists for the training. There is no auxiliary segmentation, whose loss is off in
  the published code.
- Boxes are those of connected regions of a class in the label map, as published for ADE20K, for all sets.
- A layout has an explicit channel for pixels without a box; in the published code channel 0 has them.
- Maps are compared at the size of the pictures, by the pixels within boxes; the scores are the published ones.
- Without any box that a map has, random maps are taken, where the published code has one fixed list or empty maps.
- A picture's own map and its mirror image are not retrieved for it.
- Other seeds than 0 choose among the six best maps; the published model is deterministic.
- In the presets for a processor half of the training pictures take their own label map for the background
  (``own_map``), an addition of ours: a retrieved map never matches the picture that is learned, so the published
  training teaches to follow the boxes and to ignore a map that is pinned.

Limits: backgrounds are those of the training set. The discriminator does not see the background's map. Objects of one
class that touch are one box in training. No transparency.
"""

from calotype.models.bachgan.config import PRESETS, Config, adapted
from calotype.models.bachgan.cost import cost, efforts, training_cost
from calotype.models.bachgan.draw import check_draw, draw, retrieved, told
from calotype.models.bachgan.importing import imported
from calotype.models.bachgan.network import build
from calotype.models.bachgan.train import train, unfinished
from calotype.semantic.config import about
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
    "cost",
    "draw",
    "efforts",
    "imported",
    "needs",
    "picture_size",
    "retrieved",
    "stages",
    "told",
    "train",
    "training_cost",
    "unfinished",
]
