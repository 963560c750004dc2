"""Returns in the environments: of random, scripted and trained policies, and the optimum."""
