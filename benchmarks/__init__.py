"""Measurements: both sides in one run, interleaved, medians and ratios."""
