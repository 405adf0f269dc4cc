"""Writes a table as an Excel workbook of one sheet, the form that some benchmarks' servers and tools take, and reads
the first sheet of a workbook."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeAlias
from xml.etree import ElementTree
from xml.sax.saxutils import escape

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
    '<sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
}
"""What every workbook of one sheet has around its cells."""
_SHEET = "xl/worksheets/sheet1.xml"
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_WRITTEN = (1980, 1, 1, 0, 0, 0)
"""The date of each part, so that equal tables are equal files."""

CellValue: TypeAlias = str | float | bool | None
MOST_BYTES = 1_000_000_000
"""Of a workbook's parts, unpacked."""
_STRINGS = "xl/sharedStrings.xml"
_DOCTYPE = b"<!DOCTYPE"


def read_sheet(path: Path) -> Iterator[list[CellValue]]:
    """The rows of the first sheet; empty cells are None. Raises ValueError for what is no such workbook."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = sorted(name for name in archive.namelist() if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", name))
            if not names or sum(one.file_size for one in archive.infolist()) > MOST_BYTES:
                raise ValueError("it has no sheet" if not names else f"it unpacks to over {MOST_BYTES:,} bytes")
            strings = _strings(_part(archive, _STRINGS)) if _STRINGS in archive.namelist() else []
            for row in _part(archive, _SHEET if _SHEET in names else names[0]).iter(f"{{{_MAIN}}}row"):
                yield _values(row, strings)
    except (zipfile.BadZipFile, ElementTree.ParseError, KeyError, IndexError, NotImplementedError, EOFError) as error:
        raise ValueError(f"it is damaged or not a workbook: {error}") from error


def _part(archive: zipfile.ZipFile, name: str) -> ElementTree.Element:
    data = archive.read(name)
    if _DOCTYPE in data[:1000]:
        raise ValueError(f"its part {name} has a DOCTYPE, which no workbook needs")
    return ElementTree.fromstring(data)


def _strings(part: ElementTree.Element) -> list[str]:
    return [_text(one) for one in part.iter(f"{{{_MAIN}}}si")]


def _text(element: ElementTree.Element) -> str:
    """All its runs of text, without phonetic ones."""
    spoken = {one for sound in element.iter(f"{{{_MAIN}}}rPh") for one in sound.iter()}
    return "".join(one.text or "" for one in element.iter(f"{{{_MAIN}}}t") if one not in spoken)


def _values(row: ElementTree.Element, strings: Sequence[str]) -> list[CellValue]:
    values: list[CellValue] = []
    for cell in row.iter(f"{{{_MAIN}}}c"):
        place = _column(cell.get("r", "")) or len(values) + 1
        values += [None] * (place - len(values) - 1)
        values.append(_value(cell, strings))
    return values


def _column(reference: str) -> int:
    """The number of the column from 1, of a reference such as AB12; 0 where there is none."""
    number = 0
    for letter in reference.rstrip("0123456789"):
        number = 26 * number + ord(letter.upper()) - ord("A") + 1
    return number


def _value(cell: ElementTree.Element, strings: Sequence[str]) -> CellValue:
    kind, value = cell.get("t", "n"), cell.find(f"{{{_MAIN}}}v")
    if kind == "inlineStr":
        return _text(cell)
    if value is None or value.text is None:
        return None
    if kind == "s":
        return strings[int(value.text)]
    return bool(int(value.text)) if kind == "b" else float(value.text) if kind == "n" else value.text


def write_sheet(path: Path, rows: Iterable[Sequence[str | int | None]]) -> None:
    """One row of the sheet for each of `rows`, the header first; characters that XML cannot hold are left out."""
    cells = "".join(f"<row>{''.join(map(_cell, row))}</row>" for row in rows)
    sheet = f'<worksheet xmlns="{_MAIN}"><sheetData>{cells}</sheetData></worksheet>'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in (_PARTS | {_SHEET: sheet}).items():
            archive.writestr(zipfile.ZipInfo(name, _WRITTEN), _HEAD + part, zipfile.ZIP_DEFLATED)


def _cell(value: str | int | None) -> str:
    if value is None:
        return "<c/>"
    if isinstance(value, int):
        return f"<c><v>{value}</v></c>"
    return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(_NOT_XML.sub("", value))}</t></is></c>'
