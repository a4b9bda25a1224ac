"""What template.yaml gives the functions besides the resources: its parameters' defaults and its constants."""

from dataclasses import dataclass
from typing import Any

import yaml

from local.home import ROOT


@dataclass(frozen=True)
class Reference:
    to: str


class _Loader(yaml.SafeLoader):
    """Reads `!Ref` as a reference, and CloudFormation's other short forms as nothing."""


_Loader.add_multi_constructor("!", lambda loader, suffix, node: None)
_Loader.add_constructor("!Ref", lambda loader, node: Reference(str(node.value)))


def variables() -> dict[str, str]:
    """The environment variables of all functions that can be told without deploying."""
    document: dict[str, Any] = yaml.load((ROOT / "template.yaml").read_text(encoding="utf-8"), Loader=_Loader)
    defaults = {name: parameter.get("Default") for name, parameter in document["Parameters"].items()}
    functions = [item["Properties"] for item in document["Resources"].values() if item["Type"].endswith("::Function")]
    told: dict[str, str] = {}
    for function in (document["Globals"]["Function"], *functions):
        for name, value in function.get("Environment", {}).get("Variables", {}).items():
            meant = defaults.get(value.to) if isinstance(value, Reference) else value
            if isinstance(meant, str | int):
                told[name] = str(meant)
    return told
