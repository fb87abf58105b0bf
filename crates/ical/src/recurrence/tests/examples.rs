//! The examples of RFC 5545, 3.8.5.3, all of them, in the RFC's own words and in America/New_York.

use super::{moment, rule};
use crate::recurrence::{Pattern, Series};
use crate::zones::Zone;

struct Example {
    start: &'static str,
    rules: &'static [&'static str],
    except: &'static [&'static str],
    /// `1997 Sep 2-5 7`: days at the time of DTSTART; or whole times after `=`.
    days: &'static str,
    /// Whether the RFC writes dots after them.
    goes_on: bool,
}

const fn ends(start: &'static str, rules: &'static [&'static str], days: &'static str) -> Example {
    Example {
        start,
        rules,
        except: &[],
        days,
        goes_on: false,
    }
}

const fn goes_on(start: &'static str, rules: &'static [&'static str], days: &'static str) -> Example {
    Example {
        start,
        rules,
        except: &[],
        days,
        goes_on: true,
    }
}

const SEP_2: &str = "19970902T090000";
const JANUARY: &str = "1998 Jan 1-31 1999 Jan 1-31 2000 Jan 1-31";
const TWENTY_MINUTES: &str = "FREQ=DAILY;BYHOUR=9,10,11,12,13,14,15,16;BYMINUTE=0,20,40";

const EXAMPLES: &[Example] = &[
    ends(SEP_2, &["FREQ=DAILY;COUNT=10"], "1997 Sep 2-11"),
    ends(
        SEP_2,
        &["FREQ=DAILY;UNTIL=19971224T000000Z"],
        "1997 Sep 2-30 Oct 1-31 Nov 1-30 Dec 1-23",
    ),
    goes_on(
        SEP_2,
        &["FREQ=DAILY;INTERVAL=2"],
        "1997 Sep 2 4 6 8 10 12 14 16 18 20 22 24 26 28 30 Oct 2 4 6 8 10 12 14 16 18 20 22 24 26 28 30 \
         Nov 1 3 5 7 9 11 13 15 17 19 21 23 25 27 29 Dec 1 3",
    ),
    ends(
        SEP_2,
        &["FREQ=DAILY;INTERVAL=10;COUNT=5"],
        "1997 Sep 2 12 22 Oct 2 12",
    ),
    ends(
        "19980101T090000",
        &["FREQ=YEARLY;UNTIL=20000131T140000Z;BYMONTH=1;BYDAY=SU,MO,TU,WE,TH,FR,SA"],
        JANUARY,
    ),
    ends(
        "19980101T090000",
        &["FREQ=DAILY;UNTIL=20000131T140000Z;BYMONTH=1"],
        JANUARY,
    ),
    ends(
        SEP_2,
        &["FREQ=WEEKLY;COUNT=10"],
        "1997 Sep 2 9 16 23 30 Oct 7 14 21 28 Nov 4",
    ),
    ends(
        SEP_2,
        &["FREQ=WEEKLY;UNTIL=19971224T000000Z"],
        "1997 Sep 2 9 16 23 30 Oct 7 14 21 28 Nov 4 11 18 25 Dec 2 9 16 23",
    ),
    goes_on(
        SEP_2,
        &["FREQ=WEEKLY;INTERVAL=2;WKST=SU"],
        "1997 Sep 2 16 30 Oct 14 28 Nov 11 25 Dec 9 23 1998 Jan 6 20 Feb 3 17",
    ),
    ends(
        SEP_2,
        &["FREQ=WEEKLY;UNTIL=19971007T000000Z;WKST=SU;BYDAY=TU,TH"],
        "1997 Sep 2 4 9 11 16 18 23 25 30 Oct 2",
    ),
    ends(
        SEP_2,
        &["FREQ=WEEKLY;COUNT=10;WKST=SU;BYDAY=TU,TH"],
        "1997 Sep 2 4 9 11 16 18 23 25 30 Oct 2",
    ),
    ends(
        "19970901T090000",
        &["FREQ=WEEKLY;INTERVAL=2;UNTIL=19971224T000000Z;WKST=SU;BYDAY=MO,WE,FR"],
        "1997 Sep 1 3 5 15 17 19 29 Oct 1 3 13 15 17 27 29 31 Nov 10 12 14 24 26 28 Dec 8 10 12 22",
    ),
    ends(
        SEP_2,
        &["FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH"],
        "1997 Sep 2 4 16 18 30 Oct 2 14 16",
    ),
    ends(
        "19970905T090000",
        &["FREQ=MONTHLY;COUNT=10;BYDAY=1FR"],
        "1997 Sep 5 Oct 3 Nov 7 Dec 5 1998 Jan 2 Feb 6 Mar 6 Apr 3 May 1 Jun 5",
    ),
    ends(
        "19970905T090000",
        &["FREQ=MONTHLY;UNTIL=19971224T000000Z;BYDAY=1FR"],
        "1997 Sep 5 Oct 3 Nov 7 Dec 5",
    ),
    ends(
        "19970907T090000",
        &["FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU"],
        "1997 Sep 7 28 Nov 2 30 1998 Jan 4 25 Mar 1 29 May 3 31",
    ),
    ends(
        "19970922T090000",
        &["FREQ=MONTHLY;COUNT=6;BYDAY=-2MO"],
        "1997 Sep 22 Oct 20 Nov 17 Dec 22 1998 Jan 19 Feb 16",
    ),
    goes_on(
        "19970928T090000",
        &["FREQ=MONTHLY;BYMONTHDAY=-3"],
        "1997 Sep 28 Oct 29 Nov 28 Dec 29 1998 Jan 29 Feb 26",
    ),
    ends(
        SEP_2,
        &["FREQ=MONTHLY;COUNT=10;BYMONTHDAY=2,15"],
        "1997 Sep 2 15 Oct 2 15 Nov 2 15 Dec 2 15 1998 Jan 2 15",
    ),
    ends(
        "19970930T090000",
        &["FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1"],
        "1997 Sep 30 Oct 1 31 Nov 1 30 Dec 1 31 1998 Jan 1 31 Feb 1",
    ),
    ends(
        "19970910T090000",
        &["FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15"],
        "1997 Sep 10-15 1999 Mar 10-13",
    ),
    goes_on(
        SEP_2,
        &["FREQ=MONTHLY;INTERVAL=2;BYDAY=TU"],
        "1997 Sep 2 9 16 23 30 Nov 4 11 18 25 1998 Jan 6 13 20 27 Mar 3 10 17 24 31",
    ),
    ends(
        "19970610T090000",
        &["FREQ=YEARLY;COUNT=10;BYMONTH=6,7"],
        "1997 Jun 10 Jul 10 1998 Jun 10 Jul 10 1999 Jun 10 Jul 10 2000 Jun 10 Jul 10 2001 Jun 10 Jul 10",
    ),
    ends(
        "19970310T090000",
        &["FREQ=YEARLY;INTERVAL=2;COUNT=10;BYMONTH=1,2,3"],
        "1997 Mar 10 1999 Jan 10 Feb 10 Mar 10 2001 Jan 10 Feb 10 Mar 10 2003 Jan 10 Feb 10 Mar 10",
    ),
    ends(
        "19970101T090000",
        &["FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200"],
        "1997 Jan 1 Apr 10 Jul 19 2000 Jan 1 Apr 9 Jul 18 2003 Jan 1 Apr 10 Jul 19 2006 Jan 1",
    ),
    goes_on(
        "19970519T090000",
        &["FREQ=YEARLY;BYDAY=20MO"],
        "1997 May 19 1998 May 18 1999 May 17",
    ),
    goes_on(
        "19970512T090000",
        &["FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO"],
        "1997 May 12 1998 May 11 1999 May 17",
    ),
    goes_on(
        "19970313T090000",
        &["FREQ=YEARLY;BYMONTH=3;BYDAY=TH"],
        "1997 Mar 13 20 27 1998 Mar 5 12 19 26 1999 Mar 4 11 18 25",
    ),
    goes_on(
        "19970605T090000",
        &["FREQ=YEARLY;BYDAY=TH;BYMONTH=6,7,8"],
        "1997 Jun 5 12 19 26 Jul 3 10 17 24 31 Aug 7 14 21 28 1998 Jun 4 11 18 25 Jul 2 9 16 23 30 \
         Aug 6 13 20 27 1999 Jun 3 10 17 24 Jul 1 8 15 22 29 Aug 5 12 19 26",
    ),
    Example {
        start: SEP_2,
        rules: &["FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13"],
        except: &[SEP_2],
        days: "1998 Feb 13 Mar 13 Nov 13 1999 Aug 13 2000 Oct 13",
        goes_on: true,
    },
    goes_on(
        "19970913T090000",
        &["FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13"],
        "1997 Sep 13 Oct 11 Nov 8 Dec 13 1998 Jan 10 Feb 7 Mar 7 Apr 11 May 9 Jun 13",
    ),
    goes_on(
        "19961105T090000",
        &["FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8"],
        "1996 Nov 5 2000 Nov 7 2004 Nov 2",
    ),
    ends(
        "19970904T090000",
        &["FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3"],
        "1997 Sep 4 Oct 7 Nov 6",
    ),
    goes_on(
        "19970929T090000",
        &["FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2"],
        "1997 Sep 29 Oct 30 Nov 27 Dec 30 1998 Jan 29 Feb 26 Mar 30",
    ),
    // As the errata have it: 17:00 local time, which is 21:00 UTC.
    ends(
        SEP_2,
        &["FREQ=HOURLY;INTERVAL=3;UNTIL=19970902T210000Z"],
        "= 19970902T090000 19970902T120000 19970902T150000",
    ),
    ends(
        SEP_2,
        &["FREQ=MINUTELY;INTERVAL=15;COUNT=6"],
        "= 19970902T090000 19970902T091500 19970902T093000 19970902T094500 19970902T100000 19970902T101500",
    ),
    ends(
        SEP_2,
        &["FREQ=MINUTELY;INTERVAL=90;COUNT=4"],
        "= 19970902T090000 19970902T103000 19970902T120000 19970902T133000",
    ),
    goes_on(
        SEP_2,
        &[TWENTY_MINUTES],
        "= 19970902T090000 19970902T092000 19970902T094000 19970902T100000 19970902T102000 19970902T104000",
    ),
    ends(
        "19970805T090000",
        &["FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO"],
        "1997 Aug 5 10 19 24",
    ),
    ends(
        "19970805T090000",
        &["FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU"],
        "1997 Aug 5 17 19 31",
    ),
    ends(
        "20070115T090000",
        &["FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5"],
        "2007 Jan 15 30 Feb 15 Mar 15 30",
    ),
];

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// The times that an example lists, as iCalendar writes them.
fn listed(example: &Example) -> Vec<String> {
    if let Some(whole) = example.days.strip_prefix("= ") {
        return whole.split(' ').map(str::to_owned).collect();
    }
    let time = &example.start[8..];
    let (mut year, mut month) = (0, 0);
    let mut times = Vec::new();
    for word in example.days.split_whitespace() {
        if let Some(at) = MONTHS.iter().position(|name| *name == word) {
            month = at + 1;
        } else if word.len() == 4 && !word.contains('-') {
            year = word.parse().unwrap();
        } else {
            let (first, last) = word.split_once('-').unwrap_or((word, word));
            let days = first.parse::<u8>().unwrap()..=last.parse::<u8>().unwrap();
            times.extend(days.map(|day| format!("{year:04}{month:02}{day:02}{time}")));
        }
    }
    times
}

fn series_of(example: &Example, zone: &Zone) -> Series {
    let mut pattern = Pattern::once(moment(example.start, zone));
    pattern.rules = example.rules.iter().map(|text| rule(text)).collect();
    pattern.exceptions = example.except.iter().map(|text| moment(text, zone)).collect();
    Series::new(pattern).unwrap()
}

#[test]
fn every_example_of_the_rfc_gives_the_times_that_the_rfc_lists() {
    let zone = Zone::iana("America/New_York").unwrap();
    for example in EXAMPLES {
        let listed = listed(example);
        let series = series_of(example, &zone);
        let more = if example.goes_on { 0 } else { 1 };
        let all = series.all(&zone).take(listed.len() + more);
        let given: Vec<String> = all
            .map(|one| one.local().strftime("%Y%m%dT%H%M%S").to_string())
            .collect();
        assert_eq!(given, listed, "{:?}", example.rules);
        assert_eq!(series.is_endless(), example.goes_on, "{:?}", example.rules);
    }
}

#[test]
fn two_ways_to_write_every_twenty_minutes_are_one_series() {
    let zone = Zone::iana("America/New_York").unwrap();
    let minutely = "FREQ=MINUTELY;INTERVAL=20;BYHOUR=9,10,11,12,13,14,15,16";
    let [one, other] = [TWENTY_MINUTES, minutely].map(|rule| super::series(SEP_2, &zone, &[rule]));
    assert!(one.all(&zone).take(500).eq(other.all(&zone).take(500)));
}

#[test]
fn a_series_keeps_its_local_time_when_summer_time_ends() {
    let zone = Zone::iana("America/New_York").unwrap();
    let daily = super::series(SEP_2, &zone, &["FREQ=DAILY;UNTIL=19971224T000000Z"]);
    for one in daily.all(&zone) {
        let summer = one.local() < jiff::civil::date(1997, 10, 26).at(0, 0, 0, 0);
        let hour = if summer { 13 } else { 14 };
        assert_eq!(Zone::UTC.local_at(one.instant()).hour(), hour, "{}", one.local());
    }
}
