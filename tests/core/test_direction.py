"""The one rule of the house with a test behind it: which way imports point."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]

ROOMS = {
    "core": {"core"},
    "handlers": {"handlers", "core"},
    "workers": {"workers", "core"},
    "bot": {"bot", "handlers", "core"},
}

# Inside core: each room may import what stands before it, and itself.
FLOORS: list[set[str]] = [
    {"say", "errors", "settings", "clock", "log", "tell", "secrets"},
    {"i18n", "when", "media", "chat", "servers"},
    {"analysis"},
    {"framing", "captions"},
    {"brand"},
    {"sound"},
    {"checks"},
    {"clips", "render", "publish"},
    {"practice", "edits"},
    {"db"},
    {"jobs"},
    {"cards"},
    {"posting"},
    {"services"},
    {"arriving"},
]
# These know nothing of rows and chats: they can be used without either.
PURE = {
    "media",
    "analysis",
    "framing",
    "captions",
    "brand",
    "sound",
    "checks",
    "clips",
    "render",
    "publish",
    "practice",
    "edits",
}


def _imports(path: Path) -> list[tuple[int, str]]:
    """Line and dotted name of everything imported at run time."""
    found: list[tuple[int, str]] = []

    class Visitor(ast.NodeVisitor):
        def visit_If(self, node: ast.If) -> None:
            if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
                return
            self.generic_visit(node)

        def visit_Import(self, node: ast.Import) -> None:
            found.extend((node.lineno, a.name) for a in node.names)

        def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
            assert node.level == 0, f"{path}:{node.lineno}: imports are absolute"
            if node.module == "core":
                found.extend((node.lineno, f"core.{a.name}") for a in node.names)
            else:
                found.append((node.lineno, node.module or ""))

    Visitor().visit(ast.parse(path.read_text(encoding="utf-8")))
    return found


def _floor(room: str) -> int:
    return next(i for i, floor in enumerate(FLOORS) if room in floor)


def test_rooms_import_only_what_they_may() -> None:
    wrong = []
    for room, may in ROOMS.items():
        for path in (ROOT / room).rglob("*.py"):
            for line, name in _imports(path):
                top = name.split(".")[0]
                if top in ROOMS and top not in may:
                    wrong.append(f"{path.relative_to(ROOT)}:{line}: {room} imports {name}")
    assert not wrong, "\n".join(wrong)


def test_inside_core_imports_point_down() -> None:
    wrong = []
    for path in (ROOT / "core").rglob("*.py"):
        inside = path.relative_to(ROOT / "core").parts
        room = inside[0].removesuffix(".py")
        if room == "__init__":
            continue
        for line, name in _imports(path):
            parts = name.split(".")
            if parts[0] != "core" or len(parts) < 2 or parts[1] == room:
                continue
            where = f"{path.relative_to(ROOT)}:{line}: {name}"
            if _floor(parts[1]) > _floor(room):
                wrong.append(f"{where} stands above {room}")
            if room in PURE and parts[1] in {"db", "chat", "jobs"}:
                wrong.append(f"{where}: {room} knows no rows and no chats")
    assert not wrong, "\n".join(wrong)


def test_only_one_file_knows_arqs_client() -> None:
    knows = {
        str(path.relative_to(ROOT))
        for room in ("core", "handlers", "bot")
        for path in (ROOT / room).rglob("*.py")
        for _, name in _imports(path)
        if name.split(".")[0] == "arq"
    }
    assert knows <= {"core/jobs/queue.py"}
