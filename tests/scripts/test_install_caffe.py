"""scripts/install-caffe on the real machine: what it installed works, and its failures say what to do.

Caffe itself is not compiled here (minutes); the whole way from source to cache is walked with a tiny stand-in source.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import h5py
import numpy as np
import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
SCRIPT = REPOSITORY / "scripts/install-caffe"
sys.path.insert(0, str(REPOSITORY / "scripts/caffe"))

from installer import console, python, sources, system  # noqa: E402


def install_caffe(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, SCRIPT, *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def assert_failed_plainly(done: subprocess.CompletedProcess[str], *told: str) -> None:
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    for text in told:
        assert text in done.stderr


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CAFFE_ROOT", "CAFFE_SOURCE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def tool() -> Path:
    done = install_caffe("--where")
    assert done.returncode == 0, f"run scripts/install-caffe first: {done.stderr}"
    return Path(done.stdout.removesuffix("\n"))


@pytest.fixture(scope="module")
def bare_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with this one's packages, to link a pycaffe into."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, symlinks=True)
    site_packages = next(folder.glob("lib/python3*/site-packages"))
    (site_packages / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "bin/python"


# ---- What is installed -----------------------------------------------------------------------------------------------


@pytest.mark.caffe
def test_where_prints_an_executable_that_runs(tool: Path) -> None:
    done = subprocess.run([tool, "--version"], capture_output=True, text=True, check=True)
    assert "caffe version" in done.stdout + done.stderr


@pytest.mark.caffe
def test_second_run_compiles_nothing(tool: Path) -> None:
    done = install_caffe()
    assert done.returncode == 0, done.stderr
    assert "Caffe is ready (" in done.stderr
    assert f": {tool}\n" in done.stderr
    assert "Compiling" not in done.stderr
    assert "Fetching" not in done.stderr


@pytest.fixture(scope="module")
def data_sets(tool: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight 6 x 6 images of two classes as files, LMDB, LevelDB and HDF5."""
    folder = tmp_path_factory.mktemp("data")
    images = np.random.default_rng(1).integers(0, 256, (8, 6, 6), dtype=np.uint8)
    for number, image in enumerate(images):
        (folder / f"{number}.pgm").write_bytes(b"P5 6 6 255\n" + image.tobytes())
    (folder / "list.txt").write_text("".join(f"{number}.pgm {number % 2}\n" for number in range(8)))
    for backend in ("lmdb", "leveldb"):
        convert = [
            tool.with_name("convert_imageset"),
            "--gray",
            f"--backend={backend}",
            f"{folder}/",
            "list.txt",
            backend,
        ]
        subprocess.run(convert, cwd=folder, capture_output=True, check=True)
    with h5py.File(folder / "data.h5", "w") as file:
        file["data"] = images[:, None].astype("float32")
        file["label"] = (np.arange(8) % 2).astype("float32")
    (folder / "h5.txt").write_text("data.h5\n")
    return folder


