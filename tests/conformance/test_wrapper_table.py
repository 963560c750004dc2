"""The table of docs/train on Gymnasium's vector wrappers is what they do around our vector env."""

import re
import warnings
from pathlib import Path

import gymnasium.wrappers.vector as wrappers
import numpy as np
import pytest

from murk_env import MurkVectorEnv
from murk_envs import HeatControl, HeatSeeker
from tests.small import small_keywords

PAGE = Path(__file__).parents[2] / "docs" / "train" / "README.md"
MODES = ("NextStep", "SameStep", "Disabled")
TABLE = {
    name: dict(zip(MODES, (cell.strip() for cell in cells.split("|")), strict=True))
    for name, cells in re.findall(r"^\| `(\w+)` \| (.*) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
}
ARGUMENTS = {
    "RescaleObservation": (0.0, 1.0),
    "DtypeObservation": (np.float64,),
    "TransformObservation": (lambda seen: seen,),
    "RescaleAction": (-2.0, 2.0),
    "TransformAction": (lambda actions: actions,),
    "ClipReward": (-1.0, 1.0),
    "TransformReward": (lambda rewards: rewards,),
}


@pytest.mark.slow  # what the wrappers do is tested by themselves
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", [name for name in TABLE if name != "RecordVideo"])
def test_an_entry_of_the_table_is_true(name, mode):
    env_class = HeatControl if name.endswith("Action") else HeatSeeker
    envs = MurkVectorEnv(
        env_class, 2, autoreset_mode=mode, **{**small_keywords(env_class), "max_episode_steps": 3}
    )
    given = ARGUMENTS.get(name, ())
    if name == "ReshapeObservation":
        given = ((*(envs.single_observation_space.shape or ()), 1),)
    refused = TABLE[name][mode].startswith("refused")
    with warnings.catch_warnings(action="ignore"), np.errstate(over="ignore"):  # of bounds that are cast
        try:
            wrapped = getattr(wrappers, name)(envs, *given)
            play(wrapped, envs, mode)
        except (ValueError, AssertionError):  # AssertionError before Gymnasium 1.4
            assert refused
        else:
            assert not refused


def play(wrapped, envs, mode):
    """Step beyond the end of an episode."""
    wrapped.reset(seed=0)
    envs.action_space.seed(0)
    for _ in range(5):
        _, _, terminated, truncated, _ = wrapped.step(envs.action_space.sample())
        if mode == "Disabled" and (terminated | truncated).any():
            wrapped.reset(options={"reset_mask": terminated | truncated})
