"""Information planes of neural networks: training, recording, estimating and drawing."""
