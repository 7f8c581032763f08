"""What classifiers read from one layer of a frozen network, and what of it goes with their accuracy over networks.

The layer's activations are an embedding E, linear classifiers on it make predictions P. `choice`: which layer, which
splits; `classifiers`: their training; `measuring`: from the activations to a table, whose columns are in `table`;
`correlations`: from the tables of several networks to one. `choice`, `table` and `correlations` need no torch.
"""
