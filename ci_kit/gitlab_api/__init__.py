"""GitLab around the job: what it says in variables, and what we tell it through python-gitlab."""
