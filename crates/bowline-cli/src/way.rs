//! The way to the server, as the options say: proxies, redirects, addresses and TLS.

use crate::{
    arguments::Arguments,
    ending::{Ending, Status},
    tls,
};
use bowline::{
    adapter::ConnectOptions,
    proxy::{Proxies, Proxy},
};
use std::{
    env,
    fmt::Display,
    fs,
    net::{IpAddr, SocketAddr, ToSocketAddrs},
};

/// The variable of the environment with the user name and the password for the server.
pub(crate) const AUTH_VARIABLE: &str = "BOWLINE_AUTH";

pub(crate) fn invalid(reason: &dyn Display) -> Ending {
    Ending::new(Status::Usage, format!("invalid request: {reason}"))
}

/// Returns the options, and the proxies in them.
pub(crate) fn options(arguments: &Arguments) -> Result<(ConnectOptions, Proxies), Ending> {
    let proxies = proxies(arguments)?;
    let mut options = ConnectOptions::new()
        .proxies(proxies.clone())
        .follow_redirects(arguments.follow.unwrap_or(0))
        .timeout(arguments.connect_timeout);
    if let Some(address) = arguments.local_address {
        options = options.local_address(address);
    }
    #[cfg(unix)]
    if let Some(path) = &arguments.unix_socket {
        options = options.unix_socket(path);
    }
    if let Some(tls) = tls::config(arguments)? {
        options = options.tls(tls);
    }
    if !arguments.resolve.is_empty() {
        let known = arguments.resolve.iter().map(|text| known(text)).collect::<Result<Vec<_>, _>>()?;
        options = options.resolver(move |host, port| {
            let is_asked = |known: &&Known| known.host.eq_ignore_ascii_case(host) && known.port == port;
            match known.iter().find(is_asked) {
                Some(known) => Ok(known.addresses.iter().map(|address| SocketAddr::new(*address, port)).collect()),
                None => Ok((host, port).to_socket_addrs()?.collect()),
            }
        });
    }
    Ok((options, proxies))
}

fn proxies(arguments: &Arguments) -> Result<Proxies, Ending> {
    let proxies = match arguments.proxy.as_deref() {
        None => Proxies::from_env(),
        Some("") => Proxies::none(),
        Some(uri) => Proxies::always(Proxy::from_uri(uri).map_err(|error| invalid(&format_args!("--proxy: {error}")))?),
    };
    Ok(match &arguments.noproxy {
        Some(hosts) => proxies.no_proxy(hosts),
        None => proxies,
    })
}

/// The addresses of a host, from `--resolve`.
struct Known {
    host: String,
    port: u16,
    addresses: Vec<IpAddr>,
}

fn known(text: &str) -> Result<Known, Ending> {
    let parse = || {
        let (host, rest) = text.split_once(':')?;
        let (port, addresses) = rest.split_once(':')?;
        let address = |text: &str| text.trim_matches(['[', ']']).parse().ok();
        let addresses = addresses.split(',').map(address).collect::<Option<_>>()?;
        Some(Known { host: host.into(), port: port.parse().ok()?, addresses })
    };
    parse().ok_or_else(|| invalid(&format_args!("--resolve {text}: write it as HOST:PORT:ADDRESS")))
}

/// Returns the user name and the password for the server, from `--auth` or the environment.
pub(crate) fn credentials(arguments: &Arguments) -> Result<Option<(String, String)>, Ending> {
    let in_environment = match env::var(AUTH_VARIABLE) {
        Ok(text) => Some(text),
        Err(env::VarError::NotPresent) => None,
        Err(env::VarError::NotUnicode(_)) => return Err(invalid(&format_args!("{AUTH_VARIABLE} is not UTF-8"))),
    };
    let Some((source, text)) = chosen(arguments.auth.as_deref(), &arguments.uri, in_environment) else {
        return Ok(None);
    };
    let text = match text.strip_prefix('@').filter(|_| source != AUTH_VARIABLE) {
        None => text,
        Some(path) => {
            let failed = |error| Ending::new(Status::Here, format!("--auth @{path}: {error}"));
            fs::read_to_string(path).map_err(failed)?.trim_end_matches(['\r', '\n']).into()
        }
    };
    // Without the text, which can be a secret.
    let no_colon = || {
        let or_file = if source == AUTH_VARIABLE { "" } else { ", or as @FILE with it" };
        invalid(&format_args!("{source} without a colon: write it as USER:PASSWORD{or_file}"))
    };
    let (user, password) = text.split_once(':').ok_or_else(no_colon)?;
    Ok(Some((user.into(), password.into())))
}

/// Returns the credentials to use instead of those in the address, and the name of their source. Those in the environment may be for
/// another server, so they do not replace those that are written in the address.
fn chosen(option: Option<&str>, uri: &str, in_environment: Option<String>) -> Option<(&'static str, String)> {
    match option {
        Some(text) => Some(("--auth", text.into())),
        None if has_user_info(uri) => None,
        None => in_environment.filter(|text| !text.is_empty()).map(|text| (AUTH_VARIABLE, text)),
    }
}

/// Whether an address has a user name or a password before its host.
fn has_user_info(uri: &str) -> bool {
    let (_, rest) = uri.split_once("://").unwrap_or(("", uri));
    rest.split(['/', '?', '#']).next().is_some_and(|authority| authority.contains('@'))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `--auth` counts before the address, and the address before the environment.
    #[test]
    fn where_credentials_are_from() {
        let environment = || Some("e:e".to_owned());
        let with = |option, uri| chosen(option, uri, environment()).map(|(source, _)| source);
        assert_eq!(with(Some("o:o"), "ws://a:b@host/"), Some("--auth"));
        assert_eq!(with(None, "ws://a:b@host/"), None, "they would go to a server for which they are not");
        assert_eq!(with(None, "ws://host/@path?to=a@b"), Some(AUTH_VARIABLE));
        assert_eq!(chosen(None, "ws://host/", Some(String::new())), None);
    }
}
