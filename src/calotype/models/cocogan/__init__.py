"""COCO-GAN: images generated patch by patch, conditioned on spatial coordinates.

The method (Lin, Chang, Chen, Juan, Wei, Chen: "COCO-GAN: Generation by Parts via Conditional Coordinating", ICCV 2019):
a generator produces one small square (a micro patch) from a latent vector and the coordinates of its cell. All patches
of an image share the latent vector. Adjacent micro patches form a macro patch, the only input of the discriminator,
which compares it with macro patches cropped from real images at the same positions. The discriminator is conditioned on
the coordinates by projection and also has to predict them; the generator is trained so that its patches allow that. A
full image is the grid of all micro patches, without blending or overlap. So neither training nor sampling needs the
memory of a full image, single patches can be generated alone, and coordinates outside those of the training images can
be used: beyond the edges, or all the way round a cylinder.

Two coordinate systems: ``planar``, from -1 at one edge to 1 at the other, and ``cylindrical``, where the horizontal
position is an angle given by its cosine and sine: panoramas whose left and right edges join. Extrapolation beyond the
edges (``beyond``) is a second training stage, which trains the generator's first two blocks on macro patches that cross
an edge; there are no real patches to compare with there, so only the discriminator's scores of generated ones count.
With ``latent_weight`` a head of the discriminator predicts the latent vector, so that a full image can be generated
from a given patch.

``paper`` is the published setting for faces of 128 x 128 pixels, for a GPU. It corrects faults of the published code:
the gradient penalty is that of WGAN-GP (one norm per patch; ``released`` restores the published one); batch norm
divides by the standard deviation, and its scale starts at 1; with cylindrical coordinates, macro patches of more than
two cells across have the correct angles; patch-guided generation uses the predicted latent vector, not a random one.
Not in the published code: images are generated with an exponential moving average (EMA) of the generator's weights,
with batch norm statistics recomputed for it.

``small`` (32 x 32 pixels) and ``medium`` (64 x 64) are for a CPU: narrow networks, the hinge loss, which needs no
gradient penalty, and colour jitter, which keeps the discriminator from overfitting a set of a few hundred images.
Narrow networks leave visible seams, since each patch is generated independently of its neighbours; so here patches
extend by ``overlap`` pixels over each side and are blended with their neighbours there, in training as in sampling. A
patch generated alone then needs its neighbours, too; peak memory stays the same.

Sizes: ``size``, in multiples of ``micro``; training images are resized to it. Limits: the training images have to be
aligned, like faces or centred objects, for coordinates to mean something; textures do not work. No transparency.
"""

from calotype.models.cocogan.beyond import check_expands, check_margins, expand
from calotype.models.cocogan.config import PRESETS, Config
from calotype.models.cocogan.cost import cost, efforts, expanding_cost, training_cost
from calotype.models.cocogan.generate import check_panorama, check_round, check_sample, guided, panorama, sample
from calotype.models.cocogan.interpolation import interpolate
from calotype.models.cocogan.layered import layered
from calotype.models.cocogan.train import batch_size, build, picture_size, stages, train, unfinished

__all__ = [
    "PRESETS",
    "Config",
    "batch_size",
    "build",
    "check_expands",
    "check_margins",
    "check_panorama",
    "check_round",
    "check_sample",
    "cost",
    "efforts",
    "expand",
    "expanding_cost",
    "guided",
    "interpolate",
    "layered",
    "panorama",
    "picture_size",
    "sample",
    "stages",
    "train",
    "training_cost",
    "unfinished",
]
