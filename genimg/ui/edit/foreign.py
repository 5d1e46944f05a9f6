"""What is said of a picture that the chosen model does not know, instead of drawing noise?

The page gets an offer: to open the same picture in a model of any photograph, where one is in the
folder, or with the chosen model all the same. What was open stays.
"""

from __future__ import annotations

from genimg.ui.edit.answers import OfferAnswer
from genimg.ui.edit.scene import thumb
from genimg.ui.shell.opening import Opened
from genimg.ui.shell.store import Store
from genimg.ui.words import say


def photo_model(store: Store) -> str | None:
    """The name of a model of any photograph, if there is one in the folder."""
    for name in store.names:
        if store.info(name).takes_any:
            return name
    return None


def only_draws(store: Store, model: str, path: str) -> OfferAnswer | None:
    """The offer for a picture that was given to a model that takes none; None if there is none."""
    elsewhere = photo_model(store)
    if elsewhere is None or store.get(model).can_encode:
        return None
    kind = _kind(store, model)
    words = say("edit.only_draws", model=kind)
    return _offer(store, path, model, words, elsewhere, here=False)


def unknown(store: Store, opened: Opened) -> OfferAnswer | None:
    """The offer for a picture that has been opened and is of another kind; None for any other, and
    where it stays the photograph that it is.
    """
    if opened.match is None or opened.match.known is not False or opened.crop is None:
        return None
    if opened.match.understood is not None:
        return None
    kind = _kind(store, opened.model)
    words = say("edit.other_kind", model=kind)
    return _offer(store, opened.crop.path, opened.model, words, photo_model(store), here=True)


def _kind(store: Store, model: str) -> str:
    title, _, _ = store.info(model).title.rpartition(" · ")
    return title or model


def _offer(
    store: Store, path: str, model: str, words: str, elsewhere: str | None, here: bool
) -> OfferAnswer:
    title = "" if elsewhere is None else store.info(elsewhere).title.rpartition(" · ")[0]
    return {
        "path": path,
        "words": words,
        "thumb": thumb(store.picture(path)),
        "model": model if here else None,
        "photo": elsewhere,
        "title": title or elsewhere,
    }
