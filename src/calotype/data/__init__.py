"""Many pictures, to learn from: data sets, one kind a file, and the stream that makes batches of them.

A data set is any object with ``__len__`` and ``__getitem__(i) -> dict[str, Tensor]``; see ``calotype.data.stream``.
"""
