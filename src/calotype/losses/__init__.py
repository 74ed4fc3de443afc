"""Losses shared by several engines and models."""
