"""Pairs of the map of the parts of a drawn face, in flat colours, and the face."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from PIL import Image

from calotype.data.packages import Fetched
from calotype.data.sets.face_tasks import about, pairs
from calotype.data.sets.faces import PARTS
from calotype.data.writing import Made
from calotype.image.labels import flat_colours

ABOUT = about("face_masks", "maps of the parts of drawn faces in flat colours, each with the face: pairs")
_COLOURS = np.array(flat_colours(len(PARTS)), np.uint8)


def compose(packages: Sequence[Fetched], size: int, count: int, seed: int) -> Iterator[Made]:
    """Yield pair after pair: ``other`` is the map; the label says which of glasses, beard and hat a face has."""
    yield from pairs(packages, size, count, seed, lambda made: Image.fromarray(_COLOURS[made.map]))
