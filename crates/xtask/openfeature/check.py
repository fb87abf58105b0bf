"""Runs what docs/segments.md shows for Python, and what its readers would try next."""

import json
import os
import runpy
import sys
import uuid

import requests
from openfeature.evaluation_context import EvaluationContext

with open(os.environ["TESTER_DEMO"], encoding="utf-8") as file:
    DEMO = json.load(file)

HOUSE = os.environ["TESTER_BASE"]
KEY = DEMO["service_key"]
PERSON = next(person["id"] for person in DEMO["people"] if person["role"] == os.environ["TESTER_PERSON"])
SEGMENTS = f"{HOUSE}/api/v1/people/{PERSON}/segments"


def put(change):
    requests.patch(SEGMENTS, json=change, headers={"X-Api-Key": KEY}, timeout=10).raise_for_status()


put({"add": [{"key": "VOICE_MESSAGES"}]})
shown = runpy.run_path(sys.argv[1], {"house": HOUSE, "key": KEY, "person": PERSON})
client, context = shown["client"], shown["context"]
assert shown["is_in"] is True, "by hand"
told = requests.get(SEGMENTS, headers={"X-Api-Key": KEY}, timeout=10).json()["segments"]
variants = {one["key"]: one.get("variant") for one in told}
assert shown["colour"] == variants["BUTTON_COLOUR"], "the variant that REST tells"

details = client.get_boolean_details("VOICE_MESSAGES", False, context)
assert (details.reason, details.variant) == ("TARGETING_MATCH", "on"), details
assert details.flag_metadata["why"] == "by_hand", details

put({"remove": ["VOICE_MESSAGES"]})
assert client.get_boolean_value("VOICE_MESSAGES", True, context) is False, "at once"

absent = client.get_boolean_details("NOT_A_SEGMENT", True, context)
assert absent.value is True and absent.error_code == "FLAG_NOT_FOUND", absent

stranger = EvaluationContext(targeting_key=str(uuid.uuid4()))
unknown = client.get_boolean_details("VOICE_MESSAGES", True, stranger)
assert (unknown.value, unknown.reason) == (False, "UNKNOWN"), unknown
