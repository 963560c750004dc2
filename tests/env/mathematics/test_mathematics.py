"""The functions of murk_env.mathematics: as exact as they say, and the same operations everywhere."""

import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from murk_env import mathematics
from murk_env.mathematics import cos, exp, expm1, expm1_float32, log, log1p, log1p_float32, sin
from tests.env.mathematics.assembly import all_of_them

ROOT = Path(__file__).parents[3]
# Correctly rounded by mpmath, with 2400 bits; hexadecimal.
TABLE = json.loads((ROOT / "tests" / "data" / "mathematics.json").read_text(encoding="utf-8"))
FUNCTIONS = {"cos": cos, "exp": exp, "expm1": expm1, "log": log, "log1p": log1p, "sin": sin}
INF, NAN = math.inf, math.nan

everything = st.floats(allow_nan=False)


def distance(one, other):
    """How many float64 numbers lie from one to the other."""
    places = np.array([one, other]).view(np.int64).tolist()
    first, second = (place if place >= 0 else -(2**63) - place for place in places)
    return abs(first - second)


@pytest.mark.few(2)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_results_are_within_a_unit_in_the_last_place_of_correctly_rounded_ones(name):
    for x, result in ((float.fromhex(x), float.fromhex(result)) for x, result in TABLE[name]):
        assert distance(FUNCTIONS[name](x), result) <= 1, (name, x)


@pytest.mark.few(10)
@pytest.mark.parametrize(
    ("function", "x", "result"),
    [
        *[(exp, INF, INF), (exp, -INF, 0.0), (exp, 709.79, INF), (exp, -746.0, 0.0), (exp, 0, 1.0)],
        *[(expm1, INF, INF), (expm1, -INF, -1.0), (expm1, 709.79, INF), (expm1, -0.0, -0.0)],
        *[(log, INF, INF), (log, 0.0, -INF), (log, -0.0, -INF), (log, -1.0, NAN), (log, -INF, NAN)],
        *[(log, True, 0.0), (log1p, INF, INF), (log1p, -1.0, -INF), (log1p, -1.5, NAN), (log1p, -INF, NAN)],
        *[(log1p, 0.0, 0.0), (log1p, -0.0, -0.0), (sin, INF, NAN), (sin, -INF, NAN), (sin, -0.0, -0.0)],
        *[(cos, INF, NAN), (cos, -INF, NAN), (cos, 0.0, 1.0)],
        *[(expm1_float32, np.float32(x), y) for x, y in ((89.0, INF), (-INF, -1.0), (NAN, NAN))],
        (expm1_float32, np.float32(-0.0), -0.0),
        *[
            (log1p_float32, np.float32(x), y)
            for x, y in ((INF, INF), (-1.0, -INF), (-1.5, NAN), (-0.0, -0.0))
        ],
        *[(function, NAN, NAN) for function in FUNCTIONS.values()],
    ],
)
def test_special_values(function, x, result):
    found = function(x)
    np.testing.assert_equal(found, result)
    assert math.isnan(result) or math.copysign(1.0, found) == math.copysign(1.0, result)


@given(everything)
def test_results_are_those_of_the_c_library_to_two_units(x):
    for name, function in FUNCTIONS.items():
        try:
            expected = getattr(math, name)(x)
        except OverflowError:
            expected = INF
        except ValueError:  # outside the domain
            continue
        assert distance(function(x), expected) <= 2, name


@given(st.floats(-1e300, 1e300), st.floats(-700.0, 700.0))
def test_sin_is_odd_and_cos_even_and_exp_of_the_opposite_is_the_inverse(angle, x):
    assert sin(-angle) == -sin(angle)
    assert cos(-angle) == cos(angle)
    assert math.isclose(sin(angle) ** 2 + cos(angle) ** 2, 1.0, rel_tol=1e-15)
    assert math.isclose(exp(x) * exp(-x), 1.0, rel_tol=1e-15)


@given(st.floats(-100.0, 88.0, width=32))
def test_expm1_of_a_float32_is_that_of_a_float64_rounded(x):
    found, expected = expm1_float32(np.float32(x)), math.expm1(x)
    assert found == np.float32(found)
    assert abs(found - expected) <= 0.501 * float(np.spacing(np.float32(abs(expected))))


@given(st.floats(-2.0, 2.0**52, width=32))
def test_log1p_of_a_float32_is_that_of_a_float64_rounded(x):
    np.testing.assert_equal(log1p_float32(np.float32(x)), np.float32(log1p(x)))


@given(st.floats(2.0**52, float(np.finfo(np.float32).max), width=32))
def test_log1p_of_a_large_float32_is_exact_to_half_a_unit(x):
    found, expected = log1p_float32(np.float32(x)), math.log1p(x)
    assert abs(found - expected) <= 0.501 * float(np.spacing(np.float32(expected)))


@pytest.mark.slow
def test_loops_that_do_several_elements_at_once_give_the_same_bytes():
    bits = np.random.default_rng(0).integers(0, 2**64, 403, np.uint64)
    numbers = np.concatenate([bits.view(np.float64), np.linspace(-50.0, 50.0, 403)])
    together, alone = np.empty((6, numbers.size)), np.empty((numbers.size, 6, 1))
    all_of_them(numbers, together)
    for index in range(numbers.size):
        all_of_them(numbers[index : index + 1], alone[index])
    np.testing.assert_array_equal(together.T, alone[:, :, 0])


@pytest.mark.slow
def test_no_multiplication_is_fused_with_an_addition():
    command = [sys.executable, "-m", "tests.env.mathematics.assembly"]
    finished = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert finished.returncode == 0, finished.stderr
    for ours, fast in json.loads(finished.stdout).values():
        assert ours == 0
        assert fast > 0


def test_all_is_what_there_is():
    assert sorted([*FUNCTIONS, "expm1_float32", "log1p_float32"]) == mathematics.__all__
