"""What SPADE's functions take and give."""

from calotype.declaration import Input, System, Verb

_LAYOUT = Input("layout", "label map", argument="label_map")
_STYLE = Input(
    "style",
    "picture",
    required=False,
    help="a photo whose overall look is taken over; without it, the seed draws a look",
)
_TO_STYLE = Input(
    "to_style", "picture", required=False, help="a photo whose overall look the film ends with; without it, a seed's"
)

SYSTEM = System(
    learns=("image", "label map"),
    verbs={
        "draw": Verb("draw", (_LAYOUT, _STYLE), ("seed",), validate="check_draw", seedless="seedless"),
        "interpolate": Verb(
            "interpolate",
            (_LAYOUT, _STYLE, _TO_STYLE),
            ("seed", "to_seed", "frames"),
            output="film",
            validate="check_interpolate",
        ),
    },
    adapts=True,
    imports=("*_net_G.pth", "opt.txt"),
    efforts=True,
    layered="layered",
    needs="needs",
)
