"""Distributions and channels of known mutual information, and estimators held against them."""
