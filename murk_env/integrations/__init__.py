"""Adapters from murk_env's vector envs to the env classes of training libraries."""

__all__: list[str] = []  # each adapter is a module that loads its library
