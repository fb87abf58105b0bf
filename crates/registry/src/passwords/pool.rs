//! The threads that hash. Their number is fixed and their queue bounded, so the cost of sign-ins is known beforehand:
//! a full queue refuses at once instead of making everybody wait, and no other request ever stands behind a hash.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};

use argon2::password_hash::phc::{self, Output, ParamsString, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use kernel::Secret;
use parking_lot::Mutex;
use tokio::sync::oneshot;

use super::types::{Hashing, HashingRefused, Password, PasswordHash, TypedPassword, Verdict};

/// A thread that has had nothing to hash for this long gives its memory back.
const MEMORY_KEPT: Duration = Duration::from_secs(10);
/// How much the hashing threads step back when the machine is full: a quarter of a thread's share on Linux.
const NICENESS: i32 = 5;
const SALT_BYTES: usize = 16;

enum Work {
    Hash(Secret),
    Verify(Secret, PasswordHash),
}

enum Done {
    Hashed(PasswordHash),
    Verified(Verdict),
}

struct Job {
    work: Work,
    asked: Instant,
    reply: oneshot::Sender<Result<Done, HashingRefused>>,
}

/// Hands passwords to the hashing threads. Dropping the last one ends them.
pub struct HashingPool {
    queue: SyncSender<Job>,
    waiting: Arc<AtomicUsize>,
    params: Params,
    nobody: PasswordHash,
}

impl HashingPool {
    /// Fails when argon2 does not allow the parameters, or a thread cannot be started.
    pub fn start(hashing: Hashing) -> Result<HashingPool, String> {
        let params = Params::new(hashing.memory_kib, hashing.passes, hashing.lanes, None)
            .map_err(|error| format!("argon2 does not allow these parameters: {error}"))?;
        let (queue, jobs) = sync_channel(hashing.queue.max(1));
        let jobs = Arc::new(Mutex::new(jobs));
        let waiting = Arc::new(AtomicUsize::new(0));
        for n in 0..hashing.threads.max(1) {
            let (jobs, params, waiting) = (jobs.clone(), params.clone(), waiting.clone());
            std::thread::Builder::new()
                .name(format!("hashing-{n}"))
                .spawn(move || hash_until_closed(&jobs, &params, &waiting))
                .map_err(|error| format!("a hashing thread does not start: {error}"))?;
        }
        let nobody = hash_of_nobody(&params).map_err(|error| error.to_string())?;
        Ok(HashingPool {
            queue,
            waiting,
            params,
            nobody,
        })
    }

    pub async fn hash(&self, password: &Password) -> Result<PasswordHash, HashingRefused> {
        match self.ask(Work::Hash(password.secret().clone())).await? {
            Done::Hashed(hash) => Ok(hash),
            Done::Verified(_) => Err(HashingRefused::Busy),
        }
    }

    /// Makes the stored hash of a typed password anew, with today's parameters.
    pub async fn rehash(&self, typed: &TypedPassword) -> Result<PasswordHash, HashingRefused> {
        self.hash(&Password::accepted(typed.clone())).await
    }

    /// Against the hash of nobody when there is none, so that an unknown address takes as long as a known one.
    pub async fn verify(
        &self,
        typed: &TypedPassword,
        stored: Option<&PasswordHash>,
    ) -> Result<Verdict, HashingRefused> {
        let hash = stored.unwrap_or(&self.nobody).clone();
        match self.ask(Work::Verify(typed.secret().clone(), hash)).await? {
            Done::Verified(verdict) => Ok(Verdict {
                matches: verdict.matches && stored.is_some(),
                ..verdict
            }),
            Done::Hashed(_) => Err(HashingRefused::Busy),
        }
    }

    async fn ask(&self, work: Work) -> Result<Done, HashingRefused> {
        let (reply, answer) = oneshot::channel();
        let job = Job {
            work,
            asked: Instant::now(),
            reply,
        };
        self.count_waiting(self.waiting.fetch_add(1, Ordering::Relaxed) + 1);
        if let Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) = self.queue.try_send(job) {
            self.count_waiting(self.waiting.fetch_sub(1, Ordering::Relaxed) - 1);
            metrics::counter!("townhall_limit_reached_total", "limit" => "password_queue").increment(1);
            return Err(HashingRefused::Busy);
        }
        answer.await.unwrap_or(Err(HashingRefused::Busy))
    }

    fn count_waiting(&self, waiting: usize) {
        metrics::gauge!("townhall_password_queue").set(f64::from(u32::try_from(waiting).unwrap_or(u32::MAX)));
    }

    /// What is hashed today, as it stands in the PHC string: for a test that asks whether a hash was renewed.
    pub fn parameters(&self) -> String {
        ParamsString::try_from(&self.params).map_or_else(|_| String::new(), |params| params.to_string())
    }
}

