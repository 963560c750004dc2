"""Networks that know the lattice: convolutions against torch's own, and against neighbours one by one."""

import numpy as np
import pytest
from gymnasium.spaces import Box, MultiDiscrete

from murk_env import MurkVectorEnv
from murk_env.lattice import Fcc12, Hex2D, Line1D, Ring1D, Square4, Square8
from murk_envs import Wildfire

torch = pytest.importorskip("torch", reason="torch is of the extra integrations")

from examples import networks, teams  # noqa: E402  # they need torch
from examples.at_rest import AtRest  # noqa: E402  # it needs torch
from examples.linear import Linear, around_ring, in_patches  # noqa: E402  # it needs torch

torch.set_num_threads(1)


def as_kernel(lattice, layer):
    """Return the weights of a convolution as torch's own takes them, (num_outputs, num_inputs, 3, 3)."""
    steps = [(0, 0), *lattice.steps]
    weights = layer.linear.weight.unflatten(1, (len(steps), -1))  # (num_outputs, num_steps, num_inputs)
    kernel = torch.zeros(weights.shape[0], weights.shape[2], 3, 3)
    for index, (row, column) in enumerate(steps):
        kernel[:, :, 1 + row, 1 + column] = weights[:, index]
    return kernel


@pytest.mark.parametrize("lattice", [Square4(4, 6), Square8(5, 3)], ids=repr)
def test_on_squares_it_is_the_usual_convolution(lattice):
    layer = networks.Convolution(lattice, 3, 5)
    maps = torch.randn(2, 3, *lattice.shape)
    ours = layer(maps.flatten(2).transpose(1, 2)).transpose(1, 2).reshape(2, 5, *lattice.shape)
    theirs = torch.nn.functional.conv2d(maps, as_kernel(lattice, layer), layer.linear.bias, padding=1)
    torch.testing.assert_close(ours, theirs)
    assert (as_kernel(lattice, layer) != 0.0).float().mean() == (1 + len(lattice.directions)) / 9


@pytest.mark.parametrize(
    "lattice", [Line1D(4), Ring1D(5), Hex2D(4, 3), Hex2D(3, 4, "wrap"), Fcc12(2, 2, 3)], ids=repr
)
def test_on_any_lattice_a_cell_gets_what_it_and_its_neighbours_have(lattice):
    layer = networks.Convolution(lattice, 2, 3)
    cells = torch.randn(lattice.num_cells, 2)
    weights = layer.linear.weight.unflatten(1, (-1, 2))
    for cell in range(lattice.num_cells):
        expected = layer.linear.bias + weights[:, 0] @ cells[cell]
        for direction, other in enumerate(lattice.neighbours[cell].tolist()):
            if other >= 0:
                expected = expected + weights[:, 1 + direction] @ cells[other]
        torch.testing.assert_close(layer(cells)[cell], expected)


def cells_policy(lattice, num_maps, num_others):
    seen = Box(0.0, 1.0, (num_maps * lattice.num_cells + num_others,))
    return networks.Cells(seen, MultiDiscrete([4] * lattice.num_cells), lattice, num_maps, num_layers=2)


def test_a_policy_for_cells_chooses_alike_where_all_within_its_reach_is_alike():
    lattice = Square8(8, 8)
    policy = cells_policy(lattice, 2, 1)
    maps = torch.zeros(2, 8, 8)
    maps[:, 2, 2], maps[:, 5, 5] = 1.0, 1.0
    outputs = policy.actor(torch.cat([maps.flatten(), torch.ones(1)])[None]).reshape(8, 8, 4)
    torch.testing.assert_close(outputs[2, 2], outputs[5, 5])
    assert not torch.allclose(outputs[2, 2], outputs[0, 7], atol=1e-6)


def test_a_policy_for_cells_scales_all_cells_of_a_map_alike():
    policy = cells_policy(Line1D(4), 2, 1)
    seen = torch.as_tensor([[1.0, 1.0, 1.0, 5.0, 0.0, 0.0, 4.0, 4.0, 9.0]])
    policy.observe(seen)
    assert policy.moments[0].tolist() == [2.0] * 4 + [2.0] * 4 + [9.0]
    assert policy.moments[1].tolist() == [7.0] * 4 + [8.0] * 4 + [81.0]
    assert policy.act(seen.numpy()).shape == (1, 4)
    assert np.isfinite(policy.value(seen).item())


