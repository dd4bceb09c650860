"""A PDF whose every object but a few is written once: a prefix of bytes, and a table of where each lies.

What is fixed and no stream goes into one object stream (the structure tree is most of it), streams
stand beside it; a letter then is the prefix, its own streams, the table and the two ids.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import zlib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from reports.compiled.cutting import Uncut
from reports.compiled.specimen import as_written, fonts_of
from reports.compiled.stated import Stated, Statement, statement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.compiled.specimen import Specimen
    from reports.pdf import AttachedFile

_HEAD = b"%PDF-1.7\n%\xf0\x9f\x96\xa4\n"
_LEVEL = 3  # a fifth of a millisecond a letter less than 6, for two parts in a hundred of its size


@dataclass(frozen=True, slots=True)
class Frozen:
    """The fixed part of a file.

    Attributes
    ----------
    prefix : bytes
        The file's beginning.
    table : bytes
        The cross-reference stream's rows, six bytes each; those of ``own`` are still empty.
    own : tuple of int
        The objects that each letter writes: its pages' contents, its attached files, then what it says of
        itself, as document information and as XMP.
    heads : tuple of bytes
        The dictionaries of the attached files, with marks for size, checksum and date.
    says : Statement
        What the file says of itself, with places for title and dates.
    root, info : bytes
        References of the catalogue and of the document information.
    digest : str
        SHA-256 of the prefix.
    """

    prefix: bytes
    table: bytes
    own: tuple[int, ...]
    heads: tuple[bytes, ...]
    says: Statement
    root: bytes
    info: bytes
    digest: str

    def letter(
        self, pages: Sequence[bytes], files: Sequence[AttachedFile], identifier: bytes, said: Stated
    ) -> bytes:
        """Return a file with these contents of pages and these attached files, which says this of itself.

        Parameters
        ----------
        pages : sequence of bytes
            Compressed.
        identifier : bytes
            The first of its two ids; the second is of its contents.
        """
        own, table = list[bytes](), bytearray(self.table)
        at = len(self.prefix)

        def add(number: int, written: bytes) -> None:
            nonlocal at
            table[6 * number : 6 * number + 6] = _row(1, at, 0)
            own.append(written)
            at += len(written)

        streams = [(b"<<", content) for content in pages]
        heads = zip(self.heads, files, strict=True)
        streams += [(_headed(head, file.content, file.at), compressed(file.content)) for head, file in heads]
        *numbers, info, metadata = self.own
        for number, (head, content) in zip(numbers, streams, strict=True):
            add(number, _stream(number, head, content))
        written, xmp = _filled(self.says, said)
        add(info, b"%d 0 obj\n%s\nendobj\n" % (info, written))
        add(metadata, _stream(metadata, b"<</Subtype /XML /Type /Metadata", xmp))
        begins, last = at, len(self.table) // 6 - 1
        content = b"".join(own)
        id_ = hashlib.sha256(b"%s%s" % (self.digest.encode(), content)).hexdigest()[:32]
        ids = b"<%s> <%s>" % (identifier.hex().encode(), id_.encode())
        add(
            last,
            b"%d 0 obj\n<</Type /XRef /W [1 3 2] /Size %d /Root %s /Info %s /ID [%s] /Length %d>>\nstream\n"
            % (last, last + 1, self.root, self.info, ids, len(table)),
        )
        end = b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % begins
        return b"".join((self.prefix, *own, table, end))


@lru_cache(64)  # the letters of a day say the same
def _filled(says: Statement, said: Stated) -> tuple[bytes, bytes]:
    """Return the document information, and the XMP compressed."""
    info, xmp = says.filled(said)
    return info, compressed(xmp)


def compressed(content: bytes) -> bytes:
    """Return the content of a stream that no other letter has, compressed."""
    return zlib.compress(content, _LEVEL)


_SIZE, _CHECK, _AT = b"1234567891", b"00112233445566778899aabbccddeeff", b"(D:19980807060504Z)"


def _headed(head: bytes, content: bytes, at: dt.datetime) -> bytes:
    """Return an attached file's dictionary for this content and moment."""
    check = hashlib.md5(content, usedforsecurity=False).hexdigest().encode()
    head = head.replace(_SIZE, b"%d" % len(content)).replace(_CHECK, check)
    return head.replace(_AT, at.strftime("(D:%Y%m%d%H%M%SZ)").encode())


