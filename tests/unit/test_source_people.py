"""Who answered: names of fields in two languages, tidy values, and Salesforce ids wherever they turn up."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_bridge.sources.people import respondent
from feedback_bridge.sources.salesforce_id import record_id


def known(fields: dict[str, Any], **said: Any) -> dict[str, Any]:
    return respondent(fields, **said).model_dump(exclude_none=True)


def test_the_checksum_is_salesforces() -> None:
    assert record_id("001A0000006Vm9u", "001") == "001A0000006Vm9uIAC"
    assert record_id("001A0000006Vm9uIAC", "001") == "001A0000006Vm9uIAC"


@pytest.mark.parametrize(
    "text",
    [
        "001A0000006Vm9uIAD",
        "001a0000006vm9uiac",
        "001A0000006Vm9uIA",
        "001A0000006Vm9",
        "003A0000006Vm9u",
        "001A0000006Vm9u ",
        "001A-000006Vm9u",
        "001000000000015",
        "００１A0000006Vm9u",
    ],
)
def test_what_only_looks_like_an_id_is_none(text: str) -> None:
    assert record_id(text, "001") is None


@given(st.from_regex(r"003[A-Za-z0-9]{12}", fullmatch=True), st.integers(0, 17))
def test_an_id_with_one_letter_in_the_other_case_is_noticed(short: str, place: int) -> None:
    full = record_id(short, "003")
    if full is None:
        assert short.isdigit()
        return
    changed = full[:place] + full[place].swapcase() + full[place + 1 :]
    assert record_id(changed, "003") in ({full} if changed == full else {None})


@pytest.mark.parametrize("name", ["email", "E-Mail", "email_address", "Email Address", "メールアドレス", "ＥＭＡＩＬ"])
def test_an_address_is_found_under_its_names(name: str) -> None:
    assert known({name: " Hanako.Sato@Example.JP "}) == {"email": "hanako.sato@example.jp"}


@pytest.mark.parametrize("value", ["hanako", "", " ", None, True, ["a@b.c"], {"a": "a@b.c"}])
def test_what_is_no_address_is_left_away(value: Any) -> None:
    assert known({"email": value}) == {}


def test_full_width_letters_and_digits_become_half_width() -> None:
    fields = {
        "メール": "ｈａｎａｋｏ＠ｅｘａｍｐｌｅ．ｊｐ",
        "電話番号": "０３－１２３４－５６７８",
        "会員番号": "Ａ１０２９",
    }
    assert known(fields) == {"email": "hanako@example.jp", "phone": "03-1234-5678", "user_id": "A1029"}


def test_a_name_is_put_together_in_the_order_of_its_language() -> None:
    assert known({"姓": "佐藤", "名": "花子"})["name"] == "佐藤 花子"
    assert known({"first_name": "Grace", "last_name": "Hopper"})["name"] == "Grace Hopper"
    assert known({"last_name": "Hopper"})["name"] == "Hopper"
    assert known({"名前": "佐藤　花子", "姓": "鈴木"})["name"] == "佐藤　花子"


def test_what_the_tool_says_goes_before_what_is_attached() -> None:
    assert known({"email": "old@example.com", "phone": "1"}, email="new@example.com", phone=None) == {
        "email": "new@example.com",
        "phone": "1",
    }


def test_numbers_are_ids_too() -> None:
    assert known({"user_id": 8643.0, "account_id": 17}) == {"user_id": "8643", "account_id": "17"}


def test_a_contacts_id_is_seen_under_any_name_and_before_a_leads() -> None:
    fields = {"x": "00Q5i00000QxY7bEAF", "y": "see 0035i00000QxY7b", "z": "0035i00000QxY7b"}
    assert known(fields)["salesforce_id"] == "0035i00000QxY7bAAF"


def test_an_accounts_id_stands_in_for_an_account_id_that_nobody_told() -> None:
    account = {"sfAccount": "0015i00000PqRsTAAV"}
    assert known(account)["account_id"] == "0015i00000PqRsTAAV"
    assert known(account, account_id="acct-1")["account_id"] == "acct-1"


def test_a_contact_id_of_another_system_is_none_of_salesforces() -> None:
    assert "salesforce_id" not in known({"contact_id": "C-10293"})