def test_a_policy_for_cells_begins_with_the_option_that_it_favours():
    policy = networks.over_regions(Box(0.0, 1.0, (9 * 16 + 2,)), MultiDiscrete([4] * 16))
    chances = policy.distribution(torch.zeros(1, 9 * 16 + 2)).probs[0]
    expected = np.array([np.exp(3.0), 1.0, 1.0, 1.0]) / (np.exp(3.0) + 3.0)
    np.testing.assert_allclose(chances.detach(), np.tile(expected, (16, 1)), rtol=0.05)


def test_what_is_twice_as_large_gets_twice_the_action_whatever_is_learnt():
    policy = AtRest(Box(-9.0, 9.0, (5,)), Box(-1.0, 1.0, (1,)))
    seen = torch.randn(7, 5) + 3.0
    policy.observe(seen)
    optimiser = torch.optim.SGD(policy.parameters(), lr=1.0)
    (policy.distribution(seen).mean - 1.0).square().sum().backward()
    optimiser.step()
    acted, deviation = policy.distribution(seen).mean, policy.distribution(seen).stddev
    assert (acted != 0.0).all()
    for times in (2.0, -1.0, 1e-3):
        torch.testing.assert_close(policy.distribution(times * seen).mean, times * acted)
        torch.testing.assert_close(policy.distribution(times * seen).stddev, abs(times) * deviation)
    assert policy.distribution(torch.zeros(1, 5)).mean.item() == 0.0


def weights_of(layers):
    """Return the weights of the first of some layers, which can be written."""
    return next(layers.parameters())


def test_a_linear_policy_answers_in_proportion_and_knows_no_more_than_its_unit():
    policy = Linear(Box(-9.0, 9.0, (5,)), Box(-1.0, 1.0, (2,)), unit=10.0)
    seen = torch.randn(7, 5)
    assert (policy.distribution(seen).mean == 0.0).all()
    weights_of(policy.actor).data[:] = torch.randn(2, 5)
    policy.observe(seen + 3.0)
    expected = seen @ weights_of(policy.actor).T / 10.0
    torch.testing.assert_close(policy.distribution(seen).mean, expected)


def test_a_linear_policy_without_a_unit_takes_that_of_what_was_seen():
    policy = Linear(Box(-9.0, 9.0, (1,)), Box(-1.0, 1.0, (1,)))
    weights_of(policy.actor).data[:] = 0.5
    policy.observe(torch.tensor([[1.0], [5.0]]))  # of mean 3 and deviation 2
    assert policy.distribution(torch.tensor([[7.0]])).mean.item() == pytest.approx(0.5 * (7.0 - 3.0) / 2.0)


def test_around_a_ring_every_actuator_answers_to_each_wave_by_a_gain_of_its_own():
    policy = around_ring(Box(-9.0, 9.0, (24,)), Box(-1.0, 1.0, (16,)))  # which lie at 0.5, 2, 3.5, 5, ...
    seen = torch.eye(24)
    assert (policy.distribution(seen).mean == 0.0).all()
    (gains,) = policy.actor.parameters()
    gains.data[:] = torch.arange(1.0, 9.0)  # of the waves that fit into the ring 0 to 7 times
    away = np.arange(24)[:, np.newaxis] - (0.5 + 1.5 * np.arange(16))
    expected = sum((1.0 + times) * np.cos(2.0 * np.pi * times * away / 24) / 8 for times in range(8))
    np.testing.assert_allclose(policy.distribution(seen).mean.detach(), expected, atol=1e-5)


def test_what_was_learnt_around_a_ring_is_kept_as_the_weights_of_a_linear_layer():
    policy, again = (around_ring(Box(-9.0, 9.0, (24,)), Box(-1.0, 1.0, (16,))) for _ in range(2))
    (gains,) = policy.actor.parameters()
    torch.nn.init.normal_(gains)
    state = policy.actor.state_dict()
    assert {key: tuple(value.shape) for key, value in state.items()} == {"0.weight": (16, 24)}
    again.actor.load_state_dict(state)
    torch.testing.assert_close(next(again.actor.parameters()), gains)


