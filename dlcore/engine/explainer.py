"""An explainer: answers short questions about snapshots."""

import logging
import os
import socket
from collections import OrderedDict
from multiprocessing.connection import Connection
from pathlib import Path

from dlcore.engine.protocol import LOST, accept, error_to_plain
from dlcore.errors import N_, DerinError, EngineError
from dlcore.explain import snapshot
from dlcore.explain.familiarity import measure_on
from dlcore.explain.requests import REQUESTS

MOST_BYTES = 128 * 2**20  # of loaded snapshots
MOST_KEPT = 100           # of them
FAILED = N_("This question could not be answered.")


def serve(listener: socket.socket, key: bytes, home: Path) -> None:
    """Answer the server for ever."""
    while True:
        try:
            connection = accept(listener, key)
            with connection:
                connection.send({"pid": os.getpid()})
                Explainer(connection, home).answer_all()
        except LOST:
            continue


class Explainer:
    """Takes questions from a connection, one at a time: whose turn it is, the server knows."""

    def __init__(self, connection: Connection, home: Path):
        self.connection, self.shelf = connection, Shelf(home)

    def answer_all(self) -> None:
        """Answer until the connection ends."""
        while True:
            self._use_the_rest()
            if (message := self.connection.recv())["op"] == "leave":
                raise EOFError
            self.connection.send({"op": "reply", "id": message["id"], **self._answer(message["request"])})

    def _use_the_rest(self) -> None:
        """Measure on, in small steps, while nobody asks."""
        while not self.connection.poll() and measure_on():
            pass

    def _answer(self, request: dict) -> dict:
        try:
            answer = REQUESTS.get(request.get("kind"))
            if answer is None:
                raise EngineError(N_("There is no question of kind {kind}."), kind=str(request.get("kind")))
            return {"result": answer(self.shelf.take(request["model"]) if "model" in request else None, request)}
        except DerinError as error:
            return {"error": error_to_plain(error)}
        except Exception:
            logging.exception("a question of kind %s failed", request.get("kind"))
            return {"error": error_to_plain(EngineError(FAILED))}


class Shelf:
    """Keeps the snapshots that were asked about last, by what their files say of their age."""

    def __init__(self, home: Path, most: int = MOST_BYTES):
        self.home, self.most = home, most
        self.loaded: OrderedDict[tuple, snapshot.Snapshot] = OrderedDict()

    def take(self, model: dict) -> snapshot.Snapshot:
        """Return the snapshot that a request names, loaded now or before."""
        place = self._place(model)
        if place not in self.loaded:
            self.loaded[place] = snapshot.load(model, self.home)
        self.loaded.move_to_end(place)
        while len(self.loaded) > 1 and (len(self.loaded) > MOST_KEPT or self._bytes() > self.most):
            self.loaded.popitem(last=False)
        return self.loaded[place]

    def _bytes(self) -> int:
        return sum(map(_size, self.loaded.values()))

    def _place(self, model: dict) -> tuple:
        if "run" not in model:
            return (str(model.get("pretrained")), str(model.get("spec")))
        step = model.get("step")
        folder = self.home / "runs" / Path(str(model["run"])).name
        for path in (folder / ("live.safetensors" if step is None else f"snapshots/{step}.safetensors"),
                     folder / "snapshots"):
            try:
                return folder.name, step, path.stat().st_mtime_ns
            except OSError:
                continue
        return folder.name, step, 0


def _size(loaded: snapshot.Snapshot) -> int:
    return sum(tensor.numel() * tensor.element_size() for tensor in loaded.module.state_dict().values())
