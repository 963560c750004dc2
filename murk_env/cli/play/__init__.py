"""Playing with the keyboard: the keys, the game, and the screens that show it."""

__all__: list[str] = []
