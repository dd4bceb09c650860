"""What a file says of itself: its title and its two dates, in the document information and in the XMP.

They are of the day and of the house's words and would make a shape for each day. Of what WeasyPrint wrote
both are cut where these stand, and filled as WeasyPrint writes them; the proof of a page compares.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple
from xml.sax.saxutils import escape

from reports.compiled.setting import Unset

if TYPE_CHECKING:
    from collections.abc import Iterator

_XMP = re.compile(
    rb'(?<=<rdf:li xml:lang="x-default">)(?P<title>[^<]*)(?=</rdf:li></rdf:Alt></dc:title>)'
    rb"|(?<=<xmp:CreateDate>)(?P<created>[^<]*)(?=</xmp:CreateDate>)"
    rb"|(?<=<xmp:ModifyDate>)(?P<modified>[^<]*)(?=</xmp:ModifyDate>)"
)
_KEYS = {"/Title": "title", "/CreationDate": "created", "/ModDate": "modified"}
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


class Stated(NamedTuple):
    """A page's title and dates; empty where it names none."""

    title: str = ""
    created: str = ""
    modified: str = ""

    def placed(self) -> Stated:
        """Return these, if a file can be given them.

        Raises
        ------
        Unset
            A title that a page would read in another way than it is written here.
        """
        if not self.title.isprintable() or self.title != " ".join(self.title.split(" ")).strip():
            raise Unset("a title with other signs than words and single blanks")
        return self


@dataclass(frozen=True, slots=True)
class Statement:
    """The two objects cut at these values: bytes, and names of values in turn."""

    info: tuple[bytes, ...]
    xmp: tuple[bytes, ...]

    def filled(self, said: Stated) -> tuple[bytes, bytes]:
        """Return the document information's dictionary and the XMP of a file that says this of itself."""
        from pydyf import String  # type: ignore[import-untyped]

        plain = said._asdict()
        shown = {"title": said.title, "created": _day(said.created), "modified": _day(said.modified)}
        info = [String(shown[part.decode()]).data if n % 2 else part for n, part in enumerate(self.info)]
        xmp = [escape(plain[part.decode()]).encode() if n % 2 else part for n, part in enumerate(self.xmp)]
        return b"".join(info), b"".join(xmp)


def statement(info: Any, xmp: bytes, said: Stated) -> Statement:
    """Cut a file's document information and XMP at what its page said.

    Parameters
    ----------
    info : pikepdf.Dictionary
    xmp : bytes
    said : Stated
        Only what it names is a slot.
    """
    return Statement(tuple(_of_info(info, said)), tuple(_of_xmp(xmp, said)))


def _of_info(info: Any, said: Stated) -> Iterator[bytes]:
    fixed = b"<<"
    for key in sorted(info.keys()):
        name = _KEYS.get(key)
        if name is not None and getattr(said, name):
            yield fixed + key.encode() + b" "
            yield name.encode()
            fixed = b" "
        else:
            fixed += key.encode() + b" " + info[key].unparse() + b" "
    yield fixed + b">>"


def _of_xmp(xmp: bytes, said: Stated) -> Iterator[bytes]:
    end = 0
    for found in _XMP.finditer(xmp):
        name = str(found.lastgroup)
        if getattr(said, name):
            yield xmp[end : found.start()]
            yield name.encode()
            end = found.end()
    yield xmp[end:]


def _day(day: str) -> str:
    """Return a day as a file's dates are written.

    >>> _day("2026-11-20")
    'D:20261120'
    """
    return "D:" + day.replace("-", "") if _DAY.fullmatch(day) else day
