"""The environments with agents, in PettingZoo's own registry (from its version 1.27 on).

Importing this loads PettingZoo: `pettingzoo.make("parallel", "murk/HexPursuit-v0")`, or "aec" for agents that
act in turn.
"""

from typing import Any

import pettingzoo

from murk_envs import ENVIRONMENTS, FORMS

__all__: list[str] = []


def _register() -> None:
    library: Any = pettingzoo
    if not hasattr(library, "register"):
        return
    for name, (env_id, module, steps, agents) in ENVIRONMENTS.items():
        for form in ("parallel", "aec") if agents else ():
            known = {"parallel": library.parallel_registry, "aec": library.aec_registry}[form]
            if env_id not in known:
                library.register(
                    form, env_id, entry_point=f"{FORMS}:{form}.{module}.{name}", max_cycles=steps
                )


_register()
