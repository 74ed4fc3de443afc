"""Content and style apart: a photo in the style of one artwork, by one network for several artists.

Kotovenko, Sanakoyeu, Lang, Ommer, "Content and Style Disentanglement for Artistic Style Transfer", ICCV 2019. One
encoder finds the content of a photo, another the style of an artwork as a short vector; a decoder draws a picture of
both, with the style in all its normalisations. The fixpoint triplet loss asks that a result has the style of its own
artwork and not that of another, so that artworks of one artist differ, too. The disentanglement loss asks that the
photo does not change the style, which keeps films still. A discriminator judges artworks, artists and contents.

``calotype train styledisentangle emoji`` learns from photos and artworks; ``calotype stylize PHOTO ARTWORK --model
MODEL`` makes a result of any size. ``--to-style ARTWORK --blend .3`` lies between two artworks. Frames of a film in a
folder take one style vector, so that they hold still. ``calotype styles ARTWORKS --model MODEL`` writes style vectors.

Photos have any size: large ones are made in tiles, which differ from the whole by no more than 2 of 255. Artworks have
any size; ten patches give the style vector.

Differences from the paper and its code:

- Windows of the local group normalisation lie at multiples of half their side instead of being spread over each map,
  so that tiles of a picture agree with the whole.
- Every convolution reflects its own borders; the code pads a photo once by 15 pixels.
- Patches are scaled by up to a fifth; in the code the scale is drawn from an interval without length.
- Style vectors of patches are always the same; the code draws new patches in every call.
- The discriminator learns the artists of both artworks of a step; the code shows it the first one alone.
- ``tiny``, ``small`` and ``study`` have what is not published, since short trainings of small networks learn no styles
  without it; all of it is off in ``paper``: style encoder and discriminator do not normalise, which takes contrasts and
  colours away (``style_normalised``, ``discriminator_normalised``); artworks are drawn of their own content and style,
  too (``reconstruction_weight``); the artist of a style vector is learned by a linear map (``own_artist_weight``);
  results have to find their artworks among all those of a step (``temperature``); each artist has an output of the
  discriminator (``artist_judges``), which sees moved pictures (``moves``); style losses rise (``rising``), the learning
  rate falls (``falling``), weights begin as large as their inputs ask for (``spread``), the average of the networks is
  returned (``average``), the decoder sees finer maps of the photo (``skips``), and in the first steps style encoder and
  discriminator learn from real pictures alone (``real_share``); the disentanglement loss has no gradient of the
  difference that it allows (``allowed_learned``).
- ``small`` has narrower networks for 64 pixels, one stage, no dropout, and updates all networks in every step.
"""

from calotype.models.styledisentangle.config import PRESETS, Config, adapted
from calotype.models.styledisentangle.cost import cost, efforts, training_cost
from calotype.models.styledisentangle.generate import (
    check_interpolate,
    check_stylize,
    interpolate,
    stylize,
    stylize_film,
)
from calotype.models.styledisentangle.network import build
from calotype.models.styledisentangle.styles import style_codes, style_features, style_vectors
from calotype.models.styledisentangle.training import batch_size, picture_size, stages, train, unfinished

__all__ = [
    "PRESETS",
    "Config",
    "adapted",
    "batch_size",
    "build",
    "check_interpolate",
    "check_stylize",
    "cost",
    "efforts",
    "interpolate",
    "picture_size",
    "stages",
    "style_codes",
    "style_features",
    "style_vectors",
    "stylize",
    "stylize_film",
    "train",
    "training_cost",
    "unfinished",
]
