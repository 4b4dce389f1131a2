"""Which tags an image gets, and whether a tag may move."""
