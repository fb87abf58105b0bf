use super::{owner, save, thing};
use std::sync::Arc;
use std::time::Instant;
use store::{StoreError, log};
use testkit::stores::{Ground, Kind};

#[tokio::test(flavor = "multi_thread")]
async fn measure_eight_writers() {
    let metrics = front::Metrics::install().unwrap();
    let ground = Ground::of(Kind::OnePostgres).await.unwrap();
    let store = super::opened(&ground).await;
    store.everywhere()[0].write(super::make_things).await.unwrap();
    let retries = |metrics: &front::Metrics| {
        metrics
            .render()
            .lines()
            .filter(|l| l.starts_with("townhall_store_retries_total") && l.contains("lane=\"write\""))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    for (label, telling, trimming) in [
        ("warm", false, false),
        ("plain", false, false),
        ("tell", true, false),
        ("tell+trim", true, true),
        ("plain", false, false),
        ("tell", true, false),
        ("tell+trim", true, true),
    ] {
        let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
        let trimmer = {
            let (store, stop) = (store.clone(), stop.clone());
            tokio::spawn(async move {
                let mut n = 0;
                while trimming && !stop.load(std::sync::atomic::Ordering::SeqCst) {
                    store.trim_log().await.unwrap();
                    n += 1;
                }
                n
            })
        };
        let start = Instant::now();
        let mut set = tokio::task::JoinSet::new();
        for w in 0..8u8 {
            let store = store.clone();
            set.spawn(async move {
                for r in 0..300i64 {
                    let owner = owner();
                    let r: Result<(), StoreError> = store
                        .shard_of(owner)
                        .write(move |tx| {
                            super::things(tx, owner)?;
                            save(tx, owner, &thing(r))?;
                            if telling {
                                log::tell(tx, i64::from(w), owner.as_bytes())?;
                            }
                            Ok(())
                        })
                        .await;
                    r.unwrap();
                }
            });
        }
        while let Some(r) = set.join_next().await {
            r.unwrap();
        }
        let t = start.elapsed();
        stop.store(true, std::sync::atomic::Ordering::SeqCst);
        let trims = trimmer.await.unwrap();
        println!(
            "MEASURE {label}: {:.0}/s trims {trims} retries {:?}",
            2400.0 / t.as_secs_f64(),
            retries(&metrics)
        );
    }
}
