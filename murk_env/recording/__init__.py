"""Runs kept on disk, as seeds, options and actions, and played again.

`outputs` shows what any face returns as rows, `chain` hashes it, `database` is the file, `recorder` fills it
and `reader` reads one, whoever wrote it; `recording` wraps a face and `replay` plays a file again.
"""

__all__: list[str] = []
