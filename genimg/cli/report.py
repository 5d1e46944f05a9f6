"""What is known of a model: its header in plain words, and its measures on unseen pictures."""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import sys
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genimg.cli import classify, options

if TYPE_CHECKING:
    from genimg.checkpoint import Header
    from genimg.editor import Editor
    from genimg.latents import Slider

WIDTH = 100
STATEMENTS = ("title", "credit", "licence")
"""What a person says of the pictures that a model was trained on."""


def configure_describe(parser: argparse.ArgumentParser) -> None:
    """The arguments of `describe`."""
    options.add_checkpoint(parser)
    parser.add_argument("--json", action="store_true", help="the whole header as JSON")
    for what in STATEMENTS:
        parser.add_argument(
            f"--set-{what}",
            metavar="WORDS",
            help=f"state another {what} of the training pictures in the file; the model stays",
        )


def run_describe(arguments: argparse.Namespace) -> int:
    """Print what a model file says of itself, once it has been loaded and found whole."""
    path = options.checkpoint_path(arguments.checkpoint)
    from genimg.checkpoint import read_header, restate
    from genimg.editor import Editor
    from genimg.models import MODELS, load_any_model

    family = MODELS.get(read_header(path).family)
    editor: Editor | None = None
    if family is None or family.opens:
        editor = Editor.load(path, "cpu")
    model, header, _ = load_any_model(path)
    statement = {what: getattr(arguments, f"set_{what}") for what in STATEMENTS}
    said = {what: words for what, words in statement.items() if words is not None}
    if said:
        header = restate(path, **said)
    if arguments.json:
        print(options.json_text(dataclasses.asdict(header)))
        return 0
    parameters = sum(parameter.numel() for parameter in model.parameters())
    for line in _description(header, path, parameters):
        print(line)
    if editor is not None:
        for line in _abilities(editor):
            print(line)
    return 0


def configure_evaluate(parser: argparse.ArgumentParser) -> None:
    """The arguments of `evaluate`."""
    from genimg.evaluation.evaluate import DEFAULT_COUNT
    from genimg.evaluation.feature_distances import COUNT

    options.add_model(parser)
    parser.add_argument(
        "--data",
        metavar="NAME",
        help="data set to take the test pictures from (default: the one it was trained on)",
    )
    parser.add_argument(
        "--count",
        metavar="N",
        type=options.whole(1),
        help=f"at most how many test pictures (default: {DEFAULT_COUNT} reconstructed ones, or all "
        "that a classifier tells)",
    )
    parser.add_argument(
        "--samples",
        metavar="N",
        type=options.whole(0),
        default=COUNT,
        help="pictures to draw for each of three seeds and to compare with as many test pictures, "
        "in the features of a network that knows photographs; 0: none (default: %(default)s)",
    )
    parser.add_argument(
        "--classifier",
        metavar="CKPT",
        help="in whose features samples are compared, too (default: one that was trained on the "
        "same pictures, from the model's folder or checkpoints/, if there is one)",
    )
    options.add_data_root(parser)
    parser.add_argument("--json", action="store_true", help="the numbers as JSON")


def run_evaluate(arguments: argparse.Namespace) -> int:
    """Measure a model on the test split of the data it was trained on."""
    path = options.checkpoint_path(arguments.checkpoint)
    from genimg.evaluation.evaluate import evaluate
    from genimg.models.device import choose_device

    result = evaluate(
        path,
        data=arguments.data,
        data_root=arguments.data_root,
        count=arguments.count,
        samples=arguments.samples,
        classifier=arguments.classifier and options.checkpoint_path(arguments.classifier),
        device=choose_device(arguments.device),
        say=lambda line: print(line, file=sys.stderr),
    )
    if arguments.json:
        print(options.json_text(result))
    elif "factors" in result:
        tables = {"factors", "pictures", "accuracy", "f1"}
        print(*_pairs({name: of for name, of in result.items() if name not in tables}), sep="\n")
        print(*classify.score_lines(result, with_values=True), sep="\n")
    else:
        print(*_measures(result), sep="\n")
    return 0


def _measures(values: Mapping[str, Any]) -> Iterator[str]:
    """Numbers of a model that draws: of its reconstructions, then of its samples."""
    samples = values.get("samples")
    yield from _pairs({k: v for k, v in values.items() if k not in ("samples", "match")})
    if "match" in values:
        yield from _pairs({"match": _calibration(values)})
    if isinstance(samples, str):
        yield from _pairs({"samples": samples})
    elif samples:
        yield from _samples(samples)


def _calibration(values: Mapping[str, Any]) -> str:
    """What the words on a match rest on."""
    from genimg.metrics import Calibration

    found = Calibration.from_metrics(values)
    if found is None:
        return "calibrated with numbers that cannot be read; `calibrate` writes them anew"
    return (
        f"calibrated with {found.pictures:,} {found.split} pictures, PSNR {found.psnr[1]:.1f} to "
        f"{found.psnr[99]:.1f} dB for 98 of 100"
    )


_COMPARED = (
    "fd", "kid", "precision", "recall", "density", "coverage", "diversity", "recognised",
)  # fmt: skip


def _samples(found: Mapping[str, Any]) -> Iterator[str]:
    """What was measured of samples, in fixed features and in those of a classifier. Older files
    have the latter alone, in the same words.
    """
    yield (
        f"\nsamples: {found['count']} for each of the seeds {_plain(found['seeds'])}, "
        f"truncation {found['temperature']:g}, {found['weights']} weights"
    )
    yield from _compared(found)
    told = found.get("classifier")
    if isinstance(told, str):
        yield from _pairs({"classifier": told})
    elif told:
        if "count" in told and (told["count"], told["seeds"]) != (found["count"], found["seeds"]):
            yield f"\nof {told['count']} samples for each of the seeds {_plain(told['seeds'])}"
        yield from _compared(told)
    yield f"\n  ({found['caveat']})"


