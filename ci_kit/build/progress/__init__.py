"""What is shown while builders work."""
