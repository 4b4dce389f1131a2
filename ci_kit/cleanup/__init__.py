"""Which tags of a registry may go, and their going: policy, plan, execution. Nothing that is kept is ever lost."""
