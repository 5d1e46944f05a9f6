"""The page's words: all in ui/words, each used and complete, and nothing else reaches a person."""

from __future__ import annotations

import ast
import json
import re
import string
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from genimg.errors import ConfigError
from genimg.ui import words
from genimg.ui.page import build_page
from genimg.ui.serving.answers import too_much_at_once
from genimg.ui.shell import static
from genimg.ui.shell.store import Store

UI = Path(words.__file__).parents[1]
SENTENCES = {
    f"{room}.{name}": sentence
    for room, sentences in words.table("en").items()
    for name, sentence in sentences.items()
}
KEY = re.compile(r"[a-z]+\.\w+")

UNREAD = {
    "declarations.py": "names of types, and a file of them",
    "shell/theme.py": "names of fonts",
    "api.py": "read by programs, as all that `publish` answers",
    "api_values.py": "read by programs, too",
    "edit/live_messages.py": "why a socket is closed, which a page that fits never sees",
    "edit/requests.py": "what a page that fits never asks",
    "serving/connections.py": "a log of its own",
    "serving/hosts.py": "said on the terminal, as all that the command line says",
    "serving/settings.py": "said on the terminal",
    "serving/temp.py": "said on the terminal",
}
"""Files whose strings no person meets on the page, and why."""
NO_WORDS = {
    "__init__.py": {"False"},
    "words/__init__.py": {"there is no language \0; choose one of: \0"},  # on the terminal
    "words/say.js": {"\0 lacks \0"},
    "edit/live.py": {  # why a socket is closed
        "another origin", "too many connections", "nothing was asked for a long time",
        "something went wrong in the app", "too many scenes",
    },
    "edit/routes.py": {"attachment; filename*=UTF-8''\0"},
    "edit/tab.py": {"async (model) => [model, await \0]"},
    "edit/compare.js": {
        "gi-tag gi-left", "gi-tag gi-right", "before \0 \0", "no such mode: \0",
        "this browser does not draw",
    },
    "edit/foreign.js": {"button primary"},
    "edit/history/panel.js": {
        "gi-button gi-grave", "gi-button gi-main", "(prefers-reduced-motion: reduce)",
        "Enter", "Escape", "Delete", "Backspace", "Arrow", "Left", "Right", "Down",
    },
    "edit/history/storage.js": {"no answer", "nothing is kept any more"},  # caught there
    "edit/history/tree.js": {"a step needs a recipe"},  # a fault of the page
    "edit/intake.js": {  # of Gradio's parts; of the browser
        '#upload button[aria-label="Remove Image"]', "#upload input[type=file]", "Files",
    },
    "edit/links.js": {"this is no recipe"},  # caught by those who read links
    "edit/save-menu.js": {"Escape"},
    "edit/saving.js": {"too large"},  # caught there
    "edit/shortcuts.js": {
        "input:not([type=range], [type=checkbox], [type=radio]), textarea, select, "
        "[contenteditable=true]",
    },
    "edit/viewer.js": {"the picture cannot be shown", "Enter"},  # caught by those who show it
    "edit/strips.py": {"is not a list of a number for each name", "Changes"},
    "edit/examples.py": {"example 0", "seed 0", "example \0", "seed \0"},  # what a click picks
    "interpolate/tab.py": {"WebP"},
    "serving/http.py": {"Question"},
    "serving/doors.py": {"not allowed", "frame-ancestors 'self'"},
    "serving/login.py": {'Form realm="genimg"'},
    "shell/static.py": {
        "the page has no file \0", "private, max-age=31536000, immutable", "export default \0;\n",
        "text/javascript; charset=utf-8", "text/css; charset=utf-8",
        'new URL("\0", document.baseURI)',
    },
    "shell/views.py": {"Ctrl Z", "Ctrl Shift Z", "Ctrl S"},  # keys
    "train/routes.py": {"private, max-age=31536000, immutable"},
    "train/previews.py": {"genimg: error: "},
    "train/service.py": {"genimg: error: "},
    "train/views.py": {'set "GENIMG_CHECKPOINTS=\0" && \0'},  # of a command line
    "shell/dom.js": {"\0 is not there"},
    "train/client.js": {"Content-Type"},
    "train/curves.js": {"legend hint", "curve curve-\0", "key key-\0"},
    "train/report.js": {"pills crops", "button small"},
    "train/timeline.js": {"button icon"},
    "train/report-words.js": {"not a picture"},  # what `prepare` calls it
    "train/sources.js": {"Enter", "Files"},
    "train/upload.js": {"Content-Type"},
}  # fmt: skip
"""Strings that are no words for a person, by their files; a \\0 stands where a value does."""


