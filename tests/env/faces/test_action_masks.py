"""Masks say which actions are allowed, in the infos of every form, and actions are held to them."""

import copy
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete, MultiDiscrete

from murk_env import (
    Blueprint,
    Field,
    Group,
    Line1D,
    MurkAgentVectorEnv,
    MurkParallelEnv,
    MurkVectorEnv,
    Observation,
    Observe,
)
from murk_env.errors import ActionError, BlueprintError, HookError, ParameterError
from murk_env.faces.forms import form_of_class
from murk_env.testing import check_vector_env
from tests.env.masked_worlds import LENGTH, CompiledRail, Crews, Gears, Rail, Trams, steps_allowed

MODES = ("NextStep", "SameStep", "Disabled")
STILL = {name: lambda seen: np.zeros(seen.shape[:2], int) for name in ("bus", "cart")}


def allowed_in(cells):
    return steps_allowed(np.asarray(cells)).astype(np.int8)


@pytest.mark.parametrize("env_class", [Rail, CompiledRail])
def test_a_single_env_shows_its_mask_from_the_first_reset_on(env_class):
    env = env_class()
    seen, info = env.reset(seed=0)
    for _ in range(20):
        assert info["action_mask"].dtype == np.int8
        assert info["action_mask"].tolist() == allowed_in(int(seen[0])).tolist()
        seen, _, _, _, info = env.step(env.action_space.sample(mask=info["action_mask"]))


@pytest.mark.parametrize("mode", MODES)
def test_the_mask_of_a_vector_env_is_that_of_the_episode_it_shows(mode):
    envs = MurkVectorEnv(Rail, 6, autoreset_mode=mode)
    seen, infos = envs.reset(seed=1)
    ended = 0
    for _ in range(14):
        assert infos["action_mask"].tolist() == allowed_in(seen[:, 0].astype(int)).tolist()
        assert infos["_action_mask"].all()
        actions = 2 - infos["action_mask"][:, ::-1].argmax(axis=1)  # the last that is allowed
        seen, _, _, cut, infos = envs.step(actions)
        if mode == "SameStep" and cut.any():
            last = np.stack(infos["final_obs"][cut]).astype(int)[:, 0]
            assert infos["final_info"]["action_mask"][cut].tolist() == allowed_in(last).tolist()
        if mode == "Disabled" and cut.any():
            seen, infos = envs.reset(options={"reset_mask": cut})
        ended += cut.sum()
    assert ended


@pytest.mark.slow
@pytest.mark.parametrize(
    ("env_class", "mode"), [(Rail, "SameStep"), (Gears, "NextStep"), (Crews, "Disabled")], ids=str
)
def test_a_vector_env_with_masks_keeps_the_contract(env_class, mode):
    check_vector_env(
        lambda num_envs, mode: MurkVectorEnv(
            env_class, num_envs, autoreset_mode=mode, max_episode_steps=4, action_masked_out="replace"
        ),
        lambda: gymnasium.wrappers.TimeLimit(env_class(max_episode_steps=-1, action_masked_out="replace"), 4),
        modes=[mode],
        num_envs=[3],
        steps=25,
        expect=["truncated"],
    )


def test_the_mask_of_several_choices_is_one_after_the_other():
    env = Gears()
    _, info = env.reset(seed=3)
    last = int(env.world["last"][0])
    assert info["action_mask"].tolist() == [1, 1, *(int(option != last) for option in range(3))]
    _, _, _, _, info = env.step([1, (last + 1) % 3])
    assert info["action_mask"].tolist() == [1, 1, *(int(option != (last + 1) % 3) for option in range(3))]


