//! The example against a server that sets cookies.
#![expect(clippy::unwrap_used, reason = "this is a test")]

use bowline::{Config, adapter::blocking, server::Accept};
use std::{
    net::TcpListener,
    process::Command,
    thread::{self, JoinHandle},
};

/// The URI of a server for this number of connections, which sets these cookies, and sends back those that it received. It refuses the
/// first connection with the status `refusal`.
fn serve(connections: usize, refusal: Option<u16>, cookies: &'static [&'static str]) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let uri = format!("ws://localhost:{}/room/1?key=2", listener.local_addr().unwrap().port());
    let serves = thread::spawn(move || {
        for number in 0..connections {
            let mut received = String::new();
            let accepted = blocking::accept_with(listener.accept().unwrap().0, Config::default(), |request| {
                received =
                    request.header("Cookie").map_or("none".into(), |value| String::from_utf8_lossy(value).into());
                if let (0, Some(status)) = (number, refusal) {
                    let refusal = request.refuse(status, "Take this cookie first.\n").header("Location", "/room/2");
                    return Err(refusal.unwrap().header("Set-Cookie", cookies.first().unwrap()).unwrap());
                }
                let with = |accept: Accept, cookie: &&str| accept.header("Set-Cookie", cookie).unwrap();
                request.accept(&cookies.iter().fold(Accept::same_origin(), with))
            });
            if let Ok(mut socket) = accepted {
                socket.send(received).unwrap();
                while socket.recv().unwrap().is_some() {}
            }
        }
    });
    (uri, serves)
}

/// What the example prints: for each connection, the cookies that the server has received, in order.
fn run(uri: &str) -> Vec<Vec<String>> {
    let output = Command::new(env!("CARGO_BIN_EXE_bowline-cookies")).arg(uri).output().unwrap();
    let output = String::from_utf8(output.stdout).unwrap();
    let cookies = |line: &str| {
        let mut cookies: Vec<_> = line.rsplit_once(": ").unwrap().1.split("; ").map(ToOwned::to_owned).collect();
        cookies.sort_unstable();
        cookies
    };
    output.lines().map(cookies).collect()
}

/// The cookies of the first connection are sent with the second one, as far as they belong to it.
#[test]
fn cookies_come_back() {
    let (uri, serves) = serve(
        2,
        None,
        &[
            "session=4711; HttpOnly; Path=/room",
            "theme=dark",
            "other-path=1; Path=/other",
            "other-host=1; Domain=example.com",
            "gone=1; Max-Age=0",
            "not a cookie",
        ],
    );
    assert_eq!(run(&uri), [vec!["none"], vec!["session=4711", "theme=dark"]]);
    serves.join().unwrap();
}

/// Also a response that refuses sets cookies.
#[test]
fn a_refusal_with_a_cookie() {
    let (uri, serves) = serve(2, Some(401), &["session=4711"]);
    assert_eq!(run(&uri), [["session=4711"]]);
    serves.join().unwrap();
}

/// A redirect sets cookies, too, and the request that follows it has them.
#[test]
fn a_redirect_with_a_cookie() {
    let (uri, serves) = serve(3, Some(302), &["session=4711; Path=/room"]);
    assert_eq!(run(&uri), [["session=4711"], ["session=4711"]]);
    serves.join().unwrap();
}
