"""What networks are made of: layers, noise, and their options in params.yaml."""
