"""What this job's machine lets a build do, and what must not outlive it."""
