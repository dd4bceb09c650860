"""Pictures from files and folders: what is read, in which order, and every fault with its line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from audit.config.images import load_images_config
from audit.data import pictures
from audit.data.pictures import read_pictures, targets_of
from audit.errors import ConfigError

DRAW = np.random.default_rng(6)
EIGHT_BITS = DRAW.integers(0, 256, size=(4, 3, 5), dtype=np.uint8)


def config(folder: Path, data: str = "{path: p.npz}", **arrays: Any) -> Any:
    """Write a config, and arrays where some are given, and read it."""
    (folder / "m.keras").write_bytes(b"not opened here")
    if arrays:
        np.savez(folder / "p.npz", **arrays)
    (folder / "images.yaml").write_text(
        "audit: {name: x, kind: images, owner: o, as_of: 2026-11-20}\n"
        f"model: {{path: m.keras}}\ndata: {data}\n"
    )
    return load_images_config(folder / "images.yaml")


def lay_folder(folder: Path) -> None:
    """Lay out two classes of gray pictures."""
    for at, label in enumerate(("cat", "dog", "dog")):
        (folder / label).mkdir(parents=True, exist_ok=True)
        Image.fromarray(EIGHT_BITS[at]).save(folder / label / f"{at}.png")


def test_eight_bits_are_brought_to_the_stated_range(tmp_path: Path) -> None:
    """0 is black and 255 is white; without a range they stay as they are."""
    stated = read_pictures(
        config(tmp_path, "{path: p.npz, range: [-1, 1]}", images=EIGHT_BITS, labels=[0, 1, 1, 0])
    )
    assert (stated.low, stated.high) == (-1.0, 1.0)
    assert stated.images.shape == (4, 3, 5, 1)
    assert np.allclose(stated.images[..., 0], EIGHT_BITS / 127.5 - 1, atol=1e-6)
    plain = read_pictures(config(tmp_path))
    assert (plain.low, plain.high) == (0.0, 255.0)
    assert np.array_equal(plain.images[..., 0], EIGHT_BITS.astype(np.float32))


def test_the_order_of_the_file_decides_nothing(tmp_path: Path) -> None:
    """Pictures come in the order of their ids, so the digest is one of what is there."""
    labels, ids = np.array(["a", "b", "b", "a"]), np.array(["p4", "p1", "p3", "p2"])
    back = [2, 0, 3, 1]
    section = "{path: p.npz, id: ids}"
    one = read_pictures(config(tmp_path, section, images=EIGHT_BITS, labels=labels, ids=ids))
    two = read_pictures(
        config(tmp_path, section, images=EIGHT_BITS[back], labels=labels[back], ids=ids[back])
    )
    assert one.ids == ("p1", "p2", "p3", "p4")
    assert one.labels == ("b", "a", "b", "a")
    assert one.digest == two.digest
    assert np.array_equal(one.images, two.images)
    other = EIGHT_BITS.copy()
    other[0, 0, 0] ^= 1
    changed = read_pictures(config(tmp_path, section, images=other, labels=labels, ids=ids))
    assert changed.digest != one.digest


def test_a_folder_of_folders_is_read(tmp_path: Path) -> None:
    """The folder's name is the label, the path the id; one coloured picture makes all of them coloured."""
    lay_folder(tmp_path / "shots")
    found = read_pictures(config(tmp_path, "{path: shots, classes: [cat, dog]}"))
    assert found.labels == ("cat", "dog", "dog")
    assert found.ids == ("cat/0.png", "dog/1.png", "dog/2.png")
    assert np.array_equal(found.images[..., 0], EIGHT_BITS[:3].astype(np.float32))
    Image.fromarray(np.zeros((3, 5, 3), dtype=np.uint8)).save(tmp_path / "shots" / "cat" / "9.jpg")
    assert read_pictures(config(tmp_path, "{path: shots}")).images.shape == (4, 3, 5, 3)


def test_labels_are_outputs_by_number_or_by_name(tmp_path: Path) -> None:
    """Without names the label is the output's number; with them its place among the names."""
    numbered = config(tmp_path, images=EIGHT_BITS, labels=[0, 1, 2, 0])
    assert targets_of(numbered, ("0", "2"), 3) == [0, 2]
    named = config(tmp_path, "{path: p.npz, classes: [dog, cat]}")
    assert targets_of(named, ("cat", "dog"), 2) == [1, 0]


