"""Infos as a single env and a vector env give them: Python scalars, or arrays with a mask beside each."""

import numpy as np

from murk_env.faces.infos import info_of_one, info_of_rows

INFO = {
    "whole": np.array([1, 2, 3], np.int32),
    "small": np.array([1, 2, 3], np.uint8),
    "real": np.array([0.5, 1.5, 2.5], np.float32),
    "flag": np.array([True, False, True]),
    "array": np.arange(6, dtype=np.int16).reshape(3, 2),
}


def test_a_single_env_gives_python_scalars_and_arrays_of_its_own():
    info = info_of_one(INFO)
    assert {key: type(value) for key, value in info.items() if key != "array"} == {
        "whole": int,
        "small": int,
        "real": float,
        "flag": bool,
    }
    assert (info["array"].dtype, info["array"].tolist()) == (np.int16, [0, 1])
    assert not np.shares_memory(info["array"], INFO["array"])


def test_a_vector_env_gives_arrays_with_a_mask_beside_each():
    info = info_of_rows(INFO)
    assert list(info) == [name for key in INFO for name in (key, f"_{key}")]
    assert all(info[f"_{key}"].tolist() == [True] * 3 for key in INFO)
    assert all(np.array_equal(info[key], INFO[key]) for key in INFO)


def test_scalars_have_the_dtype_that_python_scalars_become_in_a_sync_vector_env():
    info = info_of_rows(INFO)
    dtypes = {key: info[key].dtype for key in INFO}
    assert dtypes == {"whole": np.int64, "small": np.int64, "real": float, "flag": bool, "array": np.int16}


def test_rows_left_out_are_zero_and_unmasked():
    info = info_of_rows(INFO, np.array([2]))
    assert info["whole"].tolist() == [0, 0, 3]
    assert info["array"].tolist() == [[0, 0], [0, 0], [4, 5]]
    assert info["_whole"].tolist() == info["_array"].tolist() == [False, False, True]


def test_no_array_given_out_shares_memory_with_the_hooks_own():
    for packed in (info_of_rows(INFO), info_of_rows(INFO, np.array([0, 1]))):
        assert not any(np.shares_memory(packed[key], INFO[key]) for key in INFO)
