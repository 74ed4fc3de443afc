"""Canny edge detection: the outlines in a photo, as lines. No training.

The method (Canny: "A Computational Approach to Edge Detection", PAMI 1986): the photo is smoothed; edges are the local
maxima of the gradient magnitude along the gradient direction, thinned to one pixel; hysteresis thresholding keeps lines
that are strong somewhere and follows them while they stay above a lower threshold. Gradients are those of L*a*b*
colours, all channels combined (Di Zenzo 1986). Both thresholds are derived from the photo.

Differences from the paper: grass, leaves and gravel have many edges that are no outlines, so the gradient is reduced
where its surroundings are textured (surround suppression; Grigorescu, Petkov, Westenberg: "Contour Detection Based on
Nonclassical Receptive Field Inhibition", IEEE TIP 2003), and short lines are dropped. The preset ``paper`` has neither.

The verb is ``edges``. Sizes: from 16 pixels up. Limits: an edge is a change of colour, whatever its cause: shadows are
included, and faint outlines are missed.
"""

from calotype.engines.canny.config import PRESETS, Config
from calotype.engines.canny.cost import cost
from calotype.engines.canny.lines import edges

__all__ = ["PRESETS", "Config", "cost", "edges"]
