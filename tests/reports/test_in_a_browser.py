"""The page in a real browser: sorting, filtering and the slider by keys, and all of it without a script."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reports import report
from reports.sections import cutoffs
from tests.reports.browsing import BROWSER, Tab, browser
from tests.worlds.told import AUDIT, ToldLedger

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no chromium, chromium-browser or google-chrome here")

CUTOFFS = "document.querySelector('#at-cutoff')"
ROWS = (
    "[...document.querySelector('{}').tBodies[0].rows].filter((row) => !row.hidden)"
    ".map((row) => [...row.cells].at({}).textContent)"
)


def ledger() -> ToldLedger:
    """The told audit with a group of an accented name, one from right to left, and one that is markup."""
    told = ToldLedger()
    figure = told.the_figures["group_sweeps"]
    body: dict[str, Any] = dict(figure.body)
    named = {"single": "Málaga–Ñuñoa", "others": "ירושלים", "unknown": "</script><b>x"}
    body["attributes"] = [
        {**of, "groups": [{**one, "group": named.get(one["group"], one["group"])} for one in of["groups"]]}
        for of in body["attributes"]
    ]
    told.the_figures["group_sweeps"] = replace(figure, body=body)
    return told


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("page") / "report.html"
    file.write_bytes(report.render(ledger(), AUDIT, "html").content)
    return file


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    with browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture
def shown(tab: Tab, page: Path) -> Tab:
    """The page, loaded afresh."""
    tab.log.clear()
    tab.open(page)
    return tab


def rows(tab: Tab, table: str, column: int = 0) -> list[str]:
    return list(tab.run(ROWS.format(table, column)))


def test_our_script_runs_and_nothing_is_stopped(shown: Tab) -> None:
    """The policy lets the page's own script run, and the page has nothing else that it would stop."""
    assert shown.run("document.querySelectorAll('.sorter').length") > 10
    assert shown.faults() == []


def test_another_script_does_not_run(tab: Tab, page: Path, tmp_path: Path) -> None:
    """Whoever writes a script or a handler into the file has written text."""
    file = tmp_path / "altered.html"
    evil = "<script>window.ran = 1</script><img src=x onerror='window.ran = 2'></main>"
    file.write_text(page.read_text(encoding="utf-8").replace("</main>", evil), encoding="utf-8")
    tab.open(file)
    assert tab.run("window.ran === undefined && !!document.querySelector('.sorter')")


def test_a_column_is_sorted_by_keys(shown: Tab) -> None:
    """Enter on a head sorts up, then down, then as written; what has no number stands last."""
    before = rows(shown, "#at-cutoff")
    shown.run(f"{CUTOFFS}.querySelectorAll('.sorter')[3].focus()")
    head = f"{CUTOFFS}.tHead.rows[0].cells[3].getAttribute('aria-sort')"
    for wanted in ("ascending", "descending"):
        shown.press("Enter")
        assert shown.run(head) == wanted
        cells = rows(shown, "#at-cutoff", 3)
        numbers = [float(cell.split(" ")[0]) for cell in cells if cell[0].isdigit()]
        assert len(numbers) > 3
        assert numbers == sorted(numbers, reverse=wanted == "descending")
        assert not any(cell[0].isdigit() for cell in cells[len(numbers) :])
    shown.press("Enter")
    assert shown.run(head) is None
    assert rows(shown, "#at-cutoff") == before


def test_rows_are_filtered_by_what_is_typed(shown: Tab) -> None:
    """A letter with an accent, letters from right to left, an attribute's name, and nothing at all."""
    search = f"{CUTOFFS}.previousElementSibling.querySelector('input[type=search]')"
    said = f"{CUTOFFS}.previousElementSibling.querySelector('output').textContent"
    everything = rows(shown, "#at-cutoff")
    for typed, found in (
        ("ñuñ", ["Marital status", "Málaga–Ñuñoa"]),
        ("ירוש", ["Marital status", "ירושלים"]),
        ("</script>", ["Marital status", "</script><b>x"]),
        ("nobody", []),
    ):
        shown.run(f"{search}.value = {typed!r}; {search}.dispatchEvent(new Event('input'))")
        assert rows(shown, "#at-cutoff") == found
        assert shown.run(said) == f"{max(len(found) - 1, 0)} of 10 rows"
    shown.run(f"{search}.value = ''; {search}.focus()")
    for letter in "sex":
        shown.press(letter)
    assert rows(shown, "#at-cutoff") == ["Sex", "male", "female"]
    shown.run(f"{search}.value = ''; {search}.dispatchEvent(new Event('input'))")
    assert rows(shown, "#at-cutoff") == everything


