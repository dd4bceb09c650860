"""The report as a whole: offline, escaped, tagged, equal bytes, and no model library in sight."""

from __future__ import annotations

import base64
import hashlib
import html
import itertools
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest

from audit.errors import UsageError
from audit.ledger import Ledger
from audit.record import Document
from reports import report
from reports.sections.scope import LIMIT
from tests.worlds.sealed import seal_small_audit
from tests.worlds.told import AUDIT, ToldLedger, audit

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Ledger, str]]:
    """A small audit in a real ledger."""
    ledger, name = seal_small_audit(tmp_path_factory.mktemp("sealed"))
    with ledger:
        yield ledger, name


@pytest.fixture(scope="module")
def page(sealed: tuple[Ledger, str]) -> Document:
    return report.render(*sealed, "html")


@pytest.fixture(scope="module")
def paper(sealed: tuple[Ledger, str]) -> Document:
    return report.render(*sealed, "pdf")


@pytest.fixture(scope="module")
def opened(paper: Document) -> Iterator[pikepdf.Pdf]:
    with pikepdf.open(BytesIO(paper.content)) as pdf:
        yield pdf


def test_equal_ledgers_give_equal_bytes(sealed: tuple[Ledger, str], page: Document, paper: Document) -> None:
    """Rendering reads no clock, no host and no order of hashes."""
    assert report.render(*sealed, "html").content == page.content
    assert report.render(*sealed, "pdf").content == paper.content


def test_html_and_pdf_have_the_same_words(page: Document, paper: Document) -> None:
    """Every sentence, title and table of the page stands on paper too, in the same order."""
    assert page.words == paper.words
    assert LIMIT in page.words


def test_the_page_needs_nothing_from_outside(page: Document) -> None:
    """One file: no address but its own anchors, data, and the names of the SVG namespace."""
    text = page.content.decode().replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert re.findall(r"(?:https?:)?//[\w.-]+\.\w+", re.sub(r"base64,[A-Za-z0-9+/=]+", "", text)) == []
    assert all(href.startswith("#") for href in re.findall(r'href="([^"]*)"', text))
    assert all(src.startswith("data:") for src in re.findall(r"url\(([^)]*)\)", text) if "style/" not in src)
    assert "<link" not in text
    assert not re.search(r"<(?:img|iframe|script)[^>]*\ssrc=", text)


def test_only_our_own_script_can_run(page: Document) -> None:
    """The policy of the page names the digest of its one script as it stands there, and nothing remote."""
    text = page.content.decode()
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert html.unescape(policy).split("; ")[:2] == ["default-src 'none'", f"script-src 'sha256-{digest}'"]
    assert not re.search(r"<[^>]+\son[a-z]+=", text)  # no handler in an attribute: the policy would stop it


def test_every_anchor_leads_somewhere(page: Document) -> None:
    """No link of the contents or of page 1 is dead."""
    text = page.content.decode()
    ids = re.findall(r'\sid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    assert {href[1:] for href in re.findall(r'href="(#[^"]*)"', text)} <= set(ids)


def test_foreign_text_stays_text() -> None:
    """A script in an audit's name, a group or a cause is printed, never run."""
    evil = '<script>alert("x")</script>'
    told = ToldLedger(the_audit=replace(audit(), name=evil, owner=evil))
    told.the_findings = tuple(replace(f, cause=evil, source=evil) for f in told.the_findings)
    told.the_disparities = tuple(
        replace(d, group=evil) if d.group == "others" else d for d in told.the_disparities
    )
    text = report.render(told, AUDIT, "html").content.decode()
    assert "<script>alert" not in text
    # Our own, for sorting and filtering, and the block of texts that the slider chooses from.
    assert re.findall(r"<script[^>]*>", text) == [
        '<script type="application/json" id="at-cutoff-steps">',
        "<script>",
    ]
    assert "&lt;script&gt;alert" in text


