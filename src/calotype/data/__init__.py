"""Data sets for training, one kind per file, and the stream that forms batches from them.

A data set is any object with ``__len__`` and ``__getitem__(i) -> dict[str, Tensor]``; see ``calotype.data.stream``.
"""
