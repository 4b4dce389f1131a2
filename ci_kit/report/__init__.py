"""Findings as text and JSON, and files that are written whole or not at all."""

from ci_kit.report import json, text

REPORTERS = {"text": text.render, "json": json.render}
