"""`python -m local.salesforce_org --port 4610 --directory DIR [--metadata salesforce/] [--users FILE] [--seed FILE]`.

Prints one line when it is ready: `ready https://localhost:4610`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .launch import Launch, serve

DEFAULT_SEED = Path(__file__).with_name("seed.yaml")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m local.salesforce_org", description=__doc__)
    parser.add_argument("--port", type=int, default=4610, help="port on 127.0.0.1 (default 4610)")
    parser.add_argument("--directory", type=Path, required=True, help="where certificates and credentials.json go")
    parser.add_argument("--metadata", type=Path, help="SFDX source to deploy, such as salesforce/")
    parser.add_argument("--users", type=Path, help="JSON file with more users and connected apps")
    parser.add_argument(
        "--seed", type=Path, nargs="?", const=DEFAULT_SEED, help="YAML or JSON of records; without FILE, the example's"
    )
    parser.add_argument("--admin-client-id", help="consumer key of the admin's connected app")
    parser.add_argument("--admin-client-secret", help="consumer secret of the admin's connected app")
    options = parser.parse_args(arguments)
    launch = Launch(
        port=options.port,
        directory=options.directory,
        metadata=options.metadata,
        users=options.users,
        seed_file=options.seed,
        admin={"client_id": options.admin_client_id, "client_secret": options.admin_client_secret},
    )
    return serve(launch)


if __name__ == "__main__":
    sys.exit(main())
