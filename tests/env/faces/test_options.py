"""The constructors of all faces take the options that one record declares, and say so to whoever looks."""

import dataclasses
import inspect
from typing import Any, get_type_hints

import pytest

from murk_env import MurkAgentVectorEnv, MurkEnv, MurkGroupsEnv, MurkVectorEnv
from murk_env.errors import ParameterError
from murk_env.faces.options import FaceOptions, VectorOptions
from murk_env.faces.parallel import MurkParallelEnv
from tests.env.agent_worlds import Race
from tests.env.worlds import Walker

FACES: list[tuple[type[Any], type[FaceOptions], set[str]]] = [
    (MurkEnv, FaceOptions, set()),
    (MurkParallelEnv, FaceOptions, {"env_class"}),
    (MurkVectorEnv, VectorOptions, {"env_class", "num_envs", "disable_env_checker"}),
    (MurkGroupsEnv, VectorOptions, {"env_class", "num_worlds"}),
    (MurkAgentVectorEnv, VectorOptions, {"env_class", "num_worlds", "group", "others"}),
]
IN_OTHER_WORDS = {"autoreset_mode"}  # given as a word or the enum, kept as the enum


@pytest.mark.parametrize(("face", "options", "own"), FACES)
def test_a_face_takes_every_option_of_its_record_by_the_same_name_type_and_default(face, options, own):
    signature, hints = inspect.signature(face.__init__).parameters, get_type_hints(face.__init__)
    declared = {field.name: field for field in dataclasses.fields(options) if field.init}
    assert set(signature) == {"self", "parameters", *declared, *own}
    for name, field in declared.items():
        assert signature[name].kind is inspect.Parameter.KEYWORD_ONLY
        assert signature[name].default == field.default
        if name not in IN_OTHER_WORDS:
            assert hints[name] == get_type_hints(options)[name]


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"copyy": True}, "got an unexpected keyword argument 'copyy'; did you mean the option 'copy'"),
        ({"render_mod": None}, "argument 'render_mod'; did you mean the option 'render_mode'"),
        ({"sizes": 3}, "got an unexpected keyword argument 'sizes': it has no parameter"),
        ({"action_masked_out": "clip"}, "action_masked_out cannot be 'clip'; known: raise, replace"),
        ({"action_out_of_bounds": None}, "action_out_of_bounds cannot be None; known: clip, raise"),
        ({"max_episode_steps": 0}, "at least 1, or -1 for none, not 0"),
        ({"render_mode": "rgb"}, "has no render_mode 'rgb'; it has "),
        ({"copy": "no"}, "copy must be True or False, not 'no'"),
        ({"checked": 1}, "checked must be True or False, not 1"),
    ],
    ids=str,
)
@pytest.mark.parametrize(("face", "options", "own"), FACES)
def test_every_face_refuses_what_no_option_can_be(face, options, own, keywords, message):
    make = Walker if face is MurkEnv else face
    given = [Walker if face is MurkVectorEnv else Race] if own else []
    with pytest.raises(ParameterError, match=message):
        make(*given, **keywords)


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"record_statistics": "no"}, "record_statistics must be True or False, not 'no'"),
        ({"num_threads": True}, "num_threads must be a number of threads, at least 1, or None, not True"),
        ({"num_envs": True}, "num_envs must be a number of worlds, at least 1, not True"),
        ({"num_worlds": 3}, "argument 'num_worlds': it takes no num_worlds=3; pass num_envs"),
        ({"num_env": 3}, "argument 'num_env'; did you mean the option 'num_envs'"),
    ],
    ids=str,
)
def test_a_face_of_many_worlds_refuses_what_its_own_options_cannot_be(keywords, message):
    with pytest.raises(ParameterError, match=message):
        MurkVectorEnv(Walker, **keywords)
