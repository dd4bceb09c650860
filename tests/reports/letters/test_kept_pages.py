"""Compiled pages in the user's cache: nothing known is compiled twice, and nothing of a person is in it."""

from __future__ import annotations

import datetime as dt
import os
import re
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from audit.record import Document
from reports.compiled.cache import Cache, user_cache
from reports.compiled.cutting import Uncut
from reports.compiled.fingerprint import fingerprint
from reports.compiled.page import Unkept, as_kept, from_kept
from reports.compiled.press import Press
from reports.compiled.style import FONT
from reports.letter import Letters
from tests.worlds.many_letters import printed, seeds
from tests.worlds.noticed import Remembered, a_config, a_recipient

KINDS = [("adverse_action", "en"), ("credit_score_disclosure", "es"), ("gdpr_explanation", "de")]
STYLES = ("style/letter-fonts.css", "style/letter.css")


def letter(kind: str, lang: str, seed: int, press: Press | None) -> Document:
    """Return one letter."""
    made = printed(kind, lang, seed, press=press)
    assert isinstance(made, tuple), made
    return made[0]


def files(folder: Path) -> dict[str, bytes]:
    """Return what a cache holds."""
    return {one.name: one.read_bytes() for one in folder.iterdir()}


@pytest.mark.parametrize(("kind", "lang"), KINDS)
def test_what_was_compiled_is_not_compiled_again(kind: str, lang: str, tmp_path: Path) -> None:
    """Another press compiles nothing, and its letters are the same bytes, as they are without a cache."""
    asked = seeds(kind, lang, 4)
    first, second, alone = Press(Cache(tmp_path / "kept")), Press(Cache(tmp_path / "kept")), Press()
    made = [[letter(kind, lang, seed, press) for seed in asked] for press in (first, second, alone)]
    assert made[0] == made[1] == made[2]
    assert first.compiled == alone.compiled > 0
    assert second.compiled == 0
    assert first.stamped == second.stamped == 4, first.causes


def test_a_letter_of_another_person_and_day_needs_no_compiling(tmp_path: Path) -> None:
    """Names, addresses of as many lines, amounts and dates are slots: what is kept serves other people."""
    presses = [Press(Cache(tmp_path / "kept")) for _ in range(2)]
    for press, name, day in zip(presses, ("Jo Li", "Zoë Ångström"), (20, 21), strict=True):
        ledger = Remembered(config=a_config())
        letters = Letters(ledger, "latest", press=press)  # type: ignore[arg-type]
        made = letters.render(ledger.decided, a_recipient(name=name), date=dt.date(2026, 11, day))
        assert isinstance(made, tuple), made
    assert [one.compiled for one in presses] == [1, 0]


def test_a_cache_is_the_users_alone_and_holds_nothing_of_a_person(tmp_path: Path) -> None:
    """Files are 0600 in a folder of 0700; no name, address, number, amount or reason is in one."""
    # A house that puts the name where no slot is: in a heading, and beside a word set bold.
    folder = tmp_path / "house" / "letters" / "adverse_action"
    folder.mkdir(parents=True)
    block = '{% extends "plainspoken/letters/adverse_action/body.html" %}{% block overlays %}'
    named = "<h2>{{ notice.address[0] }}</h2><p>To {{ notice.address[0] }}, <b>again</b></p>{% endblock %}"
    (folder / "body.html").write_text(block + named)
    (folder / "body.txt").write_text(
        '{% extends "plainspoken/letters/adverse_action/body.txt" %}{% block overlays %}\n'
        "{{ notice.address[0] }}\n\nTo {{ notice.address[0] }}, again\n{% endblock %}"
    )
    canary = "Xanthippe Canary"
    ledger = Remembered(config=a_config() | {"letters": {"templates": "house"}})
    cache = tmp_path / "kept"
    press = Press(Cache(cache))
    letters = Letters(ledger, "latest", tmp_path, press)  # type: ignore[arg-type]
    made = letters.render(ledger.decided, a_recipient(name=canary), date=dt.date(2026, 11, 20))
    assert isinstance(made, tuple), made
    assert press.stamped == 1, press.causes
    assert canary in made[0].words
    asked = seeds("adverse_action", "en", 3)
    said = [letter("adverse_action", "en", seed, press).words for seed in asked]
    assert len(files(cache)) > 3
    searched = set(re.findall(r"\w{6,}", " ".join(said))) | {canary, *canary.split()}
    numbers = {number for one in said for number in re.findall(r"N-\d{5}-\d{5}", one)}
    assert numbers
    for file in cache.iterdir():
        assert file.stat().st_mode & 0o777 == 0o600
        content = file.read_bytes()
        for word in searched | numbers:
            assert word.encode() not in content, (file.name, word)
            assert word.lower() not in file.name
    assert cache.stat().st_mode & 0o777 == 0o700


