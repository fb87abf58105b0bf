"""What others wrote to judge CalDAV servers, and clients that people use, against a running demo city.

Prints each that is not met by name, with the reason where it is meant to be so, and how many of how many are met.
"""

import json
import os
import shutil
import subprocess
import sys
import tarfile
import urllib.request
import xml.etree.ElementTree as xml
from pathlib import Path

import yaml

HERE = Path(__file__).parent
BIN = Path(sys.executable).parent
FOLDER = Path(sys.argv[1])
BASE = os.environ["TESTER_BASE"]
CALDAV = "3.6.0"

# Features of caldav-server-tester that are not there, because a better thing is.
NOT_WANTED = {
    "create-calendar.auto": "a calendar is made by saying so: a typing error in an address makes none",
    "url.encode-at.identity": "@ and %40 are one address, as every server known to the tester has it",
    "url.encode-at.literal.principal": "no address of a principal has an @ in it",
    "well-known": "not asked for at a loopback address; the walk asks for it",
}
# What the suite of the caldav library does not expect of a server it does not know. Each says that more is there.
MORE = {
    "search.time-range.comp-type-optional": {"support": "full"},
    "search.text.comp-type-optional": {"support": "full"},
    "calendar-color.name": {"support": "full"},
    "calendar-color": {"support": "full"},
    "calendar-order": {"support": "full"},
}
# Its tests that are skipped, by the beginning of the reason it gives.
SKIPPED = {
    "server populates calendar-user-address-set": "a test of what to do where addresses are missing",
}


def people():
    """Three people of the city, each with an app password."""
    demo = json.loads(Path(os.environ["TESTER_DEMO"]).read_text())
    made = []
    for person in [one for one in demo["people"] if one.get("password")][:3]:
        signed = post("/api/v1/sign-in", {key: person[key] for key in ("email", "password")})
        secret = post("/api/v1/me/app-passwords", {"name": "judge"}, signed["access_token"])
        made.append((person["email"], secret["password"]))
    return made


def post(path, body, token=None):
    headers = {"content-type": "application/json"}
    if token:
        headers["authorization"] = f"Bearer {token}"
    request = urllib.request.Request(BASE + path, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


class Tally:
    """How much of one judge's list is met."""

    def __init__(self, judge):
        self.judge, self.met, self.meant, self.missed = judge, 0, 0, []

    def meet(self):
        self.met += 1

    def miss(self, name, why, reason=None):
        if reason:
            self.meant += 1
            print(f"   not wanted  {name}: {reason}")
        else:
            self.missed.append(name)
            print(f"   MISSED      {name}: {why}")

    def end(self):
        of = self.met + self.meant + len(self.missed)
        print(f"── {self.judge}: {self.met} of {of}, {self.meant} not wanted, {len(self.missed)} missed", flush=True)
        return not self.missed


def begin(judge):
    print(f"── {judge}", flush=True)
    return Tally(judge)


def run(command, **more):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, **more)


def server_tester(users):
    tally = begin("caldav-server-tester 1.7, three people")
    config = {
        name: {"caldav_url": f"{BASE}/dav/", "caldav_username": user, "caldav_password": password}
        for name, (user, password) in zip(("default", "second", "third"), users)
    }
    place = FOLDER / "calendar.conf"
    place.write_text(json.dumps(config))
    sections = [part for name in config for part in ("--config-section", name)]
    done = run(
        [BIN / "caldav-server-tester", *sections, "--verbose", "--format", "text"],
        env={**os.environ, "CALDAV_CONFIG_FILE": str(place)},
    )
    name = None
    for line in done.stdout.splitlines():
        if line.startswith("## "):
            name = line[3:].strip()
        elif line.startswith("Feature support level found:") and name:
            level = line.split(":", 1)[1].strip()
            # Some features only say how it is; there is no better or worse.
            if level in ("full", "?"):
                tally.meet()
            else:
                tally.miss(name, level, NOT_WANTED.get(name))
            name = None
    if not tally.met:
        tally.miss("the tester itself", done.stderr[-2000:])
    return tally.end()


def library_suite(users):
    tally = begin(f"the suite of the caldav library {CALDAV}, scheduling on")
    source = FOLDER / f"caldav-{CALDAV}"
    if not source.is_dir():
        pip = [BIN / "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:", f"caldav=={CALDAV}"]
        done = run(pip, cwd=FOLDER)
        if done.returncode:
            tally.miss("its source", done.stderr[-2000:])
            return tally.end()
        with tarfile.open(FOLDER / f"caldav-{CALDAV}.tar.gz") as packed:
            packed.extractall(FOLDER, filter="data")
    accounts = [{"url": f"{BASE}/dav/", "username": user, "password": secret} for user, secret in users]
    house = {"type": "external", "enabled": True, **accounts[0], "features": MORE, "scheduling_users": accounts}
    servers = {"test-servers": {"radicale": {"enabled": False}, "xandikos": {"enabled": False}, "townhall": house}}
    (source / "tests/caldav_test_servers.yaml").write_text(yaml.safe_dump(servers))
    report = FOLDER / "suite.xml"
    report.unlink(missing_ok=True)
    options = ["-k", "ownhall", "-q", "-p", "no:cacheprovider", "-W", "ignore", f"--junitxml={report}"]
    tests = ["tests/test_caldav.py", "tests/test_async_integration.py"]
    done = run([sys.executable, "-m", "pytest", *options, *tests], cwd=source, env={
        **os.environ, "PYTHON_CALDAV_TEST_EMBEDDED": "0", "PYTHON_CALDAV_TEST_DOCKER": "0",
    })
    if not report.is_file():
        tally.miss("the suite itself", (done.stdout + done.stderr)[-2000:])
        return tally.end()
    for case in xml.parse(report).iter("testcase"):
        bad = case.find("failure") if case.find("failure") is not None else case.find("error")
        skipped = case.find("skipped")
        if bad is not None:
            tally.miss(case.get("name"), bad.get("message", "")[:500])
        elif skipped is not None:
            why = skipped.get("message", "")
            reason = next((reason for begins, reason in SKIPPED.items() if why.startswith(begins)), None)
            tally.miss(case.get("name"), why, reason)
        else:
            tally.meet()
    return tally.end()


