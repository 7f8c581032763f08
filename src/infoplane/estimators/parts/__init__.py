"""What several estimators share: counts, ranks, distances, folds, neighbours."""
