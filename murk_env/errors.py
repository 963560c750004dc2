"""Every error class that murk_env defines.

    MurkError
    ├── DefinitionError (ValueError)        declarations of an author or a caller do not fit together
    │   ├── FieldError                      a field's declaration
    │   ├── UnknownFieldError (AttributeError)
    │   ├── LatticeError                    a lattice's sides, edges or cells
    │   ├── MapError                        a raster, or levels
    │   ├── BlueprintError                  the blueprint that build() returned
    │   ├── ParameterError (TypeError)      a parameter of an environment
    │   ├── MemorySizeError (MemoryError)   worlds that do not fit into memory
    │   ├── PictureError                    how a world is drawn
    │   ├── PropagatorConfigError           a coefficient of a propagator
    │   └── PipelineError                   reads, writes and order of the propagators
    │       └── StabilityError              dt above a propagator's bound
    ├── InputError (ValueError)             an argument of step or reset
    │   ├── ActionError (gymnasium InvalidAction)
    │   │   └── ActionTypeError (TypeError)
    │   ├── SeedError (gymnasium Error)
    │   │   └── SeedTypeError (TypeError)
    │   ├── OptionError
    │   ├── RowsError                       worlds that do not exist or are named twice
    │   ├── StateMismatchError              a State of other worlds than these
    │   ├── StateFileError                  a file that holds no State, or a damaged one
    │   └── ResetMaskError
    │       └── ResetMaskTypeError (TypeError)
    ├── StateError (RuntimeError)           a call at the wrong time
    │   ├── ResetNeededError (gymnasium ResetNeeded)
    │   ├── EpisodeEndedError (gymnasium ResetNeeded)
    │   ├── ClosedError (gymnasium ClosedEnvironmentError)
    │   ├── ReentrantStepError
    │   ├── ConcurrentUseError
    │   ├── FieldAccessError (AttributeError)
    │   └── FrozenAttributeError (AttributeError)
    ├── RecordingError (ValueError)         a run cannot be recorded, read or replayed
    │   ├── RecordingFileError (OSError)    the file cannot be written, or is no complete recording
    │   └── ReplayError                     the env of a recording cannot be rebuilt
    │       └── ReplayDifferenceError       the replay returned something else than was recorded
    ├── MissingLibraryError (ImportError)   an optional library is not installed
    ├── SettingError (ValueError)           an environment variable has a value it cannot have
    └── TickFailedError (RuntimeError)      a tick was discarded; the cause is chained
        ├── HookError
        └── PropagatorError

An InputError or a StateError is raised before anything changes; after a
TickFailedError the worlds are as they were before the step.
"""

import difflib
import re
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from typing import Any

from gymnasium import error as gymnasium_error


class MurkError(Exception):
    """Base of all errors of murk_env."""


class DefinitionError(MurkError, ValueError):
    """Declarations of an author or a caller do not fit together."""


class FieldError(DefinitionError):
    """A field's declaration is invalid."""


class UnknownFieldError(DefinitionError, AttributeError):
    """A hook names something that is not a field of its worlds."""


class LatticeError(DefinitionError):
    """A lattice's sides, edges, coordinates or cells are invalid."""


class MapError(DefinitionError):
    """A raster, or a bank of levels, is invalid."""


class BlueprintError(DefinitionError):
    """The object that `build` returned does not describe an environment."""


class ParameterError(DefinitionError, TypeError):
    """A parameter of an environment is unknown or has a value it cannot have."""


class MemorySizeError(DefinitionError, MemoryError):
    """The worlds do not fit into memory; nothing was allocated for them."""


class PictureError(DefinitionError):
    """A picture does not fit the fields or the lattice of the worlds that it draws."""


class PropagatorConfigError(DefinitionError):
    """A coefficient, source or limit of a propagator is invalid."""


class PipelineError(DefinitionError):
    """The propagators' reads and writes do not fit the fields or each other."""


class StabilityError(PipelineError):
    """The time step lies above a propagator's stability limit."""


