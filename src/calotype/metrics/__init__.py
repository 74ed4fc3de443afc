"""Quality metrics, one per file. Import from the modules of this package."""
