//! The grammar of the fields that the protocol brings (RFC 6455 §4.3, §9.1, §11.3), as a server reads it.

use crate::kit::{Head, invalid, refused, request};

type Extensions = Vec<(String, Vec<(String, Option<String>)>)>;

/// What a server reads from these lines of `Sec-WebSocket-Extensions`.
fn extensions(lines: &[&str]) -> Extensions {
    let request = request(head(lines));
    let read = request.extensions().map(|extension| {
        let params = extension.params().map(|(name, value)| (name.into(), value.map(Into::into)));
        (extension.name().into(), params.collect())
    });
    read.collect()
}

fn head(lines: &[&str]) -> Head {
    lines.iter().fold(Head::request(), |head, line| head.and("Sec-WebSocket-Extensions", line))
}

fn extension(name: &str, params: &[(&str, Option<&str>)]) -> (String, Vec<(String, Option<String>)>) {
    let params = params.iter().map(|(name, value)| ((*name).into(), value.map(Into::into)));
    (name.into(), params.collect())
}

/// [H-01] Names with parameters, with values or without, and with space wherever it may be.
#[test]
fn extension_lists() {
    assert_eq!(extensions(&["foo"]), [extension("foo", &[])]);
    assert_eq!(
        extensions(&["foo;a;b=c,bar"]),
        [extension("foo", &[("a", None), ("b", Some("c"))]), extension("bar", &[])]
    );
    assert_eq!(
        extensions(&["\t foo ; a ;\tb = c , bar\t; d = \"e\" "]),
        [extension("foo", &[("a", None), ("b", Some("c"))]), extension("bar", &[("d", Some("e"))])]
    );
    assert_eq!(extensions(&[]), []);
}

/// [H-02] A quoted value is the same as the token in it.
#[test]
fn quoted_values() {
    for (line, value) in [
        ("x;a=10", "10"),
        ("x;a=\"10\"", "10"),
        ("x;a=\"1\\0\"", "10"),
        ("x;a=\"\\1\\0\"", "10"),
        ("x;a=\"a\\b\\c\"", "abc"),
    ] {
        assert_eq!(extensions(&[line]), [extension("x", &[("a", Some(value))])], "{line}");
    }
}

/// [H-02] [H-03] [H-04] [E-24] What does not follow the grammar is refused with 400.
#[test]
fn malformed_extensions() {
    for bad in [
        ";",
        "x;",
        "x; ",
        "x;;a",
        "x;=1",
        "x;a=",
        "x;a= ",
        "x;a=;b",
        "x;a=,y",
        "x y",
        "x;a b",
        "x;a=b c",
        "x;a=\"",
        "x;a=\"b",
        "x;a=\"b\\",
        "x;a=\"b\\\"",
        "x;a=\"\"",
        "x;a=\"a b\"",
        "x;a=\"a,b\"",
        "x;a=\"a;b\"",
        "x;a=\"a\\\"b\"",
        "x;a=\"a\\\\b\"",
        "x;a=\"b\"c",
        "x;a=b\"c\"",
        "\"x\"",
        "x=1",
        "=",
        "x;a==b",
        "x/y",
        "x;a=\u{e9}",
        "x;a='b c'",
        "(x)",
        "x,,;",
        "x;\"a\"=b",
        "x;a=\"\t\"",
    ] {
        let error = refused(head(&[bad]));
        assert_eq!(error, invalid("Sec-WebSocket-Extensions", &bad.trim().as_bytes().escape_ascii().to_string()));
        assert_eq!(error.status(), 400);
        assert_eq!(refused(head(&["ok", bad])), error, "on a second line, too");
    }
}

/// [H-05] [H-08] [H-11] [E-23] Several lines are one list, in order; the same extension may be there again.
#[test]
fn several_lines() {
    let expected = [extension("a", &[]), extension("b", &[("x", Some("1"))]), extension("a", &[("y", None)])];
    for lines in
        [&["a, b; x=1, a; y"][..], &["a", "b; x=1, a; y"], &["a", "b; x=1", "a; y"], &["a,", ",b; x=1,", "a; y"]]
    {
        assert_eq!(extensions(lines), expected, "{lines:?}");
    }
    // A quote does not reach over lines, nor would the joined list be well formed.
    assert_eq!(refused(head(&["x;a=\"b", "c\""])), invalid("Sec-WebSocket-Extensions", "x;a=\\\"b"));
}

/// [E-27] A few empty elements do not count, but many do.
#[test]
fn empty_elements() {
    let few = format!("a{}b", ",".repeat(17));
    assert_eq!(extensions(&[&few]), [extension("a", &[]), extension("b", &[])]);
    let many = format!("a{}b", ",".repeat(18));
    assert_eq!(refused(head(&[&many])), invalid("Sec-WebSocket-Extensions", &many));
    for name in ["Upgrade", "Connection"] {
        let value =
            |n: usize| format!("{}{}", if name == "Upgrade" { "websocket" } else { name_upgrade() }, ",".repeat(n));
        drop(request(Head::request().with(name, value(16))));
        assert_eq!(refused(Head::request().with(name, value(17))), invalid(name, ""));
    }
}

fn name_upgrade() -> &'static str {
    "Upgrade"
}

/// [E-34] Names and parameters that mean nothing here, or something elsewhere, are read and not judged.
#[test]
fn odd_extensions() {
    for odd in ["constructor", "__proto__;a", "permessage-deflate;client_max_window_bits=99", "permessage-deflate;x;x"]
    {
        assert_eq!(extensions(&[odd]).len(), 1);
    }
}

/// An extension is printed as it was received.
#[test]
fn extensions_are_printed() {
    let request = request(head(&["a; b=\"c\", d"]));
    let printed: Vec<_> = request.extensions().map(|extension| format!("{extension:?}")).collect();
    assert_eq!(printed, ["Extension(a; b=\\\"c\\\")".to_string(), "Extension(d)".into()]);
}
