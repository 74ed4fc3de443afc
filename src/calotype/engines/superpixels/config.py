"""The engine's configuration and its presets."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Config:
    """Settings of the segmentation by superpixels.

    Attributes:
        side: longer side at which a photo is segmented, pixels; larger photos are downsampled.
        pieces: approximate number of superpixels.
        compactness: weight of the position relative to the colour in SLIC: larger values give rounder superpixels,
            smaller ones follow fainter edges.
        blur: standard deviation of the Gaussian smoothing before SLIC, pixels.
        light: weight of lightness relative to hue in the features of a superpixel.
        texture: weight of the texture energy.
        place: weight of the height in the image, where top to bottom is 100, like black to white in lightness.
        smooth: weight of the pairwise term for neighbours with different labels, relative to feature distances: larger
            values give larger regions with simpler outlines.
        least: minimum area of a region, as a share of the photo; smaller ones are merged into their surroundings.
        most: maximum number of labels if it is not given; the number of those that several photos share.
        gain: if the number of labels is not given: minimum share of the remaining variance that one more label has to
            explain.
        enough: and the share of the total variance below which no more labels are added.
        deep: weight of the features of a network trained on ImageNet; 0: not used, and need not be installed.
        deep_side: longer side of that network's input, pixels.
        deep_components: principal components kept of its features, at each of two scales.
        tries: number of k-means initialisations.
    """

    side: int = 400
    pieces: int = 1200
    compactness: float = 9.0
    blur: float = 0.8
    light: float = 0.6
    texture: float = 6.5
    place: float = 0.1
    smooth: float = 2.0
    least: float = 0.004
    most: int = 8
    gain: float = 0.24
    enough: float = 0.06
    deep: float = 0.0
    deep_side: int = 448
    deep_components: int = 6
    tries: int = 8


PRESETS: dict[str, Config] = {
    "fast": Config(),
    # Objects rather than colours.
    "deep": Config(deep=0.8, gain=0.2, enough=0.1),
    # SLIC and k-means on colour only, without smoothing.
    "paper": Config(texture=0.0, place=0.0, light=1.0, smooth=0.0, least=0.0, blur=0.0, compactness=10.0),
    "tiny": replace(Config(), side=64, pieces=80, tries=2),
}
