//! Rules for names and texts.

/// The maximum lengths of a name and of a text, in characters.
const NAME: usize = 24;
pub(crate) const TEXT: usize = 2000;

/// Invisible characters. With them, a name could look like another one, or reverse the text around it. These are the format
/// characters of Unicode 16 (category Cf), the line and paragraph separators, and the letters and symbols that are blank. The
/// joiners that Persian and emoji families need are among them.
const INVISIBLE: &[(char, char)] = &[
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{600}', '\u{605}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{6dd}', '\u{6dd}'),
    ('\u{70f}', '\u{70f}'),
    ('\u{890}', '\u{891}'),
    ('\u{8e2}', '\u{8e2}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180e}', '\u{180e}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{2028}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{2800}', '\u{2800}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff9}', '\u{fffb}'),
    ('\u{110bd}', '\u{110bd}'),
    ('\u{110cd}', '\u{110cd}'),
    ('\u{13430}', '\u{1343f}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
];

/// Returns whether this is a valid name of a person or a room: not empty, not too long, and without characters that are
/// invisible or control a terminal.
pub(crate) fn is_name(name: &str) -> bool {
    let is_hidden = |char: char| char.is_control() || INVISIBLE.iter().any(|&(from, to)| (from..=to).contains(&char));
    (1..=NAME).contains(&name.chars().count()) && !name.trim().is_empty() && !name.contains(is_hidden)
}

/// Returns why a text cannot be passed on, if there is a reason. Control characters are refused since most of them are six
/// bytes in JSON, so a short text could need a lot of memory.
pub(crate) fn fault(text: &str) -> Option<&'static str> {
    match text.chars().count() {
        _ if text.trim().is_empty() => Some("it is empty"),
        length if length > TEXT => Some("it is longer than 2000 characters"),
        _ if text.contains(is_unsayable) => Some("it contains control characters"),
        _ => None,
    }
}

/// Returns the part of a typed line that can be passed on.
pub(crate) fn sayable(line: &str) -> String {
    line.chars().filter(|char| !is_unsayable(*char)).take(TEXT).collect()
}

fn is_unsayable(char: char) -> bool {
    char.is_control() && !matches!(char, '\n' | '\t')
}
