"""`python -m local.qualtrics_api --port 18200`: the stand-in on this machine's loopback, over plain HTTP."""

import argparse
from pathlib import Path

import uvicorn

from local.qualtrics_api import TOKEN
from local.qualtrics_api.app import application
from local.qualtrics_api.responses import Responses

SAMPLES = Path(__file__).parents[2] / "events/sources/qualtrics/responses"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m local.qualtrics_api", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--responses", type=Path, default=SAMPLES, help="folder of {survey id}/{response id}.json")
    parser.add_argument("--token", default=TOKEN, help="the API token that is accepted")
    parser.add_argument("--per-minute", type=int, default=3000, help="calls a minute before HTTP 429")
    options = parser.parse_args()
    app = application(Responses(options.responses), options.token, options.per_minute)
    uvicorn.run(app, host="127.0.0.1", port=options.port, log_level="warning")


if __name__ == "__main__":
    main()
