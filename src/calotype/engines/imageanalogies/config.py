"""What can be set about the engine, and the settings that have a name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Config:
    """Settings of Image Analogies.

    Attributes:
        levels: of the Gaussian pyramid, each half as large as the next; fewer where pictures are small.
        kappa: how much worse, as a share of its distance, a match may be that goes on with what the neighbours were
            taken from; halved with each level below the finest. 0 takes the best match always; the paper has 2 to 25
            for filters and 0.5 to 5 for textures.
        label_weight: how much a wrong label counts against a colour that is off by half of the range from black to
            white.
        light_weight: how much a difference in brightness between counterpart and target counts against one between the
            photo and the result.
        texture_weight: the same where the photo is its own counterpart.
        components: principal components that stand for a neighbourhood; 0 for all its values.
        probes: leaves of the search tree that are looked into for each pixel; 0 compares with all the photo.
        leaf: pixels of the photo in a leaf, about.
        noise: standard deviation of what is added to every neighbourhood of the coarsest level, as a multiple of the
            spread of the photo's: how much two seeds differ. With 0 there is one result.
    """

    levels: int = 5
    kappa: float = 1.0
    label_weight: float = 1.0
    light_weight: float = 1.0
    texture_weight: float = 1.0
    components: int = 32
    probes: int = 8
    leaf: int = 32
    noise: float = 0.05


PRESETS: dict[str, Config] = {
    "fast": Config(),
    # All values compared with all the photo: the paper's approximate search has no error that is to be copied.
    "paper": Config(kappa=5.0, components=0, probes=0, noise=0.0),
    "tiny": Config(levels=3, components=12, probes=4),
}
