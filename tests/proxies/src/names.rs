//! Who resolves the name of the server: the proxy, or the client.

use crate::{
    Outcome,
    adapters::Adapter,
    answers::{not_reached, refused},
    equal, verify,
    world::{Service, UNKNOWN, World, through},
};
use bowline::adapter::{ConnectHop, ConnectOptions, ConnectStage};
use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::{Arc, Mutex},
};

/// The client resolves it only if the scheme is `socks5`.
pub(crate) fn resolved(world: &World, adapter: &Adapter, service: &Service) -> Outcome {
    by_the_proxy(world, adapter, service)?;
    if service.scheme == "socks5h" { by_the_client(world, adapter, service) } else { Ok(()) }
}

/// The client's resolver is not called for the server, and addresses that the client has for its name are not used.
fn by_the_proxy(world: &World, adapter: &Adapter, service: &Service) -> Outcome {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = asked.clone();
    let resolver = move |host: &str, port: u16| {
        log.lock().map_err(|_| io::Error::other("poisoned"))?.push((host.to_owned(), port));
        Ok(vec![(Ipv4Addr::LOCALHOST, port).into()])
    };
    let visit = adapter.visit(&world.secure(), &service.options()?.resolver(resolver))?;
    equal(visit.peer.port(), service.port)?;
    // It is called for the proxy, if that has a name.
    let expected = if service.host == "localhost" { vec![("localhost".to_owned(), service.port)] } else { vec![] };
    equal(asked.lock().map_err(|_| "poisoned")?.clone(), expected)?;

    let options = service.options()?.resolve(UNKNOWN, [(Ipv4Addr::LOCALHOST, 0).into()]);
    let visit = adapter.visit(&world.plain(UNKNOWN), &options);
    refused(visit, service, (UNKNOWN, world.plain), &service.program.to_an_unknown_name()).map(|_| ())
}

/// A name that only the client can resolve leads to the server, and one that only the proxy can resolve does not.
fn by_the_client(world: &World, adapter: &Adapter, service: &Service) -> Outcome {
    let options = || -> Outcome<ConnectOptions> { through(&service.uri().replacen("socks5h", "socks5", 1)) };
    let addresses = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
    for address in addresses.into_iter().filter(|address| address.is_ipv4() || world.has_ipv6) {
        let visit = adapter.visit(&world.plain(UNKNOWN), &options()?.resolve(UNKNOWN, [(address, 0).into()]))?;
        equal(visit.peer.port(), service.port)?;
        verify(visit.request.contains(UNKNOWN), || format!("another Host: {}", visit.request))?;
    }
    let resolver = |_: &str, _| Err(io::Error::other("no such name here"));
    let error = not_reached(adapter.visit(&world.secure(), &options()?.resolver(resolver)))?;
    equal(error.stage(), ConnectStage::Resolve)?;
    equal(error.hop(), ConnectHop::Server("localhost", world.secure))?;
    let text = error.to_string();
    verify(text.ends_with("no such name here"), || text.clone())
}
