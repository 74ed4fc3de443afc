"""Neural network components shared by several engines, models and metrics. Import from the modules of this package."""
