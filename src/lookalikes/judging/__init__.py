"""Say what the matches are: the second look, leaks, chains, kinds, thresholds, what to keep."""
