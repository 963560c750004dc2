"""Render modes of vector envs that wrap other modes, as `gymnasium.make` adds them to single envs."""

from collections.abc import Callable, Sequence
from typing import Any, cast

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium.vector import AutoresetMode

from murk_env.faces.vector_base import StepResult, VectorFace
from murk_env.faces.vector_wrapper import AnyVectorWrapper

__all__ = ["FrameLists", "with_render_mode"]


def with_render_mode(
    make: Callable[[str | None], VectorFace], mode: Any, own: Sequence[str]
) -> VectorFace | AnyVectorWrapper:
    """Return a vector env in a render mode, wrapped where the mode builds on another one.

    `human` opens a window with the frames of all worlds; `rgb_array_list` and `ansi_list` collect frames or
    texts. Like Gymnasium, it warns about `human` and about unknown modes.

    Args:
        make: makes the vector env in one of its own modes; refuses others.
        mode: the requested mode.
        own: the env's own modes.
    """
    if mode == "human" and "rgb_array" in own and mode not in own:
        gymnasium.logger.warn(
            "You are trying to use 'human' rendering for an environment that doesn't natively support it. "
            "The HumanRendering wrapper is being applied to your environment."
        )
        return gymnasium.wrappers.vector.HumanRendering(make("rgb_array"))
    if isinstance(mode, str) and mode.endswith("_list") and mode.removesuffix("_list") in own:
        return FrameLists(make(mode.removesuffix("_list")))
    if mode is not None and mode not in own:
        gymnasium.logger.warn(
            f"The environment is being initialised with render_mode={mode!r} that is not in the possible "
            f"render_modes ({list(own)})."
        )
    return make(mode)


class FrameLists(AnyVectorWrapper):
    """Collects the frames of every row: Gymnasium's RenderCollection, which does not exist for vector envs.

    `render` returns a list for each row: its frames since the last `render` or the beginning of the row's
    episode, whichever is later. It equals `SyncVectorEnv` over envs with RenderCollection.

    Args:
        env: a vector env with a render mode.
    """

    def __init__(self, env: VectorFace) -> None:
        super().__init__(env)
        self._mode = env.autoreset_mode
        modes = [*env.metadata["render_modes"], self.render_mode]
        self.metadata = {**env.metadata, "render_modes": modes}
        self._frames: list[list[Any]] = [[] for _ in range(env.num_envs)]
        self._pending = np.zeros(env.num_envs, np.bool_)

    @property
    def render_mode(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride]
        """The env's own mode with `_list` appended."""
        return f"{self.env.render_mode}_list"

    def reset(self, *, seed: Any = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Reset the env, or the rows of a mask, and clear their lists."""
        output = self.env.reset(seed=seed, options=options)
        everyone = np.ones(self.env.num_envs, np.bool_)
        began = cast("npt.NDArray[np.bool_]", (options or {}).get("reset_mask", everyone))
        self._pending &= ~began
        self._collect(began, began)
        return output

    def step(self, actions: Any) -> StepResult:
        """Step the env and add to every list, after clearing those of rows that were reset."""
        output = self.env.step(actions)
        ended = output[2] | output[3]
        began = ended if self._mode is AutoresetMode.SAME_STEP else self._pending
        self._collect(np.ones(self.env.num_envs, np.bool_), began)
        self._pending = ended & (self._mode is AutoresetMode.NEXT_STEP)
        return output

    def _collect(self, seen: npt.NDArray[np.bool_], began: npt.NDArray[np.bool_]) -> None:
        shown = cast("tuple[Any, ...]", self.env.render())
        for row in np.flatnonzero(seen).tolist():
            if began[row]:
                self._frames[row] = []
            self._frames[row].append(shown[row])

    def render(self) -> Any:
        """Return a tuple with the list of every row, and start new lists."""
        frames, self._frames = self._frames, [[] for _ in self._frames]
        return tuple(frames)
