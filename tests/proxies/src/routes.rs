//! Connections through proxies, and past them.

use crate::{
    Outcome,
    adapters::Adapter,
    equal, verify,
    world::{NAME_FOR_PROXIES, Service, World},
};
use bowline::{
    adapter::ConnectOptions,
    proxy::{Proxies, Proxy},
};

/// IPv4, IPv6, names, and TLS with compression.
pub(crate) fn to_all_addresses(world: &World, adapter: &Adapter, service: &Service) -> Outcome {
    for (uri, is_compressed) in [
        (world.plain("127.0.0.1"), false),
        (world.plain("[::1]"), false),
        (world.plain(NAME_FOR_PROXIES), false),
        (world.secure(), true),
    ] {
        if uri.contains("[::1]") && !world.has_ipv6 {
            continue;
        }
        let visit = adapter.visit(&uri, &service.options()?).map_err(|error| format!("{uri}: {error}"))?;
        equal((visit.peer.port(), visit.is_compressed), (service.port, is_compressed))?;
        let host = uri.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        verify(visit.request.contains(&format!("[\"host\", \"{host}\"]")), || format!("{uri}: {}", visit.request))?;
    }
    Ok(())
}

/// The list of [`Proxies::no_proxy`], and no proxies at all.
pub(crate) fn without_a_proxy(world: &World, adapter: &Adapter) -> Outcome {
    let proxy = world.service("squid")?;
    let always = Proxies::always(Proxy::from_uri(&proxy.uri())?);
    let (plain, six, secure) = (world.plain("127.0.0.1"), world.plain("[::1]"), world.secure());
    let port = |list: &str, uri: &str| {
        let options = ConnectOptions::new().proxies(always.clone().no_proxy(list));
        adapter.visit(uri, &options).map(|visit| visit.peer.port())
    };
    for (list, direct) in [
        ("", [false, false, false]),
        ("example.com, 10.0.0.0/8", [false, false, false]),
        ("localhost", [false, false, true]),
        ("127.0.0.0/8 ::1", [true, true, false]),
        (
            &*format!("localhost:{}, 127.0.0.1:{}, [::1]:{}", world.secure, world.secure, world.plain),
            [false, true, true],
        ),
        ("*", [true, true, true]),
    ] {
        for ((uri, server), is_direct) in
            [(&plain, world.plain), (&six, world.plain), (&secure, world.secure)].into_iter().zip(direct)
        {
            if uri.contains("[::1]") && !world.has_ipv6 {
                continue;
            }
            let expected = if is_direct { server } else { proxy.port };
            let found = port(list, uri).map_err(|error| format!("\"{list}\", {uri}: {error}"))?;
            verify(found == expected, || format!("\"{list}\", {uri}: port {found} instead of {expected}"))?;
        }
    }
    let none = ConnectOptions::new().proxies(Proxies::none());
    equal(adapter.visit(&secure, &none)?.peer.port(), world.secure)
}
