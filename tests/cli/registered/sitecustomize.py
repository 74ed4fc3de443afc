"""Found by every process that has this folder on its path: puts the smallest engine that learns into the catalog."""

from calotype.catalog import ENGINES

others = dict(ENGINES)
ENGINES.clear()
# First: it is the one to be asked for models from elsewhere.
ENGINES.update({"tiny_engine": "tiny_engine", **others})
