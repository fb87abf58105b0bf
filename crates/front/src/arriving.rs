//! A request body on its way in: bounded, and knowing whether it has arrived, so that a time-out can say whose fault
//! it was.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, Limited};

use crate::limits::{REFUSED_BODY_BYTES_READ, REFUSED_BODY_SECONDS};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

pub(crate) struct Arriving<B> {
    body: Limited<B>,
    arrival: Arc<Arrival>,
}

/// How far a body has come.
#[derive(Debug, Default)]
pub(crate) struct Arrival {
    whole: AtomicBool,
    pieces: AtomicU64,
}

impl Arrival {
    pub fn is_whole(&self) -> bool {
        self.whole.load(Ordering::Relaxed)
    }

    /// How many pieces of it were taken.
    pub fn pieces(&self) -> u64 {
        self.pieces.load(Ordering::Relaxed)
    }
}

impl<B> Arriving<B> {
    pub fn new(body: B, bytes_max: usize) -> (Arriving<B>, Arc<Arrival>) {
        let arrival = Arc::<Arrival>::default();
        let body = Limited::new(body, bytes_max);
        (
            Arriving {
                body,
                arrival: Arc::clone(&arrival),
            },
            arrival,
        )
    }
}

impl<B> Body for Arriving<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        self.arrival.pieces.fetch_add(1, Ordering::Relaxed);
        if !matches!(frame, Some(Ok(_))) || self.body.is_end_stream() {
            self.arrival.whole.store(true, Ordering::Relaxed);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Reads a refused body and forgets it, within bounds. Most clients read the answer only after they sent all, and
/// would see a broken connection instead of a 413.
pub(crate) async fn discard<B>(mut body: B)
where
    B: Body + Unpin,
{
    let reading = async {
        let mut left = REFUSED_BODY_BYTES_READ;
        while let Some(Ok(frame)) = body.frame().await {
            let bytes = frame.data_ref().map_or(0, Buf::remaining);
            match left.checked_sub(bytes) {
                Some(rest) => left = rest,
                None => return,
            }
        }
    };
    let limit = std::time::Duration::from_secs(REFUSED_BODY_SECONDS);
    // Whether it was read to its end or not, the answer is the same.
    let _ = tokio::time::timeout(limit, reading).await;
}
