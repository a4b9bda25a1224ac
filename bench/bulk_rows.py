"""Run by `writer.py` in a process of its own: so many rows through Bulk API 2.0, and what memory that took."""

import sys
from collections import Counter
from collections.abc import Iterator

from bench.processes import peak_mb
from feedback_bridge.mapping.write import Write
from feedback_bridge.runtime.orgs import org


def writes(count: int) -> Iterator[Write]:
    for number in range(count):
        response = f"bulk:{number:07}"
        yield Write(
            "Survey_Response__c",
            "upsert",
            {
                "Source__c": "bench",
                "Survey_Name__c": "顧客満足度調査",
                "Language__c": "ja",
                "Respondent_Email__c": f"kokyaku-{number:07}@example.jp",
                "Respondent_Name__c": "山田 花子",
                "Responded_At__c": "2026-11-21T03:04:05.000+0000",
                "NPS_Score__c": number % 11,
                "Comment__c": "対応がとても早くて助かりました。また利用したいと思います。" * 4,
            },
            external_id=("Response_Id__c", response),
        )


def main(count: int) -> None:
    told = Counter(type(outcome).__name__ for _, outcome in org("production").bulk_write(writes(count)))
    if told != {"Written": count}:
        raise SystemExit(f"not all rows were written: {told}")
    print(peak_mb())


if __name__ == "__main__":
    main(int(sys.argv[1]))
