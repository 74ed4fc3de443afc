"""What InGAN's functions take and give."""

from calotype.declaration import PHOTO, System, Verb

SYSTEM = System(
    learns=("photo",),
    verbs={
        "retarget": Verb("retarget", (PHOTO,), ("size", "seed", "shape")),
        "film": Verb("film", (PHOTO,), ("places", "size", "seed", "shape"), output="film"),
    },
    efforts=True,
    at_sampling=frozenset(("steady", "together", "patch_steps", "restless", "patch_side", "alpha", "patches_from")),
)
