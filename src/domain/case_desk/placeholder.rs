//! Placeholders in the texts of a case. They are filled in when a text is put in force: what is kept, hashed
//! and consented to are the words that people read.

use super::CaseContent;

/// The names, as `{case}`.
pub const PLACEHOLDERS: [&str; 4] = [
    "case",
    "respondent",
    "respondent_codice_fiscale",
    "respondent_pec",
];

/// The text with the values of its case.
///
/// # Errors
/// The name between braces that stands for nothing, or a brace alone.
pub fn filled_in(content: &CaseContent, body: &str) -> Result<String, String> {
    let mut filled = String::with_capacity(body.len());
    let mut rest = body;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').ok_or("{")?;
        if before.contains('}') {
            return Err("}".to_owned());
        }
        let value = match name {
            "case" => &content.title.it,
            "respondent" => &content.respondent.name,
            "respondent_codice_fiscale" => &content.respondent.codice_fiscale,
            "respondent_pec" if !content.respondent.pec.is_empty() => &content.respondent.pec,
            other => return Err(format!("{{{}}}", shortened(other))),
        };
        filled.push_str(before);
        filled.push_str(value);
        rest = after;
    }
    if rest.contains('}') {
        return Err("}".to_owned());
    }
    filled.push_str(rest);
    Ok(filled)
}

/// As much of a name as a sentence can carry.
fn shortened(name: &str) -> String {
    name.chars().take(40).collect()
}
