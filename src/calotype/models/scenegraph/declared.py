"""What the functions of the scene-graph model take and give."""

from calotype.declaration import Input, System, Verb

_LOOKS = Input("look", "looks", required=False, argument="looks")

SYSTEM = System(
    learns=("image", "objects"),
    verbs={
        "draw": Verb(
            "draw",
            (Input("layout", "scene graph", argument="graph"),),
            ("size", "seed"),
            validate="check_draw",
            layout="laid_out",
        ),
        "restyle": Verb(
            "restyle",
            (Input("photo", "scene graph", argument="graph"), _LOOKS),
            ("classes", "at", "size", "seed"),
            check="check_looks",
            validate="check_restyle",
        ),
    },
    adapts=True,
    imports=("*.pt",),
    imports_file=True,
    efforts=True,
    needs="needs",
)
