"""What the mapping language costs: planning one event, beside the same work written by hand.

    python -m bench.mapping_plan

A mapping of ten fields, two conditions and a template against a hand-written function with the same conversions and
the same checks of type, length and picklist. Both sides run in turns in one process; the best round of each counts.
"""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from bench.figure import Figure, at_most, without_limit
from feedback_bridge.mapping.compiled import CompiledMapping, compile_mapping
from feedback_bridge.mapping.document import parse_mapping
from feedback_bridge.mapping.plan import Plan, Resolved
from feedback_bridge.mapping.schema import FieldSchema, ObjectSchema
from feedback_bridge.mapping.scope import OrgTraits

RATIO_LIMIT = 6.0
ROUNDS, EVENTS = 15, 2000
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
BANDS = {"promoter": "Promoter", "passive": "Passive", "detractor": "Detractor"}
FEEDBACK: dict[str, Any] = {
    "id": "typeform-main:01HXABCDEF",
    "type": "survey_response",
    "source": "typeform-main",
    "occurred_at": "2026-11-21T03:04:05Z",
    "received_at": "2026-11-21T03:04:06Z",
    "respondent": {"email": "hana.yamada@example.jp", "name": "山田 花子", "salesforce_id": "0035g00000ABCDeAAP"},
    "survey": {"id": "abc", "name": "顧客満足度調査", "language": "ja"},
    "answers": {"plan": {"value": "Gold"}, "news": {"value": True}, "seats": {"value": 12}},
    "embedded": {"tier": "gold"},
    "nps": {
        "score": 9,
        "band": "promoter",
        "label": "promoter",
        "comment": "対応がとても早くて助かりました。",
        "normalised": 1,
    },
}
DOCUMENT = {
    "kind": "mapping",
    "id": "bench",
    "source": "typeform-main",
    "on": "survey_response",
    "when": {
        "all": [
            {"path": "nps.score", "op": "ge", "value": 0},
            {"path": "embedded.tier", "op": "in", "value": ["gold", "platinum"]},
        ]
    },
    "write": {
        "org": "production",
        "object": "Survey_Response__c",
        "operation": "upsert",
        "key": {"field": "Response_Id__c", "value": "id"},
        "fields": {
            "Email__c": {"from": "respondent.email"},
            "Name__c": {"from": "respondent.name"},
            "Contact__c": {"from": "respondent.salesforce_id"},
            "Score__c": {"from": "nps.score"},
            "Band__c": {"from": "nps.band", "map": BANDS},
            "Comment__c": {"from": "nps.comment", "too_long": "truncate"},
            "Answered_At__c": {"from": "occurred_at"},
            "Plan__c": {"from": "answers.plan.value"},
            "Newsletter__c": {"from": "answers.news.value"},
            "Summary__c": {"template": "{{ survey.name }}: {{ nps.score }}"},
        },
    },
}


def _schema() -> ObjectSchema:
    fields = (
        FieldSchema("Response_Id__c", "回答 ID", "string", length=255, external_id=True),
        FieldSchema("Email__c", "メール", "email", length=80),
        FieldSchema("Name__c", "氏名", "string", length=80),
        FieldSchema("Contact__c", "取引先責任者", "reference", reference_to=("Contact",)),
        FieldSchema("Score__c", "スコア", "double", precision=2),
        FieldSchema("Band__c", "区分", "picklist", restricted=True, values=frozenset(BANDS.values())),
        FieldSchema("Comment__c", "コメント", "textarea", length=32768),
        FieldSchema("Answered_At__c", "回答日時", "datetime"),
        FieldSchema("Plan__c", "プラン", "picklist", restricted=True, values=frozenset({"Gold", "Silver"})),
        FieldSchema("Newsletter__c", "メール配信", "boolean"),
        FieldSchema("Summary__c", "概要", "string", length=255),
    )
    return ObjectSchema(
        "Survey_Response__c", "回答", True, True, True, True, fields={field.name: field for field in fields}
    )


def compiled() -> CompiledMapping:
    return compile_mapping(parse_mapping(DOCUMENT), {"Survey_Response__c": _schema()}, OrgTraits("Asia/Tokyo"))


def by_mapping(mapping: CompiledMapping) -> Callable[[], Any]:
    def run() -> Any:
        plan = mapping.plan(FEEDBACK, NOW)
        assert type(plan) is Plan
        resolved = plan.resolve()
        assert type(resolved) is Resolved
        return resolved.writes[0].external_id, resolved.writes[0].fields

    return run


EMAIL = re.compile(r"[\w.!#$%&'*/=?^`{|}~+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}")
ID = re.compile(r"[A-Za-z0-9]{15}(?:[A-Z0-5]{3})?")
CHECKSUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
PLANS = {"Gold", "Silver"}
TIERS = {"gold", "platinum"}


