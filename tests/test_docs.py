"""Do the documents lead where they say: their links, and the commands that they name?"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from genimg.cli import COMMANDS

ROOT = Path(__file__).parents[1]
DOCS = sorted(
    [ROOT / "README.md", ROOT / "benchmarks" / "README.md", *(ROOT / "docs").glob("*.md")]
)
LONGEST_README = 150
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"(?:`|-m )genimg ([a-z]+)\b")
AT_A_PROMPT = re.compile(r"^genimg ([a-z]+)\b", re.MULTILINE)


def commands(path: Path) -> set[str]:
    """The commands of genimg that a document names in its blocks of code and between them."""
    text = path.read_text(encoding="utf-8")
    blocks = "\n".join(FENCED.findall(text))
    return {*COMMAND.findall(text), *AT_A_PROMPT.findall(blocks)}


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", DOCS, ids=name)
def test_links_lead_somewhere(path: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", path.read_text(encoding="utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []


@pytest.mark.parametrize("path", DOCS, ids=name)
def test_commands_are_those_of_the_program(path: Path) -> None:
    assert commands(path) - set(COMMANDS) == set()


@pytest.mark.parametrize("path", DOCS, ids=name)
def test_files_that_are_named_are_there(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    named = re.findall(r"`((?:genimg|tests|benchmarks|docs|assets)/[\w./-]+)`", text)
    made_up = {"x", "xx", "x.py", "xx.json"}  # what somebody adds
    real = [n for n in named if Path(n).name not in made_up]
    assert [n for n in real if not (ROOT / n).exists()] == []


def test_every_command_is_in_the_documents() -> None:
    assert set(COMMANDS) - {command for path in DOCS for command in commands(path)} == set()


def test_the_readme_is_read_in_two_minutes_and_leads_to_every_document() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONGEST_README
    assert [name(path) for path in DOCS[1:] if f"]({name(path)})" not in text] == []


def test_the_readme_names_whose_work_the_models_learned_from() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for whose in ("David Revoy", "Zalando SE", "Marcus Klasson", "Gary Thung", "Lomiri", "CC BY"):
        assert whose in text
