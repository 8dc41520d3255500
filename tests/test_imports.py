"""Imports run downward through the layers, and the lower layers need few packages."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import hwgen

ROOT = Path(hwgen.__file__).parent
LAYERS = [
    {"spec", "place", "structure", "number", "lfsr", "fabric", "tools"},
    {"arith"}, {"pe"}, {"array"}, {"accel"}, {"flow"}, {"analysis", "nn"}, {"sweep"}, {"report"},
    {"console", "cli", "__main__"},
]
RANK = {name: rank for rank, layer in enumerate(LAYERS) for name in layer}
CORE = set().union(*LAYERS[:4])
CORE_PACKAGES = {"numpy", "amaranth", "pydantic"}
FILES = sorted(path for path in ROOT.rglob("*.py") if path != ROOT / "__init__.py")


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def layer_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


def imports(node: ast.AST) -> Iterator[str]:
    """Dotted names of all modules that a file imports when it runs, inside functions too."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            assert not child.level, f"line {child.lineno}: relative import"
            yield from (f"{child.module}.{alias.name}" for alias in child.names)
        elif not is_type_checking(child):
            yield from imports(child)


def imports_of(path: Path) -> list[str]:
    return list(imports(ast.parse(path.read_text(encoding="utf-8"))))


def upward(layer: str, modules: list[str]) -> list[str]:
    """Those of ``modules`` that lie above ``layer``; KeyError for a layer that has no rank."""
    own = [module.split(".") for module in modules if module.startswith("hwgen.")]
    return [".".join(parts) for parts in own
            if parts[1] != "__version__" and RANK[parts[1]] > RANK[layer]]


def test_files_are_found() -> None:
    assert {"spec.py", "array/mesh.py", "pe/parallel.py"} <= set(map(name, FILES))


@pytest.mark.parametrize("path", FILES, ids=name)
def test_imports_run_downward(path: Path) -> None:
    assert upward(layer_of(path), imports_of(path)) == []


@pytest.mark.parametrize("path", [path for path in FILES if layer_of(path) in CORE], ids=name)
def test_core_needs_few_packages(path: Path) -> None:
    packages = {module.split(".")[0] for module in imports_of(path)}
    assert packages - sys.stdlib_module_names - CORE_PACKAGES <= {"hwgen"}


def test_upward_import_shows() -> None:
    source = ("def late():\n    from hwgen.flow import emit\n"
              "if TYPE_CHECKING:\n    from hwgen.cli import main\n")
    found = list(imports(ast.parse(source)))
    assert found == ["hwgen.flow.emit"]
    assert upward("array", found) == ["hwgen.flow.emit"]
    assert upward("nn", found) == []
