"""Scene graphs to pictures: objects with places and looks, and how they lie to each other.

Ashual and Wolf, "Specifying Object Attributes and Relations in Interactive Scene Generation", ICCV 2019. A scene graph
has objects of known classes and relations between them, such as "left of". The network G, graph convolutions, gives
every object a layout embedding; from it B makes a box and M a mask. A second embedding, of appearance, comes from
elsewhere: A finds it in the crop of an object in any picture, or it is one of the archetypes of the class, the centres
of clusters of the appearances of the training set. Class and appearance of all objects at their places make the layout
tensor, from which R draws the picture. So looks can be exchanged while places stay, and places moved while looks stay.
Objects may have attributes: one of ten sizes and one of 5 x 5 locations (``location_cells``).

Three discriminators judge pictures beside their layout tensors, masks beside classes, and crops of objects. That of
pictures also gets real pictures beside layouts with appearances of other objects of the same class, which it has to
refuse (the mismatch term): that makes appearances matter. As published, A and R learn from the picture alone, M from
the discriminator of masks alone, B from the boxes alone, and G from M and B; R is trained on real boxes and masks.

``small`` (the default) is for pictures of 64 pixels and one processor core, ``study`` for 32 pixels and a shorter time,
``paper`` the published networks for 128 pixels and GPUs. ``imported`` reads checkpoints of the published code, and
those of sg2im (Johnson et al., CVPR 2018), an earlier network for graphs of any relations, without looks (``network``):
``draw`` takes its graphs, and nothing else is done with it.

Differences from the publication:

- Relations are told from the boxes of two objects, not from the centres of their masks.
- M may have a noise for each object (``noise_by``), as in the paper; the published code has one for the whole batch.
- In the presets for a processor each pixel of the layout is of one object in training, too, and the appearance of the
  whole picture is everywhere (``compose``); B and A have no ReLU at their end (``box_head``, ``look_head``), R has
  batch normalisation (``norm``), and A no normalisation (``look_norm``), which takes away the colour of flat objects;
  pixels are compared as well (``pixel_weight``), and once more those of the crop of each object
  (``object_pixel_weight``), so that small objects get their hues as soon as large ones.
- ``box_updates`` further updates of G and B by the boxes alone follow each step, half of them without attributes, so
  that boxes of a bare graph are learned, too, and obey its relations; none in ``paper``. In a tenth of their pictures
  the objects exchange their classes (``exchange_rate``): otherwise relations that contradict what classes tell, such as
  a sky below a tree, are obeyed by half.
- Locations are cells of a grid of 9 x 9 in the presets for a processor (``location_cells``): a published cell is a
  quarter of the picture wide, which tells too little of a thing that is smaller than that.
- No perceptual loss unless it is asked for (``perceptual``): its weights do not come with the package, and VGG-16 takes
  the place of VGG-19.
- Archetypes are put in order by a short path through them, not by a one-dimensional t-SNE.
- A graph without relations whose objects have places takes the relation of each object to its nearest neighbour, where
  the published interface relates objects in the order of their list.
- With several processes, batch normalisation and the pool of earlier appearances are those of each process.

Limits: R never sees masks that M makes in training. Objects that are alike in class and look run together where they
touch. No transparency.
"""

from calotype.models.scenegraph.building import build
from calotype.models.scenegraph.config import PRESETS, Config, about, batch_size, picture_size
from calotype.models.scenegraph.cost import cost, efforts, training_cost
from calotype.models.scenegraph.draw import check_draw, check_looks, check_restyle, draw, laid_out, restyle
from calotype.models.scenegraph.importing import described, imported
from calotype.models.scenegraph.train import stages, train, unfinished
from calotype.semantic.classes import adapted
from calotype.semantic.needs import needs

__all__ = [
    "PRESETS",
    "Config",
    "about",
    "adapted",
    "batch_size",
    "build",
    "check_draw",
    "check_looks",
    "check_restyle",
    "cost",
    "described",
    "draw",
    "efforts",
    "imported",
    "laid_out",
    "needs",
    "picture_size",
    "restyle",
    "stages",
    "train",
    "training_cost",
    "unfinished",
]
