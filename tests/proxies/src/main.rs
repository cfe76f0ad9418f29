//! Connects through the proxies that run.sh has started, with both adapters, and checks where the connections lead, or which error
//! there is: `proxies check PORT...`. For the tests of the environment it starts itself, as `proxies connect ADAPTER URI`, which
//! prints where `connect` has connected to.

mod adapters;
mod answers;
mod broken;
mod environment;
mod names;
mod passwords;
mod protocols;
mod redirects;
mod refusals;
mod routes;
mod world;

use adapters::Adapter;
use std::{env, error::Error, fmt::Debug};
use world::{Service, World};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

type CheckOfService = fn(&World, &Adapter, &Service) -> Outcome;
type Check = fn(&World, &Adapter) -> Outcome;

/// Checks with each proxy.
const OF_SERVICE: [(&str, CheckOfService); 7] = [
    ("to all addresses of the server", routes::to_all_addresses),
    ("the right password, and one that is not needed", passwords::right),
    ("a port at which nobody listens", refusals::nobody),
    ("a name that the proxy cannot resolve", refusals::unknown),
    ("what the server refuses", refusals::of_the_server),
    ("who resolves the name of the server", names::resolved),
    ("a redirect to a compressed server with TLS", redirects::to_tls),
];

/// Checks with each proxy that requires a password.
const OF_LOCKED: [(&str, CheckOfService); 2] =
    [("a wrong password", passwords::wrong), ("no password", passwords::missing)];

/// Checks with each proxy that can forbid hosts.
const OF_STRICT: [(&str, CheckOfService); 1] = [("a host that the configuration forbids", refusals::forbidden)];

/// Checks of everything else.
const OTHERS: [(&str, Check); 8] = [
    ("a proxy that hangs", broken::hangs),
    ("a proxy that answers nonsense", broken::nonsense),
    ("nonsense of the server", broken::nonsense_of_the_server),
    ("no proxy at the port, or no such host", refusals::no_proxy_there),
    ("another protocol than that of the proxy", protocols::wrong_scheme),
    ("a certificate of the proxy that is not valid", protocols::wrong_certificate),
    ("hosts without a proxy", routes::without_a_proxy),
    ("the variables of the environment, as curl reads them", environment::variables),
];

fn main() -> Outcome {
    let args: Vec<_> = env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["check", ref ports @ ..] => check(&World::new(ports)?),
        ["connect", adapter, uri] => environment::connect(adapter, uri),
        _ => Err("usage: proxies check PORT... | proxies connect ADAPTER URI".into()),
    }
}

/// Runs all checks, and exits with status 1 if one has failed.
fn check(world: &World) -> Outcome {
    let (mut passed, mut failed) = (0, 0);
    let mut count = |name: String, outcome: Outcome| match outcome {
        Ok(()) => {
            passed += 1;
            println!("ok   {name}");
        }
        Err(error) => {
            failed += 1;
            println!("FAIL {name} - {error}");
        }
    };
    for adapter in &[Adapter::Blocking, Adapter::tokio()?] {
        let adapter_name = adapter.name();
        for service in &world.services {
            let of_locked = OF_LOCKED.iter().filter(|_| service.is_locked);
            let of_strict = OF_STRICT.iter().filter(|_| service.program.to_a_forbidden_host().is_some());
            for (name, check) in OF_SERVICE.iter().chain(of_locked).chain(of_strict) {
                count(format!("{adapter_name}, {}: {name}", service.name), check(world, adapter, service));
            }
        }
        for (name, check) in OTHERS {
            count(format!("{adapter_name}: {name}"), check(world, adapter));
        }
    }
    println!("{passed} passed, {failed} failed");
    std::process::exit(i32::from(failed > 0));
}

/// An error unless both are equal.
#[expect(clippy::needless_pass_by_value, reason = "checks are shorter without references")]
fn equal<T: PartialEq + Debug>(found: T, expected: T) -> Outcome {
    verify(found == expected, || format!("found {found:?} instead of {expected:?}"))
}

/// An error with this text unless the condition is true.
fn verify(condition: bool, text: impl FnOnce() -> String) -> Outcome {
    if condition { Ok(()) } else { Err(text().into()) }
}
