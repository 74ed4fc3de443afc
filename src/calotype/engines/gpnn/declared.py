"""What GPNN's functions take and give."""

from calotype.declaration import ALSO, MASK, PHOTO, Input, System, Verb

_REMAKE = ("picture", "size", "seed", "structure")
_EDIT = (*_REMAKE, "region", "feather")

SYSTEM = System(
    verbs={
        "vary": Verb("vary", (PHOTO, ALSO), ("size", "seed", "structure", "tile"), structure="loose"),
        "retarget": Verb("retarget", (PHOTO, ALSO), ("size", "seed", "tile"), cost="retarget_cost"),
        "paint": Verb("remake", (PHOTO, Input("sketch", "sketch")), _REMAKE, structure="close"),
        "harmonize": Verb("harmonize", (PHOTO, Input("pasted", "picture"), MASK), _EDIT, structure=0.8),
        "edit": Verb("edit", (PHOTO, Input("edited", "picture"), MASK), _EDIT, structure=0.6),
        "mix": Verb("remake", (PHOTO, Input("other", "photo"), MASK, ALSO), _REMAKE, structure="close"),
        "stylize": Verb("stylize", (PHOTO, Input("style", "picture"), MASK), _REMAKE, structure=0.55),
        "texture": Verb(
            "texture", (PHOTO, Input("guide", "picture", required=False), ALSO), ("size", "seed", "tile", "guide")
        ),
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
        "remix": Verb("remix", (PHOTO, MASK, ALSO), ("size", "seed", "level", "mask")),
        "draw": Verb(
            "draw",
            (PHOTO, Input("layout", "label map")),
            ("maps", "target", "seed"),
        ),
    },
    needs="needs",
)
