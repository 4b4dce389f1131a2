"""What an image is made of: its Dockerfile, its context, its base images."""
