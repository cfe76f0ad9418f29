//! The variables of the environment that choose a proxy. They are read by clients in processes of their own, and by curl.

use crate::{Outcome, adapters::Adapter, equal, verify, world::World};
use std::{env, process::Command};

/// Connects without any option, and prints the port to which TCP was connected, or the error.
pub(crate) fn connect(adapter: &str, uri: &str) -> Outcome {
    match Adapter::named(adapter)?.connect(uri) {
        Ok(peer) => println!("port {}", peer.port()),
        Err(error) => println!("{error}"),
    }
    Ok(())
}

/// Variables of the environment, and what they lead to.
struct Case<'a> {
    variables: &'a [(&'a str, &'a str)],
    /// The ports to which the client of the server without TLS, and that of the one with TLS, are connected.
    ports: [u16; 2],
    /// Whether curl has the same rule.
    is_as_in_curl: bool,
}

pub(crate) fn variables(world: &World, adapter: &Adapter) -> Outcome {
    let [squid, tls, dante] =
        ["squid with passwords", "squid with TLS and passwords", "Dante"].map(|name| world.service(name));
    let (squid, tls, dante) = (squid?, tls?, dante?);
    let (squid_uri, tls_uri, dante_uri) = (&*squid.uri(), &*tls.uri(), &*dante.uri());
    let without_scheme = squid_uri.trim_start_matches("http://");
    let direct = [world.plain, world.secure];
    let case = |variables, ports| Case { variables, ports, is_as_in_curl: true };
    let ours = |variables, ports| Case { variables, ports, is_as_in_curl: false };
    for case in [
        case(&[], direct),
        case(&[("http_proxy", squid_uri)], [squid.port, world.secure]),
        case(&[("http_proxy", without_scheme)], [squid.port, world.secure]),
        case(&[("HTTP_PROXY", squid_uri)], direct),
        case(&[("https_proxy", squid_uri)], [world.plain, squid.port]),
        case(&[("HTTPS_PROXY", tls_uri)], [world.plain, tls.port]),
        case(&[("http_proxy", squid_uri), ("https_proxy", tls_uri)], [squid.port, tls.port]),
        case(&[("https_proxy", tls_uri), ("HTTPS_PROXY", squid_uri)], [world.plain, tls.port]),
        case(&[("all_proxy", dante_uri)], [dante.port, dante.port]),
        case(&[("ALL_PROXY", dante_uri), ("https_proxy", squid_uri)], [dante.port, squid.port]),
        case(&[("https_proxy", ""), ("all_proxy", dante_uri)], [dante.port, dante.port]),
        case(&[("all_proxy", dante_uri), ("no_proxy", "localhost")], [dante.port, world.secure]),
        case(&[("all_proxy", dante_uri), ("NO_PROXY", "127.0.0.0/8,::1")], [world.plain, dante.port]),
        case(&[("all_proxy", dante_uri), ("no_proxy", "*")], direct),
        case(&[("all_proxy", dante_uri), ("no_proxy", "local, host")], [dante.port, dante.port]),
        ours(&[("ws_proxy", squid_uri), ("http_proxy", dante_uri)], [squid.port, world.secure]),
        ours(&[("WSS_PROXY", tls_uri), ("https_proxy", dante_uri)], [world.plain, tls.port]),
    ] {
        let [plain, secure] = [format!("127.0.0.1:{}/", world.plain), format!("localhost:{}/", world.secure)];
        let named: Vec<_> = case.variables.iter().map(|(name, value)| format!("{name}={value}")).collect();
        for (scheme, target, port) in [("ws", plain, case.ports[0]), ("wss", secure, case.ports[1])] {
            let expected = format!("port {port}");
            let found = child(adapter, &format!("{scheme}://{target}"), case.variables)?;
            verify(found == expected, || format!("{named:?}, {scheme}: {found} instead of {expected}"))?;
            if case.is_as_in_curl {
                let found = curl(&format!("{}://{target}", scheme.replacen("ws", "http", 1)), case.variables)?;
                verify(found == expected, || format!("{named:?}, {scheme}: curl: {found} instead of {expected}"))?;
            }
        }
    }
    errors(world, adapter)
}

/// A variable that is not valid is an error with its name, and a wrong password in it is not shown.
fn errors(world: &World, adapter: &Adapter) -> Outcome {
    let squid = world.service("squid with passwords")?;
    let found = child(adapter, &world.secure(), &[("https_proxy", &squid.uri_with("me:wrong-1"))])?;
    verify(found.contains("the proxy answered with HTTP status 407") && !found.contains("wrong-1"), || found.clone())?;
    let found = child(adapter, &world.secure(), &[("https_proxy", "ftp://me:wrong-1@proxy.example")])?;
    verify(found.contains("the environment variable https_proxy") && !found.contains("wrong-1"), || found.clone())?;
    let found = child(adapter, &world.plain("127.0.0.1"), &[("https_proxy", "ftp://me:wrong-1@proxy.example")])?;
    equal(found, format!("port {}", world.plain))
}

/// Runs this program again, with these variables and no others.
fn child(adapter: &Adapter, uri: &str, variables: &[(&str, &str)]) -> Outcome<String> {
    let mut command = Command::new(env::current_exe()?);
    output(command.args(["connect", adapter.name(), uri]), variables)
}

/// Where curl connects to with these variables.
fn curl(uri: &str, variables: &[(&str, &str)]) -> Outcome<String> {
    let mut command = Command::new("curl");
    command.args(["--silent", "--output", "/dev/null", "--write-out", "port %{remote_port}", "--max-time", "20", uri]);
    output(&mut command, variables)
}

fn output(command: &mut Command, variables: &[(&str, &str)]) -> Outcome<String> {
    let kept = ["PATH", "SSL_CERT_FILE"].map(|name| (name, env::var_os(name).unwrap_or_default()));
    let output = command.env_clear().envs(kept).envs(variables.iter().copied()).output()?;
    let text = String::from_utf8_lossy(&output.stdout).trim_end().to_owned();
    verify(!text.is_empty(), || String::from_utf8_lossy(&output.stderr).into_owned())?;
    Ok(text)
}
