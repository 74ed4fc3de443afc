"""What the functions of Layout2Im take and give."""

from calotype.declaration import Input, System, Verb

SYSTEM = System(
    learns=("image", "objects"),
    verbs={
        "draw": Verb("draw", (Input("layout", "boxes", argument="boxes"),), ("size", "seed"), validate="check_draw")
    },
    adapts=True,
    efforts=True,
)
