"""E-mail through Amazon SES."""

from collections.abc import Sequence

from feedback_bridge.aws.clients import client
from feedback_bridge.aws.errors import translated


def send_mail(sender: str, to: Sequence[str], subject: str, text: str) -> str:
    """Plain text to all of `to`; the message's id. Raises PermanentError, TransientError."""
    with translated("send the e-mail"):
        reply = client("sesv2").send_email(
            FromEmailAddress=sender,
            Destination={"ToAddresses": list(to)},
            Content={
                "Simple": {
                    "Subject": {"Data": subject, "Charset": "UTF-8"},
                    "Body": {"Text": {"Data": text, "Charset": "UTF-8"}},
                }
            },
        )
    return str(reply["MessageId"])
