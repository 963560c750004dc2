"""States: what they hold, how they compare, what of them goes together."""

import copy
import pickle
import subprocess
import sys

import numpy as np
import pytest

from murk_env import Diffusion, Field, Line1D, Parameter, State, World
from murk_env.errors import RowsError, StateMismatchError, UnknownFieldError

HEAT, RARE, FORM, RATE = (
    Field(low=0.0),
    Field(mutability="sparse"),
    Field(mutability="static"),
    Parameter(0.1, low=0.0, high=0.4),
)
FIELDS = {"heat": HEAT, "rare": RARE, "form": FORM, "rate": RATE}


def worlds(num_worlds=4, form=1.0, num_cells=3, seed=5):
    world = World(
        Line1D(num_cells),
        FIELDS,
        [Diffusion(HEAT, coefficient=RATE)],
        num_worlds=num_worlds,
        static={FORM: np.full(num_cells, form)},
        seed=seed,
    )
    with world.edit() as tick:
        tick[HEAT] = tick.rng.random(num_cells)
        tick[RATE] = tick.rng.random() * 0.4
    return world


def test_a_state_holds_the_published_values_of_its_worlds():
    world = worlds()
    world.run(2)
    state = world.save([3, 1])
    assert len(state) == 2
    assert state[HEAT].tolist() == world[HEAT][[3, 1]].tolist()
    assert state["rate"].tolist() == world[RATE][[3, 1]].tolist()


def test_a_state_stays_as_it_is():
    world = worlds()
    state = world.save()
    kept = state[HEAT].tolist()
    world.run(3)
    assert state[HEAT].tolist() == kept
    with pytest.raises(ValueError, match="read-only"):
        state[HEAT][0] = 1.0
    held = state[HEAT]
    with pytest.raises(ValueError, match="WRITEABLE"):
        held.flags.writeable = True
    held.shape = (-1,)
    assert state[HEAT].shape == (4, 3)
    with pytest.raises(TypeError):
        state.static_digests["form"] = "other"  # pyright: ignore[reportIndexIssue]


@pytest.mark.parametrize(
    ("key", "rows"), [(2, [2]), (-1, [3]), (slice(1, 3), [1, 2]), ([3, 0], [3, 0]), (np.arange(4) > 2, [3])]
)
def test_some_worlds_of_a_state_are_a_state(key, rows):
    world = worlds()
    assert world.save()[key] == world.save(rows)


def test_a_state_is_its_worlds_put_together():
    state = worlds().save()
    assert State.concatenate(list(state)) == state
    assert State.concatenate([state[2:], state[:2]])[[2, 3, 0, 1]] == state


def test_only_states_are_put_together():
    state = worlds().save()
    assert State.concatenate(iter([state, state])) == state[[0, 1, 2, 3] * 2]
    with pytest.raises(StateMismatchError, match="takes States; number 1 is 3"):
        State.concatenate([state, 3])  # pyright: ignore[reportArgumentType]


def test_a_state_is_no_array():
    state = worlds().save()
    assert state != np.zeros(4)
    assert np.zeros(4) != state


def test_states_are_equal_if_their_bytes_are():
    state = worlds().save()
    assert state == worlds().save()
    assert hash(state) == hash(worlds().save())
    assert state != state[::-1]
    assert state != state[:3]
    assert state != worlds(seed=6).save()
    assert state != "a state"


def test_the_sign_of_zero_and_equal_static_values_tell():
    world = worlds(num_cells=2)
    with world.edit() as tick:
        tick[RARE] = 0.0
    plus = world.save()
    with world.edit() as tick:
        tick[RARE] = -0.0
    assert world.save() != plus
    assert worlds(form=1.0).save() == worlds(form=1.0).save()
    assert worlds(form=1.0).save() != worlds(form=2.0).save()


@pytest.mark.slow
def test_its_fingerprint_is_the_same_in_another_process():
    script = "from tests.env.world.test_state import worlds; print(worlds().save().fingerprint)"
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == worlds().save().fingerprint
    assert worlds().save().fingerprint != worlds(seed=1).save().fingerprint


