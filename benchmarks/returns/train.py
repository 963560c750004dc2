"""The trained policies that ship with the examples: by PPO, with the settings of `examples/lessons.py`."""

from benchmarks.returns.play import Policy
from examples.lessons import LESSONS, pupil_group

__all__ = ["learner", "pupil_group", "trained"]


def learner(name: str) -> str:
    """Return the learner of an environment and its number of steps, in words."""
    return f"PPO, {LESSONS[name].settings['num_steps']:,} steps"


def trained(name: str) -> Policy | None:
    """Return the greedy policy of an environment that ships with the examples.

    Returns:
        The policy; None if there is none.

    Raises:
        ModuleNotFoundError: torch or safetensors is not installed.
        PolicyFileError: it is for another version.
    """
    from examples import play  # needs torch

    path = play.FOLDER / f"{name}.safetensors"
    if not path.exists():
        return None
    policy = play.load(path, name)
    return lambda observations, space, rng: policy.act(observations, greedy=True)