def names_of(folder: str, *endings: str) -> list[str]:
    found = (p for p in (UI / folder).rglob("*") if p.suffix in endings)
    return sorted(path.relative_to(UI).as_posix() for path in found)


def text_of(name: str) -> str:
    return (UI / name).read_text(encoding="utf-8")


# ------------------------------------------------------------------------------ the sentences


def forms(sentence: words.Sentence) -> list[str]:
    return [sentence] if isinstance(sentence, str) else list(sentence.values())


def places(sentence: words.Sentence) -> set[str]:
    """The names of the values that a sentence needs."""
    parts = (part for form in forms(sentence) for part in string.Formatter().parse(form))
    named = {name for _, name, _, _ in parts if name is not None}
    return named if isinstance(sentence, str) else named | {"n"}


def test_sentences_may_stand_in_html_as_they_are() -> None:
    for key, sentence in SENTENCES.items():
        assert KEY.fullmatch(key)
        assert all(form.strip() == form != "" for form in forms(sentence)), key
        assert not any(set(form) & set('<>&"$') for form in forms(sentence)), key
        assert isinstance(sentence, str) or set(sentence) == {"one", "other"}, key


def test_every_sentence_is_said_somewhere() -> None:
    texts = [text_of(name) for name in names_of("", ".py", ".js", ".html")]
    said = {key for text in texts for key in re.findall(r"[\"'{]([a-z]+\.\w+)[\"'}]", text)}
    begun = {start for text in texts for start in re.findall(r"`([a-z]+\.\w+_)\$\{", text)}
    unused = [key for key in SENTENCES if key not in said and not key.startswith(tuple(begun))]
    assert unused == []


def calls(name: str) -> Iterator[tuple[list[str], set[str]]]:
    """The keys that each `say` of a Python file may say, and the values that it gives."""
    for node in ast.walk(ast.parse(text_of(name))):
        if not isinstance(node, ast.Call) or ast.unparse(node.func) not in ("say", "words.say"):
            continue
        chosen = node.args[0]
        each = [chosen.body, chosen.orelse] if isinstance(chosen, ast.IfExp) else [chosen]
        keys = [k.value for k in each if isinstance(k, ast.Constant)]
        yield keys, {word.arg or "**" for word in node.keywords}


def test_python_says_what_there_is_with_all_values() -> None:
    for name in names_of("", ".py"):
        for keys, given in calls(name):
            for key in keys:
                assert key in SENTENCES, (name, key)
                assert "**" in given or given == places(SENTENCES[key]), (name, key)


def script_calls(text: str) -> Iterator[tuple[list[str], str]]:
    """The same of a script, with the values as they are written."""
    for start in re.finditer(r"\bsay\(", text):
        depth, end = 1, start.end()
        while depth:
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
        inside = text[start.end() : end - 1]
        key, _, values = inside.partition("{") if "{" in inside else (inside, "", "")
        keys = re.findall(r"'([a-z]+\.\w+)'", key)
        if keys and (values or "," not in key):
            yield keys, values.rpartition("}")[0]


def given_in(values: str) -> set[str]:
    """The names in "a, b: f(c, d)"."""
    bare = values
    while bare != (bare := re.sub(r"\([^()]*\)|\{[^{}]*\}|'[^']*'", "", bare)):
        pass
    return {part.partition(":")[0].strip() for part in bare.split(",")} - {""}