def test_headings_step_down_by_one(page: Document) -> None:
    """One h1, and no level is skipped."""
    levels = [int(level) for level in re.findall(r"<h([1-6])[ >]", page.content.decode())]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_every_chart_tells_its_finding(page: Document) -> None:
    """A drawing has a title of one sentence; a mark is hidden, since its word is text."""
    drawings = re.findall(r"<svg[^>]*>\s*(?:<title>([^<]*)</title>)?", page.content.decode())
    tags = re.findall(r"<svg[^>]*>", page.content.decode())
    for tag, title in zip(tags, drawings, strict=True):
        if 'aria-hidden="true"' in tag:
            assert title == ""
        else:
            assert 'role="img"' in tag
            assert title.strip().endswith((".", "%"))


def test_the_pdf_is_tagged_and_says_what_it_is(opened: pikepdf.Pdf) -> None:
    """Tags, language, title, standard and colour profile are there."""
    root = opened.Root
    assert bool(root.MarkInfo.Marked)
    assert str(root.Lang) == "en"
    assert root.StructTreeRoot.K
    assert bool(root.ViewerPreferences.DisplayDocTitle)
    assert len(root.OutputIntents) == 1
    with opened.open_metadata() as metadata:
        assert metadata.pdfa_status == "3A"
        assert metadata["pdfuaid:part"] == "1"
        assert metadata["dc:title"] == "Small portfolio · audit report"


def test_every_figure_in_the_pdf_has_its_sentence(opened: pikepdf.Pdf) -> None:
    """A figure in the tag tree carries an alternative text."""
    figures = [o for o in opened.objects if isinstance(o, pikepdf.Dictionary) and o.get("/S") == "/Figure"]
    assert figures
    assert all(str(figure.get("/Alt", "")).strip() for figure in figures)


def test_only_our_fonts_are_inside(opened: pikepdf.Pdf) -> None:
    """A missing glyph would bring in a font of the machine; none is there, and all are embedded."""
    descriptors = [
        o for o in opened.objects if isinstance(o, pikepdf.Dictionary) and o.get("/Type") == "/FontDescriptor"
    ]
    assert descriptors
    assert {str(d.FontName).split("+")[1] for d in descriptors} <= {
        "IBM-Plex-Sans",
        "IBM-Plex-Sans-Semi-Bold",
    }
    assert all("/FontFile2" in d for d in descriptors)


def test_the_results_are_attached(sealed: tuple[Ledger, str], opened: pikepdf.Pdf) -> None:
    """results.json holds every finding, rate and figure, and says that it is data."""
    ledger, name = sealed
    (spec,) = {o.objgen: o for o in opened.Root.AF}.values()
    assert spec.UF == "results.json"
    assert spec.AFRelationship == "/Data"
    assert str(spec.EF.F.Params.CreationDate) == "D:20261120090041Z"
    body = json.loads(spec.EF.F.read_bytes())
    assert body["audit"] == name
    assert len(body["findings"]) == len(ledger.findings(name))
    assert len(body["rates"]) == len(ledger.rates(name))
    assert set(body["figures"]) == set(ledger.figures(name))


def test_bookmarks_name_the_sections(opened: pikepdf.Pdf) -> None:
    """The outline holds every section, and page 2 holds contents, key and scope."""
    with opened.open_outline() as outline:
        titles = [item.title for item in outline.root]
        pages = {item.title: opened.pages.index(pikepdf.Page(item.destination[0])) for item in outline.root}
    assert titles[:4] == [
        "Small portfolio",
        "Contents and how to read",
        "How to read this report",
        "What was audited",
    ]
    assert [t for t in titles if t[0].isdigit()] == [
        "1 Data and people",
        "2 Model",
        "3 Performance",
        "4 Fairness",
        "5 Explanations",
        "6 Reasons",
        "7 Findings",
        "8 Method and limits",
        "9 Evidence",
    ]
    assert (pages["Contents and how to read"], pages["What was audited"], pages["1 Data and people"]) == (
        1,
        1,
        2,
    )


