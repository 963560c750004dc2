"""The interfaces that users see: Gymnasium's and PettingZoo's. Each is thin; the batch does the work."""

__all__: list[str] = []
