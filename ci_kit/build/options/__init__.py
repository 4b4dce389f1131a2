"""What a build is told beside its inputs: caches, secrets, annotations, proxies."""
