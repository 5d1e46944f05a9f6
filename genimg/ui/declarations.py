"""Which types has what the page and its server say to each other? A TypeScript declaration file.

    python -m genimg.ui.declarations      writes genimg/ui/server.d.ts anew

The page's own code, which is JavaScript with types in its comments, imports them from there. They
come from the models of the questions and the shapes of the answers, by way of JSON schema.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter

from genimg.ui.edit import answers as edit
from genimg.ui.edit.live_messages import SceneMessage
from genimg.ui.edit.requests import ACT, SAVE, FrameRequest, RefineRequest
from genimg.ui.edit.strips import StripsAnswer, StripsRequest
from genimg.ui.shell.dropping import MayAdd, ModelAdded
from genimg.ui.train import answers as train
from genimg.ui.train.requests import DeleteRequest, ExtendRequest, LookRequest, RunRequest

FILE = Path(__file__).with_name("server.d.ts")
QUESTIONS: dict[str, Any] = {
    "SceneMessage": SceneMessage,
    "ActRequest": ACT,
    "FrameRequest": FrameRequest,
    "RefineRequest": RefineRequest,
    "SaveRequest": SAVE,
    "StripsRequest": StripsRequest,
    "LookRequest": LookRequest,
    "RunRequest": RunRequest,
    "DeleteRequest": DeleteRequest,
    "ExtendRequest": ExtendRequest,
}
ANSWERS: dict[str, Any] = {
    "ActAnswer": edit.ActAnswer,
    "SessionValue": edit.SessionValue,
    "RefineNews": edit.RefineNews,
    "RefineEnd": edit.RefineEnd,
    "StripsAnswer": StripsAnswer,
    "Overview": train.Overview,
    "Run": train.Run,
    "LookAnswer": train.LookAnswer,
    "LookStarted": train.LookStarted,
    "RunStarted": train.RunStarted,
    "ModelOpened": train.ModelOpened,
    "PicturesSent": train.PicturesSent,
    "MayAdd": MayAdd,
    "ModelAdded": ModelAdded,
}
"""What the routes take and give; what these speak of is declared with them."""
_HEAD = """\
// What the page and its server say to each other. Written by: python -m genimg.ui.declarations
"""
_PLAIN = {
    "string": "string",
    "integer": "number",
    "number": "number",
    "boolean": "boolean",
    "null": "null",
}


def declarations() -> str:
    """The text of the declaration file."""
    asked = [(name, "validation", _adapter(kind)) for name, kind in QUESTIONS.items()]
    told = [(name, "serialization", _adapter(kind)) for name, kind in ANSWERS.items()]
    modes: list[tuple[str, Literal["validation", "serialization"], TypeAdapter[Any]]]
    modes = [*asked, *told]  # type: ignore[list-item]
    roots, shared = TypeAdapter.json_schemas(modes)
    kinds: dict[str, Mapping[str, Any]] = dict(shared["$defs"])
    kinds |= {name: schema for (name, _), schema in roots.items() if "$ref" not in schema}
    spoken = {name for name, _ in roots}
    while more := {name for each in spoken for name in _spoken_of(kinds[each])} - spoken:
        spoken |= more
    return "\n".join([_HEAD, *(_declared(name, kinds[name]) for name in sorted(spoken))])


def _spoken_of(schema: Mapping[str, Any]) -> list[str]:
    """The names of other types in a type."""
    return re.findall(r'"#/\$defs/(\w+)"', json.dumps(schema))


def _adapter(kind: Any) -> TypeAdapter[Any]:
    return kind if isinstance(kind, TypeAdapter) else TypeAdapter(kind)


def _declared(name: str, schema: Mapping[str, Any]) -> str:
    said = schema.get("description", "").replace("\n", "\n * ").replace(" * \n", " *\n")
    comment = f"/** {said} */\n" if said else ""
    if "properties" not in schema and schema.get("type") != "object":
        return f"export type {name} =" + "".join(f"\n  | {each}" for each in _parts(schema)) + ";\n"
    wanted = schema.get("required", ())
    fields = "".join(
        f"  {key}{'' if key in wanted else '?'}: {_type(field)};\n"
        for key, field in schema.get("properties", {}).items()
    )
    return f"{comment}export interface {name} {{\n{fields}}}\n"


def _parts(schema: Mapping[str, Any]) -> Iterator[str]:
    """The types of which a value has one."""
    several = schema.get("anyOf") or schema.get("oneOf")
    if several:
        yield from map(_type, several)
    elif "$ref" in schema:
        yield str(schema["$ref"]).rpartition("/")[2]
    elif "const" in schema:
        yield json.dumps(schema["const"])
    elif "prefixItems" in schema:
        yield f"[{', '.join(map(_type, schema['prefixItems']))}]"
    elif schema.get("type") == "array":
        item = _type(schema.get("items", {}))
        yield f"({item})[]" if " | " in item else f"{item}[]"
    elif schema.get("type") == "object":
        yield f"Record<string, {_type(schema['additionalProperties'])}>"
    else:
        yield _PLAIN[schema["type"]]


def _type(schema: Mapping[str, Any]) -> str:
    return " | ".join(dict.fromkeys(_parts(schema)))


if __name__ == "__main__":
    FILE.write_text(declarations(), encoding="utf-8")
