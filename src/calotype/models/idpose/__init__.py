"""Identity from here, pose from there: pictures of one object in the pose of another, learned from unlabelled clips.

Xiao, Liu, Lin, "Identity From Here, Pose From There: Self-Supervised Disentanglement and Generation of Objects Using
Unlabeled Videos", ICCV 2019. A triplet is a frame that gives the identity, another frame of the same clip, the target,
and a frame of another clip that shows nearly the pose of the target. It is found among the frames of all other clips by
the features of a pretrained network. One encoder gives the identity code, another one the pose code, and the generator
is to draw the target from both. The disentanglement loss uses each code a second time: with another frame of the clip
that gave the pose, both identity codes are drawn with both pose codes of one pose, and all four pictures are known.
Pixel verification traces the pixels of the result to those of the identity's picture; ``repose --score`` shows how well
each is found there.

How it is drawn: a pose code says which parts the positions of a grid show; nobody names the parts. The identity code is
what the parts look like in the picture of the identity, whose own pose code says where they lie there, and a vector of
the whole. A position of the new picture is drawn from the looks of its parts. So it leads to parts, and these lead to
positions of the identity's picture; that path is the trace that pixel verification compares the colours of. Pose codes
see no colours, so that a part cannot be a colour. They are noisy in training, with a KL divergence, so that they say no
more than they have to; drawing uses their means, without the directions that are mostly noise. Weight matrices are
learned by Muon (``optimizer=adam``, the default of ``paper``, for Adam).

No code of the paper was published, and almost everything beyond this idea is our own: features and thresholds of the
retrieval, the architectures, the form of pixel verification, all weights, and the training. The figures of
docs/benchmarks.md are of this program alone and say nothing of the paper's.

``small`` (the default) is for pictures of 64 pixels and one processor core; it needs the weights of EfficientNet-Lite0
(``calotype weights efficientnet``) or ``--set retrieval=edges``. ``study`` is for 32 pixels and a shorter time,
``paper`` for 128 pixels and GPUs.

The encoders and the generator run once for all pictures of a triplet. The nearest frames are found again after the
features of the first ones were added, so that they are alike in pose and not in looks, and are used by turns; a frame
is left out if its nearest one is among the least similar fifth, or if its clip shows the same pose twice. Sampling uses
the moving average of the weights.

Limits: square pictures of a power of two pixels, no transparency; poses have to recur in several clips. There is no
distribution of poses to draw from: a pose is always that of a picture.
"""

from calotype.models.idpose.config import PRESETS, Config
from calotype.models.idpose.cost import cost, efforts, training_cost
from calotype.models.idpose.needs import needs
from calotype.models.idpose.network import build
from calotype.models.idpose.repose import check_repose, codes, repose, scores
from calotype.models.idpose.train import batch_size, picture_size, stages, train, unfinished

__all__ = [
    "PRESETS",
    "Config",
    "batch_size",
    "build",
    "check_repose",
    "codes",
    "cost",
    "efforts",
    "needs",
    "picture_size",
    "repose",
    "scores",
    "stages",
    "train",
    "training_cost",
    "unfinished",
]
