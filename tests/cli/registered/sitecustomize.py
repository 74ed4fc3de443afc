"""Found by every process that has this folder on its path: puts the smallest engine that learns into the catalog."""

from calotype.catalog import ENGINES

ENGINES["tiny_engine"] = "tiny_engine"
