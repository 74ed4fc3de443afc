"""Found by every process that has this folder on its path: puts the smallest engine that learns into the catalog.

Work is held in such a process where a test says so.
"""

from calotype.catalog import ENGINES

others = dict(ENGINES)
ENGINES.clear()
# First: it is the one to be asked for models from elsewhere.
ENGINES.update({"tiny_engine": "tiny_engine", **others})

# The folder of the engine is on the path, too.
from hold import install  # noqa: E402

install()