class InputError(MurkError, ValueError):
    """An argument of `step` or `reset` is invalid."""


class ActionError(InputError, gymnasium_error.InvalidAction):
    """An action lies outside the action space."""


class ActionTypeError(ActionError, TypeError):
    """An action is of a type or dtype that the action space does not hold."""


class SeedError(InputError, gymnasium_error.Error):
    """A seed is negative, or a list of seeds has the wrong length."""


class SeedTypeError(SeedError, TypeError):
    """A seed is not an integer."""


class OptionError(InputError):
    """A reset option is not known."""


class RowsError(InputError):
    """Worlds do not exist, are named twice, or differ in number from their values."""


class StateMismatchError(InputError):
    """A State holds other worlds: of another class, other parameters, other fields or static values."""


class StateFileError(InputError):
    """A file or bytes are not a State, or a damaged one."""


class ResetMaskError(InputError):
    """A reset mask has the wrong shape or selects nothing."""


class ResetMaskTypeError(ResetMaskError, TypeError):
    """A reset mask is not a numpy array of booleans."""


class StateError(MurkError, RuntimeError):
    """A call came at a time when it cannot be answered."""


class ResetNeededError(StateError, gymnasium_error.ResetNeeded):
    """The env has not been reset yet."""


class EpisodeEndedError(StateError, gymnasium_error.ResetNeeded):
    """A world whose episode ended was stepped in Disabled mode."""


class ClosedError(StateError, gymnasium_error.ClosedEnvironmentError):
    """The env is closed."""


class ReentrantStepError(StateError):
    """A hook or a propagator called back into the env that is calling it."""


class ConcurrentUseError(StateError):
    """A thread used an env, or worlds, that another thread was using."""


class FieldAccessError(StateError, AttributeError):
    """A field was read or set on the env object, which holds no arrays."""


class FrozenAttributeError(StateError, AttributeError):
    """An attribute was set on the env object, where state would lie outside the arena."""


class RecordingError(MurkError, ValueError):
    """A run cannot be recorded, read or replayed."""


class RecordingFileError(RecordingError, OSError):
    """The file of a recording cannot be written, or is not a recording, or an incomplete one."""


class ReplayError(RecordingError):
    """The env of a recording cannot be rebuilt as it was."""


class ReplayDifferenceError(ReplayError):
    """A replayed run returned something else than was recorded.

    Attributes:
        difference: where the two differ, and both values.
    """

    def __init__(self, message: str, difference: Any = None) -> None:
        super().__init__(message)
        self.difference = difference


class MissingLibraryError(MurkError, gymnasium_error.DependencyNotInstalled, ImportError):
    """An optional library that the call needs is not installed."""


class SettingError(MurkError, ValueError):
    """An environment variable that murk_env reads has an invalid value."""


class TickFailedError(MurkError, RuntimeError):
    """A tick was discarded; the worlds are as they were before it, and the cause is chained."""


class HookError(TickFailedError):
    """A hook raised, or returned something of the wrong shape or dtype."""


class PropagatorError(TickFailedError):
    """A propagator raised, or wrote a number that is not finite in checked mode."""


@contextmanager
def naming(owner: str) -> Generator[None]:
    """Prefix the text of a DefinitionError raised within with the owner's name, unless it contains it."""
    try:
        yield
    except DefinitionError as error:
        if not re.search(rf"\b{re.escape(owner)}\b", str(error)):
            error.args = (f"{owner}: {error}",)
        raise


def did_you_mean(name: object, known: Iterable[str]) -> str:
    """Return text for an error message that proposes the nearest known name, or lists them all."""
    names = sorted(known)
    near = difflib.get_close_matches(str(name), names, n=1)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"known: {', '.join(names)}." if names else "there are none."


def described(error: BaseException) -> str:
    """Return an error's type and text, for use within a sentence."""
    said = str(error).rstrip(".")
    return f"{type(error).__name__}: {said}" if said else type(error).__name__
