"""Canny: the outlines of what a photo shows, as lines. Nothing is trained.

The idea (Canny: "A Computational Approach to Edge Detection", PAMI 1986): the photo is smoothed; where its colours
change fastest along the way they change there is a line one pixel wide; lines are kept that are strong somewhere, and
followed from there as long as they are not too weak. Colours are compared in L*a*b*, all three together (Di Zenzo
1986). Both thresholds come from the photo itself.

What differs from the paper: grass, leaves and gravel are full of edges that outline nothing, so what is rough all
around is held down before lines are looked for (surround suppression; Grigorescu, Petkov, Westenberg: "Contour
Detection Based on Nonclassical Receptive Field Inhibition", IEEE TIP 2003), and lines that are too short are dropped.
The preset ``paper`` has neither.

The verb is ``edges``. Sizes: from 16 pixels up. Limits: an edge is a change of colour, whatever made it: shadows are
drawn, and outlines that are faint are not.
"""

from calotype.engines.canny.config import PRESETS, Config
from calotype.engines.canny.cost import cost
from calotype.engines.canny.lines import edges

__all__ = ["PRESETS", "Config", "cost", "edges"]
