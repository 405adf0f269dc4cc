"""What is answered under which path, all of it below the secret where there is one. Nothing can be changed here."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from markupsafe import Markup
from pydantic import BaseModel, ConfigDict, Field

from burnish.report import html
from burnish.report.cards import PictureOf
from burnish.report.finding import RecordFilter
from burnish.report.provenance import origin_of
from burnish.store import Run
from burnish.view.page import heading, neighbours, pager, remark, state_of, templates, views
from burnish.view.pictures import Drawings, is_known
from burnish.view.query import PAGE, check, choices_in, find, find_id
from burnish.view.records import read_records, runs_in
from burnish.view.schema import reading
from burnish.web.pictures import Picture, Pictures

router = APIRouter(default_response_class=HTMLResponse)
_FOR_EVER = {"Cache-Control": "private, max-age=31536000, immutable"}
"""Of what is named by its content."""


@dataclass(frozen=True, slots=True)
class ViewSite:
    """All that the routes work with."""

    run: Path
    index: Path
    root: str
    """What every address begins with: "/", or the secret between slashes."""
    drawings: Drawings


class PageQuery(BaseModel):
    """The fields of the filter's form, and the page."""

    model_config = ConfigDict(str_max_length=10_000)

    q: str = Field("", max_length=500)
    run: str = ""
    source: str = ""
    label: str = ""
    by: str = ""
    least: str = ""
    most: str = ""
    order: str = ""
    page: int = Field(1, ge=1, le=1_000_000_000)

    def choice(self) -> RecordFilter:
        """What is looked for."""
        return RecordFilter(**self.model_dump(exclude={"page"}))


def get_site(request: Request) -> ViewSite:
    """The site that `create_app` made."""
    site: ViewSite = request.app.state.site
    return site


SiteHere = Annotated[ViewSite, Depends(get_site)]


def get_index(site: SiteHere) -> Iterator[sqlite3.Connection]:
    """The index as it is now, for one answer."""
    with reading(site.index) as index:
        yield index


IndexHere = Annotated[sqlite3.Connection, Depends(get_index)]


@router.get("/")
def show_page(site: SiteHere, index: IndexHere, asked: Annotated[PageQuery, Query()]) -> str:
    """A page of records; before the first of all, the tables and figures."""
    choice, state = asked.choice(), state_of(index, site.run)
    try:
        found = find(index, check(index, choice), (asked.page - 1) * PAGE)
    except ValueError as error:
        raise HTTPException(422, str(error)) from error
    if asked.page > 1 and not found.numbers:
        raise HTTPException(404, f"There is no page {asked.page:,}: {found.total:,} records were found.")
    chosen = any(choice._replace(by="", order=""))
    is_first = asked.page == 1 and not any(choice)
    return _render(
        site,
        "records.html",
        state=state,
        choices=choices_in(index),
        choice=choice,
        heading=heading(found, asked.page, chosen=chosen),
        remark=remark(found),
        views=views(read_records(index, site.run, found.numbers), site.root),
        pager=pager(found, choice, asked.page, site.root),
        told=_output(index) if is_first else None,
        origins=[origin_of(_name(site), Run.open(site.run))] if is_first else [],
    )


@router.get("/record/{number}")
def show_record(site: SiteHere, index: IndexHere, number: int) -> str:
    """One record, and links to those beside it."""
    state = state_of(index, site.run)
    stored = read_records(index, site.run, [number]) if 0 < number <= state.records else []
    if not stored:
        raise HTTPException(404, f"There is no record {number:,}: the run has {state.records:,} so far.")
    return _render(
        site,
        "record.html",
        state=state,
        view=views(stored, site.root)[0],
        pager=neighbours(number, state.records, site.root),
    )


@router.get("/record")
def show_record_by_id(
    site: SiteHere, index: IndexHere, record_id: Annotated[str, Query(alias="id", max_length=10_000)]
) -> Response:
    """The first record with an id."""
    number = find_id(index, record_id)
    if number is None:
        raise HTTPException(404, f"There is no record {record_id!r:.200}, or it is not indexed yet.")
    return RedirectResponse(f"{site.root}record/{number}", 307)


@router.get("/picture/{key}")
async def show_picture(
    site: SiteHere,
    index: IndexHere,
    key: str,
    distortion: Annotated[str, Query(max_length=500)] = "",
    seed: Annotated[int, Query(ge=0, lt=1 << 63)] = 0,
) -> Response:
    """A picture of the run: the file that it keeps, or one of the distorted ones that its records are about."""
    runs = runs_in(index, site.run)
    picture: Picture | None
    if not distortion:
        picture = await to_thread.run_sync(Pictures(runs).find, key)
    elif is_known(index, distortion):
        picture = await site.drawings.draw(runs, PictureOf(key, distortion, seed))
    else:
        raise HTTPException(404, "No record of this run has a picture that was distorted so.")
    if picture is None:
        raise HTTPException(404, "The run has no such picture.")
    return Response(picture.data, media_type=picture.media_type, headers=_FOR_EVER)


@router.get("/figure/{name}")
def show_figure(index: IndexHere, name: str) -> Response:
    """A figure of the report."""
    row = index.execute("select svg from figures where name = ?", (name,)).fetchone()
    if row is None:
        raise HTTPException(404, "There is no such figure any more: load the page again.")
    policy = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
    return Response(row[0], media_type="image/svg+xml", headers={**_FOR_EVER, **policy})


@router.get("/state")
def show_state(site: SiteHere, index: IndexHere) -> Response:
    """How far the index is, as JSON."""
    return JSONResponse(state_of(index, site.run)._asdict())


@router.get("/static/page.css")
def show_style() -> Response:
    """The report's style, which is the viewer's too."""
    return Response(html.resource("page.css"), media_type="text/css")


def _output(index: sqlite3.Connection) -> Markup:
    """Tables and figures; empty until they are made."""
    row = index.execute("select html from told").fetchone()
    return Markup("" if row is None else row[0])


def _render(site: ViewSite, template: str, **values: object) -> str:
    return templates().get_template(template).render(name=_name(site), root=site.root, **values)


def _name(site: ViewSite) -> str:
    return site.run.resolve().name
