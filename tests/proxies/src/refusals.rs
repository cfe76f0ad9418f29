//! Servers that a proxy cannot reach or does not allow, and proxies that cannot be reached.

use crate::{
    Outcome,
    adapters::Adapter,
    answers::{at_the_proxy, not_reached, refused},
    verify,
    world::{FORBIDDEN, Service, UNKNOWN, World, through},
};
use bowline::{
    HandshakeError,
    adapter::{ConnectStage, Error},
};

pub(crate) fn forbidden(world: &World, adapter: &Adapter, service: &Service) -> Outcome {
    let answer = service.program.to_a_forbidden_host().ok_or("this proxy cannot forbid hosts")?;
    let visit = adapter.visit(&world.plain(FORBIDDEN), &service.options()?);
    refused(visit, service, (FORBIDDEN, world.plain), &answer).map(|_| ())
}

pub(crate) fn nobody(world: &World, adapter: &Adapter, service: &Service) -> Outcome {
    let answer = service.program.to_a_port_without_a_server();
    for scheme in ["ws", "wss"] {
        let visit = adapter.visit(&format!("{scheme}://127.0.0.1:{}/", world.nobody), &service.options()?);
        refused(visit, service, ("127.0.0.1", world.nobody), &answer)?;
    }
    Ok(())
}

pub(crate) fn unknown(world: &World, adapter: &Adapter, service: &Service) -> Outcome {
    let visit = adapter.visit(&world.plain(UNKNOWN), &service.options()?);
    refused(visit, service, (UNKNOWN, world.plain), &service.program.to_an_unknown_name()).map(|_| ())
}

/// A status of the server behind an open tunnel is not one of the proxy.
pub(crate) fn of_the_server(world: &World, adapter: &Adapter, service: &Service) -> Outcome {
    for uri in [world.plain("127.0.0.1"), world.secure()] {
        match adapter.visit(&format!("{uri}refuse"), &service.options()?) {
            Err(Error::Handshake { error: HandshakeError::Status(403), response: Some(response) }) => {
                verify(response.body().starts_with(b"refused by the server"), || "another body".into())?;
            }
            Err(error) => return Err(format!("another error: {error}").into()),
            Ok(_) => return Err("the server has accepted".into()),
        }
    }
    Ok(())
}

/// The errors of a proxy that cannot be reached are about the proxy, and not about the server.
pub(crate) fn no_proxy_there(world: &World, adapter: &Adapter) -> Outcome {
    for scheme in ["http", "https", "socks5h", "socks5"] {
        let options = through(&format!("{scheme}://me:wrong-1@127.0.0.1:{}", world.nobody))?;
        let error = not_reached(adapter.visit(&world.secure(), &options))?;
        at_the_proxy(&error, ConnectStage::Tcp, "127.0.0.1", world.nobody)?;
        let options = through(&format!("{scheme}://me:wrong-1@{UNKNOWN}:1"))?;
        let error = not_reached(adapter.visit(&world.secure(), &options))?;
        at_the_proxy(&error, ConnectStage::Resolve, UNKNOWN, 1)?;
    }
    Ok(())
}
