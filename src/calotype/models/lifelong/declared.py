"""What the functions of Lifelong GAN take and give."""

from calotype.declaration import Input, System, Verb

_STYLE = Input("style", "picture", required=False, help="a picture whose look is taken over; without it, the seed's")

SYSTEM = System(
    learns=("image", "condition"),
    verbs={
        "translate": Verb(
            "translate",
            (Input("picture", "photo"), _STYLE),
            ("task", "size", "seed"),
            check="check_pictures",
            validate="check_task",
            seedless="seedless",
        ),
        "sample": Verb("sample", (), ("label", "seed"), check="check_labels"),
        "interpolate": Verb(
            "interpolate",
            (
                Input("picture", "picture", required=False, help="the picture that is translated"),
                _STYLE,
                Input("to_style", "picture", required=False, help="a picture whose look the film ends with"),
            ),
            ("task", "label", "size", "seed", "to_seed", "frames"),
            output="film",
        ),
    },
    adapts=True,
    efforts=True,
    style_codes="style_codes",
    taught_as="lifelong",
)
