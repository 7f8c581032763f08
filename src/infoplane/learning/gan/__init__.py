"""A GAN whose generator raises information, on points of the plane whose modes are known."""
