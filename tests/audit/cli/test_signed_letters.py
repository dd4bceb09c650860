"""``letters --pades`` and ``--sign-manifest``: signatures that other programs read, over recorded bytes."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil
import subprocess
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from audit.cli.signature import SigningKey
from audit.ledger import Ledger, verify
from audit.record import Document
from audit.runner import run
from tests.audit.cli.test_print_file import out_of, rows_of, typed
from tests.worlds import joint_lender
from tests.worlds.drawing import pages_of
from tests.worlds.signing import HOUSE, PASSPHRASE, VARIABLE, a_key

DAY = dt.date(2026, 11, 20)


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sealed audit, nothing issued yet, and keys beside it."""
    world = joint_lender.build(tmp_path_factory.mktemp("sealed") / "world", n=60, guarantors=False)
    run(world.config, ledger=f"sqlite:///{world.folder / 'ledger.db'}")
    a_key(world.folder / "rsa.p12")
    a_key(world.folder / "ec.p12", "ec")
    return world.folder


@pytest.fixture(scope="module")
def signed_once(sealed: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A copy of it with its letters stamped, proved, signed by RSA and bound; and what the call said."""
    there = Path(shutil.copytree(sealed, tmp_path_factory.mktemp("signed") / "world"))
    options = [
        "--pades",
        str(there / "rsa.p12"),
        "--prove-sample",
        "2",
        "--print-file",
        str(there / "all.pdf"),
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, PASSPHRASE)
        code, told = typed(there, *signing(there, "--stamped", *options))
    assert code == 0, told
    return there, json.loads(told.splitlines()[-1])


@pytest.fixture
def signed(signed_once: tuple[Path, dict[str, Any]], tmp_path: Path) -> Path:
    """A fresh copy of that."""
    return Path(shutil.copytree(signed_once[0], tmp_path / "signed"))


@pytest.fixture
def letter(signed: Path) -> Document:
    """A letter as it was before it was signed."""
    content = min((signed / "out").glob("*.pdf")).read_bytes()
    return a_document(content[: content.index(b"%%EOF") + len(b"%%EOF\n")])


@pytest.fixture
def folder(sealed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh copy of it, and the passphrase in the environment."""
    monkeypatch.setenv(VARIABLE, PASSPHRASE)
    return Path(shutil.copytree(sealed, tmp_path / "world"))


def signing(folder: Path, *options: str) -> list[str]:
    """Return the words of a call that signs."""
    call = ["letters", "latest", "--all", "--jobs", "1", *out_of(folder, "out"), "--json"]
    return [*call, *options, "--passphrase-env", VARIABLE]


def read_by_pyhanko(content: bytes, certificate: Path) -> Any:
    """Return what pyHanko's validator says, trusting this certificate and fetching nothing."""
    from pyhanko.keys import load_cert_from_pemder
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    trusted = ValidationContext(trust_roots=[load_cert_from_pemder(str(certificate))], allow_fetching=False)
    (signature,) = PdfFileReader(BytesIO(content)).embedded_signatures
    return validate_pdf_signature(signature, trusted)


def read_by_poppler(file: Path) -> str:
    """Return what poppler's pdfsig says."""
    program = shutil.which("pdfsig")
    if program is None:
        pytest.skip("poppler-utils is not here")
    return subprocess.run([program, "-nocert", str(file)], check=False, capture_output=True, text=True).stdout


def a_document(content: bytes) -> Document:
    """Return a letter of this content."""
    return Document("adverse_action", "pdf", "letter.pdf", content, "", "", "")


def test_other_programs_read_the_signature_of_each_letter(signed: Path) -> None:
    """Valid by pyHanko and by poppler, over the whole file, at the letter's date, in the house's name."""
    with Ledger.open(str(signed / "ledger.db")) as ledger:
        recorded = {one.sha256 for one in ledger.documents(ledger.find("latest").audit) if one.person}
        assert verify(ledger).ok
    files = sorted((signed / "out").glob("*.pdf"))
    assert {hashlib.sha256(file.read_bytes()).hexdigest() for file in files} == recorded
    for file in files[:3]:
        found = read_by_pyhanko(file.read_bytes(), signed / "rsa.pem")
        assert (found.bottom_line, found.intact, found.valid, found.trusted) == (True,) * 4
        assert found.coverage.name == "ENTIRE_FILE"
        assert found.signer_reported_dt == dt.datetime.combine(DAY, dt.time(), dt.UTC)
        said = read_by_poppler(file)
        for line in ("Signature is Valid", "ETSI.CAdES.detached", "Total document signed", HOUSE):
            assert line in said


def test_a_signature_leaves_the_letter_as_it_was(folder: Path, letter: Document) -> None:
    """Its bytes are the beginning of the signed file; marks of PDF/A and PDF/UA, tags and pages stay."""
    signed = SigningKey(folder / "rsa.p12", VARIABLE).sign(letter, DAY)
    assert signed.content.startswith(letter.content)
    assert signed.signed_over == hashlib.sha256(letter.content).hexdigest()
    assert pages_of(signed.content) == pages_of(letter.content)
    with pikepdf.open(BytesIO(letter.content)) as one, pikepdf.open(BytesIO(signed.content)) as other:
        assert one.Root.Metadata.read_bytes() == other.Root.Metadata.read_bytes()
        assert one.docinfo["/ModDate"] == other.docinfo["/ModDate"]
        assert one.Root.StructTreeRoot.objgen == other.Root.StructTreeRoot.objgen
        assert set(other.Root.keys()) - set(one.Root.keys()) == {"/AcroForm", "/Perms", "/Extensions"}
        assert other.trailer.ID[0] == one.trailer.ID[0]
        assert other.trailer.ID[1] != one.trailer.ID[1]


def test_equal_letters_have_equal_signatures_where_the_key_is_rsa(
    folder: Path, signed: Path, letter: Document
) -> None:
    """Neither clock nor chance is in them; an ECDSA signature is another each time, and each holds."""
    for name, equal in (("rsa", True), ("ec", False)):
        key = SigningKey(folder / f"{name}.p12", VARIABLE)
        one, other = key.sign(letter, DAY), key.sign(letter, DAY)
        assert (one.content == other.content) is equal
        assert one.signed_over == other.signed_over
        if equal:  # as another process signed it, too
            assert one.content == min((signed / "out").glob("*.pdf")).read_bytes()
        assert read_by_pyhanko(other.content, folder / f"{name}.pem").bottom_line


def test_an_altered_letter_is_told_by_its_signature(signed: Path) -> None:
    """One bit of what was signed is another: no reader takes it for whole."""
    file = next((signed / "out").glob("*.pdf"))
    content = bytearray(file.read_bytes())
    content[len(b"%PDF-1.7\n%") + 1] ^= 1  # of the comment at its beginning, so that every page still opens
    assert not read_by_pyhanko(bytes(content), signed / "rsa.pem").intact
    file.write_bytes(bytes(content))
    assert "Signature is Valid" not in read_by_poppler(file)


def test_the_manifest_s_signature_is_read_by_openssl(folder: Path) -> None:
    """Beside the list, over it; a list with a line less fails; WeasyPrint's letters have a list then too."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("openssl is not here")
    some = [word for n in (4, 6) for word in ("--decision", f"A{n:06d}")]
    call = ["letters", "latest", *some, *out_of(folder, "out"), "--passphrase-env", VARIABLE]
    code, told = typed(folder, *call, "--sign-manifest", str(folder / "ec.p12"))
    assert code == 0, told
    out = folder / "out"
    check = [program, "cms", "-verify", "-binary", "-inform", "DER", "-purpose", "any", "-out", "/dev/null"]
    check += ["-in", str(out / "manifest.sha256.p7s"), "-CAfile", str(folder / "ec.pem")]

    def verified() -> bool:
        done = subprocess.run(
            [*check, "-content", str(out / "manifest.sha256")], check=False, capture_output=True
        )
        return done.returncode == 0

    assert verified()
    listed = dict(line.split("  ")[::-1] for line in (out / "manifest.sha256").read_text().splitlines())
    assert listed == {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in out.glob("*.pdf")}
    kept = (out / "manifest.sha256").read_text().splitlines(keepends=True)
    (out / "manifest.sha256").write_text("".join(kept[1:]))
    assert not verified()
    fingerprint = SigningKey(folder / "ec.p12", VARIABLE).certificate
    with Ledger.open(str(folder / "ledger.db")) as ledger:
        from audit.ledger import documents

        (listed_there,) = [
            one for one in ledger.documents(ledger.find("latest").audit) if one.kind == "letters_manifest"
        ]
        assert (
            documents.words(ledger, listed_there) == f"{len(kept)} files, signed by certificate {fingerprint}"
        )


def reissued(folder: Path, name: str) -> tuple[dict[str, Any], bytes]:
    """Return what is said of the primary applicant's letter when it is given back, and its file."""
    again = ["--out", str(folder / "again"), "--by", "ADA", "--reason", "asked for", "--json"]
    code, told = typed(folder, "reissue", "latest", name, *again)
    assert code == 0, told
    (one,) = [each for each in json.loads(told)["letters"] if each["role"] == "primary"]
    return one, next((folder / "again").glob(f"{name}-2*.pdf")).read_bytes()


def test_a_signed_letter_is_given_back_as_it_was_signed(signed: Path) -> None:
    """What was signed, bit for bit; it says that the signature is in the issued file alone."""
    file = min((signed / "out").glob("A*[0-9].pdf"))
    one, given = reissued(signed, file.stem)
    assert (one["how"], one["same_bytes"], one["but_signature"]) == ("rendered", False, True)
    assert one["state"] == "holds"
    assert file.read_bytes().startswith(given)
    again = ["--out", str(signed / "more"), "--by", "ADA", "--reason", "asked for"]
    assert (
        "bit for bit what was signed; the signature is in"
        in typed(signed, "reissue", "latest", file.stem, *again)[1]
    )


def test_where_the_file_is_kept_it_is_given_back_with_its_signature(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With letters.keep: pdf, the very file."""
    monkeypatch.setenv(VARIABLE, PASSPHRASE)
    world = joint_lender.build(tmp_path / "world", n=60, guarantors=False)
    config = json.loads(world.config.read_text(encoding="utf-8"))
    config["letters"] = {**config.get("letters", {}), "keep": "pdf"}
    world.config.write_text(json.dumps(config), encoding="utf-8")
    run(world.config, ledger=f"sqlite:///{world.folder / 'ledger.db'}")
    call = ["letters", "latest", "--decision", "A000004", *out_of(world.folder, "out"), "--passphrase-env"]
    key = a_key(world.folder / "ec.p12", "ec")
    code, told = typed(world.folder, *call, VARIABLE, "--pades", str(key))
    assert code == 0, told
    one, given = reissued(world.folder, "A000004")
    assert (one["how"], one["same_bytes"], one["but_signature"]) == ("kept", True, False)
    assert given == (world.folder / "out" / "A000004.pdf").read_bytes()
    assert read_by_pyhanko(given, world.folder / "ec.pem").bottom_line


def test_signed_letters_are_proved_and_bound_like_others(
    signed_once: tuple[Path, dict[str, Any]],
) -> None:
    """What is compared is the letter without its signature; what is bound draws the same."""
    folder, made = signed_once
    assert made["proof"]["compared"] > 0
    assert made["proof"]["differences"] == {}
    assert made["stamped"] == made["letters"] == made["print"]["letters"]
    row = rows_of(folder / "all.csv")[0]
    first = min((folder / "out").glob("*.pdf"))
    assert row["sha256"] == hashlib.sha256(first.read_bytes()).hexdigest()
    with pikepdf.open(folder / "all.pdf") as pdf:
        assert "/AcroForm" not in pdf.Root
        assert all("/Annots" not in page.obj for page in pdf.pages)


OLD = {"first": dt.datetime(2020, 1, 1), "last": dt.datetime(2021, 1, 1)}
YOUNG = {"first": dt.datetime(2099, 1, 1), "last": dt.datetime(2100, 1, 1)}
LATER = {"first": dt.datetime(2026, 11, 22), "last": dt.datetime(2100, 1, 1)}


@pytest.mark.parametrize(
    ("made", "options", "says"),
    [
        (None, [], "key.p12: No such file or directory. Name the PKCS#12 file of the house."),
        (
            {},
            ["--passphrase-env", "PLAINSPOKEN_NO_SUCH"],
            "the environment has no PLAINSPOKEN_NO_SUCH. Set it",
        ),
        (
            {},
            ["--passphrase-env", "PLAINSPOKEN_WRONG"],
            "does not open it, or it is no PKCS#12 file. Correct $PLAIN",
        ),
        ({}, [], "does not open it, or it is no PKCS#12 file. Name its passphrase by --passphrase-env."),
        (
            OLD,
            ["--passphrase-env", VARIABLE],
            "its certificate ended on 2021-01-01. Give one that is in force.",
        ),
        (YOUNG, ["--passphrase-env", VARIABLE], "its certificate begins on 2099-01-01."),
        (
            LATER,
            ["--passphrase-env", VARIABLE],
            "the letters are of 2026-11-20. Give one that is in force on",
        ),
        ({"signs": False}, ["--passphrase-env", VARIABLE], "its certificate is not for signatures."),
        (
            {"kind": "rsa1024"},
            ["--passphrase-env", VARIABLE],
            "its RSA key has 1024 bits. Give one of 2048 or more.",
        ),
        ({"kind": "ed25519"}, ["--passphrase-env", VARIABLE], "its key is neither RSA nor ECDSA."),
        ({"locked": False}, ["--draft"], "a draft is not signed."),
        ({"locked": False}, ["--format", "txt"], "--pades: it signs PDFs."),
    ],
)
def test_a_key_that_cannot_sign_is_said_before_any_letter(
    folder: Path, monkeypatch: pytest.MonkeyPatch, made: dict[str, Any] | None, options: list[str], says: str
) -> None:
    """Nothing is rendered, recorded or written, and no passphrase is repeated."""
    monkeypatch.setenv("PLAINSPOKEN_WRONG", "not the passphrase")
    if made is not None:
        a_key(folder / "key.p12", **made)
    call = [
        "letters",
        "latest",
        "--all",
        *out_of(folder, "out"),
        "--pades",
        str(folder / "key.p12"),
        *options,
    ]
    code, told = typed(folder, *call)
    assert code == 2
    assert says in told
    assert "not the passphrase" not in told
    assert PASSPHRASE not in told
    assert not (folder / "out").exists()
    with Ledger.open(str(folder / "ledger.db")) as ledger:
        assert not [one for one in ledger.documents(ledger.find("latest").audit) if one.person]


def test_a_passphrase_without_a_key_is_refused(folder: Path) -> None:
    """It would be for nothing, and whoever typed it believes that letters are signed."""
    code, told = typed(folder, *signing(folder))
    assert (code, "--passphrase-env: no key is named." in told) == (2, True)


def test_without_pyhanko_it_says_what_to_install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An extra that is not there is named."""
    monkeypatch.setitem(__import__("sys").modules, "pyhanko.sign", None)
    with pytest.raises(Exception, match=r"pip install 'plainspoken\[pades\]'"):
        SigningKey(folder / "rsa.p12", VARIABLE).check(DAY, dt.datetime.now(dt.UTC))
