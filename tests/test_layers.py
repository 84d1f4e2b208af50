"""The layer rule: dialects <- passes <- frontend -> runtime, and one file that knows MLIR's bindings."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
#: What the modules of each layer may import of ours.
ALLOWED = {
    "dialects": {"dialects"},
    "passes": {"dialects", "passes"},
    "runtime": {"runtime"},
    "frontend": {"dialects", "passes", "runtime", "frontend"},
}
MLIR_FILE = "dialects/bindings.py"
FILES = sorted(path.relative_to(ROOT) for layer in ALLOWED for path in (ROOT / layer).rglob("*.py"))


def imported_names(source: str, package: str) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of every import in a module of `package`, wherever it stands; `from a import b` is a.b."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parent = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*parent, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)


def violations(source: str, file: Path) -> list[str]:
    """The imports of a file that break the rule, as `file:line: imports name`."""
    layer = file.parts[0]
    found = []
    for line, name in imported_names(source, ".".join(("wengert", *file.parent.parts))):
        top, _, rest = name.partition(".")
        below = rest.partition(".")[0]
        if top == "wengert":
            # The public names of the package come from the front end; its version is a fact of its own.
            target = below if below in ALLOWED else "frontend"
            allowed = below == "__version__" or target in ALLOWED[layer]
        else:
            allowed = top not in ALLOWED and (top != "mlir" or file.as_posix() == MLIR_FILE)
        if not allowed:
            found.append(f"{file}:{line}: imports {name}")
    return found


@pytest.mark.parametrize("file", FILES, ids=str)
def test_imports_respect_the_layers(file: Path) -> None:
    assert violations((ROOT / file).read_text(), file) == []


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("dialects/op.py", "import wengert.passes.base"),
        ("dialects/op.py", "def f():\n    from wengert.frontend import api"),
        ("dialects/op.py", "from wengert import grad"),
        ("passes/store.py", "from wengert.runtime.jit import load"),
        ("passes/store.py", "from ..runtime import jit"),
        ("passes/gpu/store.py", "from ...runtime import jit"),
        ("passes/store.py", "from mlir import ir"),
        ("passes/store.py", "import passes.base"),
        ("runtime/jit.py", "from wengert.dialects import errors"),
        ("frontend/api.py", "import mlir.ir"),
    ],
)
def test_a_violation_is_seen(file: str, source: str) -> None:
    assert len(violations(source, Path(file))) == 1


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("dialects/bindings.py", "from mlir import ir"),
        ("passes/store.py", "from . import base\nfrom ..dialects import op"),
        ("runtime/jit.py", "from wengert import __version__\nimport numpy"),
        ("frontend/api.py", "from wengert.runtime import jit\nfrom wengert import grad"),
    ],
)
def test_what_is_allowed_is_not_reported(file: str, source: str) -> None:
    assert violations(source, Path(file)) == []
