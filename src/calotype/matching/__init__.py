"""Nearest-neighbour fields between the patches of two images, and synthesis with them."""
