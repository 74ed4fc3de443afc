"""Semantic Image Analogy: trains on a photo and its label map to render other label maps in the photo's appearance.

The method (Li, Xiong, Liu, Chen, Zha: "Semantic Image Analogy with a Conditional Single-Image GAN", ACM MM 2020): P :
P' :: I : I'. From one photo I and its label map P, training pairs are made by flipping, zooming and warping both, with
increasing strength, and a generator learns to turn either image of a pair into the other. An encoder shared by both
maps predicts, from the ratio and the difference of their features, the scale and the shift of the photo's features
(semantic feature translation, SFT). A discriminator compares the result with the warped photo, a segmentation network
has to find the target map in the result (semantic alignment), and the patches of the result have to be patches of the
source (patch coherence). If source and target are the same, the generator has to return the photo with scale 1 and
shift 0 (fixed point loss); these two kinds of steps alternate.

``paper`` follows the publication and corrects faults of the released code: maps are classes, warped by nearest
neighbour, where colours were interpolated; the gradient of the alignment loss reaches the generator, where it was
detached; ratios are bounded; the last layer ends in tanh instead of batch norm and leaky ReLU; the discriminator sees
the label map, as in the paper's figure; instance norm behaves the same in training and inference; control points of
the warps lie inside the image. ``release`` is the released code without these corrections, with its lateral layers, its
control points, its two resamplings (the second by nearest neighbour) with 8 bits and its input of VGG, on VGG-16 where
it has VGG-19. Both work at the photo's size with 25,000 generator updates: they are meant for GPUs.

``fast`` is a hybrid for CPUs. A smaller generator is trained at a reduced size, with one update per step, on stronger
warps, whose images it is also compared with directly (paired L1 loss); scale and shift are 1 and 0 for equal maps by
construction; an exponential moving average of its weights is kept. Only layout and colours of its output are used:
downsampled to two dozen pixels, the image is synthesised from there up from the photo's own patches
(``calotype.matching``), matched by colour, by label, and weakly by position. That is sharp at any size, which the
generator is not after minutes of training. Three things keep the requested layout. Where the generator's output has the
colours of another label, it is replaced by photo content of the requested label, weighted by a confidence map
(``believed``). Neighbouring patches are copied together (``together``), since patches from everywhere average to a blur
that resembles another label. And where patches overlap, their centres have the largest weight (``spread``), so that
edges stay where the map has them.

Sizes: photos of 32 pixels and more, results of any size; one class to many. Limits: one photo, without transparency,
and one label map of it per model; a class that the photo does not show cannot be generated; no semantics beyond the
labels, so a face is moved like a texture. The generator is deterministic: two seeds differ by their patches only.
"""

from calotype.engines.analogy.config import PRESETS, Config
from calotype.engines.analogy.cost import cost, training_cost
from calotype.engines.analogy.generate import relayout
from calotype.engines.analogy.train import adapted, build, stages, train, unfinished

__all__ = [
    "PRESETS",
    "Config",
    "adapted",
    "build",
    "cost",
    "relayout",
    "stages",
    "train",
    "training_cost",
    "unfinished",
]
