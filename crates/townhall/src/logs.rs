//! Logs: for people on a terminal, otherwise one JSON object a line with every field at the top, as Splunk and its
//! kin read it without a rule: `time`, `level`, `target`, `message`, then the fields of the event and of the spans
//! around it (`request_id` is one). They go to standard error; standard output belongs to answers.

use std::fmt;
use std::io::IsTerminal as _;

use kernel::Clock;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::{JsonFields, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormattedFields};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, fmt as format};

use crate::config::{Config, LogFormat};
use crate::reports::Reports;

/// Names that a field may not take from the line itself.
const OWN_NAMES: [&str; 4] = ["time", "level", "target", "message"];

/// What a level or a list of `module=level` lets through.
pub fn filter(level: &str) -> Result<EnvFilter, String> {
    let wrong = |e: &dyn fmt::Display| {
        format!(
            "{level:?} is not a level ({e}); write error, warn, info, debug or trace, or \"info,store=debug\""
        )
    };
    let builder = EnvFilter::builder();
    // A bare word that is no level would be taken for the name of a module, and nothing would be logged.
    let bare = level
        .split(',')
        .map(str::trim)
        .filter(|part| !part.contains(['=', '[']));
    for part in bare {
        part.parse::<tracing_subscriber::filter::LevelFilter>()
            .map_err(|e| wrong(&e))?;
    }
    builder.parse(level).map_err(|e| wrong(&e))
}

/// Starts logging for the whole process. What is returned sends the last reports when it is dropped.
pub fn start(config: &Config) -> anyhow::Result<Reports> {
    let filter = filter(&config.log.level).map_err(anyhow::Error::msg)?;
    let for_people = match config.log.format {
        LogFormat::Auto => std::io::stderr().is_terminal(),
        LogFormat::Pretty => true,
        LogFormat::Json => false,
    };
    let lines = if for_people {
        let ansi = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        format::layer()
            .with_writer(std::io::stderr)
            .with_ansi(ansi)
            .with_target(true)
            .compact()
            .boxed()
    } else {
        let json = JsonLines {
            clock: Clock::system(),
        };
        format::layer()
            .with_writer(std::io::stderr)
            .fmt_fields(JsonFields::new())
            .event_format(json)
            .boxed()
    };
    let (mut layers, reports) = crate::reports::layers(config)?;
    // One list, never empty: an empty list of layers would switch everything off.
    layers.push(lines.with_filter(filter).boxed());
    tracing_subscriber::registry().with(layers).try_init()?;
    Ok(reports)
}

struct JsonLines {
    clock: Clock,
}

impl<S> FormatEvent<S, JsonFields> for JsonLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, JsonFields>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let about = event.metadata();
        let mut line = Map::new();
        line.insert(String::from("time"), self.clock.now().to_string().into());
        line.insert(
            String::from("level"),
            about.level().as_str().to_lowercase().into(),
        );
        line.insert(String::from("target"), about.target().into());
        line.insert(String::from("message"), "".into());
        for span in context
            .event_scope()
            .into_iter()
            .flat_map(|scope| scope.from_root())
        {
            let extensions = span.extensions();
            let fields = extensions.get::<FormattedFields<JsonFields>>();
            let fields = fields.and_then(|fields| serde_json::from_str::<Map<String, Value>>(fields).ok());
            for (name, value) in fields.into_iter().flatten() {
                add(&mut line, &name, value);
            }
        }
        event.record(&mut Fields(&mut line));
        let text = serde_json::to_string(&line).map_err(|_| fmt::Error)?;
        writeln!(writer, "{text}")
    }
}

fn add(line: &mut Map<String, Value>, name: &str, value: Value) {
    if OWN_NAMES.contains(&name) {
        line.insert(format!("field_{name}"), value);
    } else {
        line.insert(name.to_owned(), value);
    }
}

struct Fields<'a>(&'a mut Map<String, Value>);

impl Visit for Fields<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        add(self.0, field.name(), value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        add(self.0, field.name(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        add(self.0, field.name(), value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        add(self.0, field.name(), value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            self.0.insert(String::from("message"), value.into());
        } else {
            add(self.0, field.name(), value.into());
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use kernel::Moment;

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_json_line_is_flat_and_carries_the_request_id_of_its_span() {
        let written = Written::default();
        let to = written.clone();
        let json = JsonLines {
            clock: Clock::manual(Moment::from_seconds(1)),
        };
        let layer = format::layer()
            .with_writer(move || to.clone())
            .fmt_fields(JsonFields::new())
            .event_format(json);
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            let _request = tracing::info_span!("request", request_id = "r-1", level = "sly").entered();
            tracing::warn!(rows = 3u64, "the queue\nis {}", "full");
        });
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        assert_eq!(
            text.lines().count(),
            1,
            "a line break in a message stays inside its line"
        );
        let line: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            line,
            serde_json::json!({
                "time": "1970-01-01T00:00:01Z",
                "level": "warn",
                "target": "townhall::logs::tests",
                "message": "the queue\nis full",
                "request_id": "r-1",
                "field_level": "sly",
                "rows": 3,
            })
        );
    }

    #[test]
    fn a_level_that_is_none_is_refused() {
        assert!(filter("info").is_ok());
        assert!(filter("info,store=debug").is_ok());
        assert!(filter("loud").is_err());
        assert!(filter("store=loud").is_err());
    }
}
