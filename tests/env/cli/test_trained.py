"""`--policy trained` and `--policy FILE`: policies that were learnt, without torch."""

import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete, MultiDiscrete
from safetensors.numpy import load_file, save_file

import murk_envs
from murk_env import Hex2D, Square8
from murk_env.cli.networks import NetworkError, lattice_of
from murk_env.cli.policies import named_policies, player_named
from murk_env.cli.rollout import Rollout
from murk_env.cli.trained import read
from murk_envs.trained import FOLDER
from tests.env.cli.calling import murk

# of default sizes and usual rows; those of other lessons are played by their files
SHIPPED = sorted(path.stem for path in FOLDER.glob("*.safetensors") if path.stem in murk_envs.__all__)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_policy_that_ships_fits_its_environment(name):
    player = player_named(getattr(murk_envs, name), {}, "trained")
    crews = {"Wildfire": "crew", "WildfireTerrain": "crew", "HexPursuit": "predator", "Harvest": "agent"}
    assert player.group == crews.get(name)


@pytest.mark.slow
def test_a_trained_policy_is_near_the_optimum():
    played = Rollout(murk_envs.HeatSeeker, 64, {}, "trained", seed=5)
    for _ in range(60):
        played.step()
    assert float(played.summary().rpartition(" ")[2]) > 85.0  # 89.265 at best, over many episodes


def flat(num_seen=18, num_outputs=5):
    """A flat network of HeatSeeker with 3 x 3 cells, which always prefers the action 3, then 4."""
    layers = {"actor.0": (2, num_seen), "actor.2": (2, 2), "actor.4": (num_outputs, 2)}
    tensors = {f"{layer}.weight": np.zeros(shape, np.float32) for layer, shape in layers.items()}
    tensors |= {f"{layer}.bias": np.zeros(shape[0], np.float32) for layer, shape in layers.items()}
    tensors["actor.4.bias"][3:5] = 2.0, 1.0
    return tensors | {"moments": np.stack([np.zeros(num_seen), np.ones(num_seen)]).astype(np.float32)}


def written(path, tensors=None, **metadata):
    save_file(flat() if tensors is None else tensors, path, {"env_id": "murk/HeatSeeker-v0", **metadata})
    return path


def test_a_file_is_played_with_the_parameters_that_it_fits(tmp_path):
    player = player_named(murk_envs.HeatSeeker, {"size": 3}, str(written(tmp_path / "west.safetensors")))
    space = murk_envs.HeatSeeker(size=3).action_space
    assert player.policy(np.zeros((4, 18)), space, np.random.default_rng(0)).tolist() == [3, 3, 3, 3]


def test_actions_are_counted_from_where_they_begin(tmp_path):
    policy = read(written(tmp_path / "west.safetensors"))
    chosen = [
        policy(np.zeros((2, 18)), space, np.random.default_rng(0)).tolist()
        for space in (Discrete(5, start=-1), MultiDiscrete([5], start=[7]))
    ]
    assert chosen == [[2, 2], [[10], [10]]]


def test_a_linear_policy_is_played(tmp_path):
    weights = np.arange(6, dtype=np.float32).reshape(2, 3) / 10.0
    scale = np.array([[1.0, 1.0, 1.0], [5.0, 5.0, 5.0]], np.float32)  # means, and means of squares
    policy = read(written(tmp_path / "line.safetensors", {"moments": scale, "actor.0.weight": weights}))
    seen, space = np.array([[3.0, 1.0, -1.0]]), Box(-0.3, 0.3, (2,))
    acted = policy(seen, space, np.random.default_rng(0))
    np.testing.assert_allclose(acted, [[-0.2, -0.2]], rtol=1e-6)  # of 1, 0 and -1, by deviations of 2
    assert policy(10.0 * seen, space, np.random.default_rng(0)).min() == np.float32(-0.3)


