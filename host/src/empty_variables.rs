//! What leaving a variable empty means, which the manifest has no place for.

/// A variable and the effect of its being empty.
const EFFECTS: [(&str, &str); 4] = [
    ("netex_tokens", "every Netex call gets 401"),
    ("f5_tokens", "every F5 call gets 401"),
    ("image_url_origin", "an image given by URL is refused"),
    (
        "public_origin",
        "Location and image URLs take the request's own scheme and host",
    ),
];

/// What it means that the variable `name` is empty, if it means anything.
pub fn effect(name: &str) -> Option<&'static str> {
    EFFECTS
        .iter()
        .find(|(variable, _)| *variable == name)
        .map(|(_, effect)| *effect)
}