def freeze(pdf: Any, made: Specimen, said: Stated) -> Frozen:
    """Return the fixed part of an open file, with a repertoire's fonts instead of its own.

    Parameters
    ----------
    said : Stated
        What the file says of itself.

    Raises
    ------
    KeyError
        The file has a font that the repertoire has not.
    Uncut
        It says of itself something else.
    """
    import pikepdf

    for name, font in fonts_of(pdf):
        face, descendant = made.faces[name], font.DescendantFonts[0]
        descriptor = descendant.FontDescriptor
        descriptor.FontFile2.write(zlib.compress(face.file, 9), filter=pikepdf.Name.FlateDecode)
        descriptor.FontFile2["/Length1"] = face.length
        for key, value in face.descriptor.items():
            descriptor[key] = pikepdf.Object.parse(value)
        descendant["/W"] = pikepdf.Object.parse(face.widths)
        font.ToUnicode.write(zlib.compress(face.to_unicode, 9), filter=pikepdf.Name.FlateDecode)
    contents = [page.Contents.objgen[0] for page in pdf.pages]
    objects = [one for one in pdf.objects if one is not None]
    kept = {one.objgen[0]: one for one in objects if _type(one) not in ("/ObjStm", "/XRef")}
    files = sorted(number for number, one in kept.items() if _type(one) == "/EmbeddedFile")
    heads = tuple(_head(kept[number]) for number in files)
    says, stated = _says(pdf, said)
    packed = {
        number: one.unparse(resolved=True)
        for number, one in sorted(kept.items())
        if not isinstance(one, pikepdf.Stream) and number not in stated
    }
    bundle = max(kept) + 1
    out, table = bytearray(_HEAD), bytearray(6 * (bundle + 2))
    for number, one in sorted(kept.items()):
        if number in packed or number in (*contents, *files, *stated):
            continue
        table[6 * number : 6 * number + 6] = _row(1, len(out), 0)
        out += _stream(number, _dictionary(one), one.read_raw_bytes(), whole=True)
    index, bodies, place = [], [], 0
    for n, (number, body) in enumerate(packed.items()):
        index.append(b"%d %d" % (number, place))
        bodies.append(body)
        place += len(body) + 1
        table[6 * number : 6 * number + 6] = _row(2, bundle, n)
    first = b" ".join(index) + b"\n"
    head = b"<</Type /ObjStm /N %d /First %d" % (len(packed), len(first))
    table[6 * bundle : 6 * bundle + 6] = _row(1, len(out), 0)
    out += _stream(bundle, head, zlib.compress(first + b"\n".join(bodies), 9))
    root, info = pdf.trailer["/Root"].unparse(), pdf.trailer["/Info"].unparse()
    prefix = bytes(out)
    digest = hashlib.sha256(prefix).hexdigest()
    return Frozen(prefix, bytes(table), (*contents, *files, *stated), heads, says, root, info, digest)


def _says(pdf: Any, said: Stated) -> tuple[Statement, tuple[int, int]]:
    """Return what a file says of itself, and the two objects in which it does."""
    import pikepdf

    info, metadata = pdf.trailer["/Info"], pdf.Root.Metadata
    xmp = metadata.read_bytes()
    says = statement(info, xmp, said)
    mine, same = says.filled(said)
    if pikepdf.Object.parse(mine) != info or same != xmp or len(metadata.keys() - _STREAM) != 2:
        raise Uncut("the file's title or date is written otherwise than its page says")
    return says, (info.objgen[0], metadata.objgen[0])


_STREAM = frozenset({"/Length", "/Filter", "/DecodeParms"})


def _type(one: Any) -> str:
    try:
        return str(one.get("/Type", ""))
    except (AttributeError, NotImplementedError, ValueError, TypeError):
        return ""  # an array, a number: it has no type


def _dictionary(stream: Any) -> bytes:
    """Return a stream's dictionary without its end and its length."""
    entries = [
        b"%s %s" % (key.encode(), as_written(value))
        for key, value in sorted(stream.items())
        if key != "/Length"
    ]
    return b"<<" + b" ".join(entries)


def _head(file: Any) -> bytes:
    """Return an attached file's dictionary with marks for what depends on its content."""
    params = file.Params
    entries = [
        b"%s %s" % (key.encode(), as_written(params[key]))
        for key in sorted(params.keys())
        if key not in ("/CheckSum", "/Size", "/CreationDate", "/ModDate")
    ]
    dates = b"/CreationDate %s /ModDate %s" % (_AT, _AT)
    own = b"/Params <</CheckSum <%s> /Size %s %s>>" % (_CHECK, _SIZE, b" ".join([dates, *entries]))
    return b"<</Type /EmbeddedFile /Subtype %s %s" % (file.Subtype.unparse(), own)


def _stream(number: int, head: bytes, raw: bytes, *, whole: bool = False) -> bytes:
    """Return a stream object; ``head`` is its dictionary without filter (unless ``whole``) and length."""
    coded = b"" if whole else b" /Filter /FlateDecode"
    return b"%d 0 obj\n%s%s /Length %d>>\nstream\n%s\nendstream\nendobj\n" % (
        number,
        head,
        coded,
        len(raw),
        raw,
    )


def _row(kind: int, second: int, third: int) -> bytes:
    """Return one row of the cross-reference stream."""
    return bytes([kind]) + second.to_bytes(3) + third.to_bytes(2)
