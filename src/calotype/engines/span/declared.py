"""What SPAN takes and gives."""

from calotype.declaration import PHOTO, System, Verb

SYSTEM = System(
    verbs={"upscale": Verb("upscale", (PHOTO,), ("factor",))},
    needs="needs",
)
