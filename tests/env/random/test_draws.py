"""Draws follow Philox4x32-10 and depend on nothing but key, episode, step, site and element."""

import math

import numpy as np
import pytest

from murk_env.kernels import kernel
from murk_env.random import (
    WorldRng,
    fill_normal,
    fill_uniform,
    fill_uniform_float32,
    integers,
    key_from_seed,
    normal,
    site_word,
    uniform,
)
from murk_env.random.philox import integer_of, philox

# Known answers of Random123 (kat_vectors, philox4x32 with 10 rounds): counter, key, result.
KNOWN = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]
SEEDS = (7, 8, 12345678901234567890)
EPISODES = np.array([0, 5, 2**31 - 1], np.int32)
STEPS = np.array([3, 0, 1000], np.int32)
ORIGIN = 2
WIDE = [(-(2**61), 2**62), (-(2**63), 2**63 - 1), (-(2**62), 2**62 + 7)]


def keys():
    return np.stack([key_from_seed(seed) for seed in SEEDS])


@pytest.fixture
def rng():
    return WorldRng(keys(), EPISODES, STEPS, origin=ORIGIN)


def encrypted(counter, key):
    """Philox4x32-10, computed with Python's integers: two 64-bit words."""
    for _ in range(10):
        first, second = 0xD2511F53 * counter[0], 0xCD9E8D57 * counter[2]
        counter = [
            (second >> 32) ^ counter[1] ^ key[0],
            second & 0xFFFFFFFF,
            (first >> 32) ^ counter[3] ^ key[1],
            first & 0xFFFFFFFF,
        ]
        key = [(key[0] + 0x9E3779B9) & 0xFFFFFFFF, (key[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return counter[0] | (counter[1] << 32), counter[2] | (counter[3] << 32)


def word(world, call, element):
    """The 64-bit word of an element."""
    counter = [int(EPISODES[world]), int(STEPS[world]), (ORIGIN << 24) | call, element // 2]
    key = np.random.SeedSequence(SEEDS[world]).generate_state(2, np.uint32).tolist()
    return encrypted(counter, key)[element % 2]


def integer(word, low, high):
    """The integer of a word: every one of [low, high) has equally many of the words that are not rejected."""
    while word * (high - low) % 2**64 < 2**64 % (high - low):
        word = encrypted([0, 0, 0, 0], [word & 0xFFFFFFFF, word >> 32])[0]
    return low + (word * (high - low) >> 64)


def words(call, size):
    return [[word(world, call, element) for element in range(size)] for world in range(3)]


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN)
def test_philox_gives_the_known_answers(counter, key, answer):
    assert tuple(int(number) for number in philox(counter, key)) == answer


def test_a_key_is_the_state_of_a_seed_sequence():
    expected = np.random.SeedSequence(7).generate_state(2, np.uint32)
    assert key_from_seed(7).view(np.uint32).tolist() == expected.tolist()
    assert key_from_seed(np.int64(7)).dtype == np.int32  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("size", [1, 2, 5])
def test_random_takes_the_upper_53_bits_of_each_word(rng, size):
    expected = [[(number >> 11) / 2**53 for number in row] for row in words(0, size)]
    assert rng.random(size).tolist() == expected


def test_random_float32_takes_the_upper_24_bits_of_each_half_word(rng):
    halves = [[half for number in row for half in (number & 0xFFFFFFFF, number >> 32)] for row in words(0, 4)]
    drawn = rng.random(7, dtype=np.float32)
    assert drawn.dtype == np.float32
    assert drawn.tolist() == [[(half >> 8) / 2**24 for half in row[:7]] for row in halves]


@pytest.mark.parametrize(("low", "high"), [(0, 2), (-5, 6), (0, 2**40 + 1), (-(2**63), 7), *WIDE])
def test_integers_scale_each_word_that_is_not_rejected(rng, low, high):
    expected = [[integer(number, low, high) for number in row] for row in words(0, 5)]
    assert rng.integers(low, high, 5).tolist() == expected


@pytest.mark.parametrize(("low", "high"), [(0, 2), (-5, 6), (-(2**40), -(2**39)), (-(2**62), 2**62), *WIDE])
def test_integers_are_the_same_without_compilation(low, high):
    for number in (0, 1, 2**32, 2**63 + 12345, 2**64 - 1):
        drawn = integer_of.py_func(np.uint64(number), low, high - 1)  # pyright: ignore[reportFunctionMemberAccess]
        assert drawn == integer_of(np.uint64(number), low, high - 1) == integer(number, low, high)


@pytest.mark.parametrize(("low", "high"), WIDE)
def test_wide_integers_fill_their_bins_evenly(low, high):
    drawn = many().integers(low, high, 200).ravel().tolist()
    counts = np.bincount([(number - low) * 3 // (high - low) for number in drawn], minlength=3)
    expected = len(drawn) / 3
    assert ((counts - expected) ** 2 / expected).sum() < 18.4  # 0.9999 quantile with 2 degrees of freedom


def test_integers_may_span_all_of_int64(rng):
    limits = np.iinfo(np.int64)
    expected = [[number - 2**63 for number in row] for row in words(0, 3)]
    assert rng.integers(limits.min, limits.max, 3, endpoint=True).tolist() == expected


def test_normal_is_the_transform_of_box_and_muller(rng):
    expected = []
    for row in words(0, 4):
        u = [(number >> 11) / 2**53 for number in row]
        radii = [math.sqrt(-2.0 * math.log(1.0 - number)) for number in u]
        turn = 2.0 * math.pi
        first = [radii[0] * math.cos(turn * u[1]), radii[0] * math.sin(turn * u[1])]
        expected.append([*first, radii[2] * math.cos(turn * u[3])])
    np.testing.assert_allclose(rng.normal(10.0, 2.0, 3), 10.0 + 2.0 * np.array(expected), rtol=1e-14)


def test_shapes_follow_the_worlds_axis(rng):
    assert rng.random().shape == (3,)
    assert rng.random((2, 4)).shape == (3, 2, 4)
    assert rng.integers(5, shape=(2,)).shape == (3, 2)
    assert rng.permutation(4).shape == (3, 4)


def test_integers_without_high_count_from_zero_and_take_limits_per_world(rng):
    again = WorldRng(keys(), EPISODES, STEPS, origin=ORIGIN)
    assert rng.integers(9).tolist() == again.integers(0, 9).tolist()
    limits = np.array([1, 10, 1000])
    expected = [limit * word(world, 1, 0) >> 64 for world, limit in enumerate(limits.tolist())]
    assert rng.integers(limits).tolist() == expected


def test_an_endpoint_is_included(rng):
    assert rng.integers(4, 4, 10, endpoint=True).tolist() == [[4] * 10] * 3


def test_rows_do_not_depend_on_the_other_worlds(rng):
    alone = [
        WorldRng(keys()[i : i + 1], EPISODES[i : i + 1], STEPS[i : i + 1], origin=ORIGIN) for i in range(3)
    ]
    for draw in (lambda r: r.random(3), lambda r: r.normal(shape=3), lambda r: r.permutation(5)):
        assert draw(rng).tolist() == [draw(single)[0].tolist() for single in alone]


def test_selected_worlds_draw_what_they_draw_among_all(rng):
    some = WorldRng(keys(), EPISODES, STEPS, origin=ORIGIN, worlds=np.array([2, 0]))
    assert some.random(3).tolist() == rng.random(3)[[2, 0]].tolist()


def test_an_element_does_not_depend_on_how_many_are_drawn(rng):
    assert rng.random(5, site=1)[:, :3].tolist() == rng.random(3, site=1).tolist()


def test_a_draw_that_there_is_not_is_told_those_that_there_are(rng):
    with pytest.raises(
        AttributeError, match="no 'uniform'; they are random, integers, normal and permutation"
    ):
        rng.uniform(0.0, 1.0)


def test_no_worlds_draw_nothing():
    none = WorldRng(keys(), EPISODES, STEPS, origin=ORIGIN, worlds=np.array([], np.int64))
    assert none.random((2, 3)).shape == (0, 2, 3)
    assert none.integers(np.array([], np.int64)).shape == (0,)


@pytest.mark.parametrize("changed", ["keys", "episodes", "steps", "origin"])
def test_each_part_of_the_counter_changes_every_draw(rng, changed):
    parts = {"keys": keys(), "episodes": EPISODES, "steps": STEPS, "origin": ORIGIN}
    other = np.roll(parts[changed], 1, axis=0) if changed != "origin" else ORIGIN + 1
    moved = WorldRng(**{**parts, changed: other})
    assert not np.isin(moved.random(50), rng.random(50)).any()


def test_calls_are_numbered_and_restart(rng):
    drawn = [rng.random().tolist() for _ in range(3)]
    assert drawn == [[(word(world, call, 0) >> 11) / 2**53 for world in range(3)] for call in range(3)]
    rng.rewind()
    assert rng.random().tolist() == drawn[0]


def test_named_sites_repeat_and_never_meet_numbered_ones(rng):
    named = rng.random(site=0)
    assert rng.random(site=0).tolist() == named.tolist()
    assert not np.isin(rng.random(), named).any()


def test_compiled_hooks_draw_what_array_hooks_draw(rng):
    @kernel
    def draw(state):
        return uniform(state), integers(state, -3, 40), normal(state), uniform(state)

    rows = []
    for world in range(3):
        key = keys()[world].view(np.uint32)
        state = np.array([*key, EPISODES[world], STEPS[world], site_word(ORIGIN)], np.uint32)
        rows.append(draw(state))
        assert state[4] == site_word(ORIGIN) + 4
    columns = [rng.random(), rng.integers(-3, 40), rng.normal(), rng.random()]
    assert rows == list(zip(*(column.tolist() for column in columns), strict=True))


@pytest.mark.parametrize("fill", [fill_uniform, fill_uniform_float32, fill_normal])
def test_fills_touch_only_their_worlds(fill, rng):
    out = np.full((3, 5), 9.0, np.float32 if fill is fill_uniform_float32 else np.float64)
    fill(1, 2, keys(), EPISODES, STEPS, site_word(ORIGIN), out)
    method = rng.normal if fill is fill_normal else rng.random
    kwargs = {} if fill is fill_normal else {"dtype": out.dtype}
    assert out[1].tolist() == method(shape=5, **kwargs)[1].tolist()
    assert (out[[0, 2]] == 9.0).all()


def many(num_worlds=500):
    seeds = np.stack([key_from_seed(seed) for seed in range(num_worlds)])
    zeros = np.zeros(num_worlds, np.int32)
    return WorldRng(seeds, zeros, zeros, origin=0)


def test_uniform_numbers_fill_their_bins_evenly():
    counts = np.bincount((many().random(200) * 100).astype(int).ravel(), minlength=100)
    chi_square = ((counts - 1000.0) ** 2 / 1000.0).sum()
    assert 56.0 < chi_square < 161.0  # 0.0001 and 0.9999 quantiles with 99 degrees of freedom


def test_normal_numbers_have_the_moments_of_the_normal_distribution():
    x = many().normal(shape=200)
    errors = [x.mean(), x.var() - 1.0, (x**3).mean(), (x**4).mean() - 3.0]
    spreads = [math.sqrt(v / x.size) for v in (1.0, 2.0, 15.0, 96.0)]
    assert all(abs(error) < 4.0 * spread for error, spread in zip(errors, spreads, strict=True))
    assert abs(np.corrcoef(x[:, 0::2].ravel(), x[:, 1::2].ravel())[0, 1]) < 4.0 / math.sqrt(x.size / 2)


def test_permutations_are_all_equally_likely():
    rows = many(6000).permutation(3)
    assert (np.sort(rows, axis=1) == np.arange(3)).all()
    counts = np.unique(rows @ [9, 3, 1], return_counts=True)[1]
    assert len(counts) == 6
    assert ((counts - 1000.0) ** 2 / 1000.0).sum() < 25.7  # 0.9999 quantile with 5 degrees of freedom


@pytest.mark.parametrize("n", [0, 1])
def test_tiny_permutations_exist(rng, n):
    assert rng.permutation(n).tolist() == [list(range(n))] * 3


@pytest.mark.parametrize("origin", [-1, 256])
def test_an_origin_out_of_range_is_refused(origin):
    with pytest.raises(ValueError, match=f"a step has origins 0 to 255 of random numbers, not {origin}"):
        site_word(origin)


@pytest.mark.parametrize("site", [-1, 2**23])
def test_a_site_out_of_range_is_refused(rng, site):
    with pytest.raises(ValueError, match=f"a number from 0 to 8388607, not {site}"):
        rng.random(site=site)


def test_random_refuses_other_dtypes(rng):
    with pytest.raises(TypeError, match="random draws float64 or float32, not int32"):
        rng.random(dtype=np.int32)


@pytest.mark.parametrize(("loc", "scale"), [(np.zeros(3), 1.0), (0.0, np.ones((3, 1))), ([0.0], 1.0)])
def test_normal_refuses_arrays_which_might_be_of_worlds_or_of_cells(rng, loc, scale):
    with pytest.raises(ValueError, match="takes one loc and one scale, not arrays of shapes"):
        rng.normal(loc, scale, 3)


@pytest.mark.parametrize("scale", [-1.0, math.nan])
def test_normal_refuses_a_scale_below_zero(rng, scale):
    with pytest.raises(ValueError, match=f"normal needs scale >= 0, not {scale}"):
        rng.normal(0.0, scale)


@pytest.mark.parametrize(("low", "high", "endpoint"), [(3, 3, False), (4, 3, True), (0, None, False)])
def test_integers_refuse_an_empty_range(rng, low, high, endpoint):
    with pytest.raises(ValueError, match="integers needs low <"):
        rng.integers(low, high, endpoint=endpoint)


def test_integers_refuse_a_range_empty_in_one_world(rng):
    with pytest.raises(ValueError, match="integers needs low < high"):
        rng.integers(0, np.array([5, 0, 5]))


@pytest.mark.parametrize("low", [1.5, "3", 2**63, np.uint64(3), True])
def test_integers_refuse_what_is_no_int64(rng, low):
    with pytest.raises(TypeError, match="whole numbers that fit an int64 for high"):
        rng.integers(low)


def test_integers_refuse_limits_of_a_wrong_shape(rng):
    with pytest.raises(ValueError, match=r"one low, or one per world \(3,\), not shape \(2,\)"):
        rng.integers(np.array([1, 2]), 5)


@pytest.mark.few(2)
@pytest.mark.parametrize(("low", "high"), [(3, 3), (4, 3), (0, 2.5), (0.5, 3), (0, np.uint64(2**63))])
def test_compiled_integers_refuse_an_empty_range_and_what_is_no_int64(low, high):
    with pytest.raises(ValueError, match="needs low < high, whole numbers that fit an int64"):
        integers(np.zeros(5, np.uint32), low, high)


def test_no_call_of_a_hook_meets_those_that_name_their_site(rng):
    rng._next_site += 2**23 - 1
    rng.random()
    with pytest.raises(ValueError, match=r"draws at most 8,388,608 times in a step, .* rng.random\(shape\)"):
        rng.random()
    rng.rewind()
    assert (rng.random() == rng.random(site=None)).sum() == 0
