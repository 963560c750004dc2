"""What registries are given for the forms of a class: strings, so that registering loads nothing."""

import dataclasses
import importlib
from typing import Any, cast

from murk_env.author.environment import Environment

__all__ = ["entry_point"]

_FORMS = "murk_env.faces.forms"


def entry_point(form: str, cls: type[Environment]) -> Any:
    """Return what a registry is given: a string where the class can be imported again, else a callable."""
    if cls.__module__ == "__main__" or "." in cls.__qualname__:
        return _LocalForm(form, cls)
    return f"{_FORMS}:{form}.{cls.__module__}.{cls.__name__}"


@dataclasses.dataclass(frozen=True)
class _LocalForm:
    """Makes one form of a class that no other module can import; pickled with the specs of envs."""

    form: str
    env_class: type[Any]

    @property
    def metadata(self) -> dict[str, Any]:
        """The class's, from which `gymnasium.make` chooses wrappers for render modes."""
        return cast("dict[str, Any]", cast(Any, self.env_class).metadata)

    def __call__(self, **keywords: Any) -> Any:
        make = importlib.import_module(_FORMS).form_of_class(self.form, self.env_class)
        return make(**keywords)
