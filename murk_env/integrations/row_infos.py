"""Infos of a vector env as a dict for each row, for libraries that step a list of envs."""

from typing import Any

__all__ = ["FINAL", "infos_of_rows"]

FINAL = ("final_obs", "final_info")


def infos_of_rows(infos: dict[str, Any], num_rows: int) -> list[dict[str, Any]]:
    """Return every row's info as a single env returns it: Python scalars, or new arrays."""
    told: list[dict[str, Any]] = [{} for _ in range(num_rows)]
    for key, values in infos.items():
        if key.startswith("_") or key in FINAL:
            continue
        own = values.tolist() if values.ndim == 1 else [value.copy() for value in values]
        for info, value in zip(told, own, strict=True):
            info[key] = value
    return told
