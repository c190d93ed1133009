//! Connections: accept, handshake, requests, and the ways to break them.

use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use rustls::server::Acceptor;
use rustls::{HandshakeKind, ProtocolVersion, ServerConnection};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

use crate::exchange::exchange;
use crate::hub::Hub;
use crate::knobs;
use crate::tls::Tls;

/// What every request of one connection shares.
pub(crate) struct Link {
    /// Number of the connection, from 1.
    pub(crate) number: u64,
    /// The name in the client's hello.
    pub(crate) server_name: Option<String>,
    /// The version of TLS.
    pub(crate) tls: &'static str,
    /// The certificate (DER) whose key the client has proved.
    pub(crate) certificate: Option<Vec<u8>>,
    /// Resets the connection.
    pub(crate) kill: Arc<Kill>,
}

/// The switch that resets one connection.
#[derive(Default)]
pub(crate) struct Kill {
    fired: AtomicBool,
    notify: Notify,
}

impl Kill {
    /// Resets the connection at the next occasion.
    pub(crate) fn fire(&self) {
        self.fired.store(true, Ordering::Release);
        self.notify.notify_one();
    }
}

/// Serves connections until `stop` changes; then drops them all.
pub(crate) async fn serve(
    hub: Arc<Hub>,
    tls: Arc<Tls>,
    listener: TcpListener,
    mut stop: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    loop {
        let accepted: io::Result<(TcpStream, SocketAddr)> = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.changed() => break,
        };
        while connections.try_join_next().is_some() {}
        match accepted {
            Ok((stream, _)) => {
                connections.spawn(connection(Arc::clone(&hub), Arc::clone(&tls), stream));
            }
            // Out of file descriptors, most likely: give the others time to end.
            Err(_) => sleep(BREATH).await,
        }
    }
    connections.shutdown().await;
}

async fn connection(hub: Arc<Hub>, tls: Arc<Tls>, stream: TcpStream) {
    let welcome = hub.connected();
    sleep(Duration::from_millis(welcome.delay_ms)).await;
    let kill = Arc::new(Kill::default());
    let tap = Tap { stream, kill: Arc::clone(&kill) };
    if welcome.refused {
        return kill.fire();
    }
    let shaken = timeout(HANDSHAKE, handshake(&hub, &tls, tap)).await;
    let Ok(Ok(stream)) = shaken else {
        return hub.change(|state| state.counters.tls_failed += 1);
    };
    let link = Arc::new(link(stream.get_ref().1, welcome.number, Arc::clone(&kill)));
    let resumed = stream.get_ref().1.handshake_kind() == Some(HandshakeKind::Resumed);
    hub.change(|state| {
        state.counters.tls_handshakes += 1;
        state.counters.tls_resumed += u64::from(resumed);
        state.counters.client_certificates += u64::from(link.certificate.is_some());
    });
    requests(hub, link, stream).await;
}

async fn handshake(hub: &Hub, tls: &Tls, tap: Tap) -> io::Result<TlsStream<Tap>> {
    let start = LazyConfigAcceptor::new(Acceptor::default(), tap).await?;
    let name = start.client_hello().server_name().map(str::to_ascii_lowercase);
    let manner = hub.read(|state| knobs::manner(state, name.as_deref()));
    start.into_stream(tls.config(manner)).await
}

fn link(tls: &ServerConnection, number: u64, kill: Arc<Kill>) -> Link {
    let certificate = tls.peer_certificates().and_then(|chain| chain.first()).map(|leaf| leaf.to_vec());
    let version = match tls.protocol_version() {
        Some(ProtocolVersion::TLSv1_3) => "1.3",
        Some(ProtocolVersion::TLSv1_2) => "1.2",
        _ => "unknown",
    };
    Link { number, server_name: tls.server_name().map(str::to_owned), tls: version, certificate, kill }
}

async fn requests(hub: Arc<Hub>, link: Arc<Link>, stream: TlsStream<Tap>) {
    let kill = Arc::clone(&link.kill);
    let service = service_fn(move |request| exchange(Arc::clone(&hub), Arc::clone(&link), request));
    let builder = auto::Builder::new(TokioExecutor::new());
    let served = pin!(builder.serve_connection(TokioIo::new(stream), service));
    // How a connection ends is the client's business; the transcript has its requests.
    tokio::select! {
        _ = served => {}
        () = kill.notify.notified() => {}
    }
}

/// A TCP stream that ends with a reset instead of a farewell if its switch was fired.
pub(crate) struct Tap {
    stream: TcpStream,
    kill: Arc<Kill>,
}

impl Drop for Tap {
    fn drop(&mut self) {
        if self.kill.fired.load(Ordering::Acquire) {
            // Without it the peer would see an orderly end, which is a fault as well.
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Tap {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Tap {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, data)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// How long a client may take over its handshake.
const HANDSHAKE: Duration = Duration::from_secs(30);
/// Pause after a connection that could not be accepted.
const BREATH: Duration = Duration::from_millis(50);
