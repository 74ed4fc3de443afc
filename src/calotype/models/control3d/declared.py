"""What the functions of 3D-controllable synthesis take and give."""

from calotype.declaration import Input, System, Verb

_EDITS = ("azimuth", "polar", "objects", "turn", "move", "grow", "remove", "look", "seed")

SYSTEM = System(
    learns=("image",),
    verbs={
        "scene": Verb("scene", (Input("poses", "poses", required=False),), _EDITS, validate="check_scene"),
        "turntable": Verb(
            "turntable", (), ("frames", "objects", "remove", "polar", "seed"), output="film", validate="check_scene"
        ),
    },
    imports=("*.pt", "*.yaml"),
    efforts=True,
)
