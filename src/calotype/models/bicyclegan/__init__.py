"""BicycleGAN: pictures from other pictures, several of each, and looks that are taken over from an exemplar.

Zhu, Zhang, Pathak, Darrell, Efros, Wang, Shechtman, "Toward Multimodal Image-to-Image Translation", NIPS 2017. A U-Net
draws a picture of a condition (edges, a map, a silhouette, or a label) and of a code; an encoder finds the code of a
picture. Two cycles are learned together: a picture is encoded and reconstructed (cVAE-GAN), and a drawn code is found
again in the picture that it gives (cLR-GAN). So codes say what the condition leaves open, such as the colours.

``calotype train bicyclegan face_edges`` learns from pairs; ``calotype translate edges.png --model MODEL -n 4`` makes
four pictures, ``--style face.png`` takes over the look of one. With ``--set classes=10`` the conditions are labels
(``calotype sample MODEL --label 3``). ``calotype teach MODEL SET`` adds a task to a trained model (see ``lifelong``).

Pictures have any size; a result has by default as many pixels as the training pictures.

Differences from the paper and its code:

- ``small`` has narrower networks for 32 pixels, an encoder without instance normalisation, so that it sees colours, and
  more pictures a step.
- The discriminators of both scales are equally wide. Those of a step are updated from the same pictures as the
  generator, each of which is judged once.
- The encoder ends with the mean over all pixels, so that it takes pictures of any size.
- There is no dropout.
- ``code_prior=fitted`` draws codes from the normal distribution with the mean and covariance of the codes of the
  training pictures, ``discriminator_condition=true`` lets discriminators see the condition; both are off as published.
"""

from calotype.models.bicyclegan.config import PRESETS, Config
from calotype.models.bicyclegan.network import build
from calotype.translation.config import adapted
from calotype.translation.cost import cost, efforts, training_cost
from calotype.translation.drawing import style_codes
from calotype.translation.training import batch_size, picture_size, stages, train, unfinished
from calotype.translation.verbs import check_labels, check_pictures, interpolate, sample, seedless, translate

__all__ = [
    "PRESETS",
    "Config",
    "adapted",
    "batch_size",
    "build",
    "check_labels",
    "check_pictures",
    "cost",
    "efforts",
    "interpolate",
    "picture_size",
    "sample",
    "seedless",
    "stages",
    "style_codes",
    "train",
    "training_cost",
    "translate",
    "unfinished",
]