def test_agents_have_the_options_of_their_group():
    env = MurkParallelEnv(Trams)
    seen, infos = env.reset(seed=0)
    for seed, name in enumerate(env.possible_agents):
        env.action_space(name).seed(seed)
    ended: set[str] = set()
    while env.agents:
        for name in env.agents:
            cell, mask = int(seen[name][0]), infos[name].get("action_mask")
            expected = {"tram": allowed_in(cell).tolist(), "bus": [1, int(cell < LENGTH - 1)], "cart": None}
            assert (None if mask is None else mask.tolist()) == expected[name.partition("_")[0]]
        actions = {
            name: env.action_space(name).sample(mask=infos[name].get("action_mask")) for name in env.agents
        }
        acted = env.agents
        seen, _, ends, _, infos = env.step(actions)
        assert list(infos) == acted
        ended |= {name for name in acted if ends[name]}
    assert ended


@pytest.mark.parametrize("mode", MODES)
def test_rows_of_agents_have_the_masks_of_parallel_envs(mode):
    rows = MurkAgentVectorEnv(Trams, 2, group="tram", others=STILL, autoreset_mode=mode)
    singles = [MurkParallelEnv(Trams) for _ in range(2)]
    _, infos = rows.reset(seed=5)
    theirs = [env.reset(seed=5 + world)[1] for world, env in enumerate(singles)]
    for _ in range(5):
        for row in range(rows.num_envs):
            world, agent = divmod(row, 2)
            told = theirs[world].get(f"tram_{agent}")
            expected = [1, 1, 1] if told is None else told["action_mask"].tolist()
            assert infos["action_mask"][row].tolist() == expected
        moves = np.where(infos["action_mask"][:, 2] == 1, 2, 0)
        _, _, _, _, infos = rows.step(moves)
        for world, env in enumerate(singles):
            acts = dict.fromkeys(env.agents, 0)
            acts |= {
                f"tram_{agent}": moves[world * 2 + agent] for agent in range(2) if f"tram_{agent}" in acts
            }
            theirs[world] = env.step(acts)[4]


@pytest.mark.slow
def test_a_team_has_the_masks_of_its_agents_one_after_the_other():
    env = Crews()
    seen, info = env.reset(seed=0)
    cells = seen.astype(int)
    one, two = (allowed_in(cell).tolist() for cell in cells[:2])
    assert info["action_mask"].tolist() == [*one, *two, 1, int(cells[2] < LENGTH - 1), 1, 1]
    together = form_of_class("parallel", Crews)()
    _, infos = together.reset(seed=0)
    assert infos["tram_1"]["action_mask"].tolist() == two


def edged(make, **options):
    """An env whose actors stand at the left end of the line, begun."""
    env = make(**options)
    env.reset(seed=0, options={"fields": {"cell": 0}})
    return env


REFUSED = {
    "single": (
        lambda **o: CompiledRail(**o),
        0,
        r"^the action is 0, which is masked out: .* allows \[-1, 1\]",
    ),
    "vector": (
        lambda **o: MurkVectorEnv(Rail, 2, **o),
        np.array([2, 1]),
        r"^the action in world 1 is 1, which is masked out: info\['action_mask'\] allows \[0, 2\]",
    ),
    "rows": (
        lambda **o: MurkAgentVectorEnv(Trams, 2, group="tram", others=STILL, **o),
        np.array([0, 0, 0, 1]),
        r"^the action of tram_1 in world 1 is 1, which is masked out: .* allows \[0, 2\]",
    ),
    "parallel": (
        lambda **o: MurkParallelEnv(Trams, **o),
        {"tram_0": 0, "tram_1": 1, "bus_0": 0, "cart_0": 0},
        r"^the action of tram_1 is 1, which is masked out: .* allows \[0, 2\]",
    ),
    "team": (lambda **o: Crews(**o), [0, 1, 0, 0], r"^the action of tram_1 is 1, which is masked out"),
}


@pytest.mark.parametrize("face", REFUSED)
def test_a_masked_out_action_is_refused_before_anything_changes(face):
    make, actions, message = REFUSED[face]
    env = edged(make)
    before = env.save()
    with pytest.raises(ActionError, match=message):
        env.step(actions)
    assert env.save() == before


