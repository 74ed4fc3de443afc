"""What models that draw label maps share: settings, label maps as the networks see them, and the training."""
