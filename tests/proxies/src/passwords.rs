//! User names and passwords for proxies.

use crate::{
    Outcome,
    adapters::Adapter,
    answers::refused,
    equal, verify,
    world::{PASSWORD, RIGHT, Service, USER, World, through},
};
use bowline::{adapter::ConnectOptions, proxy::Proxy};

/// A password is in the URI of the proxy, or given separately. A proxy without passwords accepts one, too. The server does
/// not receive it.
pub(crate) fn right(world: &World, adapter: &Adapter, service: &Service) -> Outcome {
    let separately = Proxy::from_uri(&service.uri_without())?.basic_auth(USER, PASSWORD)?;
    for options in [through(&service.uri_with(RIGHT))?, ConnectOptions::new().proxy(separately)] {
        let visit = adapter.visit(&world.plain("127.0.0.1"), &options)?;
        equal(visit.peer.port(), service.port)?;
        verify(!visit.request.contains("proxy-"), || format!("sent to the server: {}", visit.request))?;
    }
    Ok(())
}

pub(crate) fn wrong(world: &World, adapter: &Adapter, service: &Service) -> Outcome {
    for user_information in ["me:wrong-1", "me", "nobody-1:s3cr3t-1"] {
        let visit = adapter.visit(&world.secure(), &through(&service.uri_with(user_information))?);
        let text = refused(visit, service, ("localhost", world.secure), &service.program.to_a_wrong_password())
            .map_err(|error| format!("{user_information}: {error}"))?;
        verify(text.contains("the user name and the password"), || text.clone())?;
    }
    Ok(())
}

pub(crate) fn missing(world: &World, adapter: &Adapter, service: &Service) -> Outcome {
    let visit = adapter.visit(&world.secure(), &through(&service.uri_without())?);
    let text = refused(visit, service, ("localhost", world.secure), &service.program.to_no_password())?;
    verify(text.contains("://user:password@proxy"), || text.clone())
}
