"""Settings: each one declared once, from flags, variables, `.ci-kit.yml` and defaults."""
