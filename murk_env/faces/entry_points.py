"""Entry points for the registries: strings where possible, so that registering loads nothing."""

import dataclasses
import importlib
from typing import Any, cast

from murk_env.author.environment import Environment

__all__ = ["entry_point"]

_FORMS = "murk_env.faces.forms"


def entry_point(form: str, cls: type[Environment]) -> Any:
    """Return a registry's entry point: a string where the class can be imported by name, else a callable."""
    if cls.__module__ == "__main__" or "." in cls.__qualname__:
        return _LocalForm(form, cls)
    return f"{_FORMS}:{form}.{cls.__module__}.{cls.__name__}"


@dataclasses.dataclass(frozen=True)
class _LocalForm:
    """Makes one form of a class that cannot be imported by name; pickled with the specs of envs."""

    form: str
    env_class: type[Any]

    @property
    def metadata(self) -> dict[str, Any]:
        """The class's metadata, by which `gymnasium.make` chooses wrappers for render modes."""
        return cast("dict[str, Any]", cast(Any, self.env_class).metadata)

    def __call__(self, **keywords: Any) -> Any:
        make = importlib.import_module(_FORMS).form_of_class(self.form, self.env_class)
        return make(**keywords)
