"""Engines: each makes new pictures from one photo. The contract is in ARCHITECTURE.md."""
