"""Returns in the environments: of policies at random, scripted and trained, beside the optimum."""
