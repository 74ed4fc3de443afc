"""Limits of the search for matches."""

# Maximum pixels of a level, of result or photo, at which matches are searched. The matches of the largest such level
# are upsampled to full size, which bounds time and memory (benchmarks/carried.py measures the loss).
MAX_SEARCHED = 6_000_000
