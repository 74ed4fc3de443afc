"""Readers of the files that other programs write StyleGAN networks to, one program a file."""
