"""Semantic Image Analogy: a photo and its label map teach a net to lay the photo out as another map has it.

The idea (Li, Xiong, Liu, Chen, Zha: "Semantic Image Analogy with a Conditional Single-Image GAN", ACM MM 2020): P :
P' :: I : I'. From one photo I and its map P pairs are made by flipping, enlarging and bending both alike, more and
more, and a generator learns to turn either of a pair into the other. An encoder that both maps share says, by the
quotient and the difference of their features, how the features of the photo are to be scaled and shifted (semantic
feature translation). A critic compares with the bent photo, a segmentation network has to find the target map in what
was made (semantic alignment), and its patches have to be patches of the source (patch coherence). Where source and
target are the same, the net has to return the photo and change nothing (fixed point); these two kinds of steps
alternate.

``paper`` is that, and mends what are faults of the released code: maps are classes, warped by the nearest pixel,
where colours were blended; the loss of semantic alignment reaches the generator, from which it was cut off; quotients
are bounded; the last layer ends in tanh instead of batch norm and leaky ReLU; the critic sees the map, as the paper's
figure has it; instance norm is the same in training and after it. ``release`` is the released code with all of that
as it was, on VGG-16 where it has VGG-19. Both work at the photo's size and make 25,000 updates of the generator: they
are meant for accelerators.

``fast`` is a hybrid for processors. A smaller net learns at a reduced size, one update a step, from stronger
deformations whose pictures it is also compared with directly; scale and shift are 1 and 0 for equal maps by
construction; the running mean of its weights is kept. Of its picture the layout and the colours are used: shrunk to two
dozen pixels, it is made anew from there up of the photo's own patches (``calotype.matching``), compared by their
pixels, by what the maps have at the same place, and a little by the place. That is sharp at any size, which the net is
not after minutes. Three things keep the layout that is asked for. Where the net's picture has the colours of another
label, it is not believed: the photo's own matter of the label stands in for it (``believed``). Neighbouring patches are
copied together (``together``), since crumbs from all over are averaged to a blur that looks like another label. And
where patches overlap, their middles count (``spread``), so that edges stay where the map has them.

Sizes: photos of 32 pixels and more, results of any size; one class to many. Limits: one photo, without transparency,
and one map of it a model; a class that the photo does not show cannot be made; nothing is known but the photo, so a
face is moved as a texture is. The net itself has no chance in it: two seeds differ by their patches alone.
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
