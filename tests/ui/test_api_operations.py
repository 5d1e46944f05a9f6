"""Operations through the API: those of genimg, and one that was added to its table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gradio_client import Client, handle_file
from PIL import Image

from genimg.editor import Moves
from genimg.edits import OPERATIONS

from ..edits.operations.mirror import Mirror
from .conftest import Site


@pytest.fixture
def client(site: Site, tmp_path: Path) -> Iterator[Client]:
    connected = Client(
        site.url, verbose=False, analytics_enabled=False, download_files=str(tmp_path)
    )
    yield connected
    connected.close()


def test_edit_does_operations(
    client: Client, site: Site, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(OPERATIONS, "mirror", Mirror)
    editor = site.editor()
    first, second = (direction.name for direction in editor.directions[:2])
    move = {"operation": "move", "amounts": {second: 1.0}, "keep": [first]}
    mirror = {"operation": "mirror", "share": 0.5}

    def edit(operations: Any) -> Any:
        picture = handle_file(str(photo))
        answer = client.predict(
            picture=picture, amounts={first: 2.0}, operations=operations, api_name="/edit"
        )
        return answer["path"] if isinstance(answer, dict) else answer

    answer = edit([move, mirror])
    recipe = editor.open_picture(answer)
    assert recipe.operations == (Moves({first: 2.0}), Moves({second: 1.0}, (first,)), Mirror(0.5))
    assert Image.open(answer).tobytes() == editor.decode(editor.edited(recipe))[0].tobytes()
    for wrong, words in (
        ("mirror", "a list of objects"),
        (["mirror"], "must be an object, not 'mirror'"),
        ([{"operation": "no such"}], "no operation 'no such'"),
        ([{"operation": "mirror", "share": 2}], "a share is from 0 to 1"),
        ([{**move, "amounts": {second: "far"}}], "should be a number"),
    ):
        with pytest.raises(Exception, match=words):
            edit(wrong)
