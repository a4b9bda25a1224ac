"""The org's limits: calls of the day, long-running calls at one moment, and what /limits prints."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .errors import SalesforceError

# Allocations of a Developer Edition org, as GET /limits names them.
ALLOCATIONS = {
    "ActiveScratchOrgs": 3,
    "AnalyticsExternalDataSizeMB": 40960,
    "ConcurrentAsyncGetReportInstances": 200,
    "ConcurrentEinsteinDataInsightsStoryCreation": 5,
    "ConcurrentEinsteinDiscoveryStoryCreation": 2,
    "ConcurrentSyncReportRuns": 20,
    "DailyAnalyticsDataflowJobExecutions": 60,
    "DailyApiRequests": 15000,
    "DailyAsyncApexExecutions": 250000,
    "DailyBulkApiBatches": 15000,
    "DailyBulkV2QueryFileStorageMB": 976562,
    "DailyBulkV2QueryJobs": 10000,
    "DailyDeliveredPlatformEvents": 10000,
    "DailyDurableGenericStreamingApiEvents": 10000,
    "DailyDurableStreamingApiEvents": 10000,
    "DailyGenericStreamingApiEvents": 10000,
    "DailyScratchOrgs": 6,
    "DailyStandardVolumePlatformEvents": 10000,
    "DailyStreamingApiEvents": 10000,
    "DailyWorkflowEmails": 1005,
    "DataStorageMB": 1024,
    "DurableStreamingApiConcurrentClients": 20,
    "FileStorageMB": 1024,
    "HourlyAsyncReportRuns": 1200,
    "HourlyDashboardRefreshes": 200,
    "HourlyDashboardResults": 5000,
    "HourlyDashboardStatuses": 999999999,
    "HourlyODataCallout": 1000,
    "HourlyPublishedPlatformEvents": 50000,
    "HourlySyncReportRuns": 500,
    "HourlyTimeBasedWorkflow": 50,
    "MassEmail": 5000,
    "PermissionSets": 1500,
    "SingleEmail": 5000,
    "StreamingApiConcurrentClients": 20,
}


class Limits:
    """Counts calls. `daily_max` and `daily_used` can be set; refusals come in Salesforce's two meanings of one code."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[int, float] = {}
        self._next_call = 0
        self.reset()

    def reset(self) -> None:
        with self._lock:
            self.daily_max = ALLOCATIONS["DailyApiRequests"]
            self.daily_used = 0
            self.long_running_max = 25
            self.long_running_seconds = 20.0
            self.bulk_batches_used = 0
            self.bulk_query_jobs_used = 0
            self.calls: Counter[str] = Counter()
            self.total_calls = 0

    def forget_calls(self) -> None:
        with self._lock:
            self.calls.clear()
            self.total_calls = 0

    @contextmanager
    def call(self, kind: str) -> Iterator[None]:
        """One API call, from the check of the limits to its end. Raises SalesforceError (403) when refused."""
        number = self._begin(kind)
        try:
            yield
        finally:
            with self._lock:
                self._running.pop(number, None)

    def _begin(self, kind: str) -> int:
        now = time.monotonic()
        with self._lock:
            self.calls[kind] += 1
            self.total_calls += 1
            if self.daily_used >= self.daily_max:
                raise SalesforceError("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", status=403)
            self.daily_used += 1
            long_running = sum(1 for start in self._running.values() if now - start >= self.long_running_seconds)
            if long_running >= self.long_running_max:
                message = "ConcurrentPerOrgLongTxn Limit exceeded."
                raise SalesforceError("REQUEST_LIMIT_EXCEEDED", message, status=403)
            self._next_call += 1
            self._running[self._next_call] = now
            return self._next_call

    @property
    def usage_header(self) -> str:
        return f"api-usage={self.daily_used}/{self.daily_max}"

    def as_document(self) -> dict[str, Any]:
        used = {
            "DailyApiRequests": self.daily_used,
            "DailyBulkApiBatches": self.bulk_batches_used,
            "DailyBulkV2QueryJobs": self.bulk_query_jobs_used,
        }
        document: dict[str, Any] = {}
        for name, allocation in ALLOCATIONS.items():
            limit = self.daily_max if name == "DailyApiRequests" else allocation
            document[name] = {"Max": limit, "Remaining": max(0, limit - used.get(name, 0))}
        document["PermissionSets"]["CreateCustom"] = {"Max": 1000, "Remaining": 999}
        return document
