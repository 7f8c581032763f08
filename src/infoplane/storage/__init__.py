"""What lies on the disk between stages: the zarr stores, whose layout nothing else knows, and tables as CSV."""
