"""Playing with the keyboard: what keys do, the worlds that are played, and where they are shown."""

__all__: list[str] = []
