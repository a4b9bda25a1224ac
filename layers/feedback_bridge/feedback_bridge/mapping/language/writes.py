"""What is written, to which record, and what follows once it is written."""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from feedback_bridge.config.document import DocumentId, Settings
from feedback_bridge.mapping.language.conditions import Condition
from feedback_bridge.mapping.language.scalars import ApiName
from feedback_bridge.mapping.language.values import FieldValue, Finding, OnMany, Operand, PathOrOperand
from feedback_bridge.mapping.write import Duplicates, Operation


class Key(Settings):
    """A record by its Id or by an External Id field."""

    field: ApiName = Field(description="Id, or an External Id field.")
    value: PathOrOperand = Field(description="Path to its value.")
    on_none: Literal["skip", "fail"] = Field(default="skip", description="Update and delete: no such record.")


class Match(Finding):
    """A record by fields that equal values."""

    fields: dict[ApiName, PathOrOperand] = Field(
        min_length=1, max_length=10, description="Field -> path to the value that it must equal."
    )
    on_none: Literal["skip", "insert", "fail"] | None = Field(
        default=None, description="No such record. Default: skip, and insert where the operation is upsert."
    )
    on_many: OnMany = Field(default="fail", description="Several records are found.")


class WriteRule(Settings):
    object: ApiName = Field(description="API name of the object, such as Contact or Survey_Response__c.")
    operation: Operation = Field(description="What is done with the record.")
    key: Key | None = Field(default=None, description="Which record: by its Id or an External Id.")
    match: Match | None = Field(default=None, description="Which record: by fields that equal values.")
    fields: dict[ApiName, FieldValue] = Field(
        default={}, max_length=500, description="API name of a field -> what goes into it."
    )
    converted: Literal["follow", "skip", "fail"] = Field(
        default="follow", description="The lead found was converted: write to its contact, skip, or fail."
    )
    duplicates: Duplicates = Field(
        default="block",
        description="A duplicate rule objects: fail (block), write anyway (allow), update what it found (use_match).",
    )
    assignment_rules: bool | None = Field(
        default=None,
        description="Whether the org's assignment rules run. Default: on insert and upsert, not on update.",
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.key and self.match:
            raise ValueError("takes key or match, not both")
        if self.operation == "insert" and (self.key or self.match):
            raise ValueError("an insert takes neither key nor match; use upsert")
        if self.operation == "delete" and not self.key:
            raise ValueError("a delete needs a key: a record is only deleted by its Id or an External Id")
        if self.operation == "delete" and self.fields:
            raise ValueError("a delete takes no fields")
        if self.operation in ("update", "upsert") and not (self.key or self.match):
            raise ValueError(f"an {self.operation} needs key or match to find its record")
        if self.operation != "delete" and not self.fields:
            raise ValueError("needs fields to write")
        return self


class MainWrite(WriteRule):
    org: DocumentId = Field(description="The org document of the Salesforce org that is written to.")

    @model_validator(mode="after")
    def _target(self) -> Self:
        if self.operation == "chatter_post" and not (self.key or self.match):
            raise ValueError("a chatter_post needs key or match to find the record it is posted on")
        return self


CAMPAIGN_MEMBER = "CampaignMember"
MEMBER_STATUS = "CampaignMemberStatus"
"""Salesforce's object of the statuses that one campaign has; each campaign has its own."""


def _constant_alone(value: Any) -> Any:
    return {"value": value} if isinstance(value, str) else value


ConstantOrOperand = Annotated[Operand, BeforeValidator(_constant_alone, json_schema_input_type=str | Operand)]
"""Text stands for itself here; anything else is written as a value."""


class CampaignMember(Settings):
    """The lead or contact just written becomes a member of a campaign, or gets another status there."""

    campaign: ConstantOrOperand = Field(description="The campaign's id.")
    status: ConstantOrOperand | None = Field(default=None, description="One of the campaign's own member statuses.")


class Follow(Settings):
    """A write that follows: for each record that the main write made or changed."""

    campaign_member: CampaignMember | None = Field(
        default=None, description="Make the lead or contact a member of a campaign, or change its status there."
    )
    write: WriteRule | None = Field(default=None, description="Another record; record: Id is that of the one before.")
    when: Condition | None = Field(default=None, description="Only when this holds.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.campaign_member is None) == (self.write is None):
            raise ValueError("needs exactly one of campaign_member and write")
        return self
