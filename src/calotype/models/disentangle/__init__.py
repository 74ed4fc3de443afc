"""Robust disentangling: pictures of one identity in the pose of another, learned from pairs without labels.

Esser, Haux, Ommer, "Unsupervised Robust Disentangling of Latent Characteristics for Image Synthesis", ICCV 2019. The
training data are clips: two frames of one show the same identity in two poses. One encoder gives the distribution of a
pose code of the first frame, another one the appearance code of the second, and a decoder draws the first from both.
So that the pose code tells nothing of the identity, it is trained against an estimate T of the mutual information of
both codes, under the constraint that it stays below a threshold. An encoder can learn to deceive T alone. A second
estimate T', against which nobody plays, sees that; where it finds more than T, the weight of the KL divergence of the
pose code grows, which adds noise until T is right. The constraint's multiplier and that weight control themselves.

``small`` (the default) is for pictures of 64 pixels and one processor core, ``study`` for 32 pixels and a shorter time,
``paper`` the published network for 256 pixels and GPUs.

Differences from the publication and its code:

- T, T' and a third estimator that is only for looking are computed at once, with the weights of the three in one
  tensor a layer; all networks are updated from the present weights, by one backward pass for encoders and decoder.
- Independent codes are made by exchanging neighbouring rows of a batch, published is its reversed order.
- The multiplier, the weight of the bottleneck and the constraint rest for some steps at first, and moving averages are
  without the bias of their start, as in the authors' later program; the excess of T' is limited as in their first one.
- ``small`` and ``study``: narrow networks, codes from all positions instead of their mean, the squared error summed
  over a picture, five times the learning rate, which falls from half of the steps on. ``paper``: VGG-16 in place of
  VGG-19, without random crops.
- In ``small`` and ``study``, the estimates see means of the pose code in half of the rows (``of_means``), since drawing
  uses means; published are samples alone. After the training, the directions of the pose code whose means vary less
  than the noise are dropped from what is drawn from (``least_signal``): they tell of the identity, and of the pose
  next to nothing.
- The appearance encoder is trained together with the rest; with ``pretrained`` steps alone before, by a triplet loss of
  the clips, as the published one was for persons.
- The optional discriminator for sharpness, and decoders that only visualise one code, are left out.

Limits: square pictures of a power of two pixels, no transparency. Identities should differ in appearance, and poses
should recur from clip to clip; the background belongs to the appearance.
"""

from calotype.models.disentangle.config import PRESETS, Config
from calotype.models.disentangle.cost import cost, efforts, training_cost
from calotype.models.disentangle.needs import needs
from calotype.models.disentangle.network import build
from calotype.models.disentangle.repose import codes, repose
from calotype.models.disentangle.train import batch_size, picture_size, stages, train, unfinished

__all__ = [
    "PRESETS",
    "Config",
    "batch_size",
    "build",
    "codes",
    "cost",
    "efforts",
    "needs",
    "picture_size",
    "repose",
    "stages",
    "train",
    "training_cost",
    "unfinished",
]
