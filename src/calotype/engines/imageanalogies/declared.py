"""What the functions of Image Analogies take and give."""

from calotype.declaration import PHOTO, Input, System, Verb

SYSTEM = System(
    verbs={
        "analogy": Verb(
            "analogy",
            (PHOTO, Input("target", "picture"), Input("before", "picture", required=False)),
            ("before", "picture", "size", "seed", "guide", "colours"),
        ),
        "relayout": Verb(
            "relayout",
            (PHOTO, Input("labels", "label map"), Input("target", "label map")),
            ("before", "target", "seed"),
        ),
    },
)
