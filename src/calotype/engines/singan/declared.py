"""What SinGAN's functions take and give."""

from calotype.declaration import MASK, PHOTO, Input, System, Verb

_REMAKE = ("picture", "size", "seed", "structure")

SYSTEM = System(
    learns=("photo",),
    verbs={
        "vary": Verb("vary", (PHOTO,), ("size", "seed", "structure", "tile"), structure="free"),
        "retarget": Verb("retarget", (PHOTO,), ("size", "seed", "tile")),
        "paint": Verb("remake", (PHOTO, Input("sketch", "sketch")), _REMAKE, structure="scale2"),
        # A pasted object keeps its shape only among the patches.
        "harmonize": Verb("remake", (PHOTO, Input("pasted", "picture"), MASK), _REMAKE, structure=0.9),
        "edit": Verb("remake", (PHOTO, Input("edited", "picture"), MASK), _REMAKE, structure="scale2"),
        "mix": Verb("remake", (PHOTO, Input("other", "photo"), MASK), _REMAKE),
        "upscale": Verb("upscale", (PHOTO,), ("factor", "seed")),
        "animate": Verb(
            "animate",
            (PHOTO,),
            ("frames", "seed", "structure", "alpha", "beta", "size", "loop"),
            output="film",
            structure="scale1",
        ),
    },
    adapts=True,
    extends=True,
    imports=("Gs.pth", "Zs.pth", "reals.pth", "NoiseAmp.pth"),
    efforts=True,
    at_sampling=frozenset(
        ("patch_steps", "remake_alpha", "stir", "restless", "spread", "candidates", "consistent", "patch", "alpha")
    ),
)