def test_the_slider_shows_what_is_stored_for_each_step(shown: Tab) -> None:
    """Moved by keys through every step: each cell is the text that the report worded for it."""
    told = cutoffs.query(ledger(), AUDIT)
    assert told is not None
    steps = told.slider["steps"]
    where = "document.querySelector('#at-cutoff-where').textContent"
    cells = f"[...{CUTOFFS}.rows].filter((r) => r.cells.length > 2 && r.cells[1].tagName === 'TD')"
    cells += ".map((r) => [...r.cells].slice(1).map((c) => c.textContent))"
    assert shown.run(where) == told.shown == "0.30 (step 6 of 19, the one in force)"
    shown.run("document.querySelector('form.slider input').focus()")
    for at in range(told.at + 1, len(steps)):
        shown.press("ArrowRight")
        assert shown.run(where) == steps[at]["where"]
        assert shown.run(cells) == steps[at]["rows"]
    assert shown.run("document.querySelector('form.slider input').getAttribute('aria-valuetext')") == (
        "0.95 (step 19 of 19)"
    )
    shown.run("document.querySelector('form.slider button').click()")
    assert shown.run(where) == told.shown
    assert shown.run(cells) == steps[told.at]["rows"]


def test_the_worst_slices_can_be_kept_alone(shown: Tab) -> None:
    """One box leaves those that are more than chance; the count says how many."""
    table = "table[data-only]"
    everything = rows(shown, table)
    bar = f"document.querySelector('{table}').previousElementSibling"
    shown.run(f"{bar}.querySelector('input[type=checkbox]').click()")
    kept = rows(shown, table)
    assert 0 < len(kept) < len(everything)
    assert shown.run(f"{bar}.querySelector('output').textContent") == f"{len(kept)} of {len(everything)} rows"


def test_paper_gets_everything_as_it_was_written(shown: Tab) -> None:
    """Before it prints the page takes back sort, filter and slider; afterwards they stand again."""
    before = rows(shown, "#at-cutoff", 0), rows(shown, "#at-cutoff", -1)
    shown.run(f"{CUTOFFS}.querySelectorAll('.sorter')[1].click()")
    search = f"{CUTOFFS}.previousElementSibling.querySelector('input[type=search]')"
    shown.run(f"{search}.value = 'male'; {search}.dispatchEvent(new Event('input'))")
    slider = "document.querySelector('form.slider input')"
    shown.run(f"{slider}.value = 0; {slider}.dispatchEvent(new Event('input'))")
    moved = rows(shown, "#at-cutoff")
    assert moved != before[0]
    shown.run("dispatchEvent(new Event('beforeprint'))")
    assert (rows(shown, "#at-cutoff", 0), rows(shown, "#at-cutoff", -1)) == before
    assert shown.run("document.querySelector('#at-cutoff-where').textContent").startswith("0.30")
    shown.run("dispatchEvent(new Event('afterprint'))")
    assert rows(shown, "#at-cutoff") == moved


@pytest.mark.parametrize("width", [1280, 400])
def test_the_page_has_no_sideways_scroll(tab: Tab, page: Path, width: int) -> None:
    """Wide tables scroll in their own frame."""
    tab.ask("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
    try:
        tab.open(page)
        assert tab.run("document.documentElement.scrollWidth") <= width
    finally:
        tab.ask("Emulation.clearDeviceMetricsOverride")


def test_without_a_script_everything_is_there(tmp_path: Path, page: Path) -> None:
    """Every row of every table is seen, and no control that would do nothing."""
    with browser(tmp_path / "profile", script=False) as tab:
        tab.open(page)
        told = cutoffs.query(ledger(), AUDIT)
        assert told is not None
        text = tab.run("document.documentElement.outerHTML")
        assert 'class="sorter"' not in text
        assert tab.run("getComputedStyle(document.querySelector('form.slider')).display") == "none"
        for row in told.rows:
            assert all(cell in text for cell in row.cells)
