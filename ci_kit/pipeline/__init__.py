"""From settings to a checked pipeline file, or to the same job as a component."""
