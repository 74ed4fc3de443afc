"""What a generator draws and what it cannot: segmentation statistics, and inversion layer by layer.

Bau, Zhu, Wulff, Peebles, Strobelt, Zhou, Torralba, "Seeing What a GAN Cannot Generate", ICCV 2019.
"""
