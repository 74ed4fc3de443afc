"""What the functions of SMIS take and give."""

from calotype.declaration import Input, System, Verb

_LAYOUT = Input("layout", "label map", argument="label_map")
_STYLE = Input(
    "style",
    "picture",
    required=False,
    help="a photo whose look is taken over, class by class, with its label map; without it, the seed draws looks",
)
_STYLE_MAP = Input("style_map", "label map", required=False, help="the label map of the style photo")
_TO_STYLE = Input(
    "to_style", "picture", required=False, help="a photo whose overall look the film ends with; without it, a seed's"
)
_TO_STYLE_MAP = Input("to_style_map", "label map", required=False, help="the label map of that photo")
_LOOKS = Input("look", "looks", required=False, argument="looks")

SYSTEM = System(
    learns=("image", "label map"),
    verbs={
        "draw": Verb("draw", (_LAYOUT, _STYLE, _STYLE_MAP, _LOOKS), ("seed",), validate="check_draw"),
        "restyle": Verb(
            "restyle",
            (
                Input("photo", "photo", argument="picture"),
                Input("labels", "label map", argument="label_map"),
                Input("target", "label map", required=False),
                _LOOKS,
            ),
            ("classes", "at", "seed"),
            validate="check_restyle",
        ),
        "interpolate": Verb(
            "interpolate",
            (_LAYOUT, _STYLE, _STYLE_MAP, _TO_STYLE, _TO_STYLE_MAP),
            ("seed", "to_seed", "frames"),
            validate="check_interpolate",
            output="film",
        ),
    },
    adapts=True,
    layered="layered",
    imports=("*_net_G.pth", "opt.txt"),
    efforts=True,
    needs="needs",
)
