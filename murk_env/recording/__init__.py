"""Runs recorded on disk, as seeds, options and actions, and replayed.

`outputs` represents the outputs of any face as rows, `chain` hashes them, `database` is the file format,
`recorder` writes it and `reader` reads untrusted files; `recording` wraps a face and `replay` plays a file.
"""

__all__: list[str] = []
