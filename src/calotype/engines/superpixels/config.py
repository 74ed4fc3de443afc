"""What can be set about the engine, and the settings that have a name."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Config:
    """Settings of the segmentation by superpixels.

    Attributes:
        side: longer side, in pixels, at which a photo is looked at; a larger one is shrunk for it.
        pieces: superpixels, about.
        compactness: how much the place counts against the colour when superpixels are cut: higher, they are rounder;
            lower, they keep to fainter edges.
        blur: standard deviation of the Gaussian that photos are smoothed by before superpixels are cut, pixels.
        light: how much a difference in lightness counts against one in hue where pieces are told apart.
        texture: how much a difference in roughness counts.
        place: how much the height in the picture counts, top to bottom being 100 as black to white is in lightness.
        smooth: how much it costs that pieces which touch have two labels, against how unlike they are: higher, regions
            are larger and their outlines simpler.
        least: share of the photo below which a region is given to those around it.
        most: labels at most where their number is not given.
        gain: where their number is not given, the least share of what a label fewer leaves unexplained that one more
            has to explain.
        enough: and the share of all differences that may stay unexplained: with less left no more labels are sought.
        deep: how much a difference counts in what a network that knows a thousand kinds of things sees; 0: it is not
            asked, and need not be installed.
        deep_side: longer side, in pixels, of the picture that is shown to it.
        deep_components: principal components kept of what it sees, at either of two scales.
        tries: beginnings of the clustering, of which the best is kept.
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
    # Things rather than colours.
    "deep": Config(deep=0.8, gain=0.2, enough=0.1),
    # Plain: pieces by the colour of their pixels, clustered, nothing smoothed.
    "paper": Config(texture=0.0, place=0.0, light=1.0, smooth=0.0, least=0.0, blur=0.0, compactness=10.0),
    "tiny": replace(Config(), side=64, pieces=80, tries=2),
}
