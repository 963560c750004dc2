"""The multi-agent environments in PettingZoo's registry, which it has from version 1.27 on.

Importing this loads PettingZoo: `pettingzoo.make("parallel", "murk/HexPursuit-v0")`, or "aec" for agents that
act in turn.
"""

from typing import Any

import pettingzoo

from murk_envs import ENVIRONMENTS, FORMS, SIZES

__all__: list[str] = []


def _register() -> None:
    library: Any = pettingzoo
    if not hasattr(library, "register"):
        return
    names: list[tuple[str, str, dict[str, float]]] = [
        (row[0], name, {}) for name, row in ENVIRONMENTS.items()
    ]
    names += [(env_id, *row) for env_id, row in SIZES.items()]
    for env_id, name, keywords in names:
        _, module, steps, agents = ENVIRONMENTS[name]
        for form in ("parallel", "aec") if agents else ():
            known = {"parallel": library.parallel_registry, "aec": library.aec_registry}[form]
            if env_id not in known:
                entry_point = f"{FORMS}:{form}.{module}.{name}"
                library.register(form, env_id, entry_point=entry_point, max_cycles=steps, kwargs=keywords)


_register()
