"""What GitLab accepts and what will hurt nevertheless: rules, the engine that asks them, comments that silence them."""
