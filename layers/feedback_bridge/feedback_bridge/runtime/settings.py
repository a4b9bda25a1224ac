"""The environment that template.yaml gives a function; the only place that reads it."""

import os
from datetime import timedelta


class MissingSetting(RuntimeError):
    """The template does not give this function what it asks for."""


def setting(name: str) -> str:
    """One environment variable of template.yaml. Raises MissingSetting naming it, never showing the others."""
    value = os.environ.get(name)
    if not value:
        raise MissingSetting(f"the environment variable {name} is not set for this function")
    return value


def stack_name() -> str:
    return setting("STACK_NAME")


def config_table() -> str:
    return setting("CONFIG_TABLE")


def feedback_table() -> str:
    return setting("FEEDBACK_TABLE")


def archive_bucket() -> str:
    return setting("ARCHIVE_BUCKET")


def delivery_table() -> str:
    return setting("DELIVERY_TABLE")


def history_table() -> str:
    return setting("HISTORY_TABLE")


def nps_window_days() -> int:
    return int(setting("NPS_WINDOW_DAYS"))


def org_state_table() -> str:
    return setting("ORG_STATE_TABLE")


def sync_table() -> str:
    return setting("SYNC_TABLE")


def sync_queue_url() -> str:
    return setting("SYNC_QUEUE_URL")


def token_table() -> str:
    return setting("TOKEN_TABLE")


def event_bus() -> str:
    return setting("EVENT_BUS")


def queue_url() -> str:
    return setting("QUEUE_URL")


def mail_sender() -> str | None:
    """Who our e-mail comes from; None where the stack was deployed without."""
    return os.environ.get("MAIL_SENDER") or None


def summary_model() -> str | None:
    """The Bedrock model that sums comments up; None where nobody has switched it on."""
    return os.environ.get("SUMMARY_MODEL_ID") or None


def summary_seconds() -> float:
    return float(setting("SUMMARY_SECONDS"))


def summary_tokens() -> int:
    """At most, of a month."""
    return int(setting("SUMMARY_TOKENS_PER_MONTH"))


def retention_days() -> int:
    return int(setting("RETENTION_DAYS"))


def longest_wait() -> float:
    """Seconds at most between two tries of a message."""
    return float(os.environ.get("LONGEST_WAIT") or 900)


def request_lasts() -> timedelta:
    """From the start of a batch on, until nobody can be at a request of it any more: the function has its time-out, and
    Salesforce ends what takes longer than ten minutes.
    """
    worker, salesforce = os.environ.get("WORKER_SECONDS") or 120, os.environ.get("SALESFORCE_SECONDS") or 600
    return timedelta(seconds=float(worker) + float(salesforce))
