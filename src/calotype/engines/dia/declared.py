"""What the functions of Deep Image Analogy take and give."""

from calotype.declaration import MASK, PHOTO, Input, System, Verb

SYSTEM = System(
    verbs={
        "stylize": Verb(
            "stylize", (PHOTO, Input("style", "picture"), MASK), ("picture", "size", "seed", "structure"), structure=1.0
        ),
        "analogy": Verb("analogy", (PHOTO, Input("target", "picture")), ("picture", "size", "seed")),
    },
    needs="needs",
)