def test_a_pump_answers_to_its_own_patch_and_to_the_wind():
    policy = in_patches(Box(-9.0, 9.0, (3 * 4 * 4 + 2,)), Box(-1.0, 1.0, (2 * 2 * 2,)))
    optimiser = torch.optim.SGD(policy.parameters(), lr=1.0)
    (-policy.distribution(torch.ones(1, 50)).mean).sum().backward()
    optimiser.step()
    learnt = weights_of(policy.actor)
    weights = learnt.detach()[:, :48].reshape(2, 2, 2, 3, 4, 4)  # axis, patch, what, square
    for row, column in np.ndindex(2, 2):
        expected = np.zeros((4, 4))
        expected[2 * row : 2 * row + 2, 2 * column : 2 * column + 2] = 1.0
        np.testing.assert_array_equal(weights[:, row, column], np.broadcast_to(expected, (2, 3, 4, 4)))
    assert (learnt[:, 48:] == 1.0).all()


def torus_team():
    """Return a policy for two on a torus of hexagons, and maps of it.

    It ignores where on the torus they are, and what is so far that two ways around lead to it.
    """
    lattice = Hex2D(6, 6, "wrap")
    seen = Box(0.0, 1.0, (2 * 36 + 4 + 1,))
    policy = teams.Team(seen, MultiDiscrete([5, 5]), lattice, 2, begin=(1, 2), num_sectors=6)
    with torch.no_grad():
        policy.actor.choose.weight.normal_()
        weights_of(policy.actor.think)[:, 8 * 7 : -1] = 0.0  # the last ring, and a member's own coordinates
    return policy, torch.rand(2, 6, 6)


def chances(policy, maps, places):
    """Return the probabilities of every member's options; places are (q, r) of each."""
    first, second = np.array(places).T / 5.0
    seen = torch.cat([maps.flatten(), torch.as_tensor([*first, *second, 0.5], dtype=torch.float32)])
    return policy.distribution(seen[np.newaxis]).probs[0]


def test_a_team_chooses_by_what_is_around_each_member_wherever_that_is():
    policy, maps = torus_team()
    here = chances(policy, maps, [(1, 2), (4, 0)])
    assert not torch.allclose(here[0], here[1], atol=1e-4)
    torch.testing.assert_close(chances(policy, maps, [(4, 0), (1, 2)]), here.flip(0))
    moved = chances(policy, maps.roll((1, 2), (1, 2)), [(3, 3), (0, 1)])  # r by 1, q by 2
    torch.testing.assert_close(moved, here)


def test_around_a_cell_are_sums_by_ring_and_sector():
    lattice, begin = Hex2D(5, 4), (1, 2, 4)
    around = teams.Around(lattice, begin, 6)
    cells = torch.rand(1, 20, 2)
    scale = torch.as_tensor([1.0] + [1.0 / hops for hops in begin for _ in range(6)]).unsqueeze(1)
    for centre in range(20):
        sums = around(cells, torch.as_tensor([[centre]])).unflatten(2, (19, 2))[0, 0] / scale
        torch.testing.assert_close(sums[0], cells[0, centre])
        rings = np.searchsorted(begin, lattice.distance(centre, np.arange(20)), side="right")
        for ring in (1, 2, 3):
            expected = cells[0, torch.as_tensor(rings == ring)].sum(dim=0)
            torch.testing.assert_close(sums[1 + 6 * (ring - 1) :][:6].sum(dim=0), expected)
    east = around(cells, torch.as_tensor([[7]])).unflatten(2, (19, 2))[0, 0, 1]
    torch.testing.assert_close(east, cells[0, 8])  # the first sector of the first ring is that cell


def test_a_team_for_wildfire_reads_from_observations_where_everyone_is():
    envs = MurkVectorEnv(Wildfire, 3, size=4, crew=2)
    seen, _ = envs.reset(seed=0)
    policy = teams.over_forest(envs.single_observation_space, envs.single_action_space)
    places = []
    policy.actor.around.register_forward_hook(lambda module, given, out: places.append(given[1]))
    assert policy.act(seen).shape == (3, 2)
    np.testing.assert_array_equal(places[0], envs.world[Wildfire.cells])
