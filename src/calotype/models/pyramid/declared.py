"""What the functions of the semantic pyramid take and give."""

from calotype.declaration import MASK, PHOTO, Input, System, Verb

SYSTEM = System(
    learns=("image",),
    verbs={
        "remix": Verb(
            "remix",
            (PHOTO, MASK, Input("like", "picture", required=False)),
            ("level", "label", "seed"),
            validate="check_remix",
        ),
        "erase": Verb("erase", (PHOTO, MASK), ("level", "seed")),
        "mix": Verb("mix", (PHOTO, Input("other", "photo"), MASK), ("level", "seed")),
    },
    adapts=True,
    efforts=True,
    files=frozenset(("classifier_file",)),
    needs="needs",
)
