"""The engine's configuration and its presets."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Config:
    """Settings of Image Analogies.

    Attributes:
        levels: of the Gaussian pyramid, with a factor of 2 between them; fewer for small images.
        kappa: coherence parameter: how much larger, as a fraction, the distance of a coherent match may be; halved at
            each coarser level. 0 always takes the best match; the paper uses 2 to 25 for filters and 0.5 to 5 for
            textures.
        label_weight: weight of a wrong label, relative to a colour difference of half the range from black to white.
        light_weight: weight of a luminance difference between counterpart and target, relative to one between photo and
            result.
        texture_weight: the same if the photo is its own counterpart.
        components: number of principal components of a neighbourhood; 0 for all its values.
        probes: leaves of the search tree that are searched per pixel; 0 searches exhaustively.
        leaf: approximate number of pixels per leaf.
        noise: standard deviation of the noise added to every neighbourhood at the coarsest level, relative to that of
            the photo's neighbourhoods: how much two seeds differ. With 0 there is one result.
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
    # Exhaustive search on all values: the errors of the paper's approximate search are not reproduced.
    "paper": Config(kappa=5.0, components=0, probes=0, noise=0.0),
    "tiny": Config(levels=3, components=12, probes=4),
}
