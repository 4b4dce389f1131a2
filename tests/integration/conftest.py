"""Integration tests share one rig."""

from __future__ import annotations

from tests.rig.fixture import rig

__all__ = ["rig"]
