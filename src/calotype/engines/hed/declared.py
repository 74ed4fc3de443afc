"""What holistically-nested edge detection takes and gives."""

from calotype.declaration import PHOTO, System, Verb

SYSTEM = System(
    verbs={"edges": Verb("edges", (PHOTO,), ("thickness",))},
    needs="needs",
)
