//! Bytes that arrive token by token, given out as whole characters.

/// Holds back the beginning of a character until its other bytes have come.
#[derive(Clone, Debug, Default)]
pub struct Utf8Stream {
    held: Vec<u8>,
}

impl Utf8Stream {
    /// Takes `bytes` and gives the text that is complete now. Bytes that cannot be UTF-8 become U+FFFD.
    pub fn push(&mut self, bytes: &[u8]) -> String {
        self.held.extend_from_slice(bytes);
        let mut text = String::new();
        loop {
            match std::str::from_utf8(&self.held) {
                Ok(whole) => {
                    text.push_str(whole);
                    self.held.clear();
                    return text;
                }
                Err(e) => {
                    let (good, rest) = self.held.split_at(e.valid_up_to());
                    text.push_str(&String::from_utf8_lossy(good));
                    match e.error_len() {
                        Some(wrong) => {
                            text.push(char::REPLACEMENT_CHARACTER);
                            self.held = rest[wrong..].to_vec();
                        }
                        None => {
                            self.held = rest.to_vec();
                            return text;
                        }
                    }
                }
            }
        }
    }

    /// What is still held back, at the end.
    pub fn finish(&mut self) -> String {
        let text = String::from_utf8_lossy(&self.held).into_owned();
        self.held.clear();
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_come_out_whole() {
        let mut stream = Utf8Stream::default();
        let pieces: Vec<String> = "a磨🐦".bytes().map(|b| stream.push(&[b])).collect();
        assert_eq!(pieces, ["a", "", "", "磨", "", "", "", "🐦"]);
        assert_eq!(stream.push(&[0xff, b'b']), "\u{fffd}b");
        assert_eq!((stream.push(&[0xe7]), stream.finish()), (String::new(), "\u{fffd}".to_string()));
    }
}
