"""Reading says in one line why a file cannot be read; writing is all or nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from autofix.errors import InputError, PrototxtError
from autofix.prototxt import files, parse, read, write

BINARY = {
    "bvlc.caffemodel": (b"\x0a\x08CaffeNet\x13\x00\x00", "trained weights (a binary .caffemodel)"),
    "a.solverstate": (b"\x08\x00\x12\x00", "a solver's state (a binary .solverstate)"),
    "weights.h5": (b"\x89HDF\r\n\x1a\n and more", "an HDF5 file"),
    "notepad.prototxt": ("name: 'x'".encode("utf-16"), "a text in UTF-16 (save it as UTF-8)"),
    "other.bin": (b"\x7fELF\x00\x01", "a binary file"),
}


@pytest.mark.parametrize("name", BINARY)
def test_binary_files_are_named_for_what_they_are(name: str, tmp_path: Path) -> None:
    content, what = BINARY[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match="not a prototxt") as caught:
        read(tmp_path / name)
    assert what in str(caught.value)
    assert name in str(caught.value)


def test_missing_files_and_folders(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.prototxt: no such file"):
        read(tmp_path / "gone.prototxt")
    with pytest.raises(InputError, match="a folder, not a prototxt"):
        read(tmp_path)
    with pytest.raises(InputError, match="cannot be read"):
        read(tmp_path / ("long" * 100))


def test_far_too_large(tmp_path: Path) -> None:
    path = tmp_path / "garbage.prototxt"
    path.write_bytes(b"# no end\n" * (files.LARGEST // 9 + 1))
    with pytest.raises(InputError, match=r"too large for a prototxt \(4 MB\)"):
        read(path)


def test_large_weights_are_named_for_what_they_are(tmp_path: Path) -> None:
    path = tmp_path / "vgg16.caffemodel"
    with path.open("wb") as file:
        file.write(b"\x0a\x05VGG16")
        file.truncate(500 * 2**20)
    with pytest.raises(InputError, match=r"trained weights \(a binary \.caffemodel\), not a prototxt"):
        read(path)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no devices here")
def test_what_never_ends_is_left_off() -> None:
    with pytest.raises(InputError, match="/dev/zero: a binary file, not a prototxt"):
        read(Path("/dev/zero"))


def test_an_error_names_the_file_as_the_user_sees_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "net.prototxt").write_text("name 'x'")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PrototxtError, match=r"^net\.prototxt:1:5: "):
        read(tmp_path / "net.prototxt")


def test_writing_replaces_the_file_and_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "net.prototxt"
    path.write_text("old: 1")
    path.chmod(0o640)
    write(parse("new: 2\r\n"), path)
    assert path.read_bytes() == b"new: 2\r\n"
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_writing_through_a_link_keeps_the_link(tmp_path: Path) -> None:
    (tmp_path / "real.prototxt").write_text("old: 1")
    (tmp_path / "link.prototxt").symlink_to("real.prototxt")
    write(parse("new: 2"), tmp_path / "link.prototxt")
    assert (tmp_path / "link.prototxt").is_symlink()
    assert (tmp_path / "real.prototxt").read_text() == "new: 2"


def test_a_failed_write_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "net.prototxt"
    path.write_text("old: 1")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fdopen", full)
    with pytest.raises(InputError, match="cannot be written"):
        write(parse("new: 2"), path)
    assert path.read_text() == "old: 1"
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(InputError, match="cannot be written"):
        write(parse("new: 2"), tmp_path / "no folder" / "net.prototxt")
