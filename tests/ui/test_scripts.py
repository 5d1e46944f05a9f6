"""Are the page's own scripts and styles short enough to be read?"""

from __future__ import annotations

from pathlib import Path

import pytest

from genimg.ui.shell.static import ROOT

GENERATED = "server.d.ts"
FILES = sorted(
    path
    for kind in ("js", "ts", "css")
    for path in ROOT.rglob(f"*.{kind}")
    if path.name != GENERATED
)
TESTS = sorted((ROOT.parents[1] / "tests" / "js").rglob("*.js"))
LINES, COLUMNS = 400, 120


@pytest.mark.parametrize("path", [*FILES, *TESTS], ids=lambda path: path.name)
def test_no_file_and_no_line_is_longer_than_can_be_read(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= LINES
    assert [line for line in lines if len(line) > COLUMNS] == []
