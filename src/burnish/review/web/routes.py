"""What is answered under which path. Every path but the first begins with a rater's own secret."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment
from pydantic import BaseModel

from burnish.review.asks import RatingTask
from burnish.review.study import Rater, ShownCase, Study
from burnish.review.web.view import case_view, to_store
from burnish.web.pictures import Pictures

MOST_POSITIONS = 1 << 31
"""No column of the store holds a larger number."""
router = APIRouter(default_response_class=HTMLResponse)


class ReviewSite(NamedTuple):
    """All that the routes work with."""

    study: Study
    ask: RatingTask
    pictures: Pictures
    templates: Environment
    raters: dict[str, Rater]
    """By token."""
    lists_links: bool
    """Whether the first page shows everybody's link."""


class RatingBody(BaseModel):
    """The body of a rating."""

    value: str


def get_site(request: Request) -> ReviewSite:
    """The site that `create_app` made."""
    site: ReviewSite = request.app.state.site
    return site


SiteHere = Annotated[ReviewSite, Depends(get_site)]


def get_rater(site: SiteHere, token: str) -> Rater:
    """Whose link it is."""
    if token not in site.raters:
        raise HTTPException(404)
    return site.raters[token]


RaterHere = Annotated[Rater, Depends(get_rater)]


def get_shown(site: SiteHere, rater: RaterHere, position: int) -> ShownCase:
    """The rater's case at this position."""
    shown = site.study.shown(rater, position) if 0 < position < MOST_POSITIONS else None
    if shown is None:
        raise HTTPException(404)
    return shown


ShownHere = Annotated[ShownCase, Depends(get_shown)]


async def get_form(request: Request, shown: ShownHere) -> dict[str, str]:
    """The fields of a form that was sent, by item."""
    form = await request.form(max_fields=len(shown.case.items), max_files=0)
    return {item: str(value) for item, value in form.items()}


FormHere = Annotated[dict[str, str], Depends(get_form)]


@router.get("/")
def first_page(site: SiteHere) -> str:
    """Everybody's link where only this machine can ask for it; elsewhere a word on where to get one's own."""
    raters = [(rater, site.study.progress(rater)) for rater in site.raters.values()] if site.lists_links else []
    return site.templates.get_template("start.html").render(title=site.ask.title, raters=raters)


@router.get("/{token}")
def go_on(site: SiteHere, rater: RaterHere) -> RedirectResponse:
    """Where the rater stopped."""
    return RedirectResponse(_next(site, rater, 0), 303)


@router.get("/{token}/done")
def done(site: SiteHere, rater: RaterHere) -> str:
    """Thanks, once all is rated."""
    progress = site.study.progress(rater)
    return site.templates.get_template("done.html").render(title=site.ask.title, rater=rater, progress=progress)


@router.get("/{token}/{position}")
def show_case(site: SiteHere, rater: RaterHere, position: int, shown: ShownHere) -> str:
    """A case, with what the rater has said of it."""
    view = case_view(site.ask, rater, position, shown, site.study.progress(rater))
    return site.templates.get_template(site.ask.template).render(title=site.ask.title, view=view)


@router.get("/{token}/{position}/picture")
def show_picture(site: SiteHere, shown: ShownHere, number: int = 1) -> Response:
    """The case's picture, or the one of this number, from 1, of several."""
    keys = shown.case.images[number - 1 : number] if number > 0 else []
    picture = site.pictures.find(keys[0]) if keys else None
    if picture is None:
        raise HTTPException(404)
    return Response(picture.data, media_type=picture.media_type, headers={"Cache-Control": "private, max-age=3600"})


@router.put("/{token}/{position}/{item}", status_code=204)
def save_one(site: SiteHere, rater: RaterHere, shown: ShownHere, item: str, body: RatingBody) -> Response:
    """Keep one rating, as soon as it is given."""
    _save(site, rater, shown, {item: body.value})
    return Response(status_code=204)


@router.post("/{token}/{position}")
def save_all(site: SiteHere, rater: RaterHere, position: int, shown: ShownHere, form: FormHere) -> Response:
    """Keep the whole form, and go to the next case that is not complete: this one, if something is missing."""
    _save(site, rater, shown, form)
    complete = site.study.progress(rater).complete[position - 1]
    return RedirectResponse(_next(site, rater, position) if complete else f"/{rater.token}/{position}", 303)


def _save(site: ReviewSite, rater: Rater, shown: ShownCase, given: dict[str, str]) -> None:
    try:
        values = to_store(site.ask, shown, given)
    except ValueError as error:
        raise HTTPException(422, f"{error}.") from error
    site.study.save(rater, shown.id, values)


def _next(site: ReviewSite, rater: Rater, position: int) -> str:
    following = site.study.progress(rater).open_after(position)
    return f"/{rater.token}/{following or 'done'}"
