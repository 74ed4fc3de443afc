"""StyleGAN2: pictures from latent vectors through styles; and the StyleGAN networks of others, imported.

Karras, Laine, Aittala, Hellsten, Lehtinen, Aila, "Analyzing and Improving the Image Quality of StyleGAN", CVPR 2020. A
mapping network turns a latent vector z into a style w. The synthesis network starts from a learned constant of 4 x 4
and doubles the size block by block; every convolution's weights are scaled by the style and normalised so that its
outputs keep unit variance, and noise maps add random detail. The picture is the sum of what every resolution
contributes in colours. Early rows of styles decide pose and shape, late ones colours. The discriminator is a residual
network; it is trained by the logistic loss with R1 at every sixteenth step. Adaptive augmentation (Karras et al.,
"Training Generative Adversarial Networks with Limited Data", NeurIPS 2020) keeps it from overfitting small sets.

``small`` (the default) is for pictures of 32 pixels and one processor core, ``study`` the same for a shorter time,
``medium`` for 64 pixels, ``paper`` the published network for 256 pixels and GPUs. ``imported`` reads generators that
other programs trained, without executing anything in their files: stylegan2-ada-pytorch, stylegan3 (configurations T
and R), StyleGAN2 for TensorFlow, rosinality's and lucidrains' programs, PTI, and pSp and e4e with their encoders. A
seed is the latent vector that NVIDIA's programs draw for it.

``embed`` finds a photo in a generator (Abdal, Qin, Wonka, "Image2StyleGAN", ICCV 2019); ``morph``, ``crossover``,
``transfer`` and ``adjust`` edit what was found. An encoder is trained on samples of the generator alone and corrects
its own result a few times, as ReStyle's does (Alaluf, Patashnik, Cohen-Or, ICCV 2021). ``erase``, ``edit``,
``stylize`` and ``mix`` are the recipes of Abdal, Qin, Wonka, "Image2StyleGAN++", CVPR 2020, by masked styles, masked
noise maps and a masked style loss; ``crossover`` with a mask combines activations.

Differences from the publications:

- Demodulation is ``rsqrt(s^2 . sum(W^2))``: the same numbers without weights of their own for every picture.
- Generator and discriminator are updated from the same generated pictures; in the published code new ones are drawn for
  the discriminator.
- Convolutions run in bfloat16 where the processor has it, regularization in float32.
- The minibatch standard deviation is that of consecutive pictures.
- The presets for a processor have narrow networks, a short mapping network, no path length regularization and more than
  the published learning rates, which fall to a tenth at the end. They are trained by what ``paper`` has off: the
  relativistic pairing loss with R1 and R2 (``loss``, ``fake_penalty``; Huang, Gokaslan, Kuleshov, Tompkin, "The GAN is
  dead; long live the GAN! A Modern GAN Baseline", NeurIPS 2024), here at every eighth step only; and resampling without
  filters (``resample``), which keeps the edges of drawings. Pictures are not augmented (``augment``): with 200
  of them it made samples worse in so short a time (benchmarks/results/stylegan.json).
- With the relativistic loss the strength of the augmentation follows the scores of real pictures relative to the middle
  of the means of real and generated ones: the loss leaves their level free.
- Embedding: by default from coarse to fine, by ST-LPIPS and squared error, which takes a tenth of the steps; in
  networks from 512 pixels up, from the mean and three random styles, of which the best at 32 pixels goes on. The
  methods of the paper and of NVIDIA's projector use the original VGG-16 weights, without channel weights. In the noise
  stage the squared error has weight 1 and the learning rate is 0.2, more where the strength of noise is low; published
  are 1e-5 and 5, which depend on Adam's epsilon.
- The encoder is smaller than ReStyle's, is trained for its generator on samples instead of photos, and a few steps of
  optimisation refine what it finds.
- Pivotal tuning: the squared error has weight 10, published is 1 with LPIPS; learning rate and reach of the locality
  regularization are in proportion to those of the network.
- Image2StyleGAN++: the published rows, of 18 layers, are shares of the layers. Gram matrices are compared relative to
  those of the style. A hole is filled alike in both pictures that are compared, so that what was in it has no effect;
  it is begun from a random style, so that seeds differ. Results are blended into the photo outside of a mask.
- Components of ``adjust`` are eigenvectors of all affine maps (Shen and Zhou, CVPR 2021), with rows of length 1.

Limits: square pictures of a power of two pixels, no transparency. Training pictures should be aligned. StyleGAN3 is
imported, not trained; it has no noise maps. StyleGAN1 and EG3D are not read.
"""

from calotype.models.stylegan.checking import (
    check_adjust,
    check_crossover,
    check_embed,
    check_interpolate,
    check_masked,
    check_morph,
    check_sample,
    check_transfer,
)
from calotype.models.stylegan.config import PRESETS, Config
from calotype.models.stylegan.cost import cost, efforts, embedding_cost, masked_cost, training_cost
from calotype.models.stylegan.editing import adjust, crossover, morph, transfer
from calotype.models.stylegan.embedding import embed
from calotype.models.stylegan.encoder import build_encoder
from calotype.models.stylegan.encoder_config import encoder_config, encoder_cost
from calotype.models.stylegan.encoder_training import encoder_stages, train_encoder
from calotype.models.stylegan.exporting import exported
from calotype.models.stylegan.finetuning import start, started
from calotype.models.stylegan.generate import sample
from calotype.models.stylegan.importing import described, imported
from calotype.models.stylegan.interpolation import interpolate
from calotype.models.stylegan.layered import layered
from calotype.models.stylegan.network import build
from calotype.models.stylegan.recipes import edit, erase, mix, stylize
from calotype.models.stylegan.style_space import style_space
from calotype.models.stylegan.train import batch_size, picture_size, stages, train, unfinished

__all__ = [
    "PRESETS",
    "Config",
    "adjust",
    "batch_size",
    "build",
    "build_encoder",
    "check_adjust",
    "check_crossover",
    "check_embed",
    "check_interpolate",
    "check_masked",
    "check_morph",
    "check_sample",
    "check_transfer",
    "cost",
    "crossover",
    "described",
    "edit",
    "efforts",
    "embed",
    "embedding_cost",
    "encoder_config",
    "encoder_cost",
    "encoder_stages",
    "erase",
    "exported",
    "imported",
    "interpolate",
    "layered",
    "masked_cost",
    "mix",
    "morph",
    "picture_size",
    "sample",
    "stages",
    "start",
    "started",
    "style_space",
    "stylize",
    "train",
    "train_encoder",
    "training_cost",
    "transfer",
    "unfinished",
]
