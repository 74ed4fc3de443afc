"""Lifelong GAN: a trained model learns further tasks, one after the other, without the pictures of the old ones.

Zhai, Chen, Tung, He, Nawhal, Mori, "Lifelong GAN: Continual Learning for Conditional Image Generation", ICCV 2019. The
networks are those of BicycleGAN (see ``bicyclegan``). While they learn a new task, their answers to auxiliary pictures
are held to those of the networks before, in four places: the code of a picture, the picture of that code, the picture
of a drawn code, and the code that is found in it. The paper's auxiliary pictures are montages of patches of the new
task's pictures, or, where conditions are labels, its pictures with labels of old tasks (swap). The presets for
processors use montages that are made similar to the conditions of the old tasks, of which each model keeps means and
standard deviations of the colours and of the contrast in 4 x 4 squares (``auxiliary="typical"``).

``calotype train lifelong face_masks`` learns a first task, ``calotype teach MODEL SET`` a further one; the result is a
new model, and the old one stays as it is. ``calotype translate PICTURE --model MODEL -n 4`` works for all tasks.
``--locked`` gives the new task filters of its own beside frozen ones (after Piggyback GAN, ECCV 2020): pictures of old
tasks stay the same to the last bit. Every training ends with a certificate: hashes of pictures of the old tasks before
and after, the matrix of accuracies, and what was forgotten.

Differences from the papers:

- No code was published. Beta, the size of patches and the schedule are choices of this implementation, measured in
  ``benchmarks/lifelong.py``; both networks get the same noise where they are compared.
- ``typical`` auxiliary conditions are an addition. In montages of its own patches a small network cannot both learn the
  new task and keep the old one. Their pictures are drawn by the old networks: codes of pictures that the old encoder
  does not know lie far from the standard normal distribution, and then codes instead of conditions tell the tasks
  apart.
- After its training a task's codes are drawn from the normal distribution that has the mean and covariance of the codes
  of its pictures (``code_prior="fitted"``; Ghosh et al., ICLR 2020). Encoders do not reach the standard one that the
  paper draws from (``normal``, preset ``paper``): its codes often gave pictures of another task. The task is the one
  whose conditions a picture is most like (``--task`` names it).
- ``discriminator_condition=true`` shows the discriminators the condition beside the picture; published ones see the
  picture alone, which is the default.
- A step compares half as many auxiliary pictures as it reconstructs, which keeps its cost low (``auxiliary_share``).
- Discriminators are not kept with a model: each task starts with new ones.
- Of a locked task, the sums of frozen filters and the new ones are learned together in all layers, encoder included;
  the sums change at five times the rate. Layers with few weights get new filters alone.
- The filters of locked tasks are chosen in the same way. The published method has one network for all tasks and needs
  no choice; two tasks that want other pictures of the same conditions are refused.
- A few pairs of each task are kept with the model. They serve the certificate and are not learned from again.
"""

from calotype.models.lifelong.certificate import certificate
from calotype.models.lifelong.config import PRESETS, Config
from calotype.models.lifelong.generate import check_task, interpolate, sample, translate
from calotype.models.lifelong.network import build
from calotype.models.lifelong.teaching import adopted, stages, taught, teach
from calotype.models.lifelong.training import adapted, train, unfinished
from calotype.translation.cost import cost, efforts, training_cost
from calotype.translation.drawing import style_codes
from calotype.translation.training import batch_size, picture_size
from calotype.translation.verbs import check_labels, check_pictures, seedless

__all__ = [
    "PRESETS",
    "Config",
    "adapted",
    "adopted",
    "batch_size",
    "build",
    "certificate",
    "check_labels",
    "check_pictures",
    "check_task",
    "cost",
    "efforts",
    "interpolate",
    "picture_size",
    "sample",
    "seedless",
    "stages",
    "style_codes",
    "taught",
    "teach",
    "train",
    "training_cost",
    "translate",
    "unfinished",
]
