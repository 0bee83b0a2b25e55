"""Terms that users write: arithmetic on metrics, and nothing else."""

from __future__ import annotations

import ast
import math
import warnings
from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import TypeGuard

from seig_search.errors import UsageError, nearest

__all__ = ["Expression"]

MOST_CHARACTERS = 500
MOST_NODES = 200
MOST_POWER = 16.0

_TWO: Mapping[type[ast.operator], Callable[[float, float], float]] = MappingProxyType(
    {
        ast.Add: lambda a, b: a + b,
        ast.Sub: lambda a, b: a - b,
        ast.Mult: lambda a, b: a * b,
        ast.Div: lambda a, b: a / b,
    }
)
_CALLS: Mapping[str, tuple[Callable[..., float], int, int]] = MappingProxyType(
    {
        "min": (min, 2, 16),
        "max": (max, 2, 16),
        "abs": (abs, 1, 1),
        "exp": (math.exp, 1, 1),
        "log": (math.log, 1, 1),
        "sqrt": (math.sqrt, 1, 1),
        "clip": (lambda value, low, high: max(low, min(high, value)), 3, 3),
    }
)
GRAMMAR = (
    "numbers, names of metrics, + - * / **, parentheses, and "
    + ", ".join(f"{name}()" for name in _CALLS)
    + "; a name with other signs than letters, digits and _ goes in quotes, as in 'psnr@cup'"
)


class Expression:
    """A number made of metrics, as in ``0.5 * ssim + min(silhouette, exp(-lpips / 0.3))``.

    The text is parsed and never executed: what is not in the grammar is refused when it is read.

    Args:
        text: At most 500 characters.
        known: Names of the metrics that it may use.

    Attributes:
        names: The metrics that it uses.

    Raises:
        UsageError: Not of the grammar, or an unknown metric.
    """

    def __init__(self, text: str, known: Collection[str]) -> None:
        if not isinstance(text, str) or not text.strip():
            raise UsageError(f"an expression is a text such as '0.5 * ssim + 0.5 * edges', not {text!r}")
        self.text = text.strip()
        if len(self.text) > MOST_CHARACTERS:
            raise self._error(f"it has {len(self.text)} characters; at most {MOST_CHARACTERS} are read")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # Python's own advice on the text is not for its writer
                body = ast.parse(self.text, mode="eval").body
        except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
            raise self._error(f"it cannot be read ({getattr(error, 'msg', None) or error})") from None
        nodes = list(ast.walk(body))
        if len(nodes) > MOST_NODES:
            raise self._error("it is too long; make two terms of it")
        self._body = body
        self.names: frozenset[str] = frozenset(self._check(body, known))

    def value(self, metrics: Mapping[str, float]) -> float:
        """Work it out.

        Args:
            metrics: Values by name, with at least those of ``names``.

        Returns:
            A finite number.

        Raises:
            UsageError: There is none for these values: a division by zero, the root or logarithm of a negative
                number, or more than a float can hold.
        """
        try:
            value = self._value(self._body, metrics)
        except (ArithmeticError, ValueError) as error:
            raise self._error(f"has no value for {self._shown(metrics)} ({error})") from None
        if isinstance(value, complex) or not math.isfinite(value):
            raise self._error(f"has no finite value for {self._shown(metrics)}")
        return float(value)

    def _check(self, node: ast.expr, known: Collection[str]) -> set[str]:
        if isinstance(node, ast.Constant) and _is_number(node.value):
            return set()
        if isinstance(node, ast.Name) or (isinstance(node, ast.Constant) and isinstance(node.value, str)):
            name = node.id if isinstance(node, ast.Name) else str(node.value)
            if name not in known:
                raise self._error(f"there is no metric {name!r} in it{nearest(name, known)}")
            return {name}
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
            return self._check(node.operand, known)
        if isinstance(node, ast.BinOp) and type(node.op) in _TWO:
            return self._check(node.left, known) | self._check(node.right, known)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
            exponent = node.right.value if isinstance(node.right, ast.Constant) else None
            if not _is_number(exponent):
                raise self._error("an exponent must be a number without a sign")
            if exponent > MOST_POWER:
                raise self._error(f"the exponent {exponent} is more than {MOST_POWER:g}")
            return self._check(node.left, known)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
            if node.func.id not in _CALLS:
                raise self._error(f"there is no function {node.func.id!r}{nearest(node.func.id, _CALLS)}")
            _, least, most = _CALLS[node.func.id]
            if not least <= len(node.args) <= most:
                wanted = f"{least}" if least == most else f"{least} to {most}"
                raise self._error(f"{node.func.id}() takes {wanted} values, not {len(node.args)}")
            return set().union(*(self._check(part, known) for part in node.args))
        raise self._error(f"{ast.unparse(node)!r} is not allowed; there are {GRAMMAR}")

    def _value(self, node: ast.expr, metrics: Mapping[str, float]) -> float:
        match node:
            case ast.Constant(value=str() as name) | ast.Name(id=name):
                return metrics[name]
            case ast.Constant(value=int() | float() as number):
                return float(number)
            case ast.UnaryOp(op=op, operand=part):
                value = self._value(part, metrics)
                return -value if isinstance(op, ast.USub) else value
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                power: float = self._value(left, metrics) ** self._value(right, metrics)
                return power
            case ast.BinOp(left=left, op=op, right=right):
                return _TWO[type(op)](self._value(left, metrics), self._value(right, metrics))
            case ast.Call(func=ast.Name(id=name), args=parts):
                return float(_CALLS[name][0](*(self._value(part, metrics) for part in parts)))
        raise AssertionError(node)  # _check lets nothing else pass

    def _shown(self, metrics: Mapping[str, float]) -> str:
        return ", ".join(f"{name} = {metrics[name]:.6g}" for name in sorted(self.names)) or "any values"

    def _error(self, why: str) -> UsageError:
        shown = self.text if len(self.text) <= 80 else self.text[:77] + "..."
        return UsageError(f"the expression {shown!r}: {why}")


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= 1e12
