"""Policies that were learnt, which ship with the examples: by PPO, as `examples/lessons.py` says."""

from benchmarks.returns.play import Policy
from examples.lessons import LESSONS, pupil_group

__all__ = ["learner", "pupil_group", "trained"]


def learner(name: str) -> str:
    """Return what learns an environment, in words."""
    return f"PPO, {LESSONS[name].settings['num_steps']:,} steps"


def trained(name: str) -> Policy | None:
    """Return the policy of an environment that ships with the examples, playing its most likely actions.

    Returns:
        None where none ships.

    Raises:
        ModuleNotFoundError: torch or safetensors is not installed.
        PolicyFileError: it is of another version.
    """
    from examples import play  # needs torch

    path = play.FOLDER / f"{name}.safetensors"
    if not path.exists():
        return None
    policy = play.load(path, name)
    return lambda observations, space, rng: policy.act(observations, greedy=True)
