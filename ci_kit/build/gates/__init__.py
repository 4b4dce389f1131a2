"""One file per check of a pushed image."""