def test_a_policy_in_proportion_to_the_size_of_what_is_seen_is_played(tmp_path):
    shapes = {"actor.0": (2, 3), "actor.2": (2, 2), "actor.4": (1, 2)}
    tensors = {f"{layer}.weight": np.eye(*shape, dtype=np.float32) for layer, shape in shapes.items()}
    tensors |= {f"{layer}.bias": np.zeros(shape[0], np.float32) for layer, shape in shapes.items()}
    tensors |= {"moments": np.ones((2, 3), np.float32), "unit": np.array([0.05], np.float32)}
    policy, space = read(written(tmp_path / "rest.safetensors", tensors)), Box(-1.0, 1.0, (1,))
    seen = np.array([[3.0, 1.0, -1.0], [0.0, 0.0, 0.0], [-300.0, -100.0, 100.0]])
    size = np.sqrt(11.0 / 3.0)
    expected = np.array([[1.0], [0.0], [-100.0]]) * 0.05 * size * np.tanh(np.tanh(3.0 / size))
    acted = policy(seen, space, np.random.default_rng(0))
    np.testing.assert_allclose(acted, expected.clip(-1.0, 1.0), rtol=1e-5)


@pytest.mark.parametrize(
    ("tensors", "metadata", "said"),
    [
        (None, {"env_id": "murk/HeatSeeker-v7"}, "is for murk/HeatSeeker-v7, not for murk/HeatSeeker-v0."),
        (None, {"env_id": "murk/Wildfire-v1"}, "is for murk/Wildfire-v1, not for murk/HeatSeeker-v0."),
        (
            flat(num_seen=20),
            {},
            "takes observations of 20 numbers and returns 5 for each, which does not fit",
        ),
        (
            flat(num_outputs=6),
            {},
            "takes observations of 18 numbers and returns 6 for each, which does not fit",
        ),
        (None, {"group": "crew"}, "does not fit murk/HeatSeeker-v0"),
        ({"other": np.zeros(3)}, {}, "holds no policy: it has no 'moments'"),
        (flat() | {"moments": np.zeros(18, np.float32)}, {}, "holds no policy: "),
        (flat() | {"actor.6.bias": np.zeros(3)}, {}, "its layers are of no network that is known here"),
        (None, {"lattice": "print(1)"}, "holds no policy: 'print(1)' is not a lattice."),
    ],
    ids=["version", "environment", "seen", "outputs", "group", "moments", "scale", "layers", "lattice"],
)
def test_a_policy_of_something_else_is_refused(tensors, metadata, said, tmp_path):
    path = written(tmp_path / "policy.safetensors", tensors, **metadata)
    result = murk("watch", "HeatSeeker", "--set", "size=3", "--policy", path, "--out", tmp_path / "x.gif")
    assert result.exit_code == 2
    assert said in result.stderr
    assert not (tmp_path / "x.gif").exists()


def test_convolutions_over_another_lattice_are_refused(tmp_path):
    tensors = load_file(FOLDER / "Epidemic.safetensors")
    path = written(tmp_path / "x.safetensors", tensors, env_id="murk/Epidemic-v1", lattice="Hex2D(4, 4)")
    result = murk("watch", "Epidemic", "--policy", path, "--out", tmp_path / "x.gif")
    assert "its convolutions are not over Hex2D(4, 4" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("Transport", "--policy", "trained"), "no trained policy comes with Transport"),
        (
            ("HeatSeeker", "--policy", "nowhere.safetensors"),
            "there is no policy file nowhere.safetensors.",
        ),
        (("HeatSeeker", "--policy", "words.txt"), "words.txt is not a policy file"),
        (("HeatSeeker", "--policy", "trainde"), "did you mean 'trained'?"),
    ],
)
def test_what_is_no_policy_is_told(arguments, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        "murk_env.cli.policies.shipped", lambda cls: None if cls.__name__ == "Transport" else cls
    )
    (tmp_path / "words.txt").write_text("words")
    result = murk("watch", *arguments, "--out", "x.gif")
    assert result.exit_code == 2
    assert said in result.stderr


def test_a_lattice_comes_back_from_its_text():
    assert repr(lattice_of(repr(Square8(4, 5)))) == repr(Square8(4, 5))
    assert repr(lattice_of("Hex2D(3, 4, edge='wrap')")) == repr(Hex2D(3, 4, edge="wrap"))
    for text in ("Square8", "Lattice()", "Square8(-1, 2)", "Square8(open('x'), 2)", "os.system('x')", "((("):
        with pytest.raises(NetworkError, match="is not a lattice"):
            lattice_of(text)


def test_a_script_is_not_hidden_by_what_was_learnt():
    assert set(named_policies(murk_envs.HeatSeeker)) >= {"random", "scripted"}
