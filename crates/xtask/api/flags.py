"""What the tester has to know to try the house by the text of OpenFeature's protocol, beside who it is.

Most contexts that it draws are made to name people of the demo city, and most keys segments of theirs: of strangers there
is little to be told, and answers that are never given are never judged.
"""

import hashlib

import requests
import schemathesis

import credentials

PEOPLE = [person["id"] for person in credentials.DEMO["people"]]
SEGMENTS = [
    segment["key"]
    for segment in requests.get(
        credentials.os.environ["TESTER_BASE"] + "/api/v1/segments",
        headers={"X-Api-Key": credentials.DEMO["service_key"]},
        timeout=10,
    ).json()["items"]
]


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """A flag with a value fits two of the schemas of which it must fit one: its own, and that of a code default, which
    has no properties and so leaves nothing out. By its words a code default has no value."""
    schemas = raw_schema["components"]["schemas"]
    assert schemas["codeDefaultFlag"]["properties"] == {}, "the text was mended: this hook can go"
    schemas["codeDefaultFlag"]["not"] = {"required": ["value"]}


def chosen(names, drawn):
    """One of the names, or for every fourth what was drawn; the same at each run."""
    number = int.from_bytes(hashlib.sha256(drawn.encode("utf-8", "surrogatepass")).digest()[:4], "big")
    return drawn if number % 4 == 0 else names[number // 4 % len(names)]


@schemathesis.hook
def before_call(context, case, kwargs):
    # It draws bearer tokens too, and all that they are answered is that they are none.
    case.headers.pop("Authorization", None)
    if case.path_parameters and isinstance(case.path_parameters.get("key"), str):
        case.path_parameters["key"] = chosen(SEGMENTS, case.path_parameters["key"])
    said = case.body.get("context") if isinstance(case.body, dict) else None
    if isinstance(said, dict) and isinstance(said.get("targetingKey"), str):
        said["targetingKey"] = chosen(PEOPLE, said["targetingKey"])
