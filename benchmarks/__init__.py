"""How fast the environments step: every figure a median with its spread, beside its peer in the same run."""
