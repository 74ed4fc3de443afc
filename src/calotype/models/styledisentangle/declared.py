"""What the functions of the style model take and give."""

from calotype.declaration import Input, System, Verb

_STYLE = Input("style", "picture", required=False, help="the artwork")
_TO_STYLE = Input("to_style", "picture", required=False, help="a second artwork, for a style between both")

SYSTEM = System(
    learns=("image", "style"),
    verbs={
        "stylize": Verb(
            "stylize",
            (Input("photo", "photo"), Input("style", "picture"), _TO_STYLE),
            ("blend", "vector"),
            validate="check_stylize",
            any_size=True,
        ),
        "interpolate": Verb(
            "interpolate",
            (Input("picture", "picture", required=False, help="the picture that is translated"), _STYLE, _TO_STYLE),
            ("frames",),
            output="film",
            validate="check_interpolate",
        ),
    },
    adapts=True,
    efforts=True,
    neutral={
        "skips": 0,
        "reconstruction_weight": 0.0,
        "temperature": 0.0,
        "artist_judges": False,
        "style_normalised": True,
        "discriminator_normalised": True,
        "moves": 0,
        "spread": 0.02,
        "average": 0.0,
        "rising": 0.0,
        "falling": 0.0,
    },
    style_codes="style_codes",
    style_vectors="style_vectors",
)
