"""params.yaml as checked objects: the sections, their schemas, and what they choose."""
