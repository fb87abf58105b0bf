"""Who the tester is, and how it writes a letter: the admin of the demo city, or the service that holds its key.

The admin signs in again whenever the tester got itself signed out, which it does: ending one's own sessions is one of
the operations it tries. Whom it would block, delete or strip of a role is somebody else than this admin: without them
there is nothing left to try.
"""

import json
import os

import requests
import schemathesis

with open(os.environ["TESTER_DEMO"], encoding="utf-8") as file:
    DEMO = json.load(file)

AS_SERVICE = os.environ["TESTER_AS"] == "service"
ADMIN = next(person for person in DEMO["people"] if person["role"] == "admin")
SOMEBODY = next(person for person in DEMO["people"] if person["role"] not in ("admin", "registrar", "auditor"))
TOKEN = {"value": None}


def sign_in() -> str:
    answer = requests.post(
        os.environ["TESTER_BASE"] + "/api/v1/sign-in",
        json={"email": ADMIN["email"], "password": ADMIN["password"]},
        timeout=10,
    )
    answer.raise_for_status()
    return answer.json()["access_token"]


@schemathesis.serializer("message/rfc822")
def letter(context, value):
    return value if isinstance(value, bytes) else str(value).encode("utf-8")


@schemathesis.hook
def before_call(context, case, kwargs):
    if AS_SERVICE:
        case.headers["X-Api-Key"] = DEMO["service_key"]
        return
    if TOKEN["value"] is None:
        TOKEN["value"] = sign_in()
    if case.method.upper() != "GET" and case.path_parameters and case.path_parameters.get("id") == ADMIN["id"]:
        case.path_parameters["id"] = SOMEBODY["id"]
    case.headers["Authorization"] = "Bearer " + TOKEN["value"]


@schemathesis.hook
def after_call(context, case, response):
    if response.status_code == 401:
        TOKEN["value"] = None
