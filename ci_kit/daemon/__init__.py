"""The Docker daemon that a job talks to: which one it is, and whether it answers."""
