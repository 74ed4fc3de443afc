"""SinGAN: a pyramid of small networks that learn one photo. Here so far: the reader of the released checkpoints."""
