"""Writes docs/salesforce-errors.md from the table that the product goes by.

python docs/salesforce_errors.py
"""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/salesforce-errors.md"
sys.path.insert(0, str(ROOT / "layers/feedback_bridge"))

from feedback_bridge.delivery.outcome import Meaning  # noqa: E402
from feedback_bridge.salesforce.errors import RULES, UNKNOWN, Rule  # noqa: E402

HEAD = """# What Salesforce's errors mean here

Written by `python docs/salesforce_errors.py` from `feedback_bridge/salesforce/errors.py`, the one table of its kind.
A delivery shows the code, the fields that Salesforce names, and the advice below. Of several rows with one code, those
with a condition go first.

Messages of Salesforce repeat what customers wrote, so they are not shown. Taken out of them are names of the org's own:
fields, objects, triggers, and the id of the record that stands in the way. One message is shown as it is: that of a
validation rule (`FIELD_CUSTOM_VALIDATION_EXCEPTION`), because an admin wrote it for people to read. Apex code can
raise the same error with a text of its own making; so it is not shown when it holds a word of a short value that we
sent, a passage of a long one, an `@`, or five digits in a row.

A request that Salesforce refuses whole with 400, 413, 414 or 431 is halved until the record it was refused for is
alone. Where records of several mappings share a request that a field is missing for, each mapping is tried by itself.

Some codes are ours: `NO_ANSWER` (500 and above, no answer in time, or one that cannot be read: the record may have been
written, and is looked for before an insert is repeated), `NOT_SENT` (Salesforce got nothing of it), `QUOTA_RESERVED`
(the rest of the day's calls is reserved for the org's other users), `SECRET_UNUSABLE` (the org's secret is not what it
should be), `HTTP_…` (an answer that is not Salesforce's own, by its status).

Above 2,000 records of one object, operation and External Id in a batch, Bulk API 2.0 is used, and each row of its
results is brought back to the write that it was, by External Id or Id. A job that does not end in time is aborted, so
that nothing is written behind our back; records that its results do not tell of are `NO_ANSWER`. Leads, cases and
accounts that assignment rules run for, and writes that pass over duplicate rules, always go through collections,
because a bulk job does neither; so do inserts that nothing marks as ours, because a job whose worker died goes on.
"""

SECTIONS: dict[Meaning, tuple[str, str]] = {
    Meaning.RETRY: ("Tried again soon", "Nothing is wrong with the record. Locks and limits of Apex are met again at "
                    "once, twice, with the records concerned alone; then the queue waits, longer each time."),
    Meaning.SLOW_DOWN: ("Waited for", "The org is busy. The rest of the batch waits with it."),
    Meaning.PARK: ("Parked", "A limit of the org is reached. The rest of the batch waits with it, and every five "
                   "minutes one call asks whether the limit still holds."),
    Meaning.LOG_IN: ("Logged in again", "Once for all workers; the call is repeated. If that does not help it waits."),
    Meaning.DONE: ("Counted as done", "What was wanted is already so."),
    Meaning.DUPLICATE_RULE: ("Decided by the mapping", "Its `duplicates` says what to do."),
    Meaning.CONVERTED: ("Written to the contact", "The lead has become one."),
    Meaning.MAPPING: ("The mapping is paused", "Its events wait, and go through when the org fits again."),
    Meaning.RECORD: ("Failed", "This record cannot be written until a person changes something; then it is replayed."),
}  # fmt: skip


def page() -> str:
    lines = [HEAD]
    for meaning, (title, text) in SECTIONS.items():
        lines += [f"## {title}", "", text, "", "| code | advice |", "|---|---|"]
        lines += [f"| {_code(rule)} | {rule.advice} |" for rule in RULES if rule.meaning is meaning]
        if meaning is UNKNOWN.meaning:
            lines.append(f"| any other | {UNKNOWN.advice} |")
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _code(rule: Rule) -> str:
    terms = []
    if rule.says:
        terms.append("says `" + rule.says.replace("{key}", "{the External Id}") + "`")
    if rule.deleting:
        terms.append("on a delete")
    if rule.whole:
        terms.append("for the whole request")
    return f"`{rule.code}`" + (f" ({', '.join(terms)})" if terms else "")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")
