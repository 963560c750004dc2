"""Rules about form: metadata, spaces, types, and the contents of infos."""

from typing import Any, cast

import numpy as np
from gymnasium import Space, spaces
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space

from murk_env.testing._rule import play_native, vector_rule
from murk_env.testing._types import is_array, parts_of
from murk_env.testing.case import Bench
from murk_env.testing.play import Record, ended_rows

FINAL_KEYS = {"final_obs", "final_info", "_final_obs", "_final_info"}


@vector_rule
def autoreset_mode_is_stated(bench: Bench) -> None:
    """`metadata` and the attribute `autoreset_mode` hold the enum, and no two instances share `metadata`."""
    env, mode = bench.native(), bench.case.mode
    stated = {
        "metadata['autoreset_mode']": env.metadata.get("autoreset_mode"),
        "autoreset_mode": getattr(env, "autoreset_mode", None),
    }
    for key, actual in stated.items():
        if actual is not mode:
            raise bench.error(
                f"{key}: expected {mode!r}, got {actual!r}", key=key, expected=mode, actual=actual
            )
    if env.metadata is getattr(type(env), "metadata", None) or env.metadata is bench.native().metadata:
        raise bench.error("metadata: expected a dict of the instance's own, got one that others share")


@vector_rule
def spaces_are_batched(bench: Bench) -> None:
    """Single spaces are those of the single env, batched spaces are `batch_space` of them."""
    env, single, num_envs = bench.native(), bench.case.make_single(), bench.case.num_envs
    expected = {
        "num_envs": num_envs,
        "single_observation_space": single.observation_space,
        "single_action_space": single.action_space,
        "observation_space": batch_space(single.observation_space, num_envs),
        "action_space": batch_space(single.action_space, num_envs),
    }
    single.close()
    for key, value in expected.items():
        actual = getattr(env, key)
        if actual != value:
            raise bench.error(
                f"{key}: expected {value}, got {actual}", key=key, expected=value, actual=actual
            )


@vector_rule
def outputs_have_their_types(bench: Bench) -> None:
    """Observations are of their space, its dtype and order; rewards are float64, flags bool, infos dicts."""
    env = bench.native()
    first = env.reset(seed=bench.case.seed)
    second = env.step(next(bench.actions(env)))
    for call, output, length in (("reset", cast("object", first), 2), ("step", cast("object", second), 5)):
        if not isinstance(output, tuple) or len(cast("tuple[Any, ...]", output)) != length:
            raise bench.error(f"{call}: expected a tuple of {length}, got {output!r}")
    for record in play_native(bench, env, interrupted=True):
        _check_observation(bench, record, env.observation_space)
        _check_arrays(bench, record)
        if type(record.output["info"]) is not dict:
            raise bench.error(f"info: expected a dict, got {record.output['info']!r}", step=record.step)


def _check_arrays(bench: Bench, record: Record) -> None:
    dtypes = {"reward": np.float64, "terminated": np.bool_, "truncated": np.bool_}
    for name in dtypes.keys() & record.output.keys():
        _check_array(bench, record, name, record.output[name], np.dtype(dtypes[name]), (bench.case.num_envs,))


def _check_observation(bench: Bench, record: Record, space: Space[Any]) -> None:
    observation = record.output["observation"]
    _check_order(bench, record, "observation", space, observation)
    for key, leaf_space, leaf in _leaves("observation", space, observation):
        if leaf_space.dtype is not None and leaf_space.shape is not None:
            _check_array(bench, record, key, leaf, leaf_space.dtype, leaf_space.shape)
    if observation not in space:
        raise bench.error(
            f"observation: expected one in {space}, got {observation!r}",
            step=record.step,
            key="observation",
            expected=space,
            actual=observation,
        )


def _check_order(bench: Bench, record: Record, key: str, space: Space[Any], value: Any) -> None:
    """Require every dict to have the keys of its space in the space's order, as in SyncVectorEnv."""
    parts = parts_of(space)
    if isinstance(space, spaces.Dict):
        expected, actual = list(parts), list(value)
        if expected != actual:
            what = f"{key}: expected the keys {expected} in the order of the space, got {actual}"
            raise bench.error(what, step=record.step, key=key, expected=expected, actual=actual)
    for name, part in parts.items():
        _check_order(bench, record, f"{key}[{name!r}]", part, value[name])


