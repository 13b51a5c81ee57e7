"""``python -m tests.mutants [file …]``: change one rule of a pure module at a time and see a test fail.

Each mutant is a copy of the module with one comparison, operator, condition, constant or return changed, in a
process of its own. Those that no test notices are printed; the exit code says whether there were any.
"""

import ast
import os
import signal
import sys
from collections.abc import Callable, Iterator
from copy import deepcopy
from importlib import import_module
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType

import pytest

ROOT = Path(__file__).resolve().parents[1]
TESTS = {
    "common/lists/pagination.py": ["tests/common/lists/test_pagination.py"],
    "common/text.py": ["tests/common/test_text.py"],
    "integrations/shopify/cursor.py": ["tests/integrations/shopify/test_cursor.py"],
    "integrations/shopify/money.py": ["tests/integrations/shopify/test_money.py"],
    "orders/domain/money.py": ["tests/orders/domain/test_money.py"],
    "orders/domain/store_totals.py": ["tests/orders/domain/test_store_totals.py"],
    "orders/domain/totals.py": ["tests/orders/domain/test_totals.py"],
    "orders/importing/admission.py": ["tests/orders/importing/test_admission.py"],
    "orders/importing/revision.py": ["tests/orders/importing/test_revision.py"],
    "orders/order_list/filters.py": ["tests/orders/order_list/test_filters.py"],
    "orders/order_list/search.py": [
        "tests/orders/order_list/test_search.py",
        "tests/orders/order_list/test_hits.py",
    ],
}
"""Which tests have to notice a change of which module."""
TIMEOUT_SECONDS = 120
"""A mutant may loop for ever; that is noticed too."""
LIBRARIES = ["babel.numbers", "celery", "django.db.models", "msgspec", "requests"]
"""Imported once, for all mutants."""
COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
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
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
Change = Callable[[ast.AST], ast.AST | None]
"""Returns the changed node; None where it changes nothing."""


def _comparison(node: ast.AST) -> ast.AST | None:
    if not isinstance(node, ast.Compare) or type(node.ops[0]) not in COMPARISONS:
        return None
    node.ops[0] = COMPARISONS[type(node.ops[0])]()
    return node


def _operator(node: ast.AST) -> ast.AST | None:
    if not isinstance(node, ast.BinOp) or type(node.op) not in OPERATORS:
        return None
    node.op = OPERATORS[type(node.op)]()
    return node


def _connective(node: ast.AST) -> ast.AST | None:
    if not isinstance(node, ast.BoolOp):
        return None
    node.op = ast.And() if isinstance(node.op, ast.Or) else ast.Or()
    return node


def _first_operand(node: ast.AST) -> ast.AST | None:
    return node.values[0] if isinstance(node, ast.BoolOp) else None


def _negation(node: ast.AST) -> ast.AST | None:
    is_not = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
    return node.operand if is_not else None


def _condition(node: ast.AST) -> ast.AST | None:
    if not isinstance(node, ast.If | ast.IfExp):
        return None
    node.test = ast.UnaryOp(ast.Not(), node.test)
    return node


def _filter(node: ast.AST) -> ast.AST | None:
    if not isinstance(node, ast.comprehension) or not node.ifs:
        return None
    node.ifs = []
    return node


def _constant(node: ast.AST) -> ast.AST | None:
    if not isinstance(node, ast.Constant):
        return None
    if isinstance(node.value, bool):
        node.value = not node.value
    elif isinstance(node.value, int):
        node.value += 1
    else:
        return None
    return node


def _statement(node: ast.AST) -> ast.AST | None:
    is_call = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    return ast.Pass() if is_call or isinstance(node, ast.AugAssign) else None


CHANGES: list[Change] = [
    *[_comparison, _operator, _connective, _first_operand, _negation, _condition],
    *[_filter, _constant, _statement],
]


class _Changing(ast.NodeTransformer):
    """Changes the ``number``-th place that ``change`` applies to."""

    def __init__(self, change: Change, number: int) -> None:
        self.change, self.left = change, number
        self.line = 0
        self.before = self.after = ""

    def visit(self, node: ast.AST) -> ast.AST:
        if self.line:
            return node
        changed = self.change(deepcopy(node))
        if changed is not None:
            if self.left == 0:
                self.line = getattr(node, "lineno", -1)
                self.before = ast.unparse(node)
                self.after = ast.unparse(ast.fix_missing_locations(changed))
                return ast.copy_location(changed, node)
            self.left -= 1
        return self.generic_visit(node)


def _mutants(source: str) -> Iterator[tuple[str, ast.AST]]:
    """Each mutant, and what it changes."""
    for change in CHANGES:
        number = 0
        while True:
            changing = _Changing(change, number)
            tree = ast.fix_missing_locations(changing.visit(ast.parse(source)))
            if not changing.line:
                break
            what = f"{changing.line}: {changing.before}  ->  {changing.after}"
            yield " ".join(what.split())[:160], tree
            number += 1


def _is_noticed(path: Path, tree: ast.AST, tests: list[str]) -> bool:
    child = os.fork()
    if child == 0:
        signal.alarm(TIMEOUT_SECONDS)
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        _replace(path, compile(tree, str(path), "exec"))
        os._exit(pytest.main(["-x", "-p", "no:cacheprovider", *tests]))
    return os.waitpid(child, 0)[1] != 0


def _replace(path: Path, code: CodeType) -> None:
    usual = SourceFileLoader.get_code

    def get_code(loader: SourceFileLoader, name: str) -> CodeType | None:
        return code if loader.path == str(path) else usual(loader, name)

    SourceFileLoader.get_code = get_code


def main(names: list[str]) -> int:
    for library in LIBRARIES:
        import_module(library)
    survivors = total = 0
    for name in names or TESTS:
        path = ROOT / name
        if not _is_noticed(path, ast.parse("1 / 0"), TESTS[name]):
            raise SystemExit(f"{name}: its tests do not even import it")
        if _is_noticed(path, ast.parse(path.read_text()), TESTS[name]):
            raise SystemExit(f"{name}: its tests fail as it is")
        for what, tree in _mutants(path.read_text()):
            total += 1
            if not _is_noticed(path, tree, TESTS[name]):
                survivors += 1
                print(f"{name}:{what}", flush=True)
    print(f"{survivors} of {total} mutants were not noticed.")
    return int(survivors > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