@pytest.mark.parametrize(
    ("data", "arrays", "words"),
    [
        ("{path: p.npz}", {"pixels": EIGHT_BITS}, r"no array 'images' .*Name one of pixels"),
        ("{path: p.npz}", {"images": EIGHT_BITS}, r"3: data\.label: there is no array 'labels'"),
        ("{path: p.npz}", {"images": EIGHT_BITS[0], "labels": [0]}, r"holds no pictures \(3 x 5 of uint8\)"),
        ("{path: p.npz}", {"images": np.zeros((2, 3, 5, 4)), "labels": [0, 1]}, "one or three channels"),
        ("{path: p.npz}", {"images": np.array([["a"]]), "labels": [0]}, "holds no pictures"),
        ("{path: p.npz}", {"images": EIGHT_BITS[:0], "labels": [0][:0]}, "there is no picture in it"),
        ("{path: p.npz}", {"images": EIGHT_BITS, "labels": [0, 1]}, r"data\.label: it holds 2 of int64"),
        ("{path: p.npz}", {"images": EIGHT_BITS, "labels": [0.5] * 4}, "one whole number or one text"),
        ("{path: p.npz}", {"images": np.full((1, 2, 2), np.nan), "labels": [0]}, "1 picture holds pixels"),
        ("{path: p.npz}", {"images": np.ones((1, 2, 2)), "labels": [0]}, "every pixel is 1"),
        ("{path: p.npz, range: [0, 1]}", {"images": np.arange(4.0).reshape(1, 2, 2), "labels": [0]},
         r"data\.range: pixels run from 0 to 3"),
        ("{path: p.npz, id: ids}", {"images": EIGHT_BITS, "labels": [0] * 4, "ids": [1, 1, 2, 3]},
         r"data\.id: 1 picture has the id of another"),
    ],
)  # fmt: skip
def test_what_is_no_pictures_is_refused(
    tmp_path: Path, data: str, arrays: dict[str, Any], words: str
) -> None:
    """Each fault has file, line and place, a fact, and what to do."""
    with pytest.raises(ConfigError, match=words) as told:
        read_pictures(config(tmp_path, data, **arrays))
    assert str(told.value).startswith(f"{tmp_path}/images.yaml:3: data.")


def test_objects_broken_files_and_too_much_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An array of objects would run code when it is read; sizes are looked at before anything unpacks."""
    found = config(tmp_path, images=np.array([{}], dtype=object), labels=[0])
    with pytest.raises(ConfigError, match="cannot be read as arrays"):
        read_pictures(found)
    (tmp_path / "p.npz").write_bytes(b"no zip")
    with pytest.raises(ConfigError, match=r"cannot be read as arrays of numbers and text \(BadZipFile\)"):
        read_pictures(found)
    monkeypatch.setattr(pictures, "MOST_BYTES", 50)
    with pytest.raises(ConfigError, match="more than 50"):
        read_pictures(config(tmp_path, images=EIGHT_BITS, labels=[0] * 4))


def test_folders_with_faults_are_refused(tmp_path: Path) -> None:
    """An empty folder, another size and what is no picture are named."""
    (tmp_path / "shots" / "cat").mkdir(parents=True)
    found = config(tmp_path, "{path: shots}")
    with pytest.raises(ConfigError, match="there is no picture in the folders of shots"):
        read_pictures(found)
    lay_folder(tmp_path / "shots")
    Image.fromarray(EIGHT_BITS[0][:2]).save(tmp_path / "shots" / "dog" / "small.png")
    with pytest.raises(ConfigError, match=r"dog/small\.png is 2 x 5, and others 3 x 5"):
        read_pictures(found)
    (tmp_path / "shots" / "dog" / "small.png").write_bytes(b"no picture")
    with pytest.raises(ConfigError, match=r"dog/small\.png cannot be read as a picture"):
        read_pictures(found)


@pytest.mark.parametrize(
    ("data", "labels", "n", "words"),
    [
        ("{path: p.npz}", ("0", "7"), 3, r"data\.label: 1 label is no class of the model, such as '7'"),
        ("{path: p.npz}", ("cat",), 3, r"Add classes: \[ … \]"),
        ("{path: p.npz, classes: [cat, dog]}", ("cats",), 2, "Did you mean 'cat'"),
        ("{path: p.npz, classes: [cat, dog]}", ("cat",), 3, "2 classes are named, and the model gives 3"),
    ],
)  # fmt: skip
def test_unknown_labels_are_refused(
    tmp_path: Path, data: str, labels: tuple[str, ...], n: int, words: str
) -> None:
    """A label that no output stands for is told, with the nearest that one does."""
    with pytest.raises(ConfigError, match=words):
        targets_of(config(tmp_path, data, images=EIGHT_BITS, labels=[0] * 4), labels, n)
