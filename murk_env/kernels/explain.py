"""Explains numba's errors in one sentence, with the line of the author's file."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from murk_env.kernels.places import is_authors

__all__ = ["explain"]

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_PLACES = re.compile(
    r'File "(?P<file>[^"\n]+)", line (?P<line>\d+):|\b(?:at|from|location:) (?P<at>\S[^\n]*?) \((?P<on>\d+)\)'
)
_NOISE = (
    "Failed in",
    "During:",
    "- ",
    ">>>",
    "File ",
    "No implementation of function",
    "There are",
    "Overload",
)
_PARTS: tuple[tuple[str, str], ...] = (  # numba's names of types, and ours
    (r"Literal\[str\]\((.*?)\)", r"'\1'"),
    (r"Literal\[\w+\]\((.*?)\)", r"\1"),
    (r"Module\(<module '([\w.]+)'.*?>\)", r"\1"),
    (r"Function\(<(?:class|built-in function|ufunc) '?([\w.]+)'?>\)", r"\1"),
    (r"type\(CPUDispatcher\(<function (\w+) at \w+>\)\)", r"\1"),
    (r"(?:readonly )?array\((\w+), (\d)d, \w+\)", r"array of \1"),
    (r"UniTuple\((\w+) x (\d)\)", r"tuple of \2 \1"),
    (r"unicode_type", "str"),
    (r"\bnone\b", "None"),
)
_IN_PLACE = "changes an array in place that is read-only here, or by numbers that it cannot hold"
_NO_FORMAT = "text cannot be formatted in compiled code; print(x) prints numbers as they are"
_NOT_TAKEN = (
    "cannot be used in compiled code, which takes only numbers, tuples, arrays and functions from outside; "
    "keep what changes in a field"
)
_ONE_TYPE = "a dict, list or set holds values of one type in compiled code, here both {0} and {1}"
_REASONS: tuple[tuple[str, str], ...] = (  # the first match counts
    (r"Cannot modify readonly array", "writes to an array that is read-only here"),
    (r"Unsupported array index type (.+?) in (?:\[|(?:Uni)?Tuple\()", "an index must be an integer, not {0}"),
    (r"cannot index (array\(.+?\)) with (\d+) indices", "an {0} is given {1} indices, more than it has axes"),
    (r"'NoneType' object has no attribute 'args'", _IN_PLACE),  # numba's message for `array += number`
    (r"format spec in f-strings|unsupported opcode \(FORMAT_", _NO_FORMAT),  # the second from Python 3.13 on
    (r"Unknown attribute 'format' of type", _NO_FORMAT),
    (
        r"use of yield in a closure",
        "a generator expression or nested generator cannot be compiled; write a loop or a list",
    ),
    (r"Unknown attribute 'add' of type iter\(", "a set comprehension cannot be compiled; write a loop"),
    (r"Untyped global name '(breakpoint|input)'", "{0} needs Python: run with NUMBA_DISABLE_JIT=1"),
    (
        r">>> setitem\(DictType\[(\w+),\w+\]<iv=None>, (.+?), ",
        "the keys of a dict are of one type in compiled code, here both {0} and {1}",
    ),
    (r">>> mod\((?:unicode_type|Literal\[str\])", _NO_FORMAT),
    (
        r"print\(\) function implementation does not support keyword",
        "print takes no keyword arguments in compiled code",
    ),
    (r"Exception matching is limited", "except can only name Exception in compiled code, or nothing"),
    (r"runaway recursion", "a function calls itself, and its return type is unknown without that call"),
    (
        r"infer the type of variable '([^.']+)\S*', have imprecise type: list",
        "nothing is put in the list {0}, so its type is unknown",
    ),
    (r"BoundFunction\(list\.append for list\((\w+)\).*?\) with parameters \((.+)\)", _ONE_TYPE),
    (r"Cannot cast (\S+) to (\w+): %", _ONE_TYPE),
    (r"cannot safely cast (\w+) to (\w+)", _ONE_TYPE),
    (r"unsafe cast from (.+?) to (.+?)\. Precision", _ONE_TYPE),
    (r"NameError: (name '\w+' is not defined)", "{0}"),
    (
        r"module '([\w.]+)' has no attribute '__call__'",
        "{0} cannot be called in compiled code, which only reads constants and functions of a class",
    ),
    (
        r"module '([\w.]+)' has no attribute '(\w+)'",
        "{0} has no {1}",
    ),
    (r"Unknown attribute '(\w+)' of type (.+)", "{1} has no {0!r} that can be compiled"),
    (r"unsupported NumPy function '([\w.]+)'", "{0} cannot be compiled, or not as it is used here"),
    (
        r"Untyped \w+ name '(\w+)':? *Cannot determine Numba type of <class 'function'>",
        "{0!r} is a plain function, and a kernel can only call kernels; decorate it with @kernel",
    ),
    (r"Untyped \w+ name '(\w+)'", "{0!r} " + _NOT_TAKEN),
    (r"reflected (?:list|set).*? type, assigned to variable '(\w+)'", "{0!r} " + _NOT_TAKEN),
    (r"Casting (array\(.+?\)) to \w+ directly is unsupported", "a number is needed here, not an {0}"),
    (r"Invalid use of (array\(.+?\)) with parameters", "an {0} cannot be called"),
    (r">>> [gs]etitem\((u?int\d+|float\d+|bool), ", "{0} is a single number, and has no index"),
    (
        r">>> [gs]etitem\(array\([^()]*\), (?:Uni)?Tuple\([^()]*?(float\d+)",
        "an index must be an integer, not {0}",
    ),
    (r">>> setitem\((array\(.+?\)), .+, none\)", "stores None in an {0}; is a return missing in a function?"),
    (r">>> setitem\((array\(.+?\)), .+?, (\w[^,]*|[\w ]+\(.+\))\)\n", "cannot store {1} in an {0}"),
    (
        r"BoundFunction\((?:array\.)?(\w+) for (.+?)\) with parameters \((.*)\)",
        "{0} of an {1} cannot be compiled for ({2})",
    ),
    (r"specific error:\s+\w+: (?!Failed in)(.+)", "{0}"),
    (r">>> (\w+)(\(.*\))", "{0} cannot be compiled for {1}"),
    (r"Cannot unify (.+) and (.+) for '([^.']+)", "{2} is {0} in one place and {1} in another"),
    (r"unify return type from the following types: (.+?), (.+)", "returns {0} in one place, {1} in another"),
    (r"Cannot bind .+ due to \"TypeError: (.+)\"", "a function is called wrongly: {0}"),
    (r"cannot be determined, operation: build_(set|list)", "a {0} holds values of one type in compiled code"),
    (r"Type of variable '\S+' cannot be determined", "the type of a value is unknown"),
    (
        r"Unsupported use of cell variable",
        "a variable shared with a comprehension or nested function has no value before it; give it one",
    ),
    (
        r"op-code encountered: null\(\)",
        "a variable of a nested function has no value on at least one path through it; give it one first",
    ),
    (r"unsupported opcode \(IMPORT_", "an import cannot be compiled; write it at the top of the module"),
    (
        r"unsupported opcode \((?:STORE|DELETE)_GLOBAL\)",
        "a global variable cannot be set in compiled code; keep what changes in a field",
    ),
    (r"unsupported opcode \(LOAD_BUILD_CLASS\)", "a class cannot be defined in compiled code"),
    (r"unsupported opcode \(MATCH_", "match can only name plain values in compiled code; write if and elif"),
    (r"unsupported opcode \((\w+)\)", "uses Python that cannot be compiled ({0})"),
)


def explain(error: BaseException) -> tuple[str, str | None, int | None]:
    """Explain why numba does not compile a function.

    Args:
        error: the error that numba raised.

    Returns:
        One sentence without a full stop, and the author's file and line, None and None if unknown: the
        innermost line that is neither in this package nor in numba.
    """
    text = _COLOURS.sub("", str(error))
    filename, line = next(_places(error, text), (None, None))
    return _reason(text) or type(error).__name__, filename, line


def _reason(text: str) -> str:
    for pattern, sentence in _REASONS:
        found = re.search(pattern, text)
        if found:
            return sentence.format(*map(_plain, found.groups()))
    lines = [line.strip() for line in text.splitlines()]
    said = next((line for line in lines if line and not line.startswith(_NOISE)), "")
    return _plain(re.sub(r"\.*( Raised from .*)?$", "", said))


def _plain(words: str) -> str:
    """Replace numba's names of types by Python's."""
    for pattern, plain in _PARTS:
        words = re.sub(pattern, plain, words)
    return words.strip().rstrip(".")


def _places(error: BaseException, text: str) -> Iterator[tuple[str, int]]:
    """Yield the author's lines that an error names, the innermost first."""
    for found in _PLACES.finditer(text):
        filename, line = found["file"] or found["at"], found["line"] or found["on"]
        if is_authors(filename):
            yield (_absolute(filename) if found["file"] else filename), int(line)
    place: Any = getattr(error, "loc", None)
    if place is not None and is_authors(place.filename):
        yield place.filename, place.line


def _absolute(filename: str) -> str:
    return filename if filename.startswith("<") else str(Path(filename).resolve())