def test_what_is_kept_of_a_page_of_ours_has_none_of_its_values(tmp_path: Path) -> None:
    """Opened, too: the plain form of a page names no recipient, no number and no amount."""

    kept: list[bytes] = []

    class Open(Cache):
        def put(self, page: str, content: bytes) -> None:
            kept.append(content)

    press = Press(Open(tmp_path / "kept"))
    pages = []
    stamp = press._stamp

    def seen(shape: Any, *others: Any) -> Any:
        pages.append(shape)
        return stamp(shape, *others)

    press._stamp = seen  # type: ignore[assignment, method-assign]
    for seed in seeds("adverse_action", "en", 3):
        letter("adverse_action", "en", seed, press)
    assert len(pages) == press.stamped == 3
    form = b"\n".join(kept)
    assert b"still" in form
    labels = set.intersection(*(set(shape.texts) for shape in pages))  # said to everybody
    values = {one for shape in pages for one in (*shape.numbers, *shape.shares, *shape.texts)} - labels
    values = {one for one in values if len(one) > 3 and not any(one in shape.key for shape in pages)}
    assert len(values) > 20
    for value in values:
        assert value.encode() not in form, value


@pytest.mark.parametrize("harm", ["cut", "changed", "emptied", "foreign", "pickle", "link"])
def test_a_file_that_is_none_of_ours_is_compiled_anew(
    harm: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever stands in a file of the cache, the letter is the same; nothing in it is run."""
    seed = seeds("incomplete", "en", 1)[0]
    right = letter("incomplete", "en", seed, Press(Cache(tmp_path / "kept")))
    others = files(tmp_path / "kept")
    for file in (tmp_path / "kept").iterdir():
        content = others[file.name]
        if harm == "link":
            (tmp_path / "elsewhere").write_bytes(content)
            file.unlink()
            file.symlink_to(tmp_path / "elsewhere")
            continue
        changed = content[:40] + bytes([content[40] ^ 1]) + content[41:]
        foreign = next(one for name, one in others.items() if name != file.name)
        pickled = b"cos\nsystem\n(S'touch " + str(tmp_path / "run").encode() + b"'\ntR."
        file.write_bytes(
            {"cut": content[:-9], "changed": changed, "emptied": b"", "foreign": foreign, "pickle": pickled}[
                harm
            ]
        )
    press = Press(Cache(tmp_path / "kept"))
    assert letter("incomplete", "en", seed, press) == right
    assert press.compiled == 1
    assert "again" in caplog.text
    assert not (tmp_path / "run").exists()
    again = Press(Cache(tmp_path / "kept"))
    assert letter("incomplete", "en", seed, again) == right
    assert again.compiled == 0  # what was compiled anew has replaced it


def test_an_environment_of_its_own_has_pages_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What another version of a tool compiled is not found."""
    seed = seeds("incomplete", "en", 1)[0]
    letter("incomplete", "en", seed, Press(Cache(tmp_path / "kept")))
    monkeypatch.setattr("reports.compiled.shelf.fingerprint", lambda styles: fingerprint(styles)[::-1])
    press = Press(Cache(tmp_path / "kept"))
    letter("incomplete", "en", seed, press)
    assert press.compiled == 1


@pytest.mark.parametrize(
    "tool", ["weasyprint", "pydyf", "fonttools", "plainspoken", "pyphen", "tinycss2", "pikepdf"]
)
def test_each_tool_is_in_the_fingerprint(tool: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another version of any of them is another environment; so are other style sheets."""
    from importlib.metadata import version

    before = fingerprint(STYLES)
    assert fingerprint((*STYLES, "style/letter-a4.css")) != before
    fingerprint.cache_clear()
    monkeypatch.setattr(
        "reports.compiled.fingerprint.version", lambda name: "0" if name == tool else version(name)
    )
    assert fingerprint(STYLES) != before
    fingerprint.cache_clear()


def test_a_folder_that_others_write_in_is_left_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Letters are made all the same, and it is said why nothing is kept."""
    folder = tmp_path / "kept"
    folder.mkdir()
    folder.chmod(0o770)
    cache = Cache(folder)
    cache.put("a page", b"content")
    assert cache.get("a page") is None
    assert not list(folder.iterdir())
    assert "chmod 700" in caplog.text
    (tmp_path / "file").write_text("")
    Cache(tmp_path / "file" / "in").put("a page", b"content")
    assert "cannot be made" in caplog.text


def test_what_was_not_used_for_longest_makes_room(tmp_path: Path) -> None:
    """A cache never grows past its bound."""
    cache = Cache(tmp_path, most=3)
    tmp_path.chmod(0o700)
    for n in range(3):
        cache.put(str(n), b"%d" % n)
        for file in tmp_path.iterdir():
            os.utime(file, (file.stat().st_atime, file.stat().st_mtime - 100))
    assert cache.get("0") == b"0"  # read, and so used
    cache.put("3", b"3")
    assert [cache.get(str(n)) for n in range(4)] == [b"0", None, b"2", b"3"]


def _many(folder: Path) -> tuple[int, list[bytes]]:
    press = Press(Cache(folder))
    asked = seeds("incomplete", "en", 6)
    return press.compiled, [letter("incomplete", "en", seed, press).content for seed in asked]


def test_processes_share_a_cache(tmp_path: Path) -> None:
    """Several that begin at once write the same letters, and leave whole files alone."""
    with ProcessPoolExecutor(3, get_context("spawn")) as pool:
        made = list(pool.map(_many, [tmp_path / "kept"] * 3))
    assert made[0] == made[1] == made[2]
    press = Press(Cache(tmp_path / "kept"))
    for seed in seeds("incomplete", "en", 6):
        letter("incomplete", "en", seed, press)
    assert press.compiled == 0
    assert not [name for name in files(tmp_path / "kept") if name.startswith(".")]


def test_why_a_page_is_none_is_kept_too() -> None:
    """A cause comes back as it was; other content is no page."""

    def no_setter(*_: object) -> Any:
        raise AssertionError

    found = from_kept(as_kept(Uncut("a mark on a scale")), no_setter)
    assert isinstance(found, Uncut)
    assert str(found) == "a mark on a scale"
    for content in (b"", b"\0\0\0\2{}", b"\0\0\0\x09[null,[]]", as_kept(Uncut("a"))[:-2]):
        with pytest.raises(Unkept):
            from_kept(content, no_setter)


def test_where_the_cache_lies() -> None:
    """The variable first, then XDG's, then the home folder's; ``off`` for none."""
    home = {"HOME": "/h/jo"}

    def place(**more: str) -> str | None:
        found = user_cache(home | more)
        return None if found is None else str(found.folder)

    assert place() == "/h/jo/.cache/plainspoken/letters"
    assert place(XDG_CACHE_HOME="/var/cache") == "/var/cache/plainspoken/letters"
    assert place(XDG_CACHE_HOME="cache") == "/h/jo/.cache/plainspoken/letters"
    assert place(PLAINSPOKEN_CACHE="/srv/pages") == "/srv/pages/letters"
    assert place(PLAINSPOKEN_CACHE="off") is None
    assert user_cache({}) is None


def test_a_style_holds_all_that_breaking_and_drawing_ask_for() -> None:
    """What WeasyPrint's own lines read of a style, but for what only paints."""
    import weasyprint

    root = Path(weasyprint.__file__).parent
    read = set(re.findall(r"style\['(\w+)'\]", (root / "text" / "line_break.py").read_text()))
    first = (root / "draw" / "text.py").read_text().partition("def draw_first_line")[2]
    read |= set(re.findall(r"style\['(\w+)'\]", first.partition("\ndef ")[0]))
    read |= set(re.findall(r"style\['(\w+)'\]", (root / "text" / "fonts.py").read_text()))
    assert len(read) > 20
    assert read <= set(FONT)
