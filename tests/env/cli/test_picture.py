"""The picture of a game shows where the person is."""

import numpy as np
import pytest

from murk_env import MurkParallelEnv
from murk_env.cli.play.picture import Shown
from murk_envs import HexPursuit


@pytest.mark.slow
def test_the_person_has_a_ring():
    face = MurkParallelEnv(HexPursuit)
    face.reset(seed=1)
    without, ringed = (Shown(HexPursuit, HexPursuit.Params(), face, agent).frame() for agent in (None, 0))
    yellow = (np.abs(ringed[..., :3].astype(int) - [0xFF, 0xF2, 0x00]) < 40).all(axis=-1).sum()
    assert yellow > (np.abs(without[..., :3].astype(int) - [0xFF, 0xF2, 0x00]) < 40).all(axis=-1).sum()
    assert ringed.shape[0] == without.shape[0]
