"""What GPDM's functions take and give."""

from calotype.declaration import ALSO, MASK, PHOTO, Input, System, Verb

_REMAKE = ("picture", "size", "seed", "structure")

SYSTEM = System(
    verbs={
        "vary": Verb("vary", (PHOTO, ALSO), ("size", "seed", "structure", "tile"), structure="free"),
        "retarget": Verb("retarget", (PHOTO, ALSO), ("size", "seed", "tile")),
        "paint": Verb("remake", (PHOTO, Input("sketch", "sketch")), _REMAKE, structure="close"),
        "harmonize": Verb("remake", (PHOTO, Input("pasted", "picture"), MASK), _REMAKE, structure=1.0),
        "edit": Verb("remake", (PHOTO, Input("edited", "picture"), MASK), _REMAKE, structure=0.5),
        "mix": Verb("remake", (PHOTO, Input("other", "photo"), MASK, ALSO), _REMAKE, structure="close"),
        "stylize": Verb("stylize", (PHOTO, Input("style", "picture"), MASK), _REMAKE, structure=0.75),
    },
    remade_with="remaking",
)
