"""Many letters bound into one PDF for whoever prints them: the pages, a bookmark a letter, and no more.

Kept is what a page draws: its content byte for byte, its fonts, colours and boxes, and the profile of its
colours where all letters have the same. Left to the single letters is what paper does not show: tags, links,
attached files, metadata. So a bound file claims neither PDF/A nor PDF/UA, though its fonts are embedded.

A letter of an odd number of pages has an empty one behind it, so that none begins on the back of another
person's when both sides are printed.

What letters share is there once: an object is known by the digest of its bytes and of all that it refers to,
so only what is equal to the bit is shared. Letters that were stamped share their fonts; those that WeasyPrint
rendered one by one have each the signs that it needed, and share less.
"""

from __future__ import annotations

from hashlib import sha256
from io import BytesIO
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_INHERITED = ("/Resources", "/MediaBox", "/CropBox", "/Rotate")
_OWN = ("/Contents", "/Group", "/UserUnit", "/BleedBox", "/TrimBox", "/ArtBox")
#: What leads from a drawing back to its page and to its tags.
_BACK = frozenset({"/Parent", "/StructParent", "/StructParents", "/Metadata", "/Length"})
_UNPRINTED = frozenset({"/Link", "/Popup"})


class Volume:
    """A bound file while letters are put into it; ``content`` ends it.

    Attributes
    ----------
    letters, pages : int
        How many there are so far, empty pages among them.
    n_bytes : int
        The size of the drawings and fonts so far, each once: what the volume holds in memory.
    """

    def __init__(self) -> None:
        import pikepdf

        self._pdf = pikepdf.new()
        self._shared: dict[bytes, Any] = {}
        self._titles: list[tuple[str, int]] = []
        self._profiles: dict[bytes, Any] = {}
        self.pages = 0
        self.n_bytes = 0

    @property
    def letters(self) -> int:
        """How many letters there are so far."""
        return len(self._titles)

    def add(self, title: str, content: bytes) -> tuple[int, int]:
        """Put a letter behind the others; return its first page, from 1, and how many it has of its own.

        Parameters
        ----------
        title : str
            What its bookmark says.
        content : bytes
            The letter's PDF.

        Raises
        ------
        ValueError
            It is no PDF, or draws what this cannot carry over whole (a field of a form, a remark).
        """
        import pikepdf

        first = self.pages + 1
        try:
            with pikepdf.open(BytesIO(content)) as letter:
                carried = _Carried(self, letter)
                for page in letter.pages:
                    self._pdf.pages.append(pikepdf.Page(self._pdf.make_indirect(carried.page(page.obj))))
                    self.pages += 1
                profile = carried.copy(letter.Root.get("/OutputIntents", pikepdf.Array()))
        except pikepdf.PdfError as error:
            raise ValueError(f"it is no PDF that can be read ({error})") from error
        self._profiles[profile.unparse()] = profile
        self._titles.append((title, first))
        n = self.pages - first + 1
        if n % 2:
            box = self._pdf.pages[-1].obj["/MediaBox"]
            self._pdf.add_blank_page(page_size=(float(box[2] - box[0]), float(box[3] - box[1])))
            self.pages += 1
        return first, n

    def content(self, title: str) -> bytes:
        """Return the file and let go of all else; the same letters in the same order give the same bytes.

        Why so: into memory, since a disk that is full while pikepdf writes to it ends the whole process.

        Parameters
        ----------
        title : str
            What the file calls itself; it stands in clear, as do the bookmarks.
        """
        import pikepdf

        with self._pdf.open_outline() as outline:
            outline.root.extend(pikepdf.OutlineItem(name, first - 1) for name, first in self._titles)
        self._pdf.Root.PageMode = pikepdf.Name.UseOutlines
        self._pdf.Root.ViewerPreferences = pikepdf.Dictionary(PrintScaling=pikepdf.Name("/None"))
        if len(self._profiles) == 1 and len(profiles := next(iter(self._profiles.values()))):
            self._pdf.Root.OutputIntents = profiles
        self._pdf.docinfo["/Title"] = title
        packed = pikepdf.ObjectStreamMode.generate
        file = BytesIO()
        self._pdf.save(file, object_stream_mode=packed, deterministic_id=True, min_version="1.7")
        self._pdf.close()
        self._shared.clear()
        return file.getvalue()

    def keep(self, made: Any, data: bytes | None) -> Any:
        """Return the one object of this content: the one that is there, else this one, kept from now on."""
        text = made.unparse()
        key = sha256(len(text).to_bytes(8, "big") + text + (data or b"")).digest()
        found = self._shared.get(key)
        if found is None:
            if data is None:
                found = self._pdf.make_indirect(made)
            else:
                found = self._pdf.make_stream(b"")
                found.write(data, filter=made.get("/Filter"), decode_parms=made.get("/DecodeParms"))
                for name, value in made.items():
                    found[name] = value
                self.n_bytes += len(data)
            self._shared[key] = found
        return found


class _Carried:
    """The objects of one letter that a volume has taken over."""

    def __init__(self, volume: Volume, letter: Any) -> None:
        self._volume, self._letter = volume, letter
        self._made: dict[tuple[int, int], Any] = {}

    def page(self, page: Any) -> Any:
        """Return what a page draws."""
        import pikepdf

        kinds = {str(one.get("/Subtype")) for one in page.get("/Annots", ()) if not _is_unseen(one)}
        if kinds - _UNPRINTED:
            raise ValueError(f"it draws what cannot be bound ({', '.join(sorted(kinds - _UNPRINTED))})")
        found = pikepdf.Dictionary(Type=pikepdf.Name.Page)
        for name, value in [*_inherited(page), *((one, page[one]) for one in _OWN if one in page)]:
            found[name] = self.copy(value)
        return found

    def copy(self, value: Any) -> Any:
        """Return a value with all that it refers to, as it stands in the volume."""
        import pikepdf

        if not isinstance(value, pikepdf.Object):
            return value
        if not value.is_indirect:
            return self._direct(value)
        if value.objgen not in self._made:
            self._made[value.objgen] = None
            data = value.read_raw_bytes() if isinstance(value, pikepdf.Stream) else None
            self._made[value.objgen] = self._volume.keep(self._direct(value), data)
        if self._made[value.objgen] is None:
            raise ValueError("an object of it refers to itself")
        return self._made[value.objgen]

    def _direct(self, value: Any) -> Any:
        import pikepdf

        if isinstance(value, pikepdf.Array):
            return pikepdf.Array([self.copy(one) for one in value])
        if isinstance(value, (pikepdf.Dictionary, pikepdf.Stream)):
            names = sorted(name for name in value.keys() if name not in _BACK)  # noqa: SIM118, no mapping
            return pikepdf.Dictionary({name: self.copy(value[name]) for name in names})
        return pikepdf.Object.parse(value.unparse())


def _is_unseen(annotation: Any) -> bool:
    """Whether an annotation has no extent, as the field of a signature that shows nothing."""
    left, bottom, right, top = (float(edge) for edge in annotation.get("/Rect", (0, 0, 0, 0)))
    return left == right or bottom == top


def _inherited(page: Any) -> Iterator[tuple[str, Any]]:
    for name in _INHERITED:
        holder = page
        while name not in holder and "/Parent" in holder:
            holder = holder["/Parent"]
        if name in holder:
            yield name, holder[name]
