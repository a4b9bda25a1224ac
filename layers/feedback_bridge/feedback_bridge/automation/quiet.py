"""Quiet hours, days and holidays of a time zone, during which nobody is disturbed."""

from datetime import date, datetime, time, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, StringConstraints, field_validator

from feedback_bridge.config.document import Settings, TimeZone

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FURTHEST = 400
_MONTH_DAY = r"^(\d{4}-)?\d{2}-\d{2}$"

Clock = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Holiday = Annotated[str, StringConstraints(pattern=_MONTH_DAY)]


class Quiet(Settings):
    """From `begins` to `ends` each day (over midnight where that is later), and the whole of some days."""

    zone: TimeZone = Field(description="IANA name, such as Asia/Tokyo.")
    begins: Clock | None = None
    ends: Clock | None = None
    days: list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]] = Field(default=[])
    holidays: list[Holiday] = Field(default=[], max_length=500, description="2026-12-31, or 01-01 for every year.")

    @field_validator("ends")
    @classmethod
    def _both(cls, ends: str | None, info: object) -> str | None:
        begins = getattr(info, "data", {}).get("begins")
        if (begins is None) != (ends is None) or (begins is not None and begins == ends):
            raise ValueError("needs begins as well, at another time")
        return ends

    @field_validator("days")
    @classmethod
    def _not_all(cls, days: list[str]) -> list[str]:
        if len(set(days)) == len(_DAYS):
            raise ValueError("leaves no day on which anybody could be told")
        return days

    def until(self, now: datetime) -> datetime | None:
        """When quiet ends that holds `now`; None when it does not hold. `now` has a zone, and so has the answer."""
        local = now.astimezone(ZoneInfo(self.zone))
        for _ in range(_FURTHEST):
            end = self._end(local)
            if end is None:
                return local.astimezone(now.tzinfo) if local > now else None
            local = end
        return local.astimezone(now.tzinfo)

    def _end(self, local: datetime) -> datetime | None:
        if _DAYS[local.weekday()] in self.days or self._is_holiday(local.date()):
            return _at(local.date() + timedelta(days=1), time.min, local)
        if self.begins is None or self.ends is None:
            return None
        begins, ends, clock = time.fromisoformat(self.begins), time.fromisoformat(self.ends), local.time()
        if begins < ends:
            return _at(local.date(), ends, local) if begins <= clock < ends else None
        if clock >= begins:
            return _at(local.date() + timedelta(days=1), ends, local)
        return _at(local.date(), ends, local) if clock < ends else None

    def _is_holiday(self, day: date) -> bool:
        return day.isoformat() in self.holidays or f"{day:%m-%d}" in self.holidays


def _at(day: date, clock: time, like: datetime) -> datetime:
    return datetime.combine(day, clock, like.tzinfo)
