"""Critics in closed form: log-ratios of x and t that need no network, and the coordinates in which they are tried."""