@pytest.mark.caffe
@pytest.mark.parametrize(
    "data_layer",
    [
        'type: "Data" data_param { source: "lmdb" backend: LMDB batch_size: 4 }',
        'type: "Data" data_param { source: "leveldb" backend: LEVELDB batch_size: 4 }',
        'type: "HDF5Data" hdf5_data_param { source: "h5.txt" batch_size: 4 }',
        'type: "ImageData" image_data_param { source: "list.txt" batch_size: 4 is_color: false root_folder: "./" }',
    ],
    ids=["lmdb", "leveldb", "hdf5", "images"],
)
def test_every_kind_of_data_trains(tool: Path, data_sets: Path, data_layer: str, tmp_path: Path) -> None:
    net = tmp_path / "net.prototxt"
    net.write_text(
        f"""layer {{ name: "data" top: "data" top: "label" {data_layer} }}
        layer {{ name: "conv" type: "Convolution" bottom: "data" top: "conv"
                 convolution_param {{ num_output: 2 kernel_size: 3 weight_filler {{ type: "xavier" }} }} }}
        layer {{ name: "fc" type: "InnerProduct" bottom: "conv" top: "fc"
                 inner_product_param {{ num_output: 2 weight_filler {{ type: "xavier" }} }} }}
        layer {{ name: "loss" type: "SoftmaxWithLoss" bottom: "fc" bottom: "label" top: "loss" }}
        """
    )
    solver = tmp_path / "solver.prototxt"
    solver.write_text(
        f'net: "{net}" base_lr: 1e-5 lr_policy: "fixed" max_iter: 1 display: 1 debug_info: true'
        " snapshot_after_train: false solver_mode: CPU"
    )
    done = subprocess.run(
        [tool, "train", f"--solver={solver}"],
        cwd=data_sets,
        env={**os.environ, "GLOG_logtostderr": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "[Backward] Layer conv, param blob 0 diff:" in done.stderr
    assert "Optimization Done." in done.stderr


@pytest.mark.caffe
def test_pycaffe_reads_and_writes_nets(tool: Path, tmp_path: Path) -> None:
    if not (tool.parents[1] / "python/caffe").is_dir():
        pytest.skip("this Caffe came without pycaffe")
    code = """
import caffe
from caffe.proto import caffe_pb2
net = caffe_pb2.NetParameter(name="n", layer=[caffe_pb2.LayerParameter(name="d", type="DummyData", top=["x"])])
net.layer[0].dummy_data_param.shape.add().dim.extend([2, 3])
open("net.prototxt", "w").write(str(net))
assert caffe.Net("net.prototxt", caffe.TRAIN).blobs["x"].data.shape == (2, 3)
"""
    environment = {**os.environ, "PYTHONPATH": str(tool.parents[1] / "python")}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


# ---- Finding ---------------------------------------------------------------------------------------------------------


def test_where_without_a_caffe_fails_with_one_line(tmp_path: Path) -> None:
    done = install_caffe("--where", PATH=str(tmp_path), HOME=str(tmp_path), XDG_CACHE_HOME=str(tmp_path))
    assert_failed_plainly(done, "scripts/install-caffe")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.caffe
@pytest.mark.parametrize("place", ["build/tools", ".build_release/tools", "bin"])
def test_caffe_root_comes_first(tool: Path, tmp_path: Path, place: str) -> None:
    own = tmp_path / place / "caffe"
    own.parent.mkdir(parents=True)
    own.symlink_to(tool)
    assert install_caffe("--where", CAFFE_ROOT=str(tmp_path)).stdout == f"{own}\n"
    done = install_caffe(CAFFE_ROOT=str(tmp_path))
    assert f"Caffe is ready (CAFFE_ROOT): {own}" in done.stderr


@pytest.mark.caffe
def test_a_caffe_that_does_not_run_is_passed_over(tool: Path, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/caffe").write_text("#!/bin/sh\necho I am broken; exit 3\n")
    (tmp_path / "bin/caffe").chmod(0o755)
    assert install_caffe("--where", CAFFE_ROOT=str(tmp_path)).stdout == f"{tool}\n"
    done = install_caffe(CAFFE_ROOT=str(tmp_path))
    assert done.returncode == 0
    assert "a tiny training ended with code 3: I am broken" in done.stderr


# ---- Failing ---------------------------------------------------------------------------------------------------------


def test_unknown_source_folder(tmp_path: Path) -> None:
    done = install_caffe("--source", "folder", CAFFE_SOURCE="/no/such", XDG_CACHE_HOME=str(tmp_path))
    assert_failed_plainly(done, "CAFFE_SOURCE=/no/such is no Caffe source", "what to do: set CAFFE_SOURCE")


def test_source_folder_not_set(tmp_path: Path) -> None:
    done = install_caffe("--source", "folder", XDG_CACHE_HOME=str(tmp_path))
    assert_failed_plainly(done, "CAFFE_SOURCE is not set")


def test_no_python(tmp_path: Path) -> None:
    done = install_caffe("--python", "/no/python", XDG_CACHE_HOME=str(tmp_path))
    assert_failed_plainly(done, "/no/python is no working Python", "--python PATH")


def test_cache_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "autofix").write_text("a file in the way")
    done = install_caffe("--source", "pypi", XDG_CACHE_HOME=str(tmp_path))
    assert_failed_plainly(done, str(tmp_path / "autofix"))


def test_without_root_the_missing_packages_and_the_command_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(system.shutil, "which", lambda name: None if name == "sudo" else f"/usr/bin/{name}")
    with pytest.raises(console.InstallError) as caught:
        system.ensure_packages(["no-such-package", "another"], console.Console())
    assert "no-such-package another" in caught.value.reason
    assert caught.value.hint.endswith("sudo apt-get install --no-install-recommends no-such-package another")


def test_a_python_without_boost_python_gets_no_pycaffe() -> None:
    own = python.describe(sys.executable)
    strange = python.Python(own.executable, (3, 99), own.site_packages, False, own.library_dir, own.versions)
    assert "Boost.Python for Python 3.99" in strange.why_no_pycaffe()


def test_telling_lines_are_the_errors() -> None:
    output = ["[ 1%] Building", "a.cpp:1:2: error: no such type", "In file included", "make: *** [x] Error 1"]
    assert console.telling_lines(output) == [output[1], output[3]]
    assert console.telling_lines([str(number) for number in range(20)]) == [str(number) for number in range(12, 20)]


# ---- From source to cache --------------------------------------------------------------------------------------------

FAKE_SOURCE = {
    "src/caffe/proto/caffe.proto": 'syntax = "proto2";\npackage caffe;\nmessage Datum { optional int32 label = 1; }\n',
    "src/caffe/net.cpp": '#include "caffe/proto/caffe.pb.h"\nint caffe_label() { return caffe::Datum().label(); }\n',
    "include/caffe/caffe.hpp": "int caffe_label();\n",
    "tools/caffe.cpp": r"""
        #include <cstdio>
        #include "caffe/caffe.hpp"
        int main() {
          std::puts("caffe version 1.0.0");
          std::puts("[Forward] Layer fc, top blob fc data: 1");
          std::puts("[Backward] Layer fc, param blob 0 diff: 1");
          std::puts("Optimization Done.");
          return caffe_label();
        }""",
    "tools/convert_imageset.cpp": "int main() {}\n",
    "python/caffe/__init__.py": "from caffe.proto.caffe_pb2 import Datum\nNet = Datum\n",
    "python/caffe/_caffe.cpp": "int nothing;\n",
}


@pytest.fixture
def fake_source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    for name, text in FAKE_SOURCE.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def test_build_cache_and_rebuild(fake_source: Path, bare_python: Path, tmp_path: Path) -> None:
    environment = {"CAFFE_SOURCE": str(fake_source), "XDG_CACHE_HOME": str(tmp_path)}
    arguments = ("--source", "folder", "--python", bare_python, "--jobs", "1")
    before = sources.tree_hash(fake_source, ("src", "include", "tools", "python"))

    first = install_caffe(*arguments, **environment)
    assert first.returncode == 0, first.stderr
    assert "Compiling" in first.stderr
    cache = tmp_path / "autofix/caffe"
    (tool,) = cache.glob("*/bin/caffe")
    assert f"Caffe is ready (built from folder {before[:12]}): {tool}" in first.stderr
    assert "pycaffe is importable" in first.stderr
    subprocess.run([bare_python, "-c", "import caffe; assert caffe.Net().label == 0"], cwd=tmp_path, check=True)

    second = install_caffe(*arguments, **environment)
    assert f"Caffe is ready (cached build): {tool}" in second.stderr
    assert "Compiling" not in second.stderr

    forced = install_caffe(*arguments, "--force-build", **environment)
    assert f"Caffe is ready (built from folder {before[:12]}): {tool}" in forced.stderr
    assert list(cache.glob("*/bin/caffe")) == [tool]

    (fake_source / "include/caffe/new.hpp").write_text("// another version\n")
    changed = install_caffe(*arguments, **environment)
    (other,) = set(cache.glob("*/bin/caffe")) - {tool}
    assert f": {other}" in changed.stderr
    where = install_caffe("--where", PATH=str(tmp_path), XDG_CACHE_HOME=str(tmp_path))
    assert where.stdout == f"{other}\n", "the build used last"

    assert not list(cache.glob("work-*"))
    (fake_source / "include/caffe/new.hpp").unlink()
    assert sources.tree_hash(fake_source, ("src", "include", "tools", "python")) == before


def test_a_check_keeps_nothing(fake_source: Path, bare_python: Path, tmp_path: Path) -> None:
    environment = {"CAFFE_SOURCE": str(fake_source), "XDG_CACHE_HOME": str(tmp_path)}
    done = install_caffe("--check", "--source", "folder", "--python", bare_python, **environment)
    assert done.returncode == 0, done.stderr
    assert done.stderr.endswith("All is well, and nothing of it was kept\n")
    assert {path.name for path in (tmp_path / "autofix/caffe").iterdir()} == {"install.log", "lock"}


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("src/caffe/net.cpp", "#error this source is broken\n", ("failed at: Compiling", "this source is broken")),
        ("src/caffe/proto/caffe.proto", "nonsense\n", ("failed at: Compiling", "caffe.proto:1:1")),
        ("tools/caffe.cpp", "int main() {}\n", ("failed at: Proving", "did not log '[Forward]")),
    ],
    ids=["code", "proto", "proof"],
)
def test_a_failed_build_is_told_and_never_used(
    fake_source: Path, bare_python: Path, tmp_path: Path, name: str, text: str, told: tuple[str, ...]
) -> None:
    (fake_source / name).write_text(text)
    if name == "tools/caffe.cpp":
        (fake_source / "src/caffe/net.cpp").write_text("")
    done = install_caffe(
        "--source",
        "folder",
        "--python",
        bare_python,
        "--jobs",
        "1",
        CAFFE_SOURCE=str(fake_source),
        XDG_CACHE_HOME=str(tmp_path),
    )
    log = tmp_path / "autofix/caffe/install.log"
    assert_failed_plainly(done, *told, f"full log: {log}", "what to do:")
    assert {path.name for path in log.parent.iterdir()} == {"install.log", "lock"}