class Refused(Exception):
    pass


CAPITALS = str.maketrans(
    {character: "01"[character.isupper()] for character in map(chr, range(128)) if character.isalnum()}
)


def _text(value: Any, limit: int, *, truncate: bool = False) -> str | None:
    if type(value) is not str:
        value = str(value)
    if not value.isprintable():
        value = "".join(character for character in value if character.isprintable() or character in "\n\t\u3000")
    value = value.strip()
    if 2 * len(value) > limit and len(value.encode("utf-16-le")) // 2 > limit:
        if not truncate:
            raise Refused("too long")
        value = value.encode("utf-16-le")[: 2 * limit].decode("utf-16-le", "ignore")
    return value or None


def _id(value: Any) -> str:
    if type(value) is not str or not ID.fullmatch(value):
        raise Refused("no id")
    bits = value[14::-1].translate(CAPITALS)
    suffix = CHECKSUM[int(bits[10:], 2)] + CHECKSUM[int(bits[5:10], 2)] + CHECKSUM[int(bits[:5], 2)]
    if len(value) == 18 and value[15:] != suffix:
        raise Refused("checksum")
    return value[:15] + suffix


def _moment(value: Any) -> str:
    if type(value) is not str:
        raise Refused("no date")
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise Refused("no date") from None
    if not 1700 <= moment.year <= 4000:
        raise Refused("year")
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment.isoformat(timespec="milliseconds")[:23] + "+0000"


def _number(value: Any, digits: int) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Refused("no number")
    if not -(10**digits) < value < 10**digits:
        raise Refused("too large")
    return value


def _boolean(value: Any) -> bool:
    if value is True or value is False:
        return value
    if str(value).strip().lower() in ("true", "yes", "1", "on"):
        return True
    if str(value).strip().lower() in ("false", "no", "0", "off"):
        return False
    raise Refused("neither yes nor no")


def by_hand() -> Any:
    """What a careful programmer writes for this one mapping."""
    feedback = FEEDBACK
    nps, respondent = feedback.get("nps") or {}, feedback.get("respondent") or {}
    answers, embedded, survey = (
        feedback.get("answers") or {},
        feedback.get("embedded") or {},
        feedback.get("survey") or {},
    )
    score = nps.get("score")
    if not isinstance(score, (int, float)) or score < 0:
        return None
    if embedded.get("tier") not in TIERS:
        return None
    fields: dict[str, Any] = {}
    if respondent.get("email") is not None:
        email = _text(respondent["email"], 80)
        if email is None or not EMAIL.fullmatch(email):
            raise Refused("no address")
        fields["Email__c"] = email
    if respondent.get("name") is not None:
        fields["Name__c"] = _text(respondent["name"], 80)
    if respondent.get("salesforce_id") is not None:
        fields["Contact__c"] = _id(respondent["salesforce_id"])
    fields["Score__c"] = _number(score, 2)
    if nps.get("band") is not None:
        fields["Band__c"] = BANDS[nps["band"]]
    if nps.get("comment") is not None:
        fields["Comment__c"] = _text(nps["comment"], 32768, truncate=True)
    if feedback.get("occurred_at") is not None:
        fields["Answered_At__c"] = _moment(feedback["occurred_at"])
    plan = answers.get("plan", {}).get("value")
    if plan is not None:
        if plan not in PLANS:
            raise Refused("no such choice")
        fields["Plan__c"] = plan
    news = answers.get("news", {}).get("value")
    if news is not None:
        fields["Newsletter__c"] = _boolean(news)
    fields["Summary__c"] = _text(f"{survey.get('name', '')}: {score}", 255)
    return ("Response_Id__c", _text(feedback["id"], 255)), fields


def _best(run: Callable[[], Any]) -> float:
    """Seconds for one event in one round."""
    started = time.perf_counter()
    for _ in range(EVENTS):
        run()
    return (time.perf_counter() - started) / EVENTS


def measure() -> dict[str, Figure]:
    mapped = by_mapping(compiled())
    assert mapped() == by_hand(), "both sides must write the same"
    rounds = [(_best(mapped), _best(by_hand)) for _ in range(ROUNDS)]
    ours, theirs = min(ours for ours, _ in rounds), min(theirs for _, theirs in rounds)
    figures = (
        at_most("mapping.plan_ratio", round(ours / theirs, 2), RATIO_LIMIT),
        without_limit("mapping.events_per_second", round(1 / ours)),
    )
    return {figure.name: figure for figure in figures}


if __name__ == "__main__":
    for figure in measure().values():
        print(f"{figure.name}: {figure.value} {'' if figure.limit is None else f'(at most {figure.limit})'}")
