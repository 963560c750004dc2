"""What numbers the parameters of an environment may be."""

from collections.abc import Mapping

from murk_env.errors import ParameterError

__all__ = ["LARGE", "check_ranges"]

LARGE = 1e6  # of rates and rewards: beyond it float32 fields and sums of rewards lose what matters


def check_ranges(owner: str, params: object, ranges: Mapping[str, tuple[float, float]]) -> None:
    """Raise ParameterError for a parameter that does not lie in its range; both ends belong to it.

    Args:
        owner: the environment's name.
        params: an environment's Params.
        ranges: lowest and highest value by the name of the parameter.
    """
    for name, (low, high) in ranges.items():
        value = getattr(params, name)
        if not low <= value <= high:  # nor does NaN
            raise ParameterError(f"{owner}'s {name} is from {low:g} to {high:g}, not {value}.")