def test_ended_from_outside_it_cleans_up(fake_source: Path, bare_python: Path, tmp_path: Path) -> None:
    slow = "#include <caffe/proto/caffe.pb.h>\n#include <boost/python.hpp>\n"  # seconds to compile
    (fake_source / "src/caffe/slow.cpp").write_text(slow)
    environment = {**os.environ, "CAFFE_SOURCE": str(fake_source), "XDG_CACHE_HOME": str(tmp_path)}
    command = [sys.executable, SCRIPT, "--source", "folder", "--python", bare_python]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None
        while "Compiling" not in running.stderr.readline():
            pass
        running.terminate()
        assert running.stderr.read().endswith("interrupted\n")
    assert running.returncode == 130
    assert {path.name for path in (tmp_path / "autofix/caffe").iterdir()} == {"install.log", "lock"}


def test_a_second_run_waits_for_the_first(tmp_path: Path) -> None:
    (tmp_path / "autofix/caffe").mkdir(parents=True)
    with (tmp_path / "autofix/caffe/lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        command = [sys.executable, SCRIPT, "--source", "folder"]
        environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
        with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as waiting:
            assert waiting.stderr is not None
            assert "Waiting for another install-caffe" in waiting.stderr.readline()
            fcntl.flock(held, fcntl.LOCK_UN)
            assert "CAFFE_SOURCE is not set" in waiting.stderr.read()
    assert waiting.returncode == 1


# ---- The archive -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("targets", "address"),
    [
        (
            "cosmic file:/other/\nbookworm cdrom:[disc]/\nbookworm mirror+file:/etc/apt/mirrors.txt/\n",
            "mirror+file:/etc/apt/mirrors.txt/",
        ),
        ("stable file:/mirror/debian/\n", "file:/mirror/debian/"),
        ("bookworm-security file:/mirror/security/\n", None),
        ("", None),
    ],
)
def test_the_archive_is_the_one_of_this_system(
    monkeypatch: pytest.MonkeyPatch, targets: str, address: str | None
) -> None:
    monkeypatch.setattr(system, "output_of", lambda command: targets)
    if address:
        assert sources.archive_address({"bookworm", "stable"}) == address
    else:
        with pytest.raises(console.InstallError, match="apt names no archive"):
            sources.archive_address({"bookworm", "stable"})