def _compared(found: Mapping[str, Any]) -> Iterator[str]:
    """The numbers in one network's features, and what it recognises if it is a classifier."""
    network, copied = found["features"], found["memorisation"]
    known = f"{network['id']}, accuracy {network['accuracy']:.1%}" if "id" in network else None
    yield f"  in the features of {network['name']} ({known or network['weights']})"
    yield f"  {'':<14} {'samples':>9} {'real pictures':>14}"
    for name in _COMPARED:
        if name in found:
            yield f"  {name:<14} {found[name]:9.4f} {found[f'{name}_floor']:14.4f}"
    yield from _pairs({"copies": copied["verdict"]})
    if "labels_followed" in found:
        yield from _pairs({"labels followed": found["labels_followed"]})
    if "factors" in found:
        seen = found["factors"].items()
        yield from _pairs({"label shares off by": {name: of["distance"] for name, of in seen}})
        missing = {name: of["missing"] for name, of in seen if of["missing"]}
        yield from _pairs({"values never drawn": missing or "none"})


def _description(header: Header, path: Path, parameters: int) -> Iterator[str]:
    """A model as lines for a person."""
    channels, height, width = header.image_shape
    colour = "grey" if channels == 1 else "colour"
    yield f"{header.name}  ({path}, {path.stat().st_size / 1e6:.1f} MB)"
    from genimg.models import MODELS

    family = MODELS.get(header.family)  # a file may say anything
    pictures = f"{width} x {height}, {colour}"
    if family is not None and family.takes_any:
        pictures = f"any photograph; it learned from crops of {pictures}"
    facts = {
        "family": header.family,
        "pictures": pictures,
        "parameters": f"{parameters:,}",
        "id": header.id,
    }
    yield from _pairs(facts)
    stated = {what: header.data.get(what) or "not stated" for what in STATEMENTS}
    data = {name: value for name, value in header.data.items() if name != "factors"}
    trained = {**header.trained, **dict(_over_all_runs(header))}
    if isinstance(part := trained.pop("unfinished", None), (int, float)):
        trained = {"still training": f"{part:.0%}", **trained}
    sections = {
        "architecture": header.config,
        "data": {**data, **stated},
        "trained": trained,
    }
    for title, values in sections.items():
        yield from _section(title, values)
    if family is not None and family.tells and "factors" in header.metrics:
        yield from _readable(classify.score_lines(header.metrics))
        factors = header.data.get("factors", ())
        yield from _section("what it tells", {row["name"]: row["values"] for row in factors})
    elif header.metrics:
        yield "\nmetrics"
        yield from _readable(_measures(header.metrics))


def _over_all_runs(header: Header) -> Iterator[tuple[str, str]]:
    """How much a model that was made in several runs has learned, by the name of what is told."""
    runs = len(header.trainings)
    for what in ("images", "minutes") if runs > 1 else ():
        if took := header.each_took(what):
            parts = " + ".join(map(_number, took))
            yield what, f"{_number(sum(took))} ({parts}, in {runs} runs)"
        elif what in header.trained:
            yield what, f"{_plain(header.trained[what])} in the last of {runs} runs"


def _number(value: float) -> str:
    return f"{value:,.6g}" if value < 1e6 else f"{value:,.0f}"


def _readable(lines: Iterable[str]) -> Iterator[str]:
    """The lines of measures that somebody else's program may have written, as far as they go."""
    try:
        yield from lines
    except (AttributeError, LookupError, TypeError, ValueError):
        yield "  (the file holds further measures that cannot be read)"


def _abilities(editor: Editor) -> Iterator[str]:
    """What a model that draws pictures can be asked for, and the directions it has."""
    asked, read = editor.choices, editor.factors
    if asked == read:
        title = "labels that it reads: `sample --set` asks for them, `edit --set` exchanges them"
        yield from _section(title, asked)
    else:
        yield from _section("labels that `sample --set` asks for", asked)
        yield from _section("labels that it reads, and `edit --set` exchanges", read)
    can = "draws pictures and starts from yours" if editor.can_encode else "only draws pictures"
    if not editor.has_kind:
        can = "takes any photograph and draws none by itself"
    layers = f", and mixes styles over {editor.layers} layers" if editor.layers > 1 else ""
    yield f"\nit {can}{layers}"
    if editor.directions:
        numbers = ", numbers also for `edit --to`" if editor.scales else ""
        yield (
            f"\n{len(editor.directions)} directions for `edit --move`{numbers}, with their "
            "reliability"
        )
        yield from _directions(editor.directions)


def _section(title: str, values: Mapping[str, Any]) -> Iterator[str]:
    if values:
        yield f"\n{title}"
        yield from _pairs(values)


def _pairs(values: Mapping[str, Any]) -> Iterator[str]:
    for name, value in values.items():
        start = f"  {name.replace('_', ' '):<20} "
        yield textwrap.fill(
            _plain(value), WIDTH, initial_indent=start, subsequent_indent=" " * len(start)
        )


def _plain(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_plain, value))
    if isinstance(value, dict):
        return ", ".join(f"{name} {_plain(item)}" for name, item in value.items())
    return str(value)


def _directions(directions: Iterable[Slider]) -> Iterator[str]:
    for group, members in itertools.groupby(directions, key=lambda direction: direction.group):
        yield f"  {group}"
        for direction in members:
            more = f"  ({direction.factor})" if direction.factor else ""
            if direction.scale is not None:
                more = f"  {direction.scale.range} ({direction.scale.off})"
            yield f"    {direction.reliability:4.0%}  {direction.name}{more}"
