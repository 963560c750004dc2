"""Speed of the environments: every figure is a median with its spread, next to its peer in the same run."""
