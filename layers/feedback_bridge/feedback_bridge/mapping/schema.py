"""A Salesforce object as its describe tells it, cut down to what mapping needs."""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from functools import cached_property
from typing import Any


@dataclass(frozen=True, slots=True)
class FieldSchema:
    """One field of a describe. `type` is Salesforce's (`string`, `double`, `picklist`, …); lengths in characters.

    `values` are the active values of a picklist, `labels` what users see of them -> the value.
    """

    name: str
    label: str
    type: str
    length: int = 0
    precision: int = 0
    scale: int = 0
    digits: int = 0
    nillable: bool = True
    createable: bool = True
    updateable: bool = True
    defaulted: bool = False
    calculated: bool = False
    external_id: bool = False
    id_lookup: bool = False
    unique: bool = False
    restricted: bool = False
    html: bool = False
    values: frozenset[str] = frozenset()
    labels: Mapping[str, str] = dataclass_field(default_factory=dict)
    reference_to: tuple[str, ...] = ()
    relationship: str | None = None

    @property
    def required(self) -> bool:
        """Must be given a value on create (describe: createable, not nillable, not defaulted on create)."""
        return self.createable and not self.nillable and not self.defaulted


@dataclass(frozen=True)
class ObjectSchema:
    """One object. Field names are looked up without regard to case, as Salesforce does."""

    name: str
    label: str
    createable: bool
    updateable: bool
    deletable: bool
    queryable: bool
    fields: Mapping[str, FieldSchema] = dataclass_field(default_factory=dict)

    @cached_property
    def _by_lower_name(self) -> dict[str, FieldSchema]:
        return {name.lower(): item for name, item in self.fields.items()}

    def field(self, name: str) -> FieldSchema | None:
        return self.fields.get(name) or self._by_lower_name.get(name.lower())


def object_schema(describe: Mapping[str, Any]) -> ObjectSchema:
    """From the answer of `/sobjects/{name}/describe`."""
    return ObjectSchema(
        name=describe["name"],
        label=describe["label"],
        createable=describe["createable"],
        updateable=describe["updateable"],
        deletable=describe["deletable"],
        queryable=describe["queryable"],
        fields={item["name"]: _field_schema(item) for item in describe["fields"]},
    )


def _field_schema(item: Mapping[str, Any]) -> FieldSchema:
    return FieldSchema(
        name=item["name"],
        label=item["label"],
        type=item["type"],
        length=item["length"],
        precision=item["precision"],
        scale=item["scale"],
        digits=item["digits"],
        nillable=item["nillable"],
        createable=item["createable"],
        updateable=item["updateable"],
        defaulted=item["defaultedOnCreate"],
        calculated=item["calculated"],
        external_id=item["externalId"],
        id_lookup=item["idLookup"],
        unique=item["unique"],
        restricted=item["restrictedPicklist"],
        html=item.get("htmlFormatted", False),
        values=frozenset(value["value"] for value in item["picklistValues"] if value["active"]),
        labels={
            value["label"]: value["value"] for value in item["picklistValues"] if value["active"] and value["label"]
        },
        reference_to=tuple(item["referenceTo"]),
        relationship=item["relationshipName"],
    )
