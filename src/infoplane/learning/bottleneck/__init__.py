"""A Gaussian encoder whose loss has information about the input: the information bottleneck, over its weight."""
