"""From a Dockerfile to a verified image in a GitLab container registry."""
