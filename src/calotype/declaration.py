"""What a system's functions take and give, said without importing the system.

Every engine and every model has a file ``declared.py`` beside its code with one ``System``. It imports nothing but this
module, so that the command line, the studio and the jobs know all inputs without torch. ``calotype.catalog.declared``
reads it; the contract tests compare it with the functions themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True)
class Input:
    """Something that a function takes, beside numbers and words.

    Attributes:
        name: the argument's name, in Python and on the command line.
        kind: what it is: a key of ``calotype.kinds.KINDS``.
        required: whether the function cannot do without it.
        help: one sentence for the user, without a full stop; empty where the verb's own signature describes it.
        argument: the name of the function's argument, where that is another; empty where it is not.
    """

    name: str
    kind: str
    required: bool = True
    help: str = ""
    argument: str = ""


@dataclass(frozen=True)
class Verb:
    """A verb that a system can do.

    A function of an engine is called as ``function(photos, config, run, **options, net=net)``, with ``photos`` the
    photo and those that lend it patches, [1, C, H, W] each; ``net`` is left out where nothing is learned. A function of
    a model is called as ``function(config, run, net=net, **inputs, **options)``, with every input as its kind's tensor.

    Attributes:
        function: its name in the system's package.
        inputs: what it takes.
        options: its further arguments by name; whoever calls it hands over these and no others.
        output: what it gives: a key of ``calotype.kinds.OUTPUTS``.
        structure: the level of the pyramid it starts from where the user does not say: a word, a number 0..1, or a
            scale like ``"scale2"``; ``None`` where the verb's own default holds.
        cost: the function that estimates it. An engine's is called as ``cost(photo_sizes, size, config)``, a model's as
            ``cost(value, config)`` with the value of ``cost_by``.
        cost_by: the option that a model's cost depends on.
        check: a function ``check(config)`` that raises ``InputError`` where a model trained with these settings lacks
            the verb; empty where every model has it.
    """

    function: str
    inputs: tuple[Input, ...] = ()
    options: tuple[str, ...] = ()
    output: str = "picture"
    structure: str | float | None = None
    cost: str = "cost"
    cost_by: str = "size"
    check: str = ""

    @property
    def also(self) -> bool:
        """Whether further photos may lend their patches."""
        return any(given.name == "also" for given in self.inputs)


_NOTHING: Mapping[str, Verb] = MappingProxyType({})


@dataclass(frozen=True)
class System:
    """An engine or a model.

    Attributes:
        learns: what a training sees: nothing; ``("photo",)`` or ``("photo", "label map")`` for one photo;
            ``("image",)``, ``("image", "label map")`` ... for the samples of a data set, by the keys ``image``, ``map``
            and so on.
        verbs: what it can do, by the name of the verb.
        adapts: whether ``adapted`` fits its configuration: an engine's to a verb, ``adapted(config, verb, **facts)``; a
            model's to a data set, ``adapted(config, about)``, with ``about`` what the set says of itself.
        extends: whether ``train`` takes ``base=``, a finished net that a verb's own net is trained on top of.
        imports: patterns of the files by which a folder of another program is known that ``imported`` reads; empty
            where there is no such function. An engine's gives (config, net, photo size, preview [1, 3, H, W]), a
            model's (config, net).
        efforts: whether ``efforts`` says how much of the work each stage is; without it all are alike.
        at_sampling: fields of the configuration that training does not look at: one model serves whatever they are.
        remade_with: the function that gives the configuration with which foreign pictures are remade; empty: as it is.
    """

    learns: tuple[str, ...] = ()
    verbs: Mapping[str, Verb] = field(default_factory=lambda: _NOTHING)
    adapts: bool = False
    extends: bool = False
    imports: tuple[str, ...] = ()
    efforts: bool = False
    at_sampling: frozenset[str] = frozenset()
    remade_with: str = ""

    @property
    def trained(self) -> bool:
        """Whether something has to be learned before it can do anything."""
        return bool(self.learns)

    @property
    def of_sets(self) -> bool:
        """Whether it learns from a data set, not from one photo."""
        return "image" in self.learns

    @property
    def learns_maps(self) -> bool:
        """Whether a training sees a label map beside each picture."""
        return "label map" in self.learns

    @property
    def abilities(self) -> frozenset[str]:
        """What it can do beyond its verbs.

        ``also``: use patches of further photos; ``tile``: make results without a seam; ``shape``: fill other shapes
        than the rectangle; ``film``: show the way from a photo to another size.
        """
        verbs = [verb for verb in self.verbs.values() if not self.of_sets]
        named = {name for verb in verbs for name in verb.options if name in ("tile", "shape")}
        lent = {"also"} if any(verb.also for verb in verbs) else set()
        film = {"film"} if "film" in self.verbs else set()
        return frozenset(named | lent | film)


PHOTO = Input("photo", "photo")
ALSO = Input("also", "photos", required=False)
MASK = Input("mask", "mask", required=False)