VDIR = """[general]
status_path = "{folder}/status/"

[pair calendars]
a = "local"
b = "house"
collections = ["from b"]
conflict_resolution = "b wins"
metadata = ["color", "displayname"]

[storage local]
type = "filesystem"
path = "{folder}/files/"
fileext = ".ics"

[storage house]
type = "caldav"
url = "{base}/dav/"
username = "{user}"
password = "{password}"
"""

KHAL = """[calendars]
[[all]]
path = {folder}/files/*
type = discover

[locale]
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
local_timezone = Europe/Berlin
default_timezone = Europe/Berlin

[default]
default_calendar = {calendar}

[sqlite]
path = {folder}/khal.db
"""

EVENT = "\r\n".join([
    "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Judge//EN", "BEGIN:VEVENT", "UID:round-trip", "DTSTAMP:20261101T000000Z",
    "DTSTART:20261124T090000Z", "DURATION:PT1H", "SUMMARY:Round trip", "X-JUDGE;X-PARAM=kept:kept as it is",
    "RRULE:FREQ=WEEKLY;COUNT=4", "EXDATE:20261201T090000Z", "END:VEVENT", "END:VCALENDAR", "",
])


def round_trips(user, password):
    import caldav

    tally = begin("vdirsyncer and khal, there and back")
    folder = FOLDER / "round-trips"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    client = caldav.DAVClient(url=f"{BASE}/dav/", username=user, password=password)
    calendar = client.principal().make_calendar(name="Round trips", cal_id="round-trips")
    (folder / "vdirsyncer").write_text(VDIR.format(folder=folder, base=BASE, user=user, password=password))
    files = folder / "files/round-trips"

    def sync(*command):
        done = run([BIN / "vdirsyncer", "-c", folder / "vdirsyncer", *command], input="y\n" * 50)
        if done.returncode:
            raise AssertionError((done.stdout + done.stderr)[-1500:])

    def khal(*command):
        done = run([BIN / "khal", "-c", folder / "khal", *command], env={**os.environ, "TERM": "dumb"})
        if done.returncode:
            raise AssertionError((done.stdout + done.stderr)[-1500:])
        return done.stdout

    def discovers():
        sync("discover")
        sync("metasync")
        assert (files / "displayname").read_text() == "Round trips"

    def brings_here():
        calendar.add_event(EVENT)
        sync("sync")
        text = next(files.glob("*.ics")).read_text()
        assert "X-JUDGE;X-PARAM=kept:kept as it is" in text, text

    def takes_there():
        place = next(files.glob("*.ics"))
        place.write_text(place.read_text().replace("Round trip", "Changed here"))
        sync("sync")
        assert "Changed here" in calendar.event_by_uid("round-trip").data

    def is_quiet():
        before = calendar.get_property(caldav.elements.dav.SyncToken())
        sync("sync")
        sync("sync")
        assert calendar.get_property(caldav.elements.dav.SyncToken()) == before, "a sync of nothing wrote something"

    def is_listed():
        (folder / "khal").write_text(KHAL.format(folder=folder, calendar="Round trips"))
        listed = khal("list", "2026-11-24", "30d")
        assert listed.count("Changed here") == 3, listed

    def is_made_by_khal():
        khal("new", "2026-11-25 10:00", "1h", "Made by khal")
        sync("sync")
        assert any("Made by khal" in event.data for event in calendar.events())

    def deletes_there():
        for place in files.glob("*.ics"):
            if "Made by khal" in place.read_text():
                place.unlink()
        sync("sync")
        assert not any("Made by khal" in event.data for event in calendar.events())

    def deletes_here():
        calendar.event_by_uid("round-trip").delete()
        calendar.add_event(EVENT.replace("round-trip", "another"))
        sync("sync")
        assert [("UID:another" in place.read_text()) for place in files.glob("*.ics")] == [True]

    for check in (
        discovers, brings_here, takes_there, is_quiet, is_listed, is_made_by_khal, deletes_there, deletes_here,
    ):
        try:
            check()
            tally.meet()
        except Exception as error:  # whatever it is, the others are asked, too
            tally.miss(check.__name__, repr(error)[:1500])
    return tally.end()


def web_client(user, password):
    tally = begin("tsdav 2.3.4")
    for name in ("client.mjs", "package.json"):
        shutil.copy(HERE / name, FOLDER / name)
    if not (FOLDER / "node_modules/tsdav").is_dir():
        done = run(["npm", "install", "--silent", "--no-audit", "--no-fund"], cwd=FOLDER)
        if done.returncode:
            tally.miss("its package", done.stderr[-2000:])
            return tally.end()
    done = run(["node", "client.mjs", BASE, user, password], cwd=FOLDER)
    for line in done.stdout.splitlines():
        came, _, name = line.partition("\t")
        if came == "passed":
            tally.meet()
        else:
            tally.miss(name, "see there")
    if not tally.met:
        tally.miss("the client itself", done.stderr[-2000:])
    return tally.end()


def main():
    users = people()
    judges = [
        server_tester(users),
        library_suite(users),
        round_trips(*users[1]),
        web_client(*users[2]),
    ]
    sys.exit(0 if all(judges) else 1)


main()
