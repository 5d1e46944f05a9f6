"""Is what is declared for the page's own code what the server takes and says?"""

from __future__ import annotations

import re

from genimg.ui.declarations import ANSWERS, FILE, QUESTIONS, declarations


def test_the_file_is_fresh() -> None:
    assert FILE.read_text(encoding="utf-8") == declarations(), (
        "Write it anew: python -m genimg.ui.declarations"
    )


def test_each_type_is_declared_once_and_all_that_are_spoken_of() -> None:
    text = FILE.read_text(encoding="utf-8")
    declared = re.findall(r"^export (?:interface|type) (\w+)", text, re.MULTILINE)
    assert len(declared) == len(set(declared))
    assert QUESTIONS.keys() | ANSWERS.keys() <= set(declared)
    fields = re.sub(r"/\*.*?\*/|\"[^\"]*\"|//[^\n]*", "", text, flags=re.DOTALL)
    spoken = set(re.findall(r"\b[A-Z]\w*", fields)) - {"Record"}
    assert spoken == set(declared)