def test_scripts_say_what_there_is_with_all_values() -> None:
    for name in names_of("", ".js"):
        for keys, values in script_calls(text_of(name)):
            for key in keys:
                assert key in SENTENCES, (name, key)
                assert places(SENTENCES[key]) <= given_in(values), (name, key)


def test_pages_are_filled_with_what_there_is() -> None:
    for name in names_of("", ".html"):
        keys = re.findall(r"\{\{(.*?)\}\}", text_of(name))
        assert all(places(SENTENCES[key]) == set() for key in keys), name
        assert "{{" not in words.fill(text_of(name))


def test_one_and_more_have_their_forms() -> None:
    assert words.say("shell.restored", n=1).endswith("with 1 edit.")
    assert words.say("shell.restored", n=0).endswith("with 0 edits.")


def test_nothing_is_said_by_halves() -> None:
    for key in ("train.none_such", "none.such", "train", ""):
        with pytest.raises(KeyError):
            words.say(key)
    with pytest.raises(KeyError):
        words.say("train.runs_full")


# ------------------------------------------------------------------------------ a second language


@pytest.fixture
def second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with one more language, which says a little otherwise."""
    english = (words.FOLDER / "en.json").read_text(encoding="utf-8")
    (tmp_path / "en.json").write_text(english, encoding="utf-8")
    own = {
        "page": {"language": "xx"},
        "generate": {"title": "Zeichnen & Co", "draw": "Los"},
        "edit": {
            "title": "Bearbeite",
            "draw": "Irgendeins",
            "empty": "Hier ist dann ein Bild.",
            "films": "Streifen",
            "takes_none": "Es zeichnet nur.",
            "steps_find": "Suche",
            "steps_forget": {"one": "Den vergessen?", "other": "Alle {n} vergessen?"},
        },
        "train": {"form_title": "Lerne", "play": "Spiele", "runs_full": "{n} sind genug"},
        "serving": {"too_much_of_you": "Langsam"},
        "unknown": {"room": "is not there any more"},
    }
    (tmp_path / "xx.json").write_text(json.dumps(own), encoding="utf-8")
    monkeypatch.setattr(words, "FOLDER", tmp_path)
    words.choose("xx")
    yield tmp_path
    words.choose("en")
    words.table.cache_clear()


def test_one_more_file_is_one_more_language(second: Path, tmp_path: Path) -> None:
    assert words.languages() == ["en", "xx"] and words.language() == "xx"
    assert words.say("train.runs_full", n=3) == "3 sind genug"
    assert words.say("train.no_run") == "There is no such run, or no more."  # not translated
    assert too_much_at_once(own=True).words == "Langsam"
    page = json.dumps(build_page(Store(tmp_path / "models")).get_config_file(), default=str)
    assert '"Los"' in page and "Zeichnen & Co" in page and "Lerne" in page
    assert '"Draw"' not in page and "Your runs" not in page
    for said in ("Bearbeite", "Irgendeins", "Hier ist dann ein Bild.", "Streifen"):
        assert said in page
    assert "Draw one at random" not in page and "Your picture appears here." not in page
    assert "Filmstrips" not in page and "Make it closer" in page  # which is not translated
    assert words.say("edit.takes_none") == "Es zeichnet nur."
    client = TestClient(Starlette(routes=[static.route()]))
    table = client.get("/" + static.address("words/table.js")).text
    assert '"play": "Spiele"' in table and '"pause": "Pause"' in table
    assert '"steps_find": "Suche"' in table and "Alle {n} vergessen?" in table
    words.choose("en")
    assert client.get("/" + static.address("words/table.js")).text != table


def test_a_language_that_there_is_no_file_of_is_refused() -> None:
    with pytest.raises(ConfigError, match="no language 'xy'; choose one of: en"):
        words.choose("xy")
    assert words.language() == "en"


# ------------------------------------------------------------------------------ and nothing else


def is_words(text: str) -> bool:
    """Whether a text looks like something to be read: two words, or a capitalised one."""
    return bool(re.search(r"[A-Za-z]{2,}[,;:.]? [A-Za-z\0]|\0 [A-Za-z]{2}", text)) or bool(
        re.fullmatch(r"[A-Z][a-z]+", text)
    )


def seen_of(markup: str) -> list[str]:
    """What is seen or read out of a text that may be HTML."""
    if "<" not in markup:
        return [markup]
    shown = re.findall(r'\b(?:title|alt|aria-label|placeholder)="([^"]*)"', markup)
    bare = re.sub(r"(?s)<(script|style|!--).*?(</\1>|-->)", "", markup)
    return [*shown, *re.sub(r"<[^<>]*>", "\n", bare).split("\n")]


def literals(name: str) -> Iterator[str]:
    """The strings of a Python file that are no documentation, logged, or JavaScript."""
    tree = ast.parse(text_of(name))
    skipped: set[ast.AST] = set()
    for node in ast.walk(tree):
        is_logged = isinstance(node, ast.Call) and ast.unparse(node.func).startswith("_LOG.")
        script = isinstance(node, ast.Call) and ast.unparse(node.func) == "static.call"
        named = isinstance(node, ast.Assign) and ast.unparse(node.targets[0]).endswith("_JS")
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            skipped.add(node.value)
        if is_logged or script or named:
            skipped.update(inner for inner in ast.walk(node) if inner is not node)
    joined = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    parts = {part for node in joined for part in node.values}
    for node in ast.walk(tree):
        if node in skipped or node in parts:
            continue
        if isinstance(node, ast.JoinedStr):
            yield "".join(p.value if isinstance(p, ast.Constant) else "\0" for p in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


TOKENS = re.compile(
    r"//[^\n]*|/\*.*?\*/|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`"
    r"|/(?![/*])(?:\\.|\[[^\]\n]*\]|[^/\\\n\[])+/[gimsuy]*(?=[.,;)\s])",
    re.DOTALL,
)


def script_literals(name: str) -> Iterator[str]:
    """The strings of a script."""
    for token in TOKENS.findall(text_of(name)):
        if token[0] in "'`":
            yield re.sub(r"\$\{[^}]*\}", "\0", token[1:-1])


def unsaid(name: str, found: Iterable[str]) -> list[str]:
    allowed = NO_WORDS.get(name, set())
    seen = [part for text in found if text not in allowed for part in seen_of(text)]
    return [part for part in seen if is_words(part) and part not in allowed]


def test_no_other_string_of_python_reaches_a_person() -> None:
    read = [name for name in names_of("", ".py") if name not in UNREAD]
    left = {name: unsaid(name, literals(name)) for name in read}
    assert {name: texts for name, texts in left.items() if texts} == {}


def test_no_other_string_of_a_script_reaches_a_person() -> None:
    left = {name: unsaid(name, script_literals(name)) for name in names_of("", ".js")}
    assert {name: texts for name, texts in left.items() if texts} == {}


def test_no_other_string_of_a_page_reaches_a_person() -> None:
    for name in names_of("", ".html"):
        bare = re.sub(r"\{\{.*?\}\}|\$\w+", "", text_of(name))
        texts = [part.strip() for part in seen_of(bare)]
        assert [t for t in texts if is_words(t) and not re.search(r"[/.]\w", t)] == [], name


def test_no_style_says_anything() -> None:
    for name in names_of("", ".css"):
        told = re.findall(r"content:([^;}]*)", text_of(name))
        assert not [value for value in told if re.search(r"[\"'][^\"']*[A-Za-z]{2}", value)], name


def test_the_lists_of_exceptions_hold_nothing_that_is_gone() -> None:
    for name in {*UNREAD, *NO_WORDS}:
        assert (UI / name).is_file(), name
