//! Connections: accept, handshake, requests, and the ways to break them.

use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use rustls::server::Acceptor;
use rustls::{HandshakeKind, ProtocolVersion, ServerConnection};
use tenant_model::knobs::ClientCertificate;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

use crate::exchange::exchange;
use crate::hosts;
use crate::hub::{Hub, State};
use crate::link::{Kill, Link};
use crate::tls::{Manner, Tls};

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
                prompt(&stream);
                connections.spawn(connection(Arc::clone(&hub), Arc::clone(&tls), stream));
            }
            // Out of file descriptors, most likely: give the others time to end.
            Err(_) => sleep(BREATH).await,
        }
    }
    connections.shutdown().await;
}

/// Has what is written sent at once: small pieces of a handshake and of a reply would each wait for the answer to
/// the one before.
pub(crate) fn prompt(stream: &TcpStream) {
    // A connection that has broken already is found out when it is read.
    let _ = stream.set_nodelay(true);
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
    let manner = hub.read(|state| manner(state, name.as_deref()));
    start.into_stream(tls.config(manner)).await
}

/// How the handshake for a server name goes under the knobs in force; without a name it is local mode.
fn manner(state: &State, name: Option<&str>) -> Manner {
    let name = name.unwrap_or("localhost");
    if state.wire.bad_certificate {
        return Manner::Foreign;
    }
    let asks = match state.tenant.knobs().client_certificate {
        ClientCertificate::Never => false,
        ClientCertificate::CertauthOnly => hosts::is_certificate_host(name),
        ClientCertificate::Handshake | ClientCertificate::WithBearer => hosts::is_registration(name),
    };
    if asks { Manner::Asking } else { Manner::Quiet }
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
        () = kill.fired() => {}
    }
}

/// A TCP stream that ends with a reset instead of a farewell if its switch was fired.
pub(crate) struct Tap {
    stream: TcpStream,
    kill: Arc<Kill>,
}

impl Drop for Tap {
    fn drop(&mut self) {
        if self.kill.is_fired() {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nothing_waits_for_a_fuller_packet() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (client, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
        let (stream, _) = accepted.unwrap();
        assert!(!stream.nodelay().unwrap(), "the system does not do so by itself");
        prompt(&stream);
        assert!(stream.nodelay().unwrap());
        drop(client);
    }
}
