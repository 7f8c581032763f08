"""Units of work on several workers: processes of this machine, or those of a Dask cluster (docs/scale.md)."""
