"""What a press remembers of pages: the latest at hand, all that were compiled in the user's cache."""

from __future__ import annotations

import logging
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from reports.compiled.cutting import Uncut
from reports.compiled.fingerprint import fingerprint
from reports.compiled.kerned import Kerned
from reports.compiled.page import Compiled, Unkept, as_kept, from_kept
from reports.compiled.setting import Setter
from reports.compiled.specimen import Specimen, specimen
from reports.compiled.style import Style
from reports.pdf import fonts

if TYPE_CHECKING:
    from collections.abc import Hashable

    from reports.compiled.cache import Cache

_LOG = logging.getLogger(__name__)
_KEPT = 1024  # pages and shapes, of some 80 KB each


class Shelf:
    """Compiled pages and the fonts of letters by what they were made from.

    Parameters
    ----------
    cache : Cache, optional
        Where they outlast the process.
    """

    def __init__(self, cache: Cache | None = None) -> None:
        self._cache = cache
        self._known: OrderedDict[Hashable, Compiled | Uncut] = OrderedDict()
        self._setters: dict[tuple[tuple[str, ...], str], Setter] = {}
        self._kerned: dict[tuple[tuple[str, ...], str], Kerned] = {}
        self._fonts: dict[tuple[tuple[str, ...], int], Specimen] = {}

    def get(self, key: Hashable, styles: tuple[str, ...]) -> Compiled | None:
        """Return a page that was kept; None where none was.

        Raises
        ------
        Uncut
            What was kept is that it cannot be compiled, and why.
        """
        found = self._known.get(key)
        if found is None:
            kept = self._kept(key, styles)
            if not isinstance(kept, Compiled | Uncut):
                return None
            found = self._remember(key, kept)
        self._known.move_to_end(key)
        if isinstance(found, Uncut):
            raise found
        return found

    def put(self, key: Hashable, styles: tuple[str, ...], made: Compiled | Uncut) -> None:
        """Keep a page, or why it is none."""
        self._remember(key, made)
        self._keep(key, styles, made)

    def specimen(self, styles: tuple[str, ...], repertoire: int) -> Specimen:
        """Return the fonts of a repertoire, 0 or 1, as letters with these style sheets use them."""
        made = self._fonts.get((styles, repertoire))
        if made is None:
            kept = self._kept(("fonts", repertoire), styles)
            made = kept if isinstance(kept, Specimen) else specimen(styles, repertoire)
            if made is not kept:
                self._keep(("fonts", repertoire), styles, made)
            self._fonts[styles, repertoire] = made
        return made

    def setter(self, styles: tuple[str, ...], values: Any, width: float) -> Setter:
        """Return what sets texts of a style, computed or kept, in a width."""
        style = Style(values, fonts(styles))
        name = styles, Setter.signature(style, width)  # one family may be another font in other sheets
        if name not in self._setters:
            kerned = self._kerned.setdefault((styles, Setter.signature(style, 0)), Kerned())
            self._setters[name] = Setter(style, width, kerned)
        return self._setters[name]

    def _remember(self, key: Hashable, made: Compiled | Uncut) -> Compiled | Uncut:
        self._known[key] = made
        if len(self._known) > _KEPT:
            self._known.popitem(last=False)
        return made

    def _kept(self, key: Hashable, styles: tuple[str, ...]) -> Compiled | Uncut | Specimen | None:
        if self._cache is None:
            return None
        content = self._cache.get(_page(key, styles))
        if content is None:
            return None
        try:
            return from_kept(content, lambda values, width: self.setter(styles, values, width))
        except Unkept as cause:
            _LOG.warning("a kept page is compiled again: %s", cause)
            return None

    def _keep(self, key: Hashable, styles: tuple[str, ...], made: Compiled | Uncut | Specimen) -> None:
        if self._cache is None:
            return
        try:
            self._cache.put(_page(key, styles), as_kept(made))
        except Unkept as cause:
            _LOG.info("a compiled page is not kept: %s", cause)


def _page(key: Hashable, styles: tuple[str, ...]) -> str:
    return f"{fingerprint(styles)}{styles}{key!r}"
