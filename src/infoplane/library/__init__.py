"""infoplane from Python: a run as tables and arrays, and estimates of arrays of any origin."""
