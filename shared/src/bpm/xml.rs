//! Common code of the family's XML documents.

use std::io;

use quick_xml::events::{BytesDecl, BytesText, Event};

/// Writes a document into memory.
pub(super) type Writer = quick_xml::Writer<Vec<u8>>;

/// Writes a document. `write` writes its root.
pub(super) fn document(write: impl FnOnce(&mut Writer) -> io::Result<()>) -> io::Result<Vec<u8>> {
    let mut writer = Writer::new(Vec::new());
    let declaration = BytesDecl::new("1.0", Some("UTF-8"), Some("yes"));
    writer.write_event(Event::Decl(declaration))?;
    write(&mut writer)?;
    Ok(writer.into_inner())
}

/// Writes an element with text. Characters that XML does not allow become U+FFFD.
pub(super) fn text_element(writer: &mut Writer, name: &str, text: &str) -> io::Result<()> {
    let cannot_stand = |c: char| matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    let text = text.replace(cannot_stand, "\u{fffd}");
    writer
        .create_element(name)
        .write_text_content(BytesText::new(&text))?;
    Ok(())
}

/// Writes an element with base64, which needs no escaping.
pub(super) fn base64_element(writer: &mut Writer, name: &str, base64: &str) -> io::Result<()> {
    writer
        .create_element(name)
        .write_text_content(BytesText::from_escaped(base64))?;
    Ok(())
}
