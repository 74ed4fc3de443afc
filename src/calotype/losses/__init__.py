"""Losses that two systems or more use."""
