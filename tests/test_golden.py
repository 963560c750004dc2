"""Rollouts of every environment return what they returned when they were recorded, to the bit."""

import json

import numpy as np
import pytest

from tests.golden import PARALLEL, PATH, rollout, rows, setting
from tests.tiers import representatives

RECORD = json.loads(PATH.read_text(encoding="utf-8"))
# of many sub-steps, and all alike in the three modes
LONG = ("Transport", "ReactionDiffusion", "Burgers", "KuramotoSivashinsky")
# whose kernels take seconds to compile
LARGE = ("CrystalNav", "Ecosystem", "Epidemic", "ShallowWater", "Wildfire")
# whose last bits are those of numpy's transforms, others since 2.0
TRANSFORMS = ("Burgers", "KuramotoSivashinsky")
FORMS = ("NextStep", "SameStep", "Disabled")  # by turns
FEW = [
    row
    for number, env_id in enumerate(sorted({row.split()[0] for row in RECORD["rollouts"]}))
    for row in RECORD["rollouts"]
    if row.split()[0] == env_id
    and not row.startswith(LONG + LARGE)
    and row.endswith(FORMS[number % len(FORMS)])
]
elsewhere = pytest.mark.skipif(
    setting() != RECORD["setting"], reason=f"recorded with {RECORD['setting']}, this is {setting()}"
)


def test_every_environment_is_recorded_in_every_form():
    assert sorted(RECORD["rollouts"]) == sorted(rows())


@elsewhere
@pytest.mark.parametrize("row", representatives(RECORD["rollouts"], FEW))
def test_a_rollout_is_as_it_was_recorded(row):
    if row.endswith(PARALLEL):
        pytest.importorskip("pettingzoo", reason="a parallel env needs PettingZoo")
    if row.startswith(TRANSFORMS) and np.lib.NumpyVersion(np.__version__) < "2.0.0":
        pytest.skip("numpy's transforms were others")
    assert rollout(row) == RECORD["rollouts"][row], (
        f"{row} returns something else than before. Where that is meant, the environment needs a new version "
        f"and the changelog a line; then record again: python -m tests.golden write"
    )
