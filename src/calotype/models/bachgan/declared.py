"""What the functions of BachGAN take and give."""

from calotype.declaration import Input, System, Verb

SYSTEM = System(
    learns=("image", "label map"),
    verbs={
        "draw": Verb(
            "draw",
            (
                Input("layout", "boxes", argument="boxes"),
                Input("pin", "numbers", required=False, help="maps that make the background: numbers from a note"),
                Input("exclude", "numbers", required=False, help="numbers of maps of the training set that do not"),
                Input("background", "label map", required=False, help="a label map that makes the background instead"),
            ),
            ("size", "seed"),
            validate="check_draw",
            tells="told",
        ),
    },
    adapts=True,
    imports=("*_net_G.pth", "opt.txt"),
    efforts=True,
    needs="needs",
)
