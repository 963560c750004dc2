"""The actors of trained policies, in numpy, for choosing the most likely actions.

They are the networks of `examples/ppo.py`, `examples/linear.py`, `examples/at_rest.py` and
`examples/networks.py`, which train them with torch.
"""

import ast
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

import murk_env.lattice as lattices
from murk_env.errors import MurkError
from murk_env.lattice import Lattice

__all__ = ["Network", "NetworkError", "Tensors", "lattice_of", "network_of"]

Floats = npt.NDArray[np.floating[Any]]
Tensors = Mapping[str, Floats]
Network = Callable[[Floats], Floats]
"""Takes observations (num_rows, num_seen) and returns the actor's outputs, (num_rows, num_outputs)."""

_LAYERS = ("0", "2", "4")  # of the flat network, with tanh between them
_LEAST, _MOST = 1e-6, 10.0  # the least variance, and the largest scaled observation


class NetworkError(Exception):
    """The tensors do not belong to a known network."""


def network_of(tensors: Tensors, lattice: Lattice | None) -> Network:
    """Return the actor with some tensors.

    Args:
        tensors: the tensors by name, as in torch's state_dict.
        lattice: the lattice of the maps at the beginning of observations, for a convolutional network.

    Raises:
        NetworkError: they do not belong to a known network.
    """
    names = {name for name in tensors if name.startswith("actor.")}
    linear = {"actor.0.weight"}
    flat = {f"actor.{layer}.{part}" for layer in _LAYERS for part in ("weight", "bias")}
    if "moments" not in tensors:
        raise NetworkError("it has no 'moments', by which observations are scaled")
    if names == linear:
        return lambda seen: _scaled(seen, tensors["moments"]) @ tensors["actor.0.weight"].T
    if names == flat and "unit" in tensors:
        return lambda seen: _in_proportion(tensors, seen)
    if names == flat:
        return lambda seen: _flat(tensors, _scaled(seen, tensors["moments"]))
    if "actor.trunk.first.linear.weight" not in names:
        raise NetworkError(f"its layers are of no network that is known here: {', '.join(sorted(names))}")
    if lattice is None:
        raise NetworkError("its network is of convolutions, and it does not say over which lattice")
    num_others = tensors["actor.trunk.others.weight"].shape[1] if "actor.trunk.others.weight" in names else 0
    num_maps, left = divmod(tensors["moments"].shape[1] - num_others, lattice.num_cells)
    num_weights = num_maps * (1 + len(lattice.directions))
    if left or num_maps < 1 or tensors["actor.trunk.first.linear.weight"].shape[1] != num_weights:
        raise NetworkError(f"its convolutions are not over {lattice!r}")
    around, shape = _around(lattice), (num_maps, lattice.num_cells)
    return lambda seen: _over_cells(tensors, around, shape, _scaled(seen, tensors["moments"]))


def _scaled(seen: Floats, moments: Floats) -> Floats:
    """Return observations normalised by the running moments of training."""
    mean, square = moments
    deviation = np.sqrt(np.maximum(square - mean**2, np.float32(_LEAST)))
    return np.clip((seen - mean) / deviation, -_MOST, _MOST)


def _linear(tensors: Tensors, name: str, inputs: Floats) -> Floats:
    return inputs @ tensors[f"{name}.weight"].T + tensors[f"{name}.bias"]


def _flat(tensors: Tensors, scaled: Floats) -> Floats:
    first, second, last = (f"actor.{layer}" for layer in _LAYERS)
    return _linear(tensors, last, np.tanh(_linear(tensors, second, np.tanh(_linear(tensors, first, scaled)))))


def _in_proportion(tensors: Tensors, seen: Floats) -> Floats:
    """Return the flat network's output for normalised observations, times their norm and a unit."""
    size = np.maximum(np.sqrt(np.square(seen).mean(axis=1, keepdims=True)), np.float32(_LEAST))
    return _flat(tensors, seen / size) * tensors["unit"] * size


def _around(lattice: Lattice) -> npt.NDArray[np.intp]:
    """Return every cell and its neighbours, (num_cells, 1 + directions), num_cells for missing ones."""
    cells = np.arange(lattice.num_cells)[:, np.newaxis]
    around = np.concatenate([cells, lattice.neighbours], axis=1)
    return np.where(around < 0, lattice.num_cells, around).astype(np.intp)


def _over_cells(
    tensors: Tensors, around: npt.NDArray[np.intp], shape: tuple[int, int], scaled: Floats
) -> Floats:
    """Return the outputs of every cell, (num_rows, num_cells * num_options)."""
    num_maps, num_cells = shape
    split = num_maps * num_cells
    cells = scaled[:, :split].reshape(-1, num_maps, num_cells).swapaxes(1, 2)
    cells = _convolved(tensors, "actor.trunk.first", around, cells)
    if "actor.trunk.others.weight" in tensors:
        cells = cells + _linear(tensors, "actor.trunk.others", scaled[:, split:])[:, np.newaxis]
    cells, layer = np.maximum(cells, 0.0), 0
    while f"actor.trunk.later.{layer}.linear.weight" in tensors:
        cells = np.maximum(_convolved(tensors, f"actor.trunk.later.{layer}", around, cells), 0.0) + cells
        layer += 1
    thought = np.tanh(_linear(tensors, "actor.think", cells))
    return _linear(tensors, "actor.choose", thought).reshape(len(scaled), -1)


def _convolved(tensors: Tensors, name: str, around: npt.NDArray[np.intp], cells: Floats) -> Floats:
    padded = np.pad(cells, [(0, 0), (0, 1), (0, 0)])
    return _linear(tensors, f"{name}.linear", padded[:, around].reshape(*cells.shape[:2], -1))


def lattice_of(text: str) -> Lattice:
    """Return the lattice with a repr such as `Square8(4, 4)`, without evaluating the text.

    Raises:
        NetworkError: the text is not the repr of a lattice.
    """
    wrong = NetworkError(f"{text!r} is not a lattice")
    try:
        call = ast.parse(text, mode="eval").body
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
            raise wrong
        made: Any = getattr(lattices, call.func.id) if call.func.id in lattices.__all__ else None
        sizes = [ast.literal_eval(size) for size in call.args]
        options = {str(one.arg): ast.literal_eval(one.value) for one in call.keywords}
        return made(*sizes, **options)
    except (SyntaxError, ValueError, TypeError, MurkError) as error:
        raise wrong from error
