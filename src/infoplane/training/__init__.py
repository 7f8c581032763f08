"""The training loop, its repetitions and checkpoints, and the recording of every layer's activations."""
