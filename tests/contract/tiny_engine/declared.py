"""What the tiny engine's functions take and give."""

from calotype.declaration import MASK, PHOTO, Input, System, Verb

_REMAKE = ("picture", "size", "seed", "structure")

SYSTEM = System(
    learns=("photo",),
    verbs={
        "vary": Verb("vary", (PHOTO,), ("size", "seed", "structure")),
        "retarget": Verb("retarget", (PHOTO,), ("size", "seed")),
        "paint": Verb("remake", (PHOTO, Input("sketch", "sketch")), _REMAKE),
        "harmonize": Verb("remake", (PHOTO, Input("pasted", "picture"), MASK), _REMAKE),
        "edit": Verb("remake", (PHOTO, Input("edited", "picture"), MASK), _REMAKE),
        "mix": Verb("remake", (PHOTO, Input("other", "photo"), MASK), _REMAKE),
        "upscale": Verb("upscale", (PHOTO,), ("factor", "seed")),
        "animate": Verb(
            "animate", (PHOTO,), ("frames", "seed", "structure", "alpha", "beta", "size", "loop"), output="film"
        ),
    },
    adapts=True,
    extends=True,
    imports=("*",),
)
