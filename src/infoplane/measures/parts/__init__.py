"""What several measures share: matrices of inner products and their spectra, and a linear reader of labels."""
