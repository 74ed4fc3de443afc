"""What the functions of the semantic pyramid take and give."""

from calotype.declaration import MASK, PHOTO, Input, System, Verb

SYSTEM = System(
    learns=("image",),
    verbs={
        "remix": Verb(
            "remix",
            (PHOTO, MASK, Input("like", "picture", required=False)),
            ("level", "seed"),
        ),
        "erase": Verb("erase", (PHOTO, MASK), ("level", "seed")),
        "mix": Verb("mix", (PHOTO, Input("other", "photo"), MASK), ("level", "seed")),
    },
    efforts=True,
    needs="needs",
)
