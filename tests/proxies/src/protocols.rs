//! Real proxies that are addressed with the wrong protocol, or whose certificate is not valid.

use crate::{
    Outcome,
    adapters::Adapter,
    answers::{at_the_proxy, not_reached},
    verify,
    world::{World, through},
};
use bowline::adapter::ConnectStage;
use std::time::Duration;

/// The error is about the proxy. Where the answer shows what to change, its text has it.
pub(crate) fn wrong_scheme(world: &World, adapter: &Adapter) -> Outcome {
    // An HTTP proxy can wait for the end of a line.
    let waits = "within the time limit";
    for (name, scheme, stage, words) in [
        ("squid", "https", ConnectStage::Tls, "try http:// instead of https://"),
        ("tinyproxy", "https", ConnectStage::Tls, waits),
        ("squid with TLS", "http", ConnectStage::Proxy, "https://"),
        ("squid", "socks5h", ConnectStage::Proxy, waits),
        ("tinyproxy", "socks5h", ConnectStage::Proxy, waits),
        ("Dante", "http", ConnectStage::Proxy, "check that this is the port and the protocol"),
        ("microsocks", "http", ConnectStage::Proxy, "begin its URI with socks5h://"),
    ] {
        let service = world.service(name)?;
        let mut options = through(&format!("{scheme}://{}:{}", service.host, service.port))?;
        if words == waits {
            options = options.timeout(Duration::from_secs(1));
        }
        let error = not_reached(adapter.visit(&world.secure(), &options))
            .map_err(|error| format!("{name} with {scheme}: {error}"))?;
        let text = error.to_string();
        verify(text.contains(words), || format!("{name} with {scheme}: \"{words}\" is not in \"{text}\""))?;
        at_the_proxy(&error, stage, service.host, service.port)?;
    }
    Ok(())
}

/// The certificate of squid is for localhost, and not for its address.
pub(crate) fn wrong_certificate(world: &World, adapter: &Adapter) -> Outcome {
    let service = world.service("squid with TLS")?;
    let options = through(&format!("https://127.0.0.1:{}", service.port))?;
    let error = not_reached(adapter.visit(&world.secure(), &options))?;
    let text = error.to_string();
    verify(text.ends_with("the certificate is for other names than that of the proxy"), || text.clone())?;
    at_the_proxy(&error, ConnectStage::Tls, "127.0.0.1", service.port)
}
