"""`transform`: a list of steps, each a word (`trim`) or a word with what it needs (`{split: ",", take: 0}`)."""

from typing import Annotated, Any, Literal, get_args
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Discriminator, Field, StringConstraints, Tag, model_validator

from feedback_bridge.config.document import Settings
from feedback_bridge.mapping.language.scalars import Pattern
from feedback_bridge.mapping.transforms.contact import is_region
from feedback_bridge.mapping.transforms.times import EPOCHS, bad_format

Word = Literal[
    "trim", "squeeze", "upper", "lower", "digits", "normalise", "strip_html",
    "number", "email", "url", "domain", "first", "last", "unique", "count",
]  # fmt: skip
Text = Annotated[str, StringConstraints(max_length=200)]
Separator = Annotated[str, StringConstraints(min_length=1, max_length=20)]
Index = Annotated[int, Field(ge=-1000, le=1000)]


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError("is not a time zone, such as Asia/Tokyo") from None
    return name


def _readable(form: str) -> str:
    fault = None if form in EPOCHS else bad_format(form, reading=True)
    if fault:
        raise ValueError(fault)
    return form


def _writable(form: str) -> str:
    fault = bad_format(form, reading=False)
    if fault:
        raise ValueError(fault)
    return form


def _region(region: str) -> str:
    if not is_region(region):
        raise ValueError("is not a country code, such as JP")
    return region


Zone = Annotated[str, StringConstraints(max_length=60), AfterValidator(_zone)]
ReadFormat = Annotated[str, StringConstraints(min_length=1, max_length=60), AfterValidator(_readable)]
WriteFormat = Annotated[str, StringConstraints(min_length=1, max_length=60), AfterValidator(_writable)]
Region = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$"), AfterValidator(_region)]


class Split(Settings):
    split: Separator = Field(description="Cut the text at this separator.")
    take: Index | None = Field(default=None, description="Take one part: 0 is the first, -1 the last.")


class Take(Settings):
    take: Index = Field(description="Take one item of a list: 0 is the first, -1 the last.")


class Join(Settings):
    join: Annotated[str, StringConstraints(max_length=20)] = Field(description="A list as one text, with this between.")


class Name(Settings):
    name: Literal["family", "given"] = Field(description="A part of a person's name.")
    order: Literal["auto", "japanese", "western"] = Field(
        default="auto", description="Which part comes first; auto goes by the writing."
    )


class DecimalMark(Settings):
    decimal: Literal[",", "."] = Field(description="Read a number that has this decimal mark.")


class Round(Settings):
    round: Annotated[int, Field(ge=0, le=18)] = Field(description="Round half up to so many decimals.")


class Multiply(Settings):
    multiply: Annotated[float, Field(ge=-1e12, le=1e12, allow_inf_nan=False)] = Field(description="Multiply by this.")


class ReadDate(Settings):
    date: ReadFormat = Field(description="Read a date written so, such as %d.%m.%Y.")


class ReadDatetime(Settings):
    datetime: ReadFormat = Field(description="Read a moment written so; or epoch_seconds, epoch_milliseconds.")
    zone: Zone | None = Field(default=None, description="Where the text names no zone. Default: the org's.")


class ReadTime(Settings):
    time: ReadFormat = Field(description="Read a time of day written so, such as %H:%M.")


class Format(Settings):
    format: WriteFormat = Field(description="Write a date or moment so, such as %Y年%m月%d日.")
    zone: Zone | None = Field(default=None, description="Whose clocks. Default: the org's zone.")


class AddDays(Settings):
    add_days: Annotated[int, Field(ge=-3650, le=3650)] = Field(description="So many days later, or earlier.")


class Phone(Settings):
    phone: Region = Field(description="As +819012345678; numbers without a country code are of this country.")


class Truncate(Settings):
    truncate: Annotated[int, Field(ge=1, le=131_072)] = Field(description="At most so many characters.")
    ending: Annotated[str, StringConstraints(max_length=10)] = Field(
        default="", description="Stands at the end of what was shortened."
    )

    @model_validator(mode="after")
    def _room(self) -> "Truncate":
        if 2 * len(self.ending) >= self.truncate and self.ending:
            raise ValueError("leaves no room for text before the ending")
        return self


class Replace(Settings):
    replace: Annotated[dict[Separator, Text], Field(min_length=1, max_length=100)] = Field(
        description="Every occurrence of each text, as it is."
    )


class Extract(Settings):
    extract: Pattern = Field(description="What this regular expression (RE2) finds.")
    group: Annotated[int, Field(ge=0, le=20)] | None = Field(
        default=None, description="Which group of it; default: the first, or else the whole."
    )


_PARTS = (
    Split, Take, Join, Name, DecimalMark, Round, Multiply, ReadDate, ReadDatetime, ReadTime,
    Format, AddDays, Phone, Truncate, Replace, Extract,
)  # fmt: skip
_TAGS = {next(iter(model.model_fields)): f"<{model.__name__}>" for model in _PARTS}
STEPS = (*get_args(Word), *_TAGS)
STEP_BRANCHES = frozenset({"<word>", *_TAGS.values()})
"""What pydantic calls the kinds of step in a problem's path."""


def _kind(value: Any) -> str | None:
    if isinstance(value, str):
        return "<word>" if value in get_args(Word) else None
    if isinstance(value, dict):
        return next((tag for key, tag in _TAGS.items() if key in value), None)
    return f"<{type(value).__name__}>" if isinstance(value, _PARTS) else None


Step = Annotated[
    Annotated[Word, Tag("<word>")]
    | Annotated[Split, Tag("<Split>")]
    | Annotated[Take, Tag("<Take>")]
    | Annotated[Join, Tag("<Join>")]
    | Annotated[Name, Tag("<Name>")]
    | Annotated[DecimalMark, Tag("<DecimalMark>")]
    | Annotated[Round, Tag("<Round>")]
    | Annotated[Multiply, Tag("<Multiply>")]
    | Annotated[ReadDate, Tag("<ReadDate>")]
    | Annotated[ReadDatetime, Tag("<ReadDatetime>")]
    | Annotated[ReadTime, Tag("<ReadTime>")]
    | Annotated[Format, Tag("<Format>")]
    | Annotated[AddDays, Tag("<AddDays>")]
    | Annotated[Phone, Tag("<Phone>")]
    | Annotated[Truncate, Tag("<Truncate>")]
    | Annotated[Replace, Tag("<Replace>")]
    | Annotated[Extract, Tag("<Extract>")],
    Discriminator(
        _kind,
        custom_error_type="unknown_step",
        custom_error_message=f"is no step; there are {', '.join(STEPS)}",
    ),
]
