//! Decision 11: the metrics call a statement by the function around it, and a lane tells how full it is.

use front::Metrics;
use store::{StoreError, Tx, params, sql};
use testkit::stores::Kind;

use super::{owner, save_one, thing};

/// No other test runs it, so that it is first run after the recorder is there.
fn count_for_the_meter(tx: &mut Tx<'_>) -> Result<i64, StoreError> {
    tx.query_one(
        sql!("SELECT count(*) FROM things WHERE number > $1"),
        params![0i64],
        |row| row.get(0),
    )
}

fn fail_for_the_meter(tx: &mut Tx<'_>) -> Result<u64, StoreError> {
    tx.execute(sql!("UPDATE things SET number = NULL"), params![])
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_and_lanes_are_counted_by_name() {
    let metrics = Metrics::install().unwrap();
    for kind in [Kind::Sqlite, Kind::OnePostgres] {
        let house = super::house(kind).await;
        let owner = owner();
        save_one(&house.store, owner, thing(1)).await.unwrap();
        let shard = house.store.shard_of(owner);
        assert_eq!(shard.read(count_for_the_meter).await.unwrap(), 1);
        assert!(shard.write(fail_for_the_meter).await.is_err());
    }
    let said = metrics.render();
    let count = |metric: &str, label: &str, expected: &str| {
        let line = said
            .lines()
            .find(|line| line.starts_with(metric) && line.contains(label));
        let line = line.unwrap_or_else(|| panic!("{metric} of {label} in\n{said}"));
        assert!(line.ends_with(expected), "{line}");
    };
    let counted = "store_conformance::metering::count_for_the_meter";
    let failed = "store_conformance::metering::fail_for_the_meter";
    count("townhall_store_statements_total", counted, " 2");
    count("townhall_store_statement_failures_total", counted, " 0");
    count("townhall_store_statement_microseconds_total", counted, "");
    count("townhall_store_statement_failures_total", failed, " 2");
    for lane in ["server=\"file\",lane=\"write\"", "server=\"one\",lane=\"write\""] {
        count("townhall_store_commit_jobs_count", lane, "");
        count("townhall_store_queue_jobs", lane, "");
    }
}