def test_the_first_page_of_a_full_audit_is_one_page() -> None:
    """Verdict, figures, duties, screens and what is not known fit page 1, with two duties unmet."""
    content = report.render(ToldLedger(), AUDIT, "pdf").content
    with pikepdf.open(BytesIO(content)) as pdf, pdf.open_outline() as outline:
        pages = {item.title: pdf.pages.index(pikepdf.Page(item.destination[0])) for item in outline.root}
        assert pages["Contents and how to read"] == 1
        assert pages["1 Data and people"] == 2


def test_no_word_promises_more_than_was_measured(page: Document) -> None:
    """Words that would conclude something of the law or of people's worth are never printed."""
    found = re.findall(
        r"\b(compliant|unbiased|no discrimination|significant|failed the)\b", page.words, re.IGNORECASE
    )
    assert found == []


def test_unsealed_audits_and_other_formats_are_refused() -> None:
    """There is no report of what is not sealed, and none in a format that is not built."""
    with pytest.raises(UsageError, match="not sealed yet"):
        report.render(ToldLedger(the_audit=replace(audit(), sealed_at=None)), AUDIT, "html")
    with pytest.raises(UsageError, match="html or pdf"):
        report.render(ToldLedger(), AUDIT, "docx")  # type: ignore[arg-type]


def test_rendering_needs_no_model_library(tmp_path: Path) -> None:
    """With every model library blocked, the report still renders from the ledger, in both formats."""
    ledger, name = seal_small_audit(tmp_path)
    ledger.close()
    script = f"""
import sys
from importlib.machinery import ModuleSpec
def spec_from_loader(name, loader):
    return ModuleSpec(name, loader)
BLOCKED = {{"tensorflow", "keras", "torch", "shap", "lime", "sklearn", "scipy", "xgboost", "onnxruntime"}}
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in BLOCKED or name.startswith(("audit.models", "audit.explain", "audit.data")):
            return spec_from_loader(name, self)  # found, so that asking for it is no error; importing it is
    def create_module(self, spec):
        raise ImportError("blocked: " + spec.name)
    def exec_module(self, module):
        raise ImportError("blocked")
sys.meta_path.insert(0, Refuse())
from audit.ledger import Ledger
from reports import report
with Ledger.open({f"sqlite:///{tmp_path / 'ledger.db'}"!r}) as ledger:
    for format in ("html", "pdf"):
        print(len(report.render(ledger, {name!r}, format).content))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert all(int(size) > 50_000 for size in done.stdout.split())


def test_an_audit_that_measured_little_still_tells_it() -> None:
    """Decisions without model, scores, outcomes or protected attributes: each gap prints its cause."""
    told = ToldLedger(the_disparities=(), the_rates=())
    told.the_audit = replace(audit(), model=replace(audit().model, framework="none", inputs=(), layers=()))
    told.the_figures = {
        name: figure if name == "population" else replace(figure, body={"cause": "no model was given"})
        for name, figure in told.the_figures.items()
        if name in {"population", "scores", "calibration", "confusion", "importance", "swarm", "effects"}
    }
    told.the_findings = tuple(
        replace(f, outcome="not_measured", value=None, low=None, high=None, cause="no model was given")
        for f in told.the_findings
    )
    document = report.render(told, AUDIT, "html")
    assert "Nothing was evaluated. This says nothing about the model." in document.words
    assert document.words.count("no model was given") >= 3
    assert "No group was large enough to compare" in document.words


def test_an_unreadable_number_is_never_invented() -> None:
    """Rates and ratios without value keep their rows, with a cause or a dash."""
    told = ToldLedger()
    told.the_disparities = tuple(
        replace(d, value=None, low=None, high=None, p_value=None, cause="nobody was refused")
        for d in told.the_disparities
    )
    told.the_rates = tuple(
        replace(r, value=None, low=None, high=None, cause="too few") for r in told.the_rates
    )
    document = report.render(told, AUDIT, "html")
    assert "not measured" in document.words
    assert not re.search(r"\bNone\b(?! is a model input)", document.words)
    assert "nan" not in document.words.lower().split()
