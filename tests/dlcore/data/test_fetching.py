"""Data sets from the internet, here from a server on loopback that has tiny archives in the published formats."""

import csv
import gc
import gzip
import hashlib
import io
import pickle
import tarfile
import threading
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from torchvision import datasets

from dlcore.data import downloads, fetching, images
from dlcore.data.downloads import Archive
from dlcore.errors import DataError
from tests.dlcore.data.test_images import idx

RNG = np.random.default_rng(8)


def draw(*shape) -> np.ndarray:
    return RNG.integers(0, 256, shape).astype(np.uint8)


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder; "silent" in a path is answered with half of it, and then with nothing."""

    def log_message(self, *_):
        pass

    def do_GET(self):
        if "silent" not in self.path:
            return super().do_GET()
        self.send_response(200)
        self.send_header("Content-Length", "1000000")
        self.end_headers()
        self.wfile.write(bytes(500_000))
        self.wfile.flush()
        self.server.let_go.wait(20)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """Return (folder, address) of a web server."""
    folder = tmp_path_factory.mktemp("web")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    server.let_go = threading.Event()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield folder, f"http://127.0.0.1:{server.server_address[1]}/"
    server.let_go.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def shelf(tmp_path):
    """A home for the data sets, forgotten afterwards."""
    before = images.folder_of("x").parent.parent
    images.keep_in(tmp_path / "home")
    yield tmp_path / "home" / "datasets"
    images.keep_in(before)


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def offer(served, name: str, content: bytes) -> Archive:
    """Put a file on the web."""
    folder, address = served
    (folder / name).write_bytes(content)
    return Archive(address + name, name, md5(content))


def zipped(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def fetch(dataset: str) -> fetching.Fetch:
    """Fetch a data set to the end, as a worker does; the progress never falls."""
    job, before = fetching.Fetch({"dataset": dataset}, Path()), 0.0
    while not job.finished:
        job.advance(0.03)
        assert 0 <= before <= job.progress <= 1
        before = job.progress
    assert job.result == {"dataset": dataset}
    return job


def offer_kmnist(served, monkeypatch) -> dict[str, np.ndarray]:
    arrays = {"train_images": draw(30, 28, 28), "train_labels": (np.arange(30) % 10).astype(np.uint8),
              "test_images": draw(20, 28, 28), "test_labels": (np.arange(20) % 10).astype(np.uint8)}
    files = ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")
    offered = [offer(served, f"{file}-ubyte.gz", gzip.compress(idx(values)))
               for file, values in zip(files, arrays.values(), strict=True)]
    monkeypatch.setattr(datasets.KMNIST, "mirrors", [served[1]])
    monkeypatch.setattr(datasets.KMNIST, "resources", [(archive.file, archive.md5) for archive in offered])
    return arrays


def test_kmnist_is_what_torchvision_reads(served, shelf, monkeypatch, tmp_path):
    arrays = offer_kmnist(served, monkeypatch)
    fetch("kmnist")
    loaded = images.load("kmnist")
    for half, train in (("train", True), ("test", False)):
        theirs = datasets.KMNIST(tmp_path, train=train, download=True)
        assert np.array_equal(getattr(loaded, f"{half}_images"), theirs.data.numpy())
        assert np.array_equal(getattr(loaded, f"{half}_labels"), theirs.targets.numpy())
        assert np.array_equal(getattr(loaded, f"{half}_images"), arrays[f"{half}_images"])
    assert sorted(path.name for path in shelf.iterdir()) == ["kmnist"]


def test_the_letters_of_emnist_stand_upright_and_count_from_zero(served, shelf, monkeypatch, tmp_path):
    files, upright = {}, {"train": draw(52, 28, 28), "test": draw(26, 28, 28)}
    for split in ("letters", "balanced", "digits"):
        for half, pictures in upright.items():
            labels = (np.arange(len(pictures)) % 26 + 1).astype(np.uint8)
            stem = f"gzip/emnist-{split}-{half}"
            files[f"{stem}-images-idx3-ubyte.gz"] = gzip.compress(idx(pictures.transpose(0, 2, 1).copy()))
            files[f"{stem}-labels-idx1-ubyte.gz"] = gzip.compress(idx(labels))
    archive = offer(served, "gzip.zip", zipped(files))
    monkeypatch.setattr(datasets.EMNIST, "url", archive.url)
    monkeypatch.setattr(datasets.EMNIST, "md5", archive.md5)
    fetch("emnist_letters")
    loaded = images.load("emnist_letters")
    assert np.array_equal(loaded.train_images, upright["train"]) and np.array_equal(loaded.test_images, upright["test"])
    theirs = datasets.EMNIST(tmp_path, split="letters", train=True, download=True)
    assert np.array_equal(loaded.train_images, theirs.data.numpy().transpose(0, 2, 1))
    names = [theirs.classes[label].upper() for label in theirs.targets.tolist()]
    assert [loaded.classes[label] for label in loaded.train_labels] == names


def test_cifar_is_what_torchvision_reads(served, shelf, monkeypatch):
    pictures, labels, packed = {}, {}, io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        def add(name: str, held: dict) -> list[str]:
            content = pickle.dumps(held)
            member = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
            return [name, md5(content)]

        listed = []
        for name in (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"):
            pictures[name], labels[name] = draw(4, 3, 32, 32), RNG.integers(0, 10, 4).tolist()
            listed.append(add(name, {"data": pictures[name].reshape(4, -1), "labels": labels[name]}))
        meta = add("batches.meta", {"label_names": list("abcdefghij")})
    offered = offer(served, "cifar-10-python.tar.gz", packed.getvalue())
    for name, value in (("url", offered.url), ("tgz_md5", offered.md5), ("train_list", listed[:5]),
                        ("test_list", listed[5:]), ("meta", datasets.CIFAR10.meta | {"md5": meta[1]})):
        monkeypatch.setattr(datasets.CIFAR10, name, value)
    fetch("cifar10")
    loaded = images.load("cifar10")
    assert np.array_equal(loaded.train_images, np.concatenate([*pictures.values()][:5]).transpose(0, 2, 3, 1))
    assert np.array_equal(loaded.test_images, pictures["test_batch"].transpose(0, 2, 3, 1))
    assert loaded.train_labels.tolist() == sum([*labels.values()][:5], [])


def ppm(picture: np.ndarray) -> bytes:
    written = io.BytesIO()
    Image.fromarray(picture).save(written, "PPM")
    return written.getvalue()


def test_traffic_signs_of_every_size_come_as_48_by_48(served, shelf, monkeypatch):
    training = {f"GTSRB/Training/{label:05d}/{number:05d}.ppm": draw(15 + label, 31 - number, 3)
                for label in range(43) for number in range(2)}
    tests = {f"{number:05d}.ppm": draw(60 + number, 15, 3) for number in range(4)}
    table = io.StringIO()
    writer = csv.DictWriter(table, ["Filename", "Width", "ClassId"], delimiter=";")
    writer.writeheader()
    writer.writerows({"Filename": name, "Width": 1, "ClassId": 10 * number} for number, name in enumerate(tests))
    monkeypatch.setattr(fetching, "GTSRB", (
        offer(served, "GTSRB-Training_fixed.zip", zipped({name: ppm(one) for name, one in training.items()})),
        offer(served, "GTSRB_Final_Test_Images.zip",
              zipped({f"GTSRB/Final_Test/Images/{name}": ppm(one) for name, one in tests.items()})),
        offer(served, "GTSRB_Final_Test_GT.zip", zipped({"GT-final_test.csv": table.getvalue().encode()})),
    ))
    fetch("gtsrb")
    loaded = images.load("gtsrb")
    assert loaded.train_labels.tolist() == [label for label in range(43) for _ in range(2)]
    assert loaded.test_labels.tolist() == [0, 10, 20, 30]
    for ours, theirs in zip(loaded.test_images, tests.values(), strict=True):
        assert np.array_equal(ours, Image.fromarray(theirs).resize((48, 48), Image.Resampling.BILINEAR))
    assert loaded.train_images.shape == (86, 48, 48, 3)


def test_the_traffic_signs_come_from_where_torchvision_fetches_them_with_its_sums(monkeypatch, tmp_path):
    named = []
    monkeypatch.setattr(datasets.gtsrb, "download_and_extract_archive",
                        lambda url, download_root, md5: named.append((url, md5)))
    for half in ("train", "test"):
        with pytest.raises(RuntimeError):
            datasets.GTSRB(tmp_path, half, download=True)
    assert [(archive.url, archive.md5) for archive in fetching.archives("gtsrb")] == named


def test_what_is_there_is_not_fetched_again(served, shelf, monkeypatch):
    offer_kmnist(served, monkeypatch)
    fetch("kmnist")
    monkeypatch.setattr(datasets.KMNIST, "mirrors", ["http://127.0.0.1:9/"])
    fetch("kmnist")


def failure(dataset: str) -> str:
    with pytest.raises(DataError) as caught:
        fetch(dataset)
    return str(caught.value)


def nothing_stays(shelf) -> bool:
    return not images.is_there("kmnist") and list(shelf.iterdir()) == []


def test_without_a_network_it_is_said_at_once_and_nothing_stays(shelf, monkeypatch):
    monkeypatch.setattr(datasets.KMNIST, "mirrors", ["http://127.0.0.1:9/"])
    said = failure("kmnist")
    assert "could not be fetched from 127.0.0.1:9" in said and "connection to the internet" in said
    assert nothing_stays(shelf)


def test_a_host_that_nobody_knows_is_told(shelf, monkeypatch):
    monkeypatch.setattr(datasets.KMNIST, "mirrors", ["http://nowhere.invalid/"])
    assert "from nowhere.invalid" in failure("kmnist")
    assert nothing_stays(shelf)


def test_a_file_with_another_sum_is_refused(served, shelf, monkeypatch):
    offer_kmnist(served, monkeypatch)
    content = (served[0] / "t10k-images-idx3-ubyte.gz").read_bytes()
    (served[0] / "t10k-images-idx3-ubyte.gz").write_bytes(content[:-1] + b"x")
    assert "MD5 sum is another" in failure("kmnist")
    assert nothing_stays(shelf)


def test_a_file_that_is_not_there_any_more_is_told(served, shelf, monkeypatch):
    offer_kmnist(served, monkeypatch)
    (served[0] / "t10k-labels-idx1-ubyte.gz").unlink()
    assert "404" in failure("kmnist")
    assert nothing_stays(shelf)


def test_a_server_that_falls_silent_is_given_up(served, shelf, monkeypatch):
    monkeypatch.setattr(downloads, "PATIENCE", 0.4)
    monkeypatch.setattr(datasets.KMNIST, "mirrors", [served[1]])
    monkeypatch.setattr(datasets.KMNIST, "resources", [("silent.gz", "0" * 32)])
    assert "could not be fetched" in failure("kmnist")
    assert nothing_stays(shelf)


def test_a_full_disk_is_told_as_such(served, shelf, monkeypatch):
    offer_kmnist(served, monkeypatch)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(fetching, "read_kmnist", full)
    assert "Free some disk space" in failure("kmnist")
    assert nothing_stays(shelf)


def test_a_job_that_is_given_up_leaves_nothing(served, shelf, monkeypatch):
    monkeypatch.setattr(datasets.KMNIST, "mirrors", [served[1]])
    monkeypatch.setattr(datasets.KMNIST, "resources", [("silent.gz", "0" * 32)])
    job = fetching.Fetch({"dataset": "kmnist"}, Path())
    while job.progress == 0 and not job.finished:
        job.advance(0.03)
    assert job.progress > 0 and len(list(shelf.iterdir())) == 1
    del job
    gc.collect()  # as the worker does
    assert nothing_stays(shelf)


@pytest.mark.parametrize("dataset", ["mnist", "own-3-60-12-0123456789abcdef", "../../etc", ""])
def test_only_what_can_be_fetched_is(dataset):
    with pytest.raises(DataError, match="cannot be fetched"):
        fetching.Fetch({"dataset": dataset}, Path())