fn hash_until_closed(jobs: &Mutex<Receiver<Job>>, params: &Params, waiting: &AtomicUsize) {
    step_back();
    let mut memory = Vec::new();
    loop {
        // One thread waits at the queue, the others wait for their turn to wait there.
        let job = jobs.lock().recv_timeout(MEMORY_KEPT);
        match job {
            Ok(job) => {
                waiting.fetch_sub(1, Ordering::Relaxed);
                serve(job, params, &mut memory);
            }
            Err(RecvTimeoutError::Timeout) => memory = Vec::new(),
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// Linux gives each thread a niceness of its own. Where that is not so, or not allowed, hashing just competes.
fn step_back() {
    #[cfg(target_os = "linux")]
    if rustix::process::nice(NICENESS).is_err() {
        tracing::debug!("hashing threads run at ordinary priority");
    }
}

fn serve(job: Job, params: &Params, memory: &mut Vec<Block>) {
    if job.reply.is_closed() {
        return;
    }
    metrics::histogram!("townhall_password_queue_seconds").record(job.asked.elapsed());
    let started = Instant::now();
    let done = match &job.work {
        Work::Hash(password) => hash_anew(password, params, memory).map(Done::Hashed),
        Work::Verify(typed, stored) => verify(typed, stored, params, memory).map(Done::Verified),
    };
    metrics::histogram!("townhall_password_hash_seconds").record(started.elapsed());
    // Whoever asked may be gone; then nobody needs the answer.
    drop(job.reply.send(done.map_err(|_| HashingRefused::BadHash)));
}

fn hash_anew(
    password: &Secret,
    params: &Params,
    memory: &mut Vec<Block>,
) -> Result<PasswordHash, argon2::password_hash::Error> {
    let salt =
        argon2::password_hash::try_generate_salt().map_err(|_| argon2::password_hash::Error::Crypto)?;
    let output = output_of(
        password,
        &salt,
        Algorithm::Argon2id,
        Version::V0x13,
        params,
        memory,
    )?;
    phc_string(params, &salt, output)
}

fn verify(
    typed: &Secret,
    stored: &PasswordHash,
    params: &Params,
    memory: &mut Vec<Block>,
) -> Result<Verdict, argon2::password_hash::Error> {
    let stored = phc::PasswordHash::new(stored.as_str())?;
    let (Some(salt), Some(expected)) = (&stored.salt, &stored.hash) else {
        return Err(argon2::password_hash::Error::PasswordInvalid);
    };
    let algorithm = Algorithm::try_from(stored.algorithm.as_str())?;
    let version = stored
        .version
        .map(Version::try_from)
        .transpose()?
        .unwrap_or_default();
    let its_params = Params::try_from(&stored)?;
    let output = output_of(typed, salt, algorithm, version, &its_params, memory)?;
    let same_cost = its_params.m_cost() == params.m_cost()
        && its_params.t_cost() == params.t_cost()
        && its_params.p_cost() == params.p_cost();
    Ok(Verdict {
        // `Output` compares in constant time.
        matches: output == *expected,
        outdated: !same_cost || algorithm != Algorithm::Argon2id || version != Version::V0x13,
    })
}

/// The blocks are kept from job to job: mapping 19 MiB afresh costs a tenth of the hash itself.
fn output_of(
    password: &Secret,
    salt: &[u8],
    algorithm: Algorithm,
    version: Version,
    params: &Params,
    memory: &mut Vec<Block>,
) -> Result<Output, argon2::password_hash::Error> {
    let needed = params.block_count();
    if memory.len() < needed {
        memory.resize(needed, Block::new());
    }
    let mut bytes = [0u8; Params::DEFAULT_OUTPUT_LEN];
    Argon2::new(algorithm, version, params.clone())
        .hash_password_into_with_memory(
            password.reveal().as_bytes(),
            salt,
            &mut bytes,
            memory.as_mut_slice(),
        )
        .map_err(argon2::password_hash::Error::from)?;
    Output::new(&bytes).map_err(argon2::password_hash::Error::from)
}

fn phc_string(
    params: &Params,
    salt: &[u8],
    output: Output,
) -> Result<PasswordHash, argon2::password_hash::Error> {
    let hash = phc::PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(params)?,
        salt: Some(Salt::new(salt)?),
        hash: Some(output),
    };
    Ok(PasswordHash::stored(hash.to_string()))
}

/// A hash that no password has: random bytes where the output would be.
fn hash_of_nobody(params: &Params) -> Result<PasswordHash, argon2::password_hash::Error> {
    let random =
        || argon2::password_hash::try_generate_salt().map_err(|_| argon2::password_hash::Error::Crypto);
    let mut output = [0u8; Params::DEFAULT_OUTPUT_LEN];
    for half in output.chunks_mut(SALT_BYTES) {
        half.copy_from_slice(&random()?[..half.len()]);
    }
    phc_string(params, &random()?, Output::new(&output)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> TypedPassword {
        TypedPassword::new(text).unwrap()
    }

    fn password(text: &str) -> Password {
        Password::accepted(typed(text))
    }

    #[tokio::test]
    async fn a_password_opens_its_own_hash_and_no_other() {
        let pool = HashingPool::start(Hashing::cheapest()).unwrap();
        let hash = pool.hash(&password("seven green lamps")).await.unwrap();
        assert!(
            hash.as_str().starts_with("$argon2id$v=19$m=8,t=1,p=1$"),
            "{}",
            hash.as_str()
        );
        let verdict = pool
            .verify(&typed("seven green lamps"), Some(&hash))
            .await
            .unwrap();
        assert_eq!(
            verdict,
            Verdict {
                matches: true,
                outdated: false
            }
        );
        assert!(
            !pool
                .verify(&typed("seven green lamp"), Some(&hash))
                .await
                .unwrap()
                .matches
        );
        assert_ne!(
            pool.hash(&password("seven green lamps")).await.unwrap(),
            hash,
            "each has its own salt"
        );
    }

    #[tokio::test]
    async fn nobody_has_a_password() {
        let pool = HashingPool::start(Hashing::cheapest()).unwrap();
        assert!(
            !pool
                .verify(&typed("seven green lamps"), None)
                .await
                .unwrap()
                .matches
        );
    }

    #[tokio::test]
    async fn a_hash_of_other_parameters_still_opens_and_is_known_as_outdated() {
        let before = HashingPool::start(Hashing::cheapest()).unwrap();
        let hash = before.hash(&password("seven green lamps")).await.unwrap();
        let dearer = Hashing {
            memory_kib: 16,
            passes: 2,
            ..Hashing::cheapest()
        };
        let pool = HashingPool::start(dearer).unwrap();
        let verdict = pool
            .verify(&typed("seven green lamps"), Some(&hash))
            .await
            .unwrap();
        assert_eq!(
            verdict,
            Verdict {
                matches: true,
                outdated: true
            }
        );
        let renewed = pool.rehash(&typed("seven green lamps")).await.unwrap();
        assert!(renewed.as_str().contains(&pool.parameters()));
    }

    #[tokio::test]
    async fn our_hashes_are_those_of_the_reference() {
        // From the argon2 command of the reference implementation: echo -n password | argon2 somesalt -id -t 2 -k 256 -p 1
        let stored = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
        let pool = HashingPool::start(Hashing::cheapest()).unwrap();
        let verdict = pool
            .verify(&typed("password"), Some(&PasswordHash::stored(stored.to_owned())))
            .await;
        assert_eq!(
            verdict,
            Ok(Verdict {
                matches: true,
                outdated: true
            })
        );
    }

    #[tokio::test]
    async fn a_full_queue_refuses_at_once() {
        let slow = Hashing {
            memory_kib: 19 * 1024,
            passes: 4,
            lanes: 1,
            threads: 1,
            queue: 1,
        };
        let pool = Arc::new(HashingPool::start(slow).unwrap());
        let flood: Vec<_> = (0..8)
            .map(|_| {
                let pool = pool.clone();
                tokio::spawn(async move { pool.verify(&typed("seven green lamps"), None).await })
            })
            .collect();
        let mut refused = 0;
        for task in flood {
            refused += usize::from(task.await.unwrap() == Err(HashingRefused::Busy));
        }
        assert!(
            (5..8).contains(&refused),
            "one is hashed, one waits, the others hear it at once: {refused}"
        );
    }

    #[tokio::test]
    async fn a_damaged_hash_is_an_error_and_not_a_way_in() {
        let pool = HashingPool::start(Hashing::cheapest()).unwrap();
        for damaged in ["", "plain", "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ"] {
            let verdict = pool
                .verify(&typed("x"), Some(&PasswordHash::stored(damaged.to_owned())))
                .await;
            assert_eq!(verdict, Err(HashingRefused::BadHash), "{damaged:?}");
        }
    }
}
