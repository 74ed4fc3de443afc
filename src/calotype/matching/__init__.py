"""Nearest-neighbour fields between the patches of two pictures, and what is made with them."""
