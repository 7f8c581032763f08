"""A GAN with an encoder, which raises the information of its codes about the data."""
