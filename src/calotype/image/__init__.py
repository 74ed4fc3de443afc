"""Image tensors ``[B, C, H, W]``, float32, -1..1, and nothing else. Import what you need from the files in here."""