@pytest.mark.parametrize("face", REFUSED)
def test_a_masked_out_action_is_replaced_by_the_first_that_is_allowed(face):
    make, actions, _ = REFUSED[face]
    env = copy.deepcopy(edged(make, action_masked_out="replace"))
    env.step(actions)
    expected = {"single": [0], "vector": [1, 0]}.get(face)
    cells = env.world["cell"]
    assert cells.tolist() == (expected if expected is not None else np.zeros_like(cells).tolist())


def test_a_choice_of_several_is_named():
    env = Gears()
    env.reset(seed=0, options={"fields": {"allowed": np.array([[1, 1, 1, 0, 1]])}})
    with pytest.raises(ActionError, match=r"^choice 1 of the action is 1, which is masked out: .* \[0, 2\]"):
        env.step([0, 1])


def test_a_mask_that_allows_nothing_is_the_environments_fault():
    env = Gears(action_masked_out="replace")
    env.reset(seed=0, options={"fields": {"allowed": np.array([[0, 0, 1, 1, 1]])}})
    with pytest.raises(ActionError, match=r"^choice 0 of the action cannot be made: .* allows nothing"):
        env.step([0, 1])


def test_a_mask_follows_an_edit():
    env = edged(Rail)
    with env.world.edit() as tick:
        tick.cell = 3
    assert env.observe()[1]["action_mask"].tolist() == [1, 1, 0]
    with pytest.raises(ActionError, match=r"is 2, which is masked out"):
        env.step(2)


SEEN = Observation(Observe(Rail.cell), over="world")
EACH = Observation(Observe(Trams.cell), over="agents")
THREE = Field(over="world", components=3)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: plan(Box(-1, 1), Rail.allowed),
            "action space Box.* offers no options",
        ),
        (
            lambda: plan(Discrete(4), Rail.allowed),
            "components=4, one .*; allowed is .* components=3",
        ),
        (lambda: plan(MultiDiscrete([2, 2]), Rail.cell), "components=4, .*; cell is .*components=None"),
        (lambda: plan(Discrete(3), "allowed"), "action_mask is a field over='world' .*, not 'allowed'"),
        (lambda: plan(Discrete(3), Trams.allowed), "over='world' .* allowed is per_tick, over 'agents'"),
        (
            lambda: Group("a", 1, EACH, Discrete(3), Rail.allowed),
            "'a': .* over='agents' .* over 'world'",
        ),
        (lambda: Group("a", 1, EACH, Discrete(4), Trams.allowed), "components=4, .* with components=3"),
        (
            lambda: Blueprint(
                lattice=Line1D(3), groups=[Group("a", 1, EACH, Discrete(3))], action_mask=Rail.allowed
            ),
            "leave the Blueprint's action_mask out: with groups, each group has its own",
        ),
    ],
)
def test_what_cannot_be_a_mask_is_refused(make, message):
    with pytest.raises(BlueprintError, match=message):
        make()


def plan(space: Any, mask: Any) -> Blueprint:
    return Blueprint(lattice=Line1D(3), observation=SEEN, action_space=space, action_mask=mask)


def test_a_mask_is_a_field_of_the_class():
    class Strange(Rail):
        @classmethod
        def build(cls, params):
            return plan(Discrete(3), THREE)

    with pytest.raises(BlueprintError, match=r"Strange: the action_mask .* is no field of the class"):
        Strange()


def test_an_info_hook_does_not_make_masks():
    class Told(Rail):
        def info(self, after):
            return {"action_mask": after.allowed}

    with pytest.raises(
        HookError, match=r"Told\.info uses the key 'action_mask', which a Blueprint or a Group"
    ):
        Told().reset()


def test_the_option_is_one_of_two():
    with pytest.raises(ParameterError, match="action_masked_out cannot be 'clip'"):
        Rail(action_masked_out="clip")  # type: ignore[arg-type]
