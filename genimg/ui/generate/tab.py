"""The Generate tab: wish for pictures, draw them, and go on from the one that pleases."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

import gradio as gr

from genimg.editor import Editor, Recipe
from genimg.errors import GenimgError
from genimg.images import bytes_uri
from genimg.ui.generate import gallery, wishes
from genimg.ui.generate.gallery import Gallery, Grid
from genimg.ui.generate.parts import ANY, FIELDS, MENUS, MOST, GenerateParts
from genimg.ui.shell import views
from genimg.ui.shell.guard import guard
from genimg.ui.shell.wiring import (
    EACH,
    IDLE_SECONDS,
    LAST_SEED,
    LATEST,
    PRIVATE,
    TO_DOWNLOAD,
    Payload,
    Update,
    Wiring,
    in_turn,
    numbered,
)
from genimg.ui.words import say

TITLE = "generate.title"
ID = "generate"

_FEWEST_ALIKE = 5
_SEEDS = 1_000_000


def build(wiring: Wiring) -> None:
    """Lay the tab out and wire it."""
    _Generate(wiring)


class _Generate(GenerateParts):
    """What the parts of the tab do; all that belongs to a person is in their Gallery."""

    def __init__(self, wiring: Wiring) -> None:
        super().__init__()
        self.wiring = wiring
        self.gallery = gr.State(Gallery(), time_to_live=IDLE_SECONDS)
        self.wishes = [self.text, self.understood, *self.menus, *self.fields]
        self.picked = [self.gallery, self.note, self.chosen, self.reuse]
        self.shown = [*self.picked, self.grid, self.back, self.mix_box, self.parts, self.cut]
        self.shown += self.choosers
        self._wire()

    def _wire(self) -> None:
        wiring = self.wiring
        # Menus that show the values of another model are no mistake of the person's: the labels
        # are checked by the editor, so Gradio's own checks stay away.
        settings = [wiring.model, self.seed, self.count, self.temperature, self.text]
        settings += [*self.menus, *self.fields]
        drawing: dict[str, Any] = {
            "inputs": [self.gallery, *settings],
            "outputs": [*self.shown, *self.wishes, self.seed],
            "preprocess": False,
            **LATEST,
        }
        self.draw.click(_action(self.draw_grid), **drawing)
        self.seed.submit(_action(self.draw_grid), **drawing)
        self.text.submit(_action(self.draw_wish), **drawing)
        self.dice.click(_action(self.draw_anew), **drawing)
        ends = drawing["inputs"], drawing["outputs"]
        wiring.on_model(in_turn(self.draw_again), *ends, preprocess=False)
        wiring.on_open(ID, in_turn(self.draw_first), *ends, preprocess=False)

        own = [self.gallery]
        self.reuse.click(_action(self.reuse_seed), own, [self.gallery, self.seed], **PRIVATE)
        self.grid.click(_action(self.choose), own, self.picked, **EACH)
        self.back.click(_action(self.go_back), own, self.shown, **EACH)
        self.more.click(
            _action(self.draw_alike), [*own, self.count, self.strength], self.shown, **LATEST
        )
        self.as_coarse.click(_action(self.take_coarse), [*own, self.cut], self.shown, **LATEST)
        self.as_fine.click(_action(self.take_fine), [*own, self.cut], self.shown, **LATEST)
        self.cut.input(_action(self.put_mix), [*own, self.cut], self.shown, **LATEST)
        self.save.click(_action(self.save_picture), own, [self.saved], **PRIVATE).success(
            None, [self.saved], None, js=TO_DOWNLOAD, **PRIVATE
        )
        for button, receiver in ((self.to_edit, "edit"), (self.to_a, "a"), (self.to_b, "b")):
            wiring.send(button, receiver, in_turn(self.pack), own)

    # ----------------------------------------------------------------------------- drawing

    def draw_grid(self, own: Gallery, *settings: Any) -> dict[Any, Update]:
        """Draw as many pictures as are wanted, from the seed on."""
        text = str(settings[4] or "")
        return self._drawn(own, *settings, wish_anew=text != own.wish)

    def draw_wish(self, own: Gallery, *settings: Any) -> dict[Any, Update]:
        """What has been described is set in the menus, and drawn."""
        return self._drawn(own, *settings, wish_anew=True)

    def draw_anew(self, own: Gallery, model: str, _: Any, *settings: Any) -> dict[Any, Update]:
        """Draw from a seed that nobody chose."""
        seed = random.randrange(_SEEDS)
        return {**self.draw_grid(own, model, seed, *settings), self.seed: seed}

    def draw_first(self, own: Gallery, *settings: Any) -> dict[Any, Update]:
        """The tab has been opened: fill an empty grid, or one of another model."""
        if own.grid is not None and self._is_of(own.grid, settings[0]):
            return {self.gallery: own}
        return self._begun(own, *settings)

    def draw_again(self, own: Gallery, *settings: Any) -> dict[Any, Update]:
        """Another model has been chosen: a grid of the old one is drawn anew."""
        waits = own.grid is None and own.has_kind  # nobody has been here yet
        if waits or (own.grid is not None and self._is_of(own.grid, settings[0])):
            return {self.gallery: own}
        return self._begun(own, *settings)

    def _is_of(self, grid: Grid, model: str) -> bool:
        return grid.model == model and self.wiring.store.drew(model, grid.picture.latent)

    def _begun(self, own: Gallery, model: str, *settings: Any) -> dict[Any, Update]:
        """The wishes that this model can be told, all of them open, and a grid."""
        editor = self.wiring.store.get(model)
        own.has_kind, choices = editor.has_kind, editor.choices
        own.wish = ""
        if not own.has_kind:
            return self._nothing_to_draw(own)
        example = wishes.such_as(choices, editor.scales)
        nothing = [*[ANY] * MENUS, *[None] * FIELDS]
        return {
            **self._drawn(own, model, *settings[:3], "", *nothing),
            **self._asked(editor, {}, {}),
            self.text: gr.Textbox(
                value="", placeholder=example, visible=True if example else "hidden"
            ),
            self.understood: numbered(wishes.words_only(choices, editor.scales)),
        }

    def _nothing_to_draw(self, own: Gallery) -> dict[Any, Update]:
        """The chosen model takes photographs and draws none: the tab says so, and is empty."""
        own.forget()
        empty = views.picture(None, say("generate.chosen"), empty=say("generate.nothing_to_choose"))
        return {
            self.gallery: own,
            self.note: numbered(views.hint(say("generate.no_kind"))),
            self.grid: numbered(""),
            self.chosen: numbered(empty),
            self.back: gr.Button(visible="hidden"),
            self.mix_box: gr.Column(visible=False),
            self.text: gr.Textbox(value="", visible="hidden"),
            self.understood: numbered(""),
            **wishes.show_menus(self.menus, {}, {}),
            **wishes.show_fields(self.fields, {}, {}),
            **dict.fromkeys([*self.choosers, self.reuse], gr.Button(interactive=False)),
        }

    def _drawn(
        self,
        own: Gallery,
        model: str,
        seed: Any,
        count: Any,
        temperature: Any,
        text: Any,
        *asked: Any,
        wish_anew: bool = False,
    ) -> dict[Any, Update]:
        editor = self.wiring.store.get(model)
        updates: dict[Any, Update] = {}
        text = str(text or "")
        wish = editor.understand(text)
        if wish_anew:
            labels, numbers = dict(wish.labels), dict(wish.numbers)
            own.wish = text
            updates |= self._asked(editor, labels, numbers)
            updates[self.understood] = numbered(
                wishes.answer(wish) or wishes.words_only(editor.choices, editor.scales)
            )
        else:
            labels = wishes.chosen_labels(editor.choices, asked[:MENUS], wish)
            numbers = wishes.chosen_numbers(editor.scales, asked[MENUS:], wish)
        number = min(max(int(wishes.as_number(count, say("generate.count"))), 1), MOST)
        start = _seed(seed)
        variety = wishes.as_number(temperature, say("generate.variety"))
        pictures = gallery.drawn(editor, start, number, variety, labels, numbers)
        title = (
            say("generate.seeds", first=start, last=start + number - 1)
            if number > 1
            else say("generate.seed_title", seed=start)
        )
        own.show(model, title, pictures)
        return {**updates, **self._shown(own)}

    def _asked(
        self, editor: Editor, labels: Mapping[str, str], numbers: Mapping[str, float]
    ) -> dict[Any, Update]:
        """The menus and fields of a model, with these labels and numbers asked for."""
        return {
            **wishes.show_menus(self.menus, editor.choices, labels),
            **wishes.show_fields(self.fields, editor.scales, numbers),
        }

    def reuse_seed(self, own: Gallery) -> dict[Any, Update]:
        """The seed of the chosen picture."""
        seed = self._grid(own).picture.seed
        return {self.gallery: own, self.seed: gr.skip() if seed is None else seed}

    # -------------------------------------------------------------- going on from a picture

    def choose(self, own: Gallery, event: gr.EventData) -> dict[Any, Update]:
        """A picture was clicked."""
        if not own.is_late(getattr(event, "at", None)):
            own.choose(str(getattr(event, "pick", "")))
        return self._picked(own)

    def go_back(self, own: Gallery) -> dict[Any, Update]:
        """The pictures from before."""
        own.go_back()
        return self._shown(own)

    def draw_alike(self, own: Gallery, count: float, strength: float) -> dict[Any, Update]:
        """More like the chosen picture, which stays the first."""
        grid = self._grid(own)
        number = min(max(int(count) - 1, _FEWEST_ALIKE), MOST - 1)
        editor = self.wiring.store.get(grid.model)
        seed = random.randrange(_SEEDS)
        pictures = gallery.alike(editor, grid.picture, number, seed, float(strength))
        own.show(grid.model, say("generate.more_like", origin=grid.picture.origin), pictures)
        return self._shown(own)

    def take_coarse(self, own: Gallery, cut: list[str]) -> dict[Any, Update]:
        """The chosen picture is what a mix starts from."""
        own.coarse = self._grid(own).picture
        return self.put_mix(own, cut)

    def take_fine(self, own: Gallery, cut: list[str]) -> dict[Any, Update]:
        """The chosen picture is what a mix takes something from."""
        own.fine = self._grid(own).picture
        return self.put_mix(own, cut)

    def put_mix(self, own: Gallery, cut: list[str]) -> dict[Any, Update]:
        """Put the mix, once it has both its parts, in front of the grid."""
        grid = self._grid(own)
        if own.coarse is not None and own.fine is not None:
            editor = self.wiring.store.get(grid.model)
            known = [name for name in cut or () if name in editor.mixable]
            picture = gallery.mixed(editor, own.coarse, own.fine, known)
            others = [other for other in grid.pictures if other.name != picture.name]
            own.show(grid.model, say("generate.mix_title"), [picture, *others][:MOST])
        return self._shown(own)

    def save_picture(self, own: Gallery) -> dict[str, str]:
        """The chosen picture as a PNG that holds its recipe, for the browser to download."""
        grid = self._grid(own)
        editor = self.wiring.store.get(grid.model)
        png = editor.save_picture(Recipe(grid.picture.latent, origin=grid.picture.origin))
        name = grid.picture.name.replace(" ", "-")
        return {
            "name": f"{grid.model}-{name}.png",
            "address": bytes_uri(png, "image/png"),
        }

    def pack(self, own: Gallery) -> Payload:
        """The chosen picture, for another tab."""
        grid = self._grid(own)
        picture = grid.picture
        parts = tuple((part.latent, part.origin) for part in picture.made_from)
        return Payload(grid.model, picture.latent, picture.origin, parts)

    # ------------------------------------------------------------------------------ showing

    def _grid(self, own: Gallery) -> Grid:
        if own.grid is None:
            raise GenimgError(say("generate.no_pictures"))  # fmt: skip
        return own.grid

    def _shown(self, own: Gallery) -> dict[Any, Update]:
        """The grid, and everything that follows from it."""
        grid = self._grid(own)
        editor = self.wiring.store.get(grid.model)
        images = editor.decode(*(picture.latent for picture in grid.pictures))
        names = [picture.name for picture in grid.pictures]
        return {
            **self._picked(own),
            self.grid: numbered(views.gallery(images, grid.picks, names, grid.chosen)),
            self.back: gr.Button(visible=True if own.can_go_back else "hidden"),
            self.mix_box: gr.Column(visible=bool(editor.mixable)),
            self.cut: self._takable(own, editor),
            self.parts: numbered(self._mix_parts(own, editor)),
            **dict.fromkeys(self.choosers, gr.Button(interactive=True)),
        }

    def _picked(self, own: Gallery) -> dict[Any, Update]:
        """The chosen picture, large."""
        if own.grid is None:
            return {self.gallery: own}
        grid = own.grid
        editor, picture = self.wiring.store.get(grid.model), grid.picture
        [image] = editor.decode(picture.latent)
        title = (
            say("generate.seed_title", seed=picture.seed)
            if picture.seed is not None
            else picture.name.capitalize()
        )
        # A mix is read by the mean of its layers, which is not what the picture shows.
        read = editor.labels(picture.latent) if picture.latent.layers == 1 else {}
        return {
            self.gallery: own,
            self.note: numbered(views.hint(say("generate.grid_note", title=grid.title))),
            self.chosen: numbered(
                views.picture(image, title) + views.hint(", ".join(read.values()))
            ),
            self.reuse: gr.Button(interactive=picture.seed is not None),
        }

    def _takable(self, own: Gallery, editor: Editor) -> Update:
        """What a mix may take; what is ticked stays while the model does."""
        if own.takable == editor.mixable:
            return gr.skip()
        own.takable = editor.mixable
        half = -(-len(editor.mixable) // 2)
        return gr.CheckboxGroup(choices=list(own.takable), value=list(own.takable[:half]))

    def _mix_parts(self, own: Gallery, editor: Editor) -> str:
        shape, style = (
            None if part is None else editor.decode(part.latent)[0]
            for part in (own.coarse, own.fine)
        )
        return views.parts(shape, style)


def _action(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Something that a person does: in its turn, with plain words if it fails."""
    return guard(in_turn(fn))


def _seed(value: Any) -> int:
    if value is None or not 0 <= wishes.as_number(value, say("generate.seed_label")) <= LAST_SEED:
        raise GenimgError(say("generate.give_seed", most=f"{LAST_SEED:,}"))
    return int(value)
