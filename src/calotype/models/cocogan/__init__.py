"""COCO-GAN: pictures made in parts, by networks that never see a whole one.

The idea (Lin, Chang, Chen, Juan, Wei, Chen: "COCO-GAN: Generation by Parts via Conditional Coordinating", ICCV 2019): a
generator makes one small square (a micro piece) from a random vector and the coordinates of the place it is for. All
pieces of a picture share the vector. A few of them side by side are a macro piece, and that is all that the critic ever
judges, beside macro pieces cut from real pictures at the same places; it knows the coordinates too, and has to guess
them, as the generator's pieces have to let it. A whole picture is what comes out when all places are asked for, side by
side, without blending or overlap. So training and sampling take the memory of a piece, parts can be made alone, and
places can be asked for that no picture has: beyond the edges, or all round a cylinder.

Two systems of coordinates: ``planar``, from -1 at one edge to 1 at the other, and ``cylindrical``, in which the place
across is an angle, given as its cosine and sine: panoramas whose left and right edges join. Beyond the edges
(``beyond``) the generator's first blocks learn, after everything else, from macro pieces that reach over an edge: there
is nothing real to compare with there, only what the critic knows of pieces. With ``latent_weight`` a head of the critic
guesses the random vector, so that a whole picture can be made to go with a given piece.

``paper`` is the published setting for faces of 128 pixels, for a GPU. It differs from the published code in what are
faults of that code: the penalty on slopes is that of WGAN-GP (one length a piece; ``released`` brings the other back);
normalisation divides by the standard deviation, and its scale begins at 1; on a cylinder, pieces of more than two cells
have the right angles; pictures after a given piece use the vector that was guessed, not a random one. Made by an
average of the generator's past, with normalisation measured anew, which the published code does not have.

``small``, for pictures of 32 pixels, and ``medium``, for 64, are for a processor: narrow networks, the hinge loss,
which needs no penalty, and colours changed at random so that a critic does not learn some hundred pictures by heart.
Small networks leave lines where parts meet, as each part is made without a look at its neighbours; so here a part
reaches over its sides by ``overlap`` pixels, where it is blended with its neighbours, in training as in sampling. A
part alone then takes its neighbours, too; what has to be held at once stays the same.

Sizes: what ``size`` says, in multiples of ``micro``, and pictures of the set are brought to it. Limits: the set has to
be aligned, like faces or things in the middle, for places to mean something; textures teach no coordinates. No
transparency.
"""

from calotype.models.cocogan.beyond import check_expands, check_margins, expand
from calotype.models.cocogan.config import PRESETS, Config
from calotype.models.cocogan.cost import cost, efforts, expanding_cost, training_cost
from calotype.models.cocogan.generate import check_round, guided, panorama, sample
from calotype.models.cocogan.train import batch_size, build, picture_size, stages, train, unfinished

__all__ = [
    "PRESETS",
    "Config",
    "batch_size",
    "build",
    "check_expands",
    "check_margins",
    "check_round",
    "cost",
    "efforts",
    "expand",
    "expanding_cost",
    "guided",
    "panorama",
    "picture_size",
    "sample",
    "stages",
    "train",
    "training_cost",
    "unfinished",
]