def _leaves(key: str, space: Space[Any], value: Any) -> list[tuple[str, Space[Any], Any]]:
    parts = parts_of(space)
    if not parts:
        return [(key, space, value)]
    return [leaf for name, part in parts.items() for leaf in _leaves(f"{key}[{name!r}]", part, value[name])]


def _check_array(
    bench: Bench, record: Record, key: str, value: Any, dtype: np.dtype[Any], shape: tuple[int, ...]
) -> None:
    expected = f"{dtype} array of shape {shape}"
    actual = f"{value.dtype} array of shape {value.shape}" if is_array(value) else repr(value)
    if expected != actual:
        what = f"{key}: expected {expected}, got {actual}"
        raise bench.error(what, step=record.step, key=key, expected=expected, actual=actual)


@vector_rule
def infos_keep_their_form(bench: Bench) -> None:
    """Each info key is present at every reset and step, with the same dtype and shape, and a `_key` mask."""
    expected: dict[str, str] | None = None
    for record in play_native(bench, bench.native(), interrupted=True):
        info = {key: value for key, value in record.output["info"].items() if key not in FINAL_KEYS}
        form = _info_form(bench, record, info, "info")
        expected = form if expected is None else expected
        for key in sorted(expected.keys() | form.keys()):
            if expected.get(key) != form.get(key):
                wanted, actual = (one.get(key, "no such key") for one in (expected, form))
                what = f"{key} of a {record.call}: expected {wanted} as at the first reset"
                raise bench.error(
                    f"{what}, got {actual}",
                    step=record.step,
                    key=key,
                    expected=wanted,
                    actual=actual,
                )


def _info_form(bench: Bench, record: Record, info: dict[str, Any], place: str) -> dict[str, str]:
    form: dict[str, str] = {}
    for key in (key for key in info if not key.startswith("_")):
        value, where = info[key], f"{place}[{key!r}]"
        _check_array(
            bench,
            record,
            f"{place}[{'_' + key!r}]",
            info.get(f"_{key}"),
            np.dtype(np.bool_),
            (bench.case.num_envs,),
        )
        if isinstance(value, dict):
            form |= _info_form(bench, record, cast("dict[str, Any]", value), where)
        elif is_array(value) and value.shape[:1] == (bench.case.num_envs,):
            form[where] = f"{value.dtype} array of shape {value.shape}"
        else:
            what = f"{where}: expected an array with a row for each of the environments, or a dict of such"
            raise bench.error(f"{what}, got {value!r}", step=record.step, key=where, actual=value)
    return form


@vector_rule
def final_data_come_with_endings(bench: Bench) -> None:
    """Same-step mode returns `final_obs` and `final_info` for the rows that ended; other modes never do."""
    env = bench.native()
    for record in play_native(bench, env):
        info = record.output["info"]
        same_step = bench.case.mode is AutoresetMode.SAME_STEP and record.call == "step"
        ended = ended_rows(record.output) if same_step else ~bench.every_row
        for key in ("final_obs", "final_info"):
            mask = info.get(f"_{key}", ~bench.every_row)
            if (key in info) != bool(ended.any()) or not np.array_equal(mask, ended):
                given = f"one for rows {mask}" if key in info else "none"
                what = f"info[{key!r}]: expected one for rows {ended}, got {given}"
                raise bench.error(what, step=record.step, key=key, expected=ended, actual=mask)
        for row in np.flatnonzero(ended):
            _check_final_observation(bench, record, int(row), env.single_observation_space)


def _check_final_observation(bench: Bench, record: Record, row: int, space: Space[Any]) -> None:
    final = record.output["info"]["final_obs"][row]
    if final not in space:
        what = f"info['final_obs'][{row}]: expected one observation in {space}, got {final!r}"
        raise bench.error(
            what, step=record.step, row=row, key="info['final_obs']", expected=space, actual=final
        )
