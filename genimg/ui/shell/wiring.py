"""What do the tabs share, and how do they hand each other pictures without knowing each other?

A tab is built with the `Wiring`. It may register what it does on start and when the model changes
(`on_start`, `on_model`), and what it does with a picture that another tab sends (`receive`);
`send` wires a button to a receiver. All of it is connected once all tabs have been built.
"""

from __future__ import annotations

import html
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

import gradio as gr

from genimg import Latent
from genimg.ui.shell import static, views
from genimg.ui.shell.card import model_card
from genimg.ui.shell.guard import guard
from genimg.ui.shell.store import Store
from genimg.ui.shell.turns import Turns
from genimg.ui.words import say

IDLE_SECONDS = 6 * 3600
"""How long a visitor's session is remembered without a sign of life."""

LAST_SEED = 2**31 - 1
"""The largest seed that can be typed."""

PRIVATE: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
"""Options of events that are no part of the public API."""
LATEST: dict[str, Any] = {**PRIVATE, "trigger_mode": "always_last"}
"""Options of events of which the last one counts, also while the one before is being answered."""
EACH: dict[str, Any] = {**PRIVATE, "trigger_mode": "multiple"}
"""Options of events of which each one counts, also while the one before is being answered."""
LIVE: dict[str, Any] = {**LATEST, "queue": False}
"""Options of events that follow a drag: the newest value wins, and the last one always lands."""

TO_DOWNLOAD = f"(saved) => {{ {static.call('shell/download.js', 'save(saved)')}; }}"
"""JavaScript of an event whose value, {address, name}, becomes a file of the person's."""

Update = Any  # what a Gradio callback may return for one component

P = ParamSpec("P")
S = TypeVar("S", bound=Turns)
T = TypeVar("T")


_NEWEST_JS = """
let newest = 0, kept = props.value;
watch('value', () => {
  const number = Number(/^<!--(\\d+)-->/.exec(props.value ?? '')?.[1] ?? newest);
  if (number < newest) { props.value = kept; return; }
  newest = number;
  kept = props.value;
});
"""


@dataclass(frozen=True)
class Payload:
    """A picture on its way from one tab to another; `made_from` are those that it was mixed from,
    each with its origin.
    """

    model: str
    latent: Latent
    origin: str
    made_from: tuple[tuple[Latent, str], ...] = ()


@dataclass(frozen=True)
class _Reaction:
    fn: Callable[..., Any]
    inputs: Sequence[Any]
    outputs: Sequence[Any]
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class _Sending:
    button: gr.Button
    to: str
    pack: Callable[..., Payload]
    inputs: Sequence[Any]


