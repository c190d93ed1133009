use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

/// The body of a request that tells when its last byte was handed to the connection.
pub(crate) struct Watched {
    inner: BoxBody<Bytes, Infallible>,
    taken: Taken,
}

/// Whether the whole request may have left.
#[derive(Debug, Clone, Default)]
pub(crate) struct Taken(Arc<AtomicBool>);

impl Taken {
    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

impl Watched {
    pub(crate) fn new(bytes: Bytes, taken: Taken) -> Watched {
        Watched { inner: Full::new(bytes).boxed(), taken }
    }
}

impl http_body::Body for Watched {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
        self.taken.0.store(true, Ordering::SeqCst);
        Pin::new(&mut self.inner).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        // A request without a body is whole with its head, which is sent after this question.
        let ended = self.inner.is_end_stream();
        if ended {
            self.taken.0.store(true, Ordering::SeqCst);
        }
        ended
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.inner.size_hint()
    }
}
