"""What models of pictures or labels as conditions share: BicycleGAN's networks, losses and training."""
