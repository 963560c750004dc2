"""`murk play`: worlds that are played, undone and recorded, and what is refused."""

import sys

import numpy as np
import pytest

import murk_env
import murk_envs
from murk_env.cli.play.game import ALL, Game
from murk_env.cli.play.loop import Session
from murk_env.errors import ActionError
from murk_envs.scripted.wildfire import wet_ahead
from tests.env.cli.calling import murk
from tests.tiers import representatives

SEEKER = {"size": 3}


class Fingers:
    """A screen whose keys are known beforehand; it leaves when there are no more."""

    def __init__(self, *keys):
        self.keys, self.lines = list(keys), []

    def tell(self, text):
        self.lines.append([text])

    def show(self, game, lines):
        self.lines.append(lines)

    def key(self, seconds):
        return self.keys.pop(0) if self.keys else "esc"


def played(game, *keys, rate=None):
    """What was shown last, after some keys."""
    screen = Fingers(*keys)
    Session("It", game, game.controls(), screen, rate).run()
    return screen.lines[-1]


def test_keys_step_the_world_as_the_same_actions_do():
    env = murk_envs.HeatSeeker(size=3)
    env.reset(seed=4)
    rewards = [env.step(action)[1] for action in (4, 1)]
    game = Game(murk_envs.HeatSeeker, SEEKER, 4)
    lines = played(game, "right", "w")
    assert (game.steps, game.reward, game.earned) == (2, rewards[1], pytest.approx(sum(rewards)))
    assert lines[0].startswith("It  step 2  reward")


def test_undo_goes_back_step_by_step_and_the_ghost_too():
    game = Game(murk_envs.HeatSeeker, SEEKER, 4, ghost="scripted")
    before = game._face.save(), game.ghost_earned
    game.step(1)
    game.step(1)
    assert game.steps == 2
    assert game.undo()
    assert game.undo()
    assert (game._face.save(), game.ghost_earned) == before
    assert played(game, "u")[1] == "nothing to undo"


@pytest.mark.slow
def test_an_undone_step_done_again_is_the_same():
    game = Game(murk_envs.HexPursuit, {}, 3, agent="prey_0", partner="random")
    game.step(1)
    once = game._face.save()
    game.undo()
    game.step(1)
    assert game._face.save() == once


def test_an_episode_that_has_ended_waits_for_the_next():
    game = Game(murk_envs.HeatSeeker, SEEKER, 4)
    with game._face.world.edit() as tick:
        tick.agent = 3  # west of the source
    lines = played(game, "d", "d", "d")
    assert (game.ended, game.steps) == ("terminated", 1)
    assert lines[1] == "terminated; n begins the next episode"
    played(game, "n")
    assert (game.ended, game.steps) == ("", 0)


def test_the_next_episode_is_that_of_the_next_seed():
    game = Game(murk_envs.HeatSeeker, {}, 4)
    game.next_episode()
    assert game._face.save() == Game(murk_envs.HeatSeeker, {}, 5)._face.save()


@pytest.mark.parametrize("partner", representatives(["random", "scripted", "trained"], ["scripted"]))
def test_the_crew_is_played_by_a_partner(partner):
    game = Game(murk_envs.Wildfire, {}, 0, agent="crew_2", partner=partner)
    cells = game._face.world["cells"][0]
    for _ in range(3):
        game.step(0)
    assert game._face.world["cells"][0, 2] == cells[2]  # whom the person plays
    assert (game._face.world["cells"][0] != cells).any()


def test_a_step_that_is_refused_leaves_the_crew_s_chance_as_it_was():
    refused, plain = (Game(murk_envs.HexPursuit, {}, 3, agent="prey_0") for _ in range(2))
    with pytest.raises(ActionError):
        refused.step(99)
    for game in (refused, plain):
        game.step(0)
    assert refused._face.save() == plain._face.save()


@pytest.mark.slow
def test_a_scripted_partner_does_what_the_script_does_for_all():
    game = Game(murk_envs.Wildfire, {}, 0, agent="crew_0", partner="scripted")
    envs = murk_env.MurkVectorEnv(murk_envs.Wildfire, 1)
    seen, _ = envs.reset(seed=0)
    for _ in range(4):
        actions = wet_ahead(seen, envs.single_action_space, np.random.default_rng(0))
        game.step(actions[0, 0])
        seen, *_ = envs.step(actions)
    assert (game._face.world["cells"] == envs.world["cells"]).all()


@pytest.mark.slow
def test_a_whole_team_is_played_at_once():
    game = Game(murk_envs.Wildfire, {}, 0, agent=ALL)
    lines = played(game, "q", "right", "z", "enter")
    assert game.steps == 1
    assert "action 3 [5] 0 0  southwest" in lines


def test_a_recorded_game_is_replayed_with_what_was_undone(tmp_path):
    game = Game(murk_envs.HeatSeeker, SEEKER, 4, record=tmp_path / "run.murk")
    played(game, "d", "u", "w", "n", "a")
    game.close()
    assert murk_env.replay(tmp_path / "run.murk").num_steps == 3


def test_at_a_rate_steps_come_by_themselves(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("murk_env.cli.play.loop.time.monotonic", lambda: now[0])
    game = Game(murk_envs.HeatSeeker, {}, 4)

    class Clock(Fingers):
        def key(self, seconds):
            key = super().key(seconds)
            now[0] += 0.0 if key else min(seconds, 1.0)  # nothing is pressed until a step is due
            return key

    screen = Clock("d", None, None, "space", None, None, "space", None)
    Session("It", game, game.controls(), screen, 4.0).run()
    assert game.steps == 3  # and none while it was paused
    assert any("paused" in lines for lines in screen.lines)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("HeatSeeker",), 3, "there is no terminal to play in"),
        (("HexPursuit", "--agent", "prey_7"), 2, "has no agent 'prey_7'; did you mean 'prey_"),
        (("HeatSeeker", "--agent", "me"), 2, "it has one actor; leave out --agent."),
        (
            ("HeatSeeker", "--partner", "random"),
            2,
            "--partner plays the other agents, but HeatSeeker has none here",
        ),
        (("HeatSeeker", "--ghost", "trainde"), 2, "did you mean 'trained'?"),
        (("HeatSeeker", "--set", "size=1"), 2, "size"),
        (("HeatSeeker", "--record", "taken"), 2, "taken exists"),
        (("HeatSeeker", "--rate", "0"), 2, "--rate"),
    ],
)
def test_play_refuses_before_anything_is_made(arguments, code, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken").write_text("mine")
    result = murk("play", *arguments, "--terminal")
    assert result.exit_code == code
    assert said in " ".join(result.stderr.split())
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_without_pygame_a_window_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pygame", None)
    result = murk("play", "HeatSeeker", "--window")
    assert result.exit_code == 3
    assert 'a window needs pygame: pip install "murk-env[play]"; --terminal plays without.' in result.stderr
