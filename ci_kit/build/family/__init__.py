"""Images that belong together: made from each other, or of one name for several platforms."""
