"""From activations to tables: blocks of samples, the estimates of a plane, its tables and captions."""
