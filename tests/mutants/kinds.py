"""The kinds of fault: which nodes of a syntax tree each replaces, and by what."""

import ast
from collections.abc import Callable, Iterator

__all__ = ["KINDS", "Function"]

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | None  # the innermost around a node
Changes = Iterator[tuple[ast.AST, ast.AST]]  # nodes, each with its replacement

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitOr,
    ast.MatMult: ast.Mult,
}
_SYMMETRIC = {"array_equal", "gcd", "hypot", "isclose", "logical_and", "logical_or"}
_SYMMETRIC |= {"max", "maximum", "min", "minimum"}
_CONSTANTS = {"bool": (True, False), "int": (0,), "float": (0.0,), "str": ("",)}  # by what a function returns


def _comparison(node: ast.AST, _: Function) -> Changes:
    if isinstance(node, ast.Compare):
        for place, operator in enumerate(node.ops):
            operators = [*node.ops]
            operators[place] = _COMPARISONS[type(operator)]()
            yield node, ast.Compare(node.left, operators, node.comparators)


def _boundary(node: ast.AST, _: Function) -> Changes:
    value = node.value if isinstance(node, ast.Constant) else None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        yield node, ast.Constant(value + 1)
        yield node, ast.Constant(value - 1)


def _arithmetic(node: ast.AST, _: Function) -> Changes:
    if isinstance(node, ast.BinOp) and not _is_text(node.left) and not _is_text(node.right):
        yield node, ast.BinOp(node.left, _ARITHMETIC[type(node.op)](), node.right)
    elif isinstance(node, ast.AugAssign):
        yield node, ast.AugAssign(node.target, _ARITHMETIC[type(node.op)](), node.value)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield node, node.operand


def _connective(node: ast.AST, _: Function) -> Changes:
    if isinstance(node, ast.BoolOp):
        yield node, ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)


def _dropped_statement(node: ast.AST, function: Function) -> Changes:
    assigns = isinstance(node, ast.Assign) and all(_has_value(name, function) for name in node.targets)
    calls = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    if assigns or calls or isinstance(node, ast.AugAssign):
        yield node, ast.Pass()


def _negated_condition(node: ast.AST, _: Function) -> Changes:
    if isinstance(node, (ast.If, ast.While, ast.IfExp)) and not _is_negated_elsewhere(node.test):
        yield node.test, ast.UnaryOp(ast.Not(), node.test)


def _truth(node: ast.AST, _: Function) -> Changes:
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield node, ast.Constant(not node.value)


def _swapped_arguments(node: ast.AST, _: Function) -> Changes:
    if not isinstance(node, ast.Call) or ast.unparse(node.func).rpartition(".")[2] in _SYMMETRIC:
        return
    for place, (first, second) in enumerate(zip(node.args, node.args[1:], strict=False)):
        starred = isinstance(first, ast.Starred) or isinstance(second, ast.Starred)
        if not starred and ast.dump(first) != ast.dump(second):
            arguments = [*node.args[:place], second, first, *node.args[place + 2 :]]
            yield node, ast.Call(node.func, arguments, node.keywords)


def _returned_constant(node: ast.AST, function: Function) -> Changes:
    if isinstance(node, ast.Return) and node.value is not None and not isinstance(node.value, ast.Constant):
        returns = getattr(function, "returns", None)
        for value in _CONSTANTS.get(ast.unparse(returns) if returns else "", (None,)):
            yield node.value, ast.Constant(value)


def _dropped_not(node: ast.AST, _: Function) -> Changes:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node, node.operand


def _removed_element(node: ast.AST, _: Function) -> Changes:
    if isinstance(node, (ast.Tuple, ast.List)) and isinstance(node.ctx, ast.Load):
        if any(isinstance(element, ast.Slice) for element in node.elts):
            return  # a tuple only without parentheses
        for place in range(len(node.elts)):
            yield node, type(node)([*node.elts[:place], *node.elts[place + 1 :]], ast.Load())


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _has_value(target: ast.AST, function: Function) -> bool:
    """Whether an assignment's target has a value without it; if not, a drop would only be a NameError."""
    if not isinstance(target, ast.Name):
        return isinstance(target, (ast.Attribute, ast.Subscript))
    bound = (ast.arg, ast.Name)
    nodes = [node for node in ast.walk(function or ast.Pass()) if isinstance(node, bound)]
    names = {getattr(node, "arg", getattr(node, "id", "")) for node in nodes if node.lineno < target.lineno}
    return target.id in names


def _is_negated_elsewhere(test: ast.AST) -> bool:
    """Whether another kind of fault makes a condition its opposite."""
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        return not isinstance(test.ops[0], (ast.Lt, ast.LtE, ast.Gt, ast.GtE))
    return isinstance(test, ast.Constant) or (isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not))


KINDS: dict[str, Callable[[ast.AST, Function], Changes]] = {
    "comparison": _comparison,
    "boundary": _boundary,
    "arithmetic": _arithmetic,
    "and, or": _connective,
    "dropped statement": _dropped_statement,
    "negated condition": _negated_condition,
    "true, false": _truth,
    "swapped arguments": _swapped_arguments,
    "returned constant": _returned_constant,
    "dropped not": _dropped_not,
    "removed element": _removed_element,
}
