"""Where the compiled kernel is kept, and what happens while it is not there, or cannot be."""

import os
import subprocess
import sys

import pytest

from dlcore.training import kernel_cache


@pytest.fixture
def nowhere(monkeypatch):
    """A machine on which nothing can be written."""
    kernel_cache.folder.cache_clear()
    monkeypatch.setattr(kernel_cache, "_is_writable", lambda place: False)
    yield
    kernel_cache.folder.cache_clear()


def test_where_nothing_can_be_written_there_is_no_kernel_and_that_is_known(nowhere):
    assert kernel_cache.folder() is None
    assert kernel_cache.find_kernel() is None and kernel_cache.has_failed()


def test_the_folder_follows_the_source_and_lies_beside_it_where_that_can_be_written(monkeypatch, tmp_path):
    first = kernel_cache.folder()
    assert first.parent.name == "__pycache__"
    copy = tmp_path / "kernel.py"
    copy.write_bytes(kernel_cache.SOURCES[0].read_bytes() + b"\n")
    kernel_cache.folder.cache_clear()
    monkeypatch.setattr(kernel_cache, "SOURCES", (copy, kernel_cache.SOURCES[1]))
    assert kernel_cache.folder().parent == tmp_path / "__pycache__"
    assert kernel_cache.folder().name != first.name
    monkeypatch.undo()
    kernel_cache.folder.cache_clear()


def test_a_compiler_that_fails_is_noticed_and_not_asked_again(monkeypatch, tmp_path):
    started = []

    def start():
        started.append(subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"]))
        started[-1].wait()
        return started[-1]

    monkeypatch.setattr(kernel_cache, "_compilers", {})
    monkeypatch.setattr(kernel_cache, "_marker", lambda: tmp_path / "compiled")
    monkeypatch.setattr(kernel_cache, "_start_compiler", start)
    assert not kernel_cache.has_failed()
    assert kernel_cache.find_kernel() is None and kernel_cache.find_kernel() is None
    assert kernel_cache.has_failed() and len(started) == 1


def test_the_compiler_imports_no_torch():
    code = ("import sys; from dlcore.training import kernel_cache; kernel_cache.compile_kernel(); "
            "print('torch' in sys.modules)")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120,
                          env={**os.environ, "OMP_NUM_THREADS": "1"})
    assert done.stdout.strip() == "False", done.stderr


def test_machine_code_that_cannot_be_loaded_is_no_kernel_and_no_crash(monkeypatch, tmp_path):
    def fail():
        raise ImportError("there is no numba")

    (tmp_path / "compiled").touch()
    monkeypatch.setattr(kernel_cache, "_marker", lambda: tmp_path / "compiled")
    monkeypatch.setattr(kernel_cache, "_load", fail)
    monkeypatch.setattr(kernel_cache, "_broken", False)
    assert kernel_cache.find_kernel() is None and kernel_cache.has_failed()
