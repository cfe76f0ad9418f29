//! The catalogue of attacks, against the core; and that it can fail.

use bowline::{CloseCode, Connection, Deadline, Role};
use bowline_test::{
    config,
    hostile::{self, Ending},
};

const ROLES: [Role; 2] = [Role::Client, Role::Server];

#[test]
fn the_core_holds() {
    for role in ROLES {
        for attack in hostile::all(role) {
            attack.assert_held(Connection::new(role, config()));
        }
    }
}

#[cfg(feature = "deflate")]
#[test]
fn the_core_holds_with_compression() {
    for role in ROLES {
        for attack in hostile::compressed(role) {
            attack.assert_held(hostile::compressing(role));
        }
    }
}

/// No other ending than the one that is named is accepted.
#[test]
fn the_wrong_ending() {
    for role in ROLES {
        for mut attack in hostile::all(role) {
            attack.ending = match attack.ending {
                Ending::Violation(CloseCode::PROTOCOL_ERROR) => Ending::Violation(CloseCode::INVALID_DATA),
                Ending::Violation(_) => Ending::Normal,
                Ending::Normal => Ending::Deadline(Deadline::Pong),
                _ => Ending::Violation(CloseCode::PROTOCOL_ERROR),
            };
            let breach = attack.check(Connection::new(role, config())).unwrap_err().to_string();
            let expected = format!(
                "the {role} did not hold against: {} ({})\n  expected: {:?}",
                attack.name, attack.against, attack.ending
            );
            assert!(breach.starts_with(&expected), "{breach}");
        }
    }
}

/// A limit that is missing is noticed.
#[test]
fn a_weak_configuration() {
    let weak = config().with(|config| {
        config.limits.empty_fragments = usize::MAX;
        config.limits.message = usize::MAX;
        config.limits.frame = usize::MAX;
        config.deadlines.ping = None;
        config.deadlines.write = None;
        config.deadlines.close = std::time::Duration::from_secs(100_000);
    });
    let mut failed = Vec::new();
    for attack in hostile::all(Role::Server) {
        if attack.check(Connection::new(Role::Server, weak.clone())).is_err() {
            failed.push(attack.name);
        }
    }
    failed.dedup();
    assert_eq!(
        failed,
        [
            "a frame that declares more than the limit",
            "a message without an end",
            "a text message without an end",
            "empty fragments without an end",
            "silence",
            "silence inside a frame",
            "messages, of which no answer is read",
            "the same, and a byte every five seconds",
        ]
    );
}
