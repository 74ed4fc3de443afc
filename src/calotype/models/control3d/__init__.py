"""3D-controllable synthesis: pictures of scenes whose objects and camera can be moved.

Liao, Schwarz, Mescheder, Geiger, "Towards Unsupervised Learning of Generative Models for 3D Controllable Image
Synthesis", CVPR 2020; the weights were never released. A latent vector gives primitives: cuboids, spheres or point
clouds, each with a pose, a size and a texture of features. They are rendered from a random camera
(``calotype.render``); a 2D generator paints each as an object with colours, alpha and depth, which cannot leave its
primitive; the objects are composed by depth in front of painted surroundings. All is learned from pictures without
poses or labels, by a discriminator, and from pictures of the surroundings alone. Primitives are pushed to be compact;
the 2D generators are trained to paint an object the same when it is turned (geometric consistency).

So a scene can be edited: objects are turned, moved, grown and removed, their looks exchanged, the camera goes around
(``scene``, ``turntable``), and every scene comes with depth and a layer for each object.

``small`` is for pictures of 64 pixels and a processor, ``study`` for 32 pixels and a shorter time, ``paper`` the
published setting for a GPU. With ``classes=2`` the training folder has the subfolders ``background`` and ``scenes``, as
the set ``solids`` has them; with 0, objects stand in front of plain white, as in ``views``.

``imported`` reads GIRAFFE models (Niemeyer and Geiger, CVPR 2021), fields of densities and features in boxes, with
their published configuration; ``scene`` and ``turntable`` do with them what they do with models that are trained here.
Places of objects that the published code takes from its training set are drawn at random, so that boxes do not touch.

Differences from the publication:

- The renderer is written in plain PyTorch: rays and soft outlines, not meshes with a CUDA extension. Textures are grids
  that fill the primitives, not pictures on their surfaces.
- The 2D generator sees alpha and depth beside the features, as the text says; the released code left them out.
- Points beyond the nearest surface are left out of the consistency loss; its gradient does not reach the 3D generator
  because the primitives are detached, not because gradients are deleted.
- Presets for a processor: narrow networks, Adam; an exponential moving average of the generators is kept. Their 2D
  generators and their discriminator are made of StyleGAN2's layers (``painters``, ``discriminator``): what is rendered
  is added to the activations of each resolution. The loss is relativistic, with R1 and R2 (``loss``,
  ``fake_penalty``), and both networks learn from the same pictures. Surroundings are learned first
  (``surroundings_first``), and objects begin as opaque as their primitives (``opaque``). Places in the plane and turns
  about the vertical axis are drawn uniformly, as GIRAFFE draws them (``poses``): learned ones became alike in all
  scenes. ``paper`` has none of these.

Limits: small pictures, few objects; no shadows or reflections, since objects are painted one by one; nothing ties the
axes of a primitive to the front of an object; primitives may share an object or explain nothing.
"""

from calotype.models.control3d.building import build
from calotype.models.control3d.config import PRESETS, Config
from calotype.models.control3d.cost import cost, efforts, training_cost
from calotype.models.control3d.generate import check_scene, layers, scene, turntable
from calotype.models.control3d.importing import imported
from calotype.models.control3d.train import batch_size, picture_size, stages, train, unfinished

__all__ = [
    "PRESETS",
    "Config",
    "batch_size",
    "build",
    "check_scene",
    "cost",
    "efforts",
    "imported",
    "layers",
    "picture_size",
    "scene",
    "stages",
    "train",
    "training_cost",
    "turntable",
    "unfinished",
]
