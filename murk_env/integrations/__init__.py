"""Adapters: what training libraries expect of environments, over the native vector env."""

__all__: list[str] = []  # each is a module of its own, which loads its library
