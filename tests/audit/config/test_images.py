"""The config of an audit of pictures: its defaults, its faults, and what is of other audits."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit.config import json_schema
from audit.config.images import is_of_images, load_images_config, read_images_config
from audit.errors import ConfigError
from tests.oracles.json_schema import meets

TEXT = """\
audit: {name: x, kind: images, owner: o, as_of: 2026-11-20}
model: {path: m.keras}
data: {path: p.npz}
"""


def lay(folder: Path, text: str = TEXT) -> Path:
    """Write a config with its two files."""
    for name in ("m.keras", "p.npz"):
        (folder / name).write_bytes(b"")
    (folder / "images.yaml").write_text(text)
    return folder / "images.yaml"


def test_defaults_are_written_out(tmp_path: Path) -> None:
    """All methods, fifty pictures, a black baseline; six are shown."""
    found = load_images_config(lay(tmp_path)).resolved()
    assert found["explain"] == {
        "also": ["xrai", "integrated_gradients", "smoothgrad", "grad_cam"],
        "sample": 50,
        "baseline": "black",
        "shown": 6,
    }
    assert (found["data"]["images"], found["data"]["label"], found["seed"]) == ("images", "labels", 7)
    assert load_images_config(found, folder=tmp_path).resolved() == found


def test_only_a_config_that_says_so_is_of_pictures(tmp_path: Path) -> None:
    """The kind decides; what cannot be read is left to whoever tells its faults."""
    assert is_of_images(lay(tmp_path))
    assert is_of_images({"audit": {"kind": "images"}})
    assert not is_of_images({"audit": {"kind": "batch"}})
    assert not is_of_images({"audit": []})
    assert not is_of_images(tmp_path / "absent.yaml")
    (tmp_path / "broken.yaml").write_text("audit: [")
    assert not is_of_images(tmp_path / "broken.yaml")


def test_keys_of_decisions_are_refused_by_name(tmp_path: Path) -> None:
    """Each has its line, and says that nobody is decided on."""
    text = TEXT + "decision: {cutoff: 0.3}\nprotected: {}\nsources: []\nletters: {keep: words}\n"
    config, faults = read_images_config(lay(tmp_path, text))
    assert config is not None
    assert [(one.line, one.place) for one in faults] == [
        (4, "decision"),
        (5, "protected"),
        (6, "sources"),
        (7, "letters"),
    ]
    assert {one.fact for one in faults} == {
        "this is of decisions about people, and an audit of pictures has none"
    }


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("m.keras", "m.skops", r":2: model\.path: no model of pictures is read from 'm\.skops'\. Use one of"),
        ("m.keras", "n.keras", r":2: model\.path: there is no model file n\.keras"),
        ("p.npz", "q.npz", r":3: data\.path: there is no data file q\.npz"),
        ("{path: p.npz}", "{path: m.keras}", r":3: data\.path: no pictures are read from 'm\.keras'"),
        ("{path: p.npz}", "{path: p.npz, range: [1, 0]}", r":3: data\.range: black \(1\) is not below white"),
        ("{path: p.npz}", "{path: p.npz, features: [a]}", r":3: data\.features: this key is not known"),
        ("{path: p.npz}", "{path: p.npz, classes: [a, a]}", r"data\.classes"),
        (
            "{path: p.npz}",
            "{path: .}\nexplain: {also: [lime]}",
            r":4: explain\.also\[0\]: there is no method",
        ),
        ("{path: p.npz}", "{path: ., label: l}", r":3: data\.label: a folder of pictures has no arrays"),
        ("{path: p.npz}", "{path: p.npz}\nexplain: {shown: 13}", r":4: explain\.shown: got 13"),
        ("{path: p.npz}", "{path: p.npz}\nexplain: {sample: 0}", r":4: explain\.sample: got 0"),
    ],
)
def test_faults_have_line_place_and_way_out(tmp_path: Path, old: str, new: str, words: str) -> None:
    """Before anything is opened, every fault of the config is told."""
    with pytest.raises(ConfigError, match=words):
        load_images_config(lay(tmp_path, TEXT.replace(old, new)))


def test_editors_know_both_kinds_of_config() -> None:
    """The schema takes a config of pictures, and refuses there what is of decisions."""
    schema = json_schema()
    audit = {"name": "x", "kind": "images", "owner": "o", "as_of": "2026-11-20"}
    right = {"audit": audit, "model": {"path": "m.keras"}, "data": {"path": "p.npz"}}
    assert meets(right, schema, schema)
    assert not meets({**right, "decision": {"cutoff": 0.3}}, schema, schema)
    assert not meets({**right, "explain": {"also": ["lime"]}}, schema, schema)
    assert not meets({**right, "audit": {**audit, "kind": "population"}}, schema, schema)
