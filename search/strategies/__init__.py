"""Search strategies: how candidate architectures are proposed."""
