"""A run in the formats of other tools: one file per format, one registry of them in `verb.py`."""

from burnish.export.verb import ExportConfig, ExportResult, export_run

__all__ = ["ExportConfig", "ExportResult", "export_run"]
