"""Declarations of the systems: verbs, inputs and options of their functions, without importing the systems.

Each engine and model has a file ``declared.py`` with one ``System``. It imports only this module, so that the command
line, the studio and the jobs can read it without torch, by ``calotype.catalog.declared``. The contract tests compare it
with the functions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True)
class Input:
    """An input of a function that is not a plain option.

    Attributes:
        name: name of the verb's argument, in Python and on the command line.
        kind: a key of ``calotype.kinds.KINDS``.
        required: whether it is required.
        help: help text, one sentence without a full stop; empty if the signature of the verb describes it.
        argument: name of the function's argument if it differs; else empty.
    """

    name: str
    kind: str
    required: bool = True
    help: str = ""
    argument: str = ""


@dataclass(frozen=True)
class Verb:
    """A verb that a system supports.

    A function of an engine is called as ``function(photos, config, run, **options, net=net)``, with ``photos`` the
    photo and the further photos for patches, [1, C, H, W] each, -1..1; ``net`` is omitted for engines that are not
    trained. A function of a model is called as ``function(config, run, net=net, **inputs, **options)``, with each input
    as the tensor of its kind.

    Attributes:
        function: name of the function in the system's package.
        inputs: the inputs.
        options: names of the function's other arguments; only these are passed.
        output: kind of the result: a key of ``calotype.kinds.OUTPUTS``.
        structure: default of the start scale: a word, a number 0..1, or a scale like ``"scale2"``; ``None`` for the
            verb's default.
        cost: name of the function that estimates time and memory. An engine's is called as ``cost(photo_sizes, size,
            config)``, a model's as ``cost(value, config)`` with the value of ``cost_by``.
        cost_by: the option that a model's cost depends on.
        check: name of a function ``check(config)`` that raises ``InputError`` if a model trained with these settings
            does not support the verb; empty if all models do.
        validate: name of a function of a model that is called like the verb's, without ``run``, before the work is
            announced, and raises ``InputError`` for arguments that the model cannot use; empty for none.
        tells: name of a function of a model that is called like the verb's, without ``run``, before the work, and
            returns lines for the user; empty for none.
        seedless: name of a function of a model that is called like the verb's, without ``run``, and returns why all
            seeds give the same picture with these inputs; empty text where they differ. Empty for none: seeds differ
            if ``seed`` is among the options.
        layout: name of a function of a model that is called like the verb's, without ``run``, and returns where the
            objects of the input lie in the picture: boxes [n, 4], 0..1, and the number of the object that each pixel
            belongs to, int64 [H, W], -1 for none; empty for none.
        coded: whether a model's function gives an object with the picture, its latent code (``styles``, ``noise``) and
            the ``stages`` of the search for it.
        any_size: whether a model's function takes photos of any size; else they are brought to that of the training.
    """

    function: str
    inputs: tuple[Input, ...] = ()
    options: tuple[str, ...] = ()
    output: str = "picture"
    structure: str | float | None = None
    cost: str = "cost"
    cost_by: str = "size"
    check: str = ""
    validate: str = ""
    tells: str = ""
    seedless: str = ""
    layout: str = ""
    coded: bool = False
    any_size: bool = False

    @property
    def also(self) -> bool:
        """Whether further photos are accepted."""
        return any(given.name == "also" for given in self.inputs)


_NOTHING: Mapping[str, Verb] = MappingProxyType({})
_NO_FIELDS: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class System:
    """An engine or a model.

    Attributes:
        learns: kinds of training data: empty if it is not trained; ``("photo",)`` or ``("photo", "label map")`` for
            one photo; ``("image",)``, ``("image", "label map")``, ``("image", "objects")`` ... for a data set, whose
            samples have the keys ``image``, ``map``, and ``boxes``, ``classes`` and perhaps ``instances``; ``("image",
            "partner")`` for clips, with ``"pose"`` for frames of other clips and ``"pose_partner"`` for other frames of
            theirs; ``("image", "condition")`` for pairs of
            pictures, with the keys ``image`` and ``other``, or pictures with a ``label``; ``("image", "style")`` for
            photos and artworks, with the keys ``image``, ``category``, ``art`` and ``artist``.
        verbs: the supported verbs by name.
        adapts: whether there is a function ``adapted`` for its configuration: an engine's ``adapted(config, verb,
            **facts)`` adapts it to a verb, a model's ``adapted(config, about)`` to the description of a data set.
        extends: whether ``train`` takes ``base=``, a finished net from which a verb-specific net is trained.
        imports: glob patterns of the files in a model folder of another program that ``imported`` can read; empty if
            there is no such function. An engine's returns (config, net, photo size, preview [1, 3, H, W]), a model's
            (config, net).
        imports_file: whether ``imported`` reads one file whose name matches a pattern, not a folder. Then there is also
            a function ``described`` that returns a ``calotype.foreign.description.Description`` of such a file.
        exports: whether there is a function ``exported(config, net, path)`` that writes a model to the file of another
            program and returns a line about it.
        encodes: whether an encoder from pictures to latent codes can be trained for a model, on its own samples. Then
            there are functions ``encoder_config(config)``, its default settings, ``build_encoder(config, own)``,
            ``train_encoder(config, own, run, net=net)`` and ``encoder_cost(config, own)``, and ``encoder_stages()``.
        efforts: whether there is a function ``efforts`` for the relative work of each stage; else all are equal.
        at_sampling: fields of the configuration that have no effect on training.
        neutral: fields that the configuration has got later, each with the value that trains as before them: with it
            they are left out of the key of a model, so that models trained before are found.
        files: fields of the configuration that are paths of files: their content tells models apart, not their names.
        layered: name of a model's function ``layered(config, net)``, which gives a trained net as a
            ``calotype.inspection.layers.Layered``; a model that learns label maps takes them as ``maps``, int64 [N, H,
            W]. Empty for none: the model cannot be dissected or inverted.
        codes: name of a model's function ``codes(config, net, pictures)``, which gives the codes of pictures [1, 3, h,
            w] by name, [n, d] each: ``pose`` and ``identity``. Empty for none: pictures cannot be retrieved by them.
        style_codes: name of a model's function ``style_codes(config, net, pictures)``, which gives the codes of the
            look of pictures [1, 3, h, w], and of their content where the model has such, by name, [n, d] each:
            ``style``, ``content``. Empty for none.
        style_space: name of a model's function ``style_space(config, net)``, which gives the space of its styles: with
            ``sample(seeds)``, the styles [n, style] of a range of seeds, ``draw(styles)``, their pictures [n, 3, h, w],
            and ``encode(encoder, pictures)``, the styles that an encoder finds. Empty for none: no directions of
            attributes can be learned.
        style_vectors: name of a model's function ``style_vectors(config, net, artwork, choice)``, which gives the style
            vectors [n, d] of an artwork [1, 3, h, w] of any size: one for ``mean``, ``median`` and ``closest``, one for
            each of its ``patches``. Empty for none.
        remade_with: name of the function that adapts the configuration for injected pictures; empty for none.
        needs: name of the function ``needs(config, verb)`` that raises ``InputError`` where a verb, or ``train``, needs
            weights of other networks that are missing; it is asked before work is announced. Empty for none.
        starts: whether a training may start from a trained model or an imported file (fine-tuning). Then there are
            functions ``start(path)``, which reads one, and ``started(config, begun)``, its settings for a training, and
            ``train`` takes ``begun=`` and ``frozen=``, how many layers of the discriminator keep their weights.
        taught_as: name of the model that ``calotype teach`` makes of a trained one; empty if it cannot be taught.
    """

    learns: tuple[str, ...] = ()
    verbs: Mapping[str, Verb] = field(default_factory=lambda: _NOTHING)
    adapts: bool = False
    extends: bool = False
    imports: tuple[str, ...] = ()
    imports_file: bool = False
    exports: bool = False
    encodes: bool = False
    efforts: bool = False
    at_sampling: frozenset[str] = frozenset()
    neutral: Mapping[str, Any] = field(default_factory=lambda: _NO_FIELDS)
    files: frozenset[str] = frozenset()
    layered: str = ""
    codes: str = ""
    style_codes: str = ""
    style_space: str = ""
    style_vectors: str = ""
    remade_with: str = ""
    taught_as: str = ""
    needs: str = ""
    starts: bool = False

    @property
    def trained(self) -> bool:
        """Whether the system must be trained before use."""
        return bool(self.learns)

    @property
    def of_sets(self) -> bool:
        """Whether it is trained on a data set instead of one photo."""
        return "image" in self.learns

    @property
    def learns_maps(self) -> bool:
        """Whether the training data include label maps."""
        return "label map" in self.learns

    @property
    def learns_conditions(self) -> bool:
        """Whether the training data are pairs of pictures, or pictures with labels."""
        return "condition" in self.learns

    @property
    def learns_styles(self) -> bool:
        """Whether the training data are photos and artworks."""
        return "style" in self.learns

    @property
    def learns_objects(self) -> bool:
        """Whether the training data include boxes and classes of objects."""
        return "objects" in self.learns

    @property
    def learns_classes(self) -> bool:
        """Whether the training data have named classes, of label maps or of objects."""
        return self.learns_maps or self.learns_objects

    @property
    def abilities(self) -> frozenset[str]:
        """The optional features of an engine.

        ``also``: use patches of further photos; ``tile``: make tileable results; ``shape``: fill other shapes than
        the rectangle; ``film``: make a film of the transition from a photo to another size.
        """
        verbs = [verb for verb in self.verbs.values() if not self.of_sets]
        named = {name for verb in verbs for name in verb.options if name in ("tile", "shape")}
        further = {"also"} if any(verb.also for verb in verbs) else set()
        film = {"film"} if "film" in self.verbs else set()
        return frozenset(named | further | film)


PHOTO = Input("photo", "photo")
ALSO = Input("also", "photos", required=False)
MASK = Input("mask", "mask", required=False)
