"""`python -m local.pendo_api --port 15600`: the stand-in on this machine's loopback, over plain HTTP."""

import argparse

import uvicorn

from local.pendo_api import KEY
from local.pendo_api.app import application


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m local.pendo_api", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--key", default=KEY, help="the integration key that is accepted")
    parser.add_argument("--per-minute", type=int, default=600, help="calls a minute before HTTP 429")
    options = parser.parse_args()
    app = application(options.key, options.per_minute)
    uvicorn.run(app, host="127.0.0.1", port=options.port, log_level="warning")


if __name__ == "__main__":
    main()
