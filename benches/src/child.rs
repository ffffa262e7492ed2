//! What runs in processes of its own: the daemon that is measured, and the plain echo beside it. Both end with their
//! standard input, so that nothing is left when the bench dies.

use std::convert::Infallible;
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use mychatflow_bench::told::Told;
use mychatflow_daemon::http::signature;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Runs the daemon, tells its port on standard output, and stops it when standard input ends.
pub fn daemon(told: &str) -> anyhow::Result<()> {
    let told: Told = serde_json::from_str(told).context("unreadable orders")?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no runtime")?;
    runtime.block_on(async {
        let config = told.config();
        let again = config.clone();
        let stop = CancellationToken::new();
        let running = mychatflow_daemon::start(config, Arc::new(move || Ok(again.clone())), stop.clone()).await?;
        tell(running.webhook)?;
        std::thread::spawn(move || {
            wait_for_end_of_input();
            stop.cancel();
        });
        running.wait().await?;
        Ok(())
    })
}

/// Answers every delivery whose signature is right, and does nothing else: what HTTP and HMAC alone allow.
pub fn echo(key: &str) -> anyhow::Result<()> {
    let key: Arc<[u8]> = Arc::from(key.as_bytes());
    std::thread::spawn(|| {
        wait_for_end_of_input();
        std::process::exit(0);
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no runtime")?;
    runtime.block_on(async {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.context("no port")?;
        tell(listener.local_addr()?)?;
        loop {
            let (stream, _) = listener.accept().await.context("no more connections")?;
            stream.set_nodelay(true)?;
            let key = Arc::clone(&key);
            let service = service_fn(move |request: Request<Incoming>| answer(Arc::clone(&key), request));
            // A connection that ends is the bench closing it.
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    })
}

async fn answer(key: Arc<[u8]>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let good = match body.collect().await {
        Ok(body) => signature::verify(&key, &head.headers, &body.to_bytes()).is_ok(),
        Err(_) => false,
    };
    let (status, body) = if good { (StatusCode::OK, r#"{"stored":true}"#) } else { (StatusCode::UNAUTHORIZED, "{}") };
    let mut answer = Response::new(Full::new(Bytes::from_static(body.as_bytes())));
    *answer.status_mut() = status;
    Ok(answer)
}

fn tell(address: SocketAddr) -> anyhow::Result<()> {
    let mut out = std::io::stdout();
    writeln!(out, "{address}").and_then(|()| out.flush()).context("nobody listens")
}

fn wait_for_end_of_input() {
    // An error is an end too.
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}
