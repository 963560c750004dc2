"""The benchmarks: their arithmetic with a counted clock, and all of them at a small size."""

import pytest

from benchmarks.__main__ import main
from benchmarks.timing import Job, Rates, measure


class Clock:
    """A clock that moves only when told to."""

    now = 0.0

    def __call__(self):
        return self.now

    def advance(self, seconds):
        self.now += seconds


def test_a_rate_is_operations_over_time():
    clock = Clock()
    job = Job("a job", "steps", operations=10, run=lambda: clock.advance(0.5))
    (rates,) = measure([job], repeats=7, seconds=2.0, clock=clock)
    assert rates.per_second == pytest.approx([20.0] * 7)


def test_jobs_are_timed_in_turn():
    clock, order = Clock(), []
    jobs = [Job(name, "steps", 1, lambda name=name: (order.append(name), clock.advance(1))) for name in "ab"]
    measure(jobs, repeats=3, seconds=1.0, clock=clock)
    assert "".join(order) == "aabb" + "ababab"  # a first call and a sizing call of each, then the rounds


def test_median_and_spread_of_known_rates():
    rates = Rates(Job("a job", "steps", 1, lambda: None), (90.0, 100.0, 140.0))
    assert (rates.median, rates.spread) == (100.0, 0.5)


def test_the_report_names_every_figure(capsys):
    main(["--num-worlds", "1", "3", "--repeats", "2", "--seconds", "0.001"])
    report = capsys.readouterr().out
    for num_envs in (1, 3):
        assert f"native vector env, num_envs={num_envs} " in report
        assert f"SyncVectorEnv, num_envs={num_envs} " in report
        assert f"floor: np.copyto of the observations, num_envs={num_envs} " in report
        assert f"native / SyncVectorEnv, num_envs={num_envs}: " in report
    assert "single env from gymnasium.make " in report
    assert "numba" in report.splitlines()[0]
