"""What a step is: hooks, outcome, reset, and the batch of worlds that goes through them."""

__all__: list[str] = []
