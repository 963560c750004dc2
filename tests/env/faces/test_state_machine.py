"""Random programs of saves, restores, branches, edits, resets and steps, against worlds one by one."""

from typing import Any

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from murk_env import MurkVectorEnv, State
from tests.env.worlds import Walker

WORLDS = 3
ROWS = st.lists(st.integers(0, WORLDS - 1), min_size=1, max_size=WORLDS, unique=True)
LIMITS: dict[str, Any] = {"max_episode_steps": 4, "longest_fuse": 3}


class HeldWorlds(RuleBasedStateMachine):
    """A vector env beside a model: one State for each row, which a single env steps."""

    def __init__(self) -> None:
        super().__init__()
        self.envs = MurkVectorEnv(Walker, WORLDS, autoreset_mode="Disabled", **LIMITS)
        self.single = Walker(**LIMITS)
        self.kept: list[State] = []

    @initialize(seed=st.integers(0, 99))
    def reset(self, seed):
        self.envs.reset(seed=seed)
        self.rows = []
        for row in range(WORLDS):
            self.single.reset(seed=seed + row)
            self.rows.append(self.single.save())

    @rule(actions=st.tuples(*[st.integers(0, 4)] * WORLDS))
    def step(self, actions):
        ended = np.array([bool(row.ended[0]) for row in self.rows])
        if ended.any():
            self.envs.reset(options={"reset_mask": ended})
        rewards = self.envs.step(np.array(actions))[1]
        for row, action in enumerate(actions):
            self.single.restore(self.rows[row])
            if ended[row]:
                self.single.reset()
            assert self.single.step(action)[1] == rewards[row]
            self.rows[row] = self.single.save()

    @rule(rows=ROWS)
    def save(self, rows):
        self.kept.append(self.envs.save(rows))
        assert self.kept[-1] == State.concatenate([self.rows[row] for row in rows])

    @rule(rows=ROWS, which=st.integers(0, 9))
    def restore(self, rows, which):
        if not self.kept:
            return
        state = self.kept[which % len(self.kept)]
        if len(state) not in (1, len(rows)):
            state = state[0]
        self.envs.restore(state, rows)
        for place, row in enumerate(rows):
            self.rows[row] = state[place if len(state) > 1 else 0]

    @rule(source=st.integers(0, WORLDS - 1), rows=ROWS)
    def branch(self, source, rows):
        self.envs.branch(source, rows)
        copied = self.rows[source]
        for row in rows:
            self.rows[row] = copied

    @rule(rows=ROWS, bell=st.floats(-1.0, 9.0, width=32))
    def edit(self, rows, bell):
        with self.envs.world.edit(rows) as tick:
            tick.bell = bell
        for row in rows:
            self.single.restore(self.rows[row])
            with self.single.world.edit() as tick:
                tick.bell = bell
            self.rows[row] = self.single.save()

    @rule(row=st.integers(0, WORLDS - 1), agent=st.integers(0, 15))
    def begin(self, row, agent):
        options = {"fields": {"agent": agent}}
        self.envs.reset(options={**options, "reset_mask": np.arange(WORLDS) == row})
        self.single.restore(self.rows[row])
        self.single.reset(options=options)
        self.rows[row] = self.single.save()

    @invariant()
    def the_worlds_are_those_of_the_model(self):
        if hasattr(self, "rows"):
            assert self.envs.save() == State.concatenate(self.rows)


TestHeldWorlds = HeldWorlds.TestCase
TestHeldWorlds.settings = settings(max_examples=12, stateful_step_count=15, deadline=None)
