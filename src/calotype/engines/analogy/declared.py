"""What the functions of Semantic Image Analogy take and give."""

from calotype.declaration import PHOTO, Input, System, Verb

SYSTEM = System(
    learns=("photo", "label map"),
    verbs={
        "relayout": Verb(
            "relayout",
            (PHOTO, Input("labels", "label map"), Input("target", "label map")),
            ("before", "target", "seed"),
        ),
    },
    adapts=True,
    at_sampling=frozenset(
        (
            *("patch_steps", "restless", "refined", "together", "handed", "believed", "label_weight", "spread"),
            *("patch", "components", "place_weight", "alpha"),
        )
    ),
)
