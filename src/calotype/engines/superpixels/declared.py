"""What the segmentation by superpixels takes and gives."""

from calotype.declaration import PHOTO, System, Verb

SYSTEM = System(
    verbs={"segment": Verb("segment", (PHOTO,), ("classes", "seed", "shared"))},
    needs="needs",
)
