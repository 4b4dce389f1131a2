"""How far a push is, from the daemon's events about its layers.

Source: Docker Engine API, "ImagePush": `status`, `id` and `progressDetail` with `current` and `total` in bytes.
"""

from collections.abc import Mapping
from typing import Any

from ci_kit.build.progress.seldom import Seldom
from ci_kit.model.builder import PASSING, Output
from ci_kit.model.size import human_size

_THERE = ("Layer already exists", "Pushed", "Mounted from")
_SECONDS = 0.5  # between two lines


class PushMeter:
    """Tells `output` of layers and bytes, in lines that pass."""

    def __init__(self, output: Output) -> None:
        """Know no layer yet."""
        self._output = output
        self._layers: dict[str, tuple[int, int]] = {}  # bytes sent, and of how many
        self._there: set[str] = set()
        self._seldom = Seldom(_SECONDS)

    def read(self, event: Mapping[str, Any]) -> None:
        """Take one event in; now and then the output gets a line."""
        layer, status = str(event.get("id", "")), str(event.get("status", ""))
        if not layer:
            return
        sent, total = self._layers.get(layer, (0, 0))
        detail = event.get("progressDetail")
        if isinstance(detail, dict) and isinstance(detail.get("current"), int):
            said = detail.get("total")
            sent, total = detail["current"], max(total, said if isinstance(said, int) else 0)
        if status.startswith(_THERE):
            self._there.add(layer)
            sent = total
        self._layers[layer] = sent, total
        if self._seldom.is_due():
            self._output(PASSING + self.text)

    @property
    def text(self) -> str:
        """The line: layers that are there, and bytes."""
        sent, total = (sum(values) for values in zip(*self._layers.values(), strict=True))
        layers = f"pushing: {len(self._there)} of {len(self._layers)} layers"
        return f"{layers}, {human_size(sent)} of {human_size(total)}" if total else layers
