"""Adapters: what training libraries expect of environments, over the native vector env."""
