"""From settings to an image that the registry proves to have."""
