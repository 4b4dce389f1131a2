"""What tests share: one rig for the whole run."""

from tests.rig.fixture import rig

__all__ = ["rig"]
