//! Redirects to another server, through the same proxy.

use crate::{
    Outcome,
    adapters::Adapter,
    equal, verify,
    world::{NAME_FOR_PROXIES, Service, World},
};
use bowline::adapter::Error;
use std::sync::{Arc, Mutex};

/// One call goes through the proxy to a server, is redirected to another one with TLS, there once more by a relative reference,
/// and ends on a compressed connection. The password for the first server is not sent to the second.
pub(crate) fn to_tls(world: &World, adapter: &Adapter, service: &Service) -> Outcome {
    let uri = format!("ws://me:for-the-first@{NAME_FOR_PROXIES}:{}/redirect", world.plain);
    let visit = adapter.visit(&uri, &service.options()?.follow_redirects(2))?;
    equal((visit.peer.port(), visit.is_compressed), (service.port, true))?;
    verify(visit.request.starts_with("[\"/end?of=redirects\", "), || visit.request.clone())?;
    verify(!visit.request.contains("authorization"), || format!("the password is in {}", visit.request))?;

    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = seen.clone();
    let options = service.options()?.follow_redirects(1).after_response(move |request, response| {
        if let Ok(mut log) = log.lock() {
            log.push((request.host().to_owned(), response.status()));
        }
    });
    match adapter.visit(&uri, &options) {
        Err(Error::Redirect(error)) => {
            let text = error.to_string();
            verify(text.contains("localhost") && !text.contains("token"), || text.clone())?;
        }
        Err(error) => return Err(format!("another error: {error}").into()),
        Ok(_) => return Err("more redirects than allowed were followed".into()),
    }
    let expected = [(NAME_FOR_PROXIES.to_owned(), 307), ("localhost".to_owned(), 302)];
    equal(&**seen.lock().map_err(|_| "poisoned")?, &expected)
}
