"""The tables of the store. What is changed here needs a new file in `migrations/versions/`.

A rating is never changed or deleted: a rater who thinks again adds another, and the last one counts.
"""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, MetaData, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

KEY = String(64)


class Base(DeclarativeBase):
    """Names its constraints, so that a migration can name them too."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class StudyRow(Base):
    """One `burnish review`, found again by its key when the command is typed again; or one import."""

    __tablename__ = "studies"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(KEY, unique=True)
    """Digest of the configuration and of what made the runs."""
    ask: Mapped[str] = mapped_column(String(32))
    secret: Mapped[str] = mapped_column(KEY)
    """What raters' links are derived from."""
    about: Mapped[str] = mapped_column(Text)
    """The configuration as JSON, for people."""
    created: Mapped[str] = mapped_column(String(32))
    """ISO 8601, UTC."""


class RaterRow(Base):
    """A person, within one study."""

    __tablename__ = "raters"
    __table_args__ = (UniqueConstraint("study_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id"))
    name: Mapped[str] = mapped_column(String(64))


class CaseRow(Base):
    """A case as it was shown, shared by all studies."""

    __tablename__ = "cases"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(KEY, unique=True)
    items: Mapped[int]
    """How many ratings make it complete."""
    content: Mapped[str] = mapped_column(Text)
    """The `Case` as JSON."""


class AssignmentRow(Base):
    """That a rater is to rate a case."""

    __tablename__ = "assignments"
    __table_args__ = (UniqueConstraint("rater_id", "position"), UniqueConstraint("rater_id", "case_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    rater_id: Mapped[int] = mapped_column(ForeignKey("raters.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    position: Mapped[int]
    """From 1."""
    swapped: Mapped[bool]


class RatingRow(Base):
    """What a rater said of one item of a case at one moment."""

    __tablename__ = "ratings"
    __table_args__ = (Index(None, "rater_id", "case_id"), Index(None, "case_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    rater_id: Mapped[int] = mapped_column(ForeignKey("raters.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    item: Mapped[str] = mapped_column(String(32))
    value: Mapped[str] = mapped_column(String(16))
    at: Mapped[str] = mapped_column(String(32))
    """ISO 8601, UTC."""