def test_copies_and_pickles_are_equal():
    state = worlds().save()
    assert pickle.loads(pickle.dumps(state)) == state
    assert copy.deepcopy(state) == state
    assert hash(pickle.loads(pickle.dumps(state))) == hash(state)


def test_it_says_what_it_is_of():
    state = worlds().save()
    assert repr(state).startswith("<State of 4 world(s) of World, ")
    assert state.environment == "World"
    assert state.parameters == {}


@pytest.mark.parametrize("key", [4, -5, [0, 7], np.ones(3, bool), "1", 1.5])
def test_worlds_that_are_not_there_are_refused(key):
    with pytest.raises(
        (RowsError, UnknownFieldError), match=r"a state of (4 world\(s\)|World) has no (world|field)"
    ):
        worlds().save()[key]


def test_a_field_that_it_does_not_hold_is_refused():
    with pytest.raises(UnknownFieldError, match="a state of World has no field 'heet'; did you mean 'heat'"):
        worlds().save()["heet"]
    with pytest.raises(UnknownFieldError, match="has no field 'form'"):
        worlds().save()[FORM]


def test_states_of_different_worlds_do_not_go_together():
    state = worlds().save()
    with pytest.raises(
        StateMismatchError, match="state 1 does not fit state 0: its static field form holds other"
    ):
        State.concatenate([state, worlds(form=2.0).save()])
    with pytest.raises(StateMismatchError, match=r"its lattice is Line1D\(.*4.*\), here it is Line1D\(.*3"):
        State.concatenate([state, worlds(num_cells=4).save()])
    with pytest.raises(RowsError, match="at least one State"):
        State.concatenate([])


@pytest.mark.parametrize("into", [None, [2], [3, 0], np.array([True, False, True, False])])
def test_a_restored_world_goes_on_as_the_saved_one_did(into):
    world, other = worlds(), worlds(seed=9)
    world.run(3)
    other.run(1)
    rows = np.arange(4)[slice(None) if into is None else into]
    untouched = [row for row in range(4) if row not in rows]
    kept = other.save(untouched) if untouched else None
    other.restore(world.save(rows), into)
    assert other.save(rows) == world.save(rows)
    assert kept is None or other.save(untouched) == kept
    world.run(4)
    other.run(4)
    assert other.save(rows) == world.save(rows)


def test_one_world_is_restored_into_many():
    world = worlds()
    world.restore(world.save(2))
    assert world.save(0) == world.save(1) == world.save(3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda world: world.save(4), "there is no world 4"),
        (lambda world: world.save([]), "here are none"),
        (lambda world: world.save(np.zeros(4, bool)), "here are none"),
        (
            lambda world: world.save(0.5),
            r"worlds are None for all, numbers from 0 to 3, or a mask .*not 0\.5\.",
        ),
        (lambda world: world.save([0.5] * 8), r"not \[0\.5, 0\.5"),
        (lambda world: world.save(np.zeros(9)), r"not 'float64 of shape \(9,\)'"),
        (lambda world: world.save(np.ones(3, bool)), r"not a mask of shape \(3,\)"),
        (lambda world: world.restore(world.save(), [0, 0, 1, 2]), "worlds names world 0 2 times"),
        (
            lambda world: world.restore(world.save([0, 1]), [0, 1, 2]),
            "a state of 2 worlds can only be restored into as many, not into 3",
        ),
        (
            lambda world: world.branch([0, 1], [0, 1, 2]),
            "source must be one world, or one for each of the 3 of into, not 2",
        ),
        (lambda world: world.branch(0, [1, 1]), "into names world 1 2 times"),
        (lambda world: world.branch(9, [1]), "source are None for all.*there is no world 9"),
        (lambda world: world.edit([1, 1]).__enter__(), "worlds names world 1 2 times"),
    ],
)
def test_worlds_that_do_not_exist_or_are_named_twice_are_refused(call, message):
    world = worlds()
    before = world.save()
    with pytest.raises(RowsError, match=message):
        call(world)
    assert world.save() == before


def test_a_branch_is_its_source_and_draws_the_same():
    world = worlds()
    world.branch(1, [0, 3])
    assert world.save(0) == world.save(1) == world.save(3)
    assert world.save(2) == worlds().save(2)


