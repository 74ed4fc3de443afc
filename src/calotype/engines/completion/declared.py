"""What the fills of this package take and give."""

from calotype.declaration import MASK, PHOTO, System, Verb

SYSTEM = System(
    verbs={
        "erase": Verb("fill", (PHOTO, MASK), ("hole", "seed")),
        "expand": Verb("fill", (PHOTO,), ("hole", "seed")),
    },
)
