"""Text as values that know where they stand, and values as text again."""
