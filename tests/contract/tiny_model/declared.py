"""What the tiny model's functions take and give."""

from calotype.declaration import PHOTO, Input, System, Verb

_NOISE = Input("noise", "latent", required=False, help="a latent code in the place of the one that the seed draws")

SYSTEM = System(
    learns=("image",),
    verbs={
        "sample": Verb("sample", (_NOISE,), ("size", "seed")),
        "stylize": Verb("stylize", (PHOTO, Input("style", "picture")), ("seed", "colours")),
    },
)
