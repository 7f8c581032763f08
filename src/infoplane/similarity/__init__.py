"""How alike two layers are, sample by sample: measures that need a pair (docs/measures.md)."""
