"""The step: hooks, outcome, reset, and the batch of worlds that is stepped."""

__all__: list[str] = []
