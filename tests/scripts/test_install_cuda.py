"""scripts/install-caffe --cuda, as far as a machine without a GPU can show it.

Caffe itself takes half an hour to compile for CUDA, so a stand-in source with all that is peculiar to CUDA goes the
same way: found compiler, libraries, architectures, compatibility headers, link, proof, cache. It needs nvcc. cuBLAS
and cuRAND are stand-ins, too, put where the fetched ones would lie.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
SCRIPT = REPOSITORY / "scripts/install-caffe"
sys.path.insert(0, str(REPOSITORY / "scripts/caffe"))

from installer import build, console, cuda, present, python  # noqa: E402

TOOLKIT = cuda.on_this_machine()
needs_nvcc = pytest.mark.skipif(TOOLKIT is None, reason="no CUDA compiler (nvcc) on this machine")

SOURCE = {
    "src/caffe/proto/caffe.proto": 'syntax = "proto2";\npackage caffe;\nmessage Datum { optional int32 label = 1; }\n',
    "src/caffe/net.cpp": '#include "caffe/proto/caffe.pb.h"\nint caffe_label() { return caffe::Datum().label(); }\n',
    "include/caffe/common.hpp": """
        #pragma once
        namespace caffe { struct Caffe { enum Brew { CPU, GPU }; static Brew mode() { return CPU; } }; }
        """,
    "src/caffe/common.cpp": """
        int fields() { cudaDeviceProp p; return p.clockRate + p.deviceOverlap + p.kernelExecTimeoutEnabled; }
        """,
    "src/caffe/internal_thread.cpp": """
        namespace caffe {
        bool thread_starts() { int device; return cudaGetDevice(&device) == 0 && cudaSetDevice(device) == 0; }
        }""",
    "src/caffe/tiny.cu": """
        #include <cublas_v2.h>
        __global__ void twice(float* x) { x[threadIdx.x] *= 2; }
        void run_twice(float* x) { twice<<<1, 32>>>(x); }
        """,
    "tools/caffe.cpp": r"""
        #include <cstdio>
        int caffe_label();
        int fields();
        void run_twice(float*);
        namespace caffe { bool thread_starts(); }
        int main(int count, char**) {
          if (count > 99) { run_twice(nullptr); return fields(); }
          if (!caffe::thread_starts()) { std::puts("no thread without a GPU"); return 1; }
          std::puts("caffe version 1.0.0\n[Forward] Layer fc, top blob fc data: 1\n"
                    "[Backward] Layer fc, param blob 0 diff: 1\nOptimization Done.");
          return caffe_label();
        }""",
    "tools/convert_imageset.cpp": "int main() {}\n",
    "python/caffe/__init__.py": "",
}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    for name, text in SOURCE.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """A cache that holds stand-ins of cuBLAS and cuRAND, unless the toolkit has its own."""
    assert TOOLKIT is not None
    folder = tmp_path / "autofix/caffe"
    wheels = folder / "cuda/{}.{}-cublas-curand/nvidia/cu".format(*TOOLKIT.version)
    for part in ("include", "lib"):
        (wheels / part).mkdir(parents=True)
    for header in cuda.HEADERS:
        (wheels / "include" / header).touch()
    (wheels / "include/cublas.h").touch()
    for library in cuda.LIBRARIES:
        name = f"lib{library}.so.13"
        command = ["cc", "-shared", f"-Wl,-soname,{name}", "-x", "c", "/dev/null", "-o", str(wheels / "lib" / name)]
        subprocess.run(command, check=True)
    return folder


def install_caffe(*arguments: str, source: Path, cache: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "CAFFE_SOURCE": str(source), "XDG_CACHE_HOME": str(cache.parents[1])}
    environment.pop("CAFFE_ROOT", None)
    return subprocess.run(
        [sys.executable, SCRIPT, "--python", "/usr/bin/python3", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


@needs_nvcc
def test_it_compiles_links_and_stays_the_caffe_that_is_used(source: Path, cache: Path) -> None:
    first = install_caffe("--source", "folder", "--cuda-arch", "9.0", source=source, cache=cache)
    assert first.returncode == 0, first.stderr
    (tool,) = cache.glob("folder-*/bin/caffe")
    assert f"{TOOLKIT} for 90" in first.stderr
    if not cuda.gpu_here():
        assert "not run on a GPU: there is none here" in first.stderr
    record = json.loads((tool.parents[1] / present.RECORD).read_text())
    assert record["options"]["CMAKE_CUDA_ARCHITECTURES"] == "90"
    assert record["cuda"] == f"{TOOLKIT} for 90"

    again = install_caffe(source=source, cache=cache)  # as `make demo` does
    assert f"Caffe is ready (cached build for CUDA): {tool}" in again.stderr


@needs_nvcc
def test_architectures_are_the_listed_ones_those_of_the_cards_or_one_for_each_generation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert TOOLKIT is not None
    assert cuda.architectures("8.6, 9.0;90", TOOLKIT) == ("86", "90")
    monkeypatch.setattr(cuda, "query", lambda field: ["9.0", "8.0", "9.0"])
    assert cuda.architectures("", TOOLKIT) == ("90", "80")
    monkeypatch.setattr(cuda, "query", lambda field: [])
    *older, newest = cuda.architectures("", TOOLKIT)
    assert newest.isdecimal(), "with code for cards to come"
    assert all(name.endswith("-real") for name in older)
    with pytest.raises(console.InstallError, match="cannot compile for compute capability 20") as caught:
        cuda.architectures("2.0", TOOLKIT)
    assert "--cuda-arch" in caught.value.hint


def test_a_compiler_that_is_named_has_to_be_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("CUDACXX", raising=False)
    monkeypatch.setenv("CUDA_HOME", str(tmp_path))
    with pytest.raises(console.InstallError, match=r"CUDA_HOME=.* is no CUDA toolkit"):
        cuda.on_this_machine()


def test_a_driver_older_than_the_compiler_that_can_be_fetched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(cuda, "query", lambda field: ["535.104.05"])
    with pytest.raises(console.InstallError, match="needs driver 580, not 535") as caught:
        cuda.from_wheels("13.0", tmp_path, None, console.Console())
    assert "CUDA_HOME" in caught.value.hint


@pytest.mark.parametrize("version", ["12.8", "13", "new"])
def test_versions_that_cannot_be_fetched(version: str, tmp_path: Path) -> None:
    with pytest.raises(console.InstallError, match=f"--cuda {version}: .*from version 13.0 on"):
        cuda.from_wheels(version, tmp_path, None, console.Console())


def test_wheels_get_the_names_that_nvcc_and_cmake_look_for(tmp_path: Path) -> None:
    libraries = tmp_path / "nvidia/cu13/lib"
    libraries.mkdir(parents=True)
    for name in ("libcudart.so.13", "libcudart_static.a", "libcublas.so.13", "libcublas.so"):
        (libraries / name).write_text(name)
    cuda.like_a_toolkit(tmp_path)
    assert (tmp_path / "nvidia/cu13/lib64/libcudart.so").read_text() == "libcudart.so.13"
    assert (libraries / "libcublas.so").read_text() == "libcublas.so", "what is there stays"


def test_the_recipe_of_a_build_for_the_cpu_does_not_depend_on_cuda() -> None:
    assert build.recipe_hash(for_cuda=False) != build.recipe_hash(for_cuda=True)


def test_a_system_python_without_pip_downloads_all_the_same(tmp_path: Path) -> None:
    bare = replace(python.describe("/usr/bin/python3"), managed=True, versions={})
    command = bare.downloader(tmp_path / "pip", console.Console())
    assert subprocess.run([*command, "--version"], capture_output=True, text=True, check=True).stdout.startswith("pip ")
