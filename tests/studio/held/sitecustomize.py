"""Found by every process that has this folder on its path: work is held in it where a test says so."""

from hold import install

install()