def in_turn(fn: Callable[Concatenate[S, P], T]) -> Callable[Concatenate[S, P], T]:
    """Let `fn(what belongs to the person, ...)` wait until their action before it is done."""

    @wraps(fn)
    def waiting(own: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        with own:
            return fn(own, *args, **kwargs)

    return waiting


def numbered(value: str) -> str:
    """HTML that a markup with `newest` takes only if it holds nothing younger."""
    return f"<!--{time.monotonic_ns() // 1000}-->{value}"


def markup(
    value: str = "", elem_id: str | None = None, picks: bool = False, newest: bool = False
) -> gr.HTML:
    """A piece of our own HTML. With `picks`, its `data-pick` buttons make click events.

    With `newest`, an answer that arrives after a younger one is not shown; see `numbered`.
    """
    return gr.HTML(
        value,
        elem_id=elem_id,
        js_on_load=(views.PICK_JS if picks else "") + (_NEWEST_JS if newest else "") or None,
        apply_default_css=False,
        min_height=0,
    )


def carrier(elem_id: str, js: str) -> gr.HTML:
    """A part that is not seen: its value goes to the page's own script, its events come from it."""
    return gr.HTML(
        None, html_template="", js_on_load=js, elem_id=elem_id, visible="hidden", min_height=0
    )


class Wiring:
    """The store, the model menu and the wires between the tabs."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.work = gr.JSON(visible=False)  # which the page itself sets; see `opening.work_of`
        self.payload = gr.State(None, time_to_live=IDLE_SECONDS)
        with gr.Row(elem_id="top"):
            markup(views.header(), "brand")
            self.model = gr.Dropdown(
                store.choices,
                value=store.names[0] if store.names else None,
                label=say("shell.model"),
                show_label=False,
                container=False,
                elem_id="model",
                filterable=False,
                scale=0,
                min_width=360,
            )
            markup(views.corner(), "corner")
        self._wishes = carrier(
            "wishes-for-models",
            static.call("shell/models.js", "mountModels(props, trigger, watch)"),
        )
        self.tabs = gr.Tabs(elem_id="tabs")
        self._start: list[_Reaction] = []
        self._model: list[_Reaction] = []
        self._choice: list[_Reaction] = []
        self._open: dict[str, _Reaction] = {}
        self._receivers: dict[str, tuple[str, _Reaction]] = {}
        self._sendings: list[_Sending] = []

    def on_start(
        self,
        fn: Callable[..., Any],
        inputs: Sequence[Any],
        outputs: Sequence[Any],
        **options: Any,
    ) -> None:
        """Call `fn` when somebody opens the page; `options` are those of the event."""
        self._start.append(_Reaction(fn, inputs, outputs, options))

    def on_model(
        self,
        fn: Callable[..., Any],
        inputs: Sequence[Any],
        outputs: Sequence[Any],
        **options: Any,
    ) -> None:
        """Call `fn` when another model is chosen, by hand or by opening a picture that it made."""
        self._model.append(_Reaction(fn, inputs, outputs, options))

    def on_choice(
        self, fn: Callable[..., Any], inputs: Sequence[Any], outputs: Sequence[Any]
    ) -> None:
        """Call `fn` when a person chooses a model in the menu, or the page's script does it for
        them (`chooseModel` of models.js); not when another one is chosen by opening its picture.
        """
        self._choice.append(_Reaction(fn, inputs, outputs))

    def on_open(
        self,
        tab: str,
        fn: Callable[..., Any],
        inputs: Sequence[Any],
        outputs: Sequence[Any],
        **options: Any,
    ) -> None:
        """Call `fn` when the tab with this id comes to the front."""
        self._open[tab] = _Reaction(fn, inputs, outputs, options)

    def receive(
        self,
        name: str,
        tab: str,
        fn: Callable[..., Any],
        inputs: Sequence[Any],
        outputs: Sequence[Any],
    ) -> None:
        """Call `fn(payload, *inputs)` for what is sent to `name`, and open the tab `tab`."""
        self._receivers[name] = (tab, _Reaction(fn, inputs, outputs))

    def send(
        self, button: gr.Button, to: str, pack: Callable[..., Payload], inputs: Sequence[Any]
    ) -> None:
        """A click on `button` sends what `pack(*inputs)` gives to the receiver named `to`."""
        self._sendings.append(_Sending(button, to, pack, inputs))

    def connect(self, page: gr.Blocks, tabs: Mapping[str, gr.Tab]) -> None:
        """Wire everything that the tabs have registered, and the menu and the model card."""
        footer = markup("", "footer")
        started = page.load(self._refresh, [self.model], [self.model, footer], **PRIVATE)
        for reaction in self._start:
            started = started.success(
                guard(reaction.fn),
                reaction.inputs,
                reaction.outputs,
                **PRIVATE,
                **reaction.options,
            )
        self._wishes.input(
            self._look_again, [self.model], [self.model, footer, self._wishes], **LATEST
        )
        wished = self._wishes.click(
            guard(self._choose), [self.model], [self.model, footer, self._wishes], **LATEST
        )
        for reaction in self._choice:
            fn = guard(reaction.fn)
            self.model.input(fn, reaction.inputs, reaction.outputs, **LATEST)
            wished = wished.success(fn, reaction.inputs, reaction.outputs, **PRIVATE)
        # The menu does not notice that there is another model behind the name that it shows.
        for changed in (self.model.change, self._wishes.submit):
            chosen = changed(self._describe, [self.model], [footer], **PRIVATE)
            for reaction in self._model:
                chosen = chosen.success(
                    guard(reaction.fn),
                    reaction.inputs,
                    reaction.outputs,
                    **PRIVATE,
                    **reaction.options,
                )
        for name, reaction in self._open.items():
            tabs[name].select(
                guard(reaction.fn),
                reaction.inputs,
                reaction.outputs,
                **PRIVATE,
                **reaction.options,
            )
        for sending in self._sendings:
            tab, receiver = self._receivers[sending.to]
            sent = sending.button.click(
                guard(sending.pack), sending.inputs, [self.payload], **PRIVATE
            )
            sent = sent.success(
                guard(receiver.fn), [self.payload, *receiver.inputs], receiver.outputs, **PRIVATE
            )
            sent.success(_select(tab), None, [self.tabs], **PRIVATE)

    def _refresh(self, name: str | None) -> tuple[Update, str]:
        """Look for new checkpoints; stay with the chosen model while it is there."""
        self.store.refresh()
        names = self.store.names
        kept = name if name in names else (names[0] if names else None)
        return gr.Dropdown(choices=list(self.store.choices), value=kept), self._describe(kept)

    def _look_again(self, name: str | None) -> tuple[Update, Update, Update]:
        """As `_refresh`, but a choice that is being made meanwhile stays as it is. Where the file
        of the model is gone, another one is opened.
        """
        self.store.refresh()
        names = self.store.names
        if name in names:
            menu = gr.Dropdown(choices=list(self.store.choices))
            return menu, self._describe(name), gr.skip()  # it may have learned more since
        if name is not None and self.store.file(name).is_file():  # perhaps it is just being written
            return gr.skip(), gr.skip(), gr.skip()
        if name is not None:
            gr.Info(say("shell.model_gone", name=html.escape(name)))
        if not names:
            return *self._refresh(name), gr.skip()
        # The menu keeps its old choices until `_choose`: it refuses a value that is not among them.
        return gr.skip(), gr.skip(), {"open": names[0], "at": time.monotonic()}

    def _choose(self, shown: str | None, event: gr.EventData) -> tuple[Update, str, Update]:
        """The page's script wants a model that may have come into the folder a moment ago: perhaps
        in the place of the one that is shown.
        """
        self.store.refresh()
        payload = event._data
        name = str(payload.get("name") if isinstance(payload, dict) else "")
        self.store.info(name)
        menu = gr.Dropdown(choices=list(self.store.choices), value=name)
        again = {"again": time.monotonic()} if name == shown else gr.skip()
        return menu, self._describe(name), again

    def _describe(self, name: str | None) -> str:
        if name is None or name not in self.store.names:
            return model_card(None, self.store.problems)
        info = self.store.info(name)
        return model_card(info, self.store.problems)


def _select(tab: str) -> Callable[[], Update]:
    def select_tab() -> Update:
        return gr.Tabs(selected=tab)

    return select_tab