def test_fresh_branches_differ_in_their_keys_alone_and_repeat():
    world, again = worlds(), worlds()
    for each in (world, again):
        each.branch(1, [0, 3], randomness="fresh")
    assert world.save() == again.save()
    keys = world.save()["_rng_key"]
    assert len({tuple(key) for key in keys.tolist()}) == 4
    assert world[HEAT][[0, 3]].tolist() == world[HEAT][[1, 1]].tolist()
    with pytest.raises(ValueError, match="randomness must be 'same' or 'fresh', not 'other'"):
        world.branch(1, 0, randomness="other")  # type: ignore[arg-type]


def pickled(state):
    return pickle.loads(pickle.dumps(state))


def put_together(state):
    return State.concatenate(list(state))


@pytest.mark.parametrize(
    ("name", "wrong", "message"),
    [
        ("heat", np.nan, "field 'heat' takes"),
        ("heat", np.inf, "field 'heat' takes"),
        ("heat", -1.0, "field 'heat' takes"),
        ("_phase", 3, "have neither begun nor ended"),
        ("_step", -1, "count steps or episodes below 0"),
        ("_episode", -2, "count steps or episodes below 0"),
    ],
)
def test_a_state_that_holds_what_its_fields_must_not_is_refused(name, wrong, message):
    world = worlds()
    before = world.save()
    arrays = {form.name: np.array(before[form.name]) for form in world.identity.fields}
    arrays[name][1] = wrong
    state = State(world.identity, arrays, before.static_digests)
    with pytest.raises(StateMismatchError, match=f"does not fit these worlds: .*{message}"):
        world.restore(state)
    assert world.save() == before


def test_a_world_whose_numbers_have_diverged_is_pickled_as_it_is():
    world = World(Line1D(2), {"heat": HEAT}, num_worlds=2)
    with world.arena.begin_tick() as guard:
        guard.write(world.layout.ids[HEAT])[...] = np.inf
    assert pickle.loads(pickle.dumps(world)).save() == world.save()


def diverged():
    """Return worlds of which one has come to NaN and infinities, as numbers do that grow without end."""
    world = worlds()
    with world.arena.begin_tick() as guard:
        guard.update(world.layout.ids[HEAT])[1, :2] = np.nan, np.inf
    return world


@pytest.mark.parametrize(
    "way", [lambda state: state, lambda state: State.from_bytes(state.to_bytes()), pickled, put_together]
)
def test_worlds_whose_numbers_have_diverged_go_on_from_their_own_state(way):
    world = diverged()
    state = way(world.save())
    assert state.diverged == ("heat",)
    assert state[1].diverged == ("heat",)
    assert state[0].diverged == ()
    fresh = worlds()
    fresh.restore(state)
    assert fresh.save() == world.save()
    fresh.restore(state[1], 2)
    assert np.isnan(fresh[HEAT][2, 0])


def test_what_had_not_diverged_when_it_was_saved_is_not_so_in_a_file():
    state = State.from_bytes(worlds().save().to_bytes())
    arrays = {form.name: np.array(state[form.name]) for form in state.identity.fields}
    arrays["heat"][1] = np.nan
    forged = State(state.identity, arrays, state.static_digests)
    assert forged.diverged == ()
    again = State.from_bytes(forged.to_bytes())
    with pytest.raises(StateMismatchError, match="field 'heat' takes finite numbers, not nan"):
        worlds().restore(again)


def test_only_a_state_is_restored():
    with pytest.raises(StateMismatchError, match="only a State, as save"):
        worlds().restore({"heat": 1.0})  # type: ignore[arg-type]
    with pytest.raises(StateMismatchError, match=r"can be restored, not b'.{,60}$"):
        worlds().restore(worlds().save().to_bytes())  # type: ignore[arg-type]


def test_a_row_of_an_edit_is_that_of_its_world():
    world = worlds()
    with world.edit([2, 0]) as tick:
        assert tick[HEAT].tolist() == world[HEAT][[2, 0]].tolist()
        tick[RARE] = np.array([[1.0], [2.0]])
    assert world[RARE][:, 0].tolist() == [2.0, 0.0, 1.0, 0.0]
