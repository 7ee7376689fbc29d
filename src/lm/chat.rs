//! A conversation: system prompt, history, streamed answers; only what is new is read.
//!
//! Each turn the whole conversation is written by the template and compared, token by token, with what the session has
//! read; the work of all that is the same is kept. When the conversation would outgrow the context, its oldest turns
//! are left out: the system prompt stays where it is, and what follows moves up in the cache
//! ([`Session::forget`](super::Session::forget)). With rotary positions nothing that stays is read again; its deeper
//! layers still remember what they took from the turns that are gone. With learned positions it is read again.

use super::engine::Session;
use super::frozen::Frozen;
use super::generate::{GenerateConfig, Voice};
use super::sample::{LogitHook, no_functions};
use super::template::{Ends, Message};
use crate::data::{read_text, write_atomically};
use crate::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What has been said: what [`Chat::save`] writes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Conversation {
    /// The system prompt.
    pub system: Option<String>,
    /// Everything that was said, those turns included that the model no longer sees.
    pub messages: Vec<Message>,
    /// How many messages at the beginning the model no longer sees.
    pub dropped: usize,
}

/// A conversation with a model.
pub struct Chat {
    model: Frozen,
    session: Session,
    said: Conversation,
    answer: Option<Answer>, // being given
}

struct Answer {
    voice: Voice,
    text: String,
}

impl Chat {
    /// Nothing has been said yet.
    pub fn new(model: &Frozen, system: Option<&str>) -> Self {
        let said = Conversation { system: system.map(str::to_string), ..Default::default() };
        Self { session: Session::new(model.engine()), model: model.clone(), said, answer: None }
    }

    /// What has been said; an answer is there once it is complete.
    pub fn conversation(&self) -> &Conversation {
        &self.said
    }

    /// What reads the conversation; its adapters may be changed between two pieces.
    pub fn session_mut(&mut self) -> &mut Session {
        &mut self.session
    }

    /// Says `text` to the model and returns its whole answer.
    ///
    /// # Errors
    /// As [`begin`](Self::begin) and [`next_piece`](Self::next_piece).
    pub fn say(&mut self, text: &str, config: &GenerateConfig) -> Result<String> {
        self.say_with(text, config, &mut no_functions)
    }

    /// As [`say`](Self::say), with the functions of the chain.
    ///
    /// # Errors
    /// As there, or if `hook` fails.
    pub fn say_with(&mut self, text: &str, config: &GenerateConfig, hook: &mut LogitHook) -> Result<String> {
        self.begin(text, config)?;
        let mut answer = String::new();
        while let Some(piece) = self.next_piece_with(hook) {
            answer += &piece?;
        }
        Ok(answer)
    }

    /// Says `text` to the model, whose answer is then fetched with [`next_piece`](Self::next_piece). An answer that was
    /// being given is broken off as by [`cancel`](Self::cancel). It gets at most the tokens that the context has left,
    /// for which up to half of the context is cleared.
    ///
    /// # Errors
    /// If a setting is out of range, a text has no tokens, the template refuses the conversation, or the system prompt
    /// and `text` do not fit into the context. The conversation is then as before.
    pub fn begin(&mut self, text: &str, config: &GenerateConfig) -> Result<()> {
        self.cancel();
        let dropped = self.said.dropped;
        self.said.messages.push(Message::new("user", text));
        let started = self.start(config);
        if started.is_err() {
            self.said.messages.pop();
            self.said.dropped = dropped;
        }
        started
    }

    fn start(&mut self, config: &GenerateConfig) -> Result<()> {
        let context = self.model.engine().config().context;
        let room = context - config.tokens.clamp(1, context.div_ceil(2)).min(context - 1);
        let whole = self.tokens(self.said.dropped)?;
        let mut tokens = whole.clone();
        while tokens.len() > room {
            let Some(later) = self.next_turn() else { break };
            self.said.dropped = later;
            tokens = self.tokens(later)?;
        }
        if tokens.len() >= context {
            let n = tokens.len();
            return Err(Error::value(format!(
                "chat: the system prompt and this message take {n} tokens, but the context has only {context}"
            )));
        }
        let same = |a: &[u32], b: &[u32]| a.iter().zip(b).take_while(|(a, b)| a == b).count();
        // What stands before the turns that were left out stays; what follows them moves up.
        let gone = whole.len().saturating_sub(tokens.len());
        let read = self.session.tokens();
        let before = same(read, &tokens);
        if gone > 0 && before + gone < read.len() && same(&read[before + gone..], &tokens[before..]) > 0 {
            self.session.forget(before, before + gone)?;
        }
        let known = same(self.session.tokens(), &tokens).min(tokens.len() - 1); // the last gives the logits
        let most = config.tokens.min(context - tokens.len() + 1); // the last is not read
        let config = GenerateConfig { tokens: most, ..config.clone() };
        let voice = Voice::new(self.model.tokenizer(), tokens.split_off(known), &config, &self.turn_end()?)?;
        self.session.rewind(known);
        self.answer = Some(Answer { voice, text: String::new() });
        Ok(())
    }

    /// The next certain characters of the answer, or nothing when it is complete.
    ///
    /// # Errors
    /// If the weights are not finite or the user asks to stop; the answer so far is then kept.
    pub fn next_piece(&mut self) -> Option<Result<String>> {
        self.next_piece_with(&mut no_functions)
    }

    /// As [`next_piece`](Self::next_piece), with the functions of the chain.
    ///
    /// # Errors
    /// As there, or if `hook` fails.
    pub fn next_piece_with(&mut self, hook: &mut LogitHook) -> Option<Result<String>> {
        let answer = self.answer.as_mut()?;
        let piece = answer.voice.next(&mut self.session, hook);
        match &piece {
            Some(Ok(text)) => answer.text += text,
            _ => self.cancel(),
        }
        piece
    }

    /// What gives the answer and what reads, for those who do a token of several conversations at once.
    pub(crate) fn speaking(&mut self) -> Option<(&mut Voice, &mut Session)> {
        self.answer.as_mut().map(|answer| (&mut answer.voice, &mut self.session))
    }

    /// Notes what [`speaking`](Self::speaking) gave.
    pub(crate) fn heard(&mut self, piece: &str) {
        if let Some(answer) = &mut self.answer {
            answer.text += piece;
        }
    }

    /// The tokens with which the next turn will begin, whatever is said.
    pub(crate) fn beginning(&mut self) -> Result<Vec<u32>> {
        let mut either = ["a", "b"].map(|text| {
            self.said.messages.push(Message::new("user", text));
            let tokens = self.tokens(self.said.dropped);
            self.said.messages.pop();
            tokens
        });
        let [a, b] = either.each_mut().map(|tokens| std::mem::replace(tokens, Ok(Vec::new())));
        let (mut a, b) = (a?, b?);
        let same = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
        a.truncate(same);
        Ok(a)
    }

    /// Whether an answer is being given.
    pub fn answering(&self) -> bool {
        self.answer.is_some()
    }

    /// Breaks the answer off; what has been said of it stays in the conversation.
    pub fn cancel(&mut self) {
        if let Some(answer) = self.answer.take() {
            self.said.messages.push(Message::new("assistant", answer.text));
        }
    }

    /// The conversation as JSON. An answer being given is not in it.
    ///
    /// # Errors
    /// None that a conversation can cause.
    pub fn to_json(&self) -> Result<String> {
        serde_json::to_string_pretty(&self.said).map_err(|e| Error::value(format!("chat: {e}")))
    }

    /// Goes on with a conversation that was saved, in place of this one; it is read again.
    ///
    /// # Errors
    /// If it is not one.
    pub fn restore(&mut self, said: Conversation) -> Result<()> {
        if said.dropped > said.messages.len() {
            let n = said.messages.len();
            return Err(Error::value(format!("chat: `dropped` is {} of only {n} messages", said.dropped)));
        }
        self.answer = None;
        self.session.rewind(0);
        self.said = said;
        Ok(())
    }

    /// Writes the conversation to a JSON file.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let json = self.to_json()?;
        write_atomically(path.as_ref(), |file| file.write_all(json.as_bytes()))
    }

    /// Goes on with the conversation of a file.
    ///
    /// # Errors
    /// If the file cannot be read or is not one that [`save`](Self::save) wrote.
    pub fn load(&mut self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let json = read_text(path)?;
        let said =
            serde_json::from_str(&json).map_err(|e| Error::file(path, format!("not a saved conversation ({e})")))?;
        self.restore(said).map_err(|e| Error::file(path, e))
    }

    /// The conversation from message `from` on, up to where the assistant speaks.
    fn tokens(&self, from: usize) -> Result<Vec<u32>> {
        let system = self.said.system.iter().map(|s| Message::new("system", s.as_str()));
        let messages: Vec<Message> = system.chain(self.said.messages[from..].iter().cloned()).collect();
        let tokens = self.model.template().encode(self.model.tokenizer(), &messages, true)?;
        if tokens.is_empty() {
            return Err(Error::value("chat: the template gives an empty text"));
        }
        Ok(tokens)
    }

    /// Where the turn after the oldest that the model sees begins; none when that is the last.
    fn next_turn(&self) -> Option<usize> {
        let (from, messages) = (self.said.dropped + 1, &self.said.messages);
        (from..messages.len()).find(|i| messages[*i].role == "user")
    }

    /// What the template writes after an answer; nothing if it cannot tell.
    fn turn_end(&self) -> Result<String> {
        Ok(self.model.template().turn_end(&Ends::of(self.model.tokenizer())).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Rng;
    use crate::lm::{ChatTemplate, Engine, Matrix, ModelConfig, Positions, Tokenizer};
    use std::sync::Arc;

    const TEMPLATE: &str = "{% for m in messages %}{{ m.role[0] + ':' + m.content + '\n' }}{% endfor %}\
{% if add_generation_prompt %}{{ 'a:' }}{% endif %}";

    fn bird(context: usize, positions: Positions) -> Frozen {
        let config = ModelConfig {
            vocab: 256,
            dim: 24,
            layers: 2,
            heads: 4,
            kv_heads: 2,
            hidden: 40,
            context,
            positions,
            ..Default::default()
        };
        let mut rng = Rng::new(2);
        let engine = Engine::from_parts(&config, |name, [rows, cols]| {
            let std = if name.contains("norm") { 0.0 } else { 0.3 };
            let mean = if name.contains("norm") { 1.0 } else { 0.0 };
            Matrix::f32(rows, cols, (0..rows * cols).map(|_| (mean + std * rng.normal()) as f32).collect::<Vec<_>>())
        });
        let template = ChatTemplate::new(TEMPLATE).unwrap();
        Frozen::new(Arc::new(engine.unwrap()), Arc::new(Tokenizer::bytes()), Some(template)).unwrap()
    }

    /// Letters only, so that what is said reads back as the same tokens.
    fn letters(tokens: usize) -> GenerateConfig {
        let banned = (0..256).filter(|t| !(97..123).contains(t)).collect();
        GenerateConfig { tokens, temperature: 1.0, seed: Some(3), banned, ..Default::default() }
    }

    #[test]
    fn only_what_is_new_is_read() {
        let mut chat = bird(256, Positions::Rope).chat(Some("be a bird"));
        let first = chat.say("hello", &letters(10)).unwrap();
        assert_eq!(first.len(), 10);
        // "s:be a bird\nu:hello\na:" and nine of the ten letters; the last was not needed.
        assert_eq!(chat.session.tokens_read(), 22 + 9);
        chat.say("and you?", &letters(5)).unwrap();
        // The tenth letter, "\nu:and you?\na:" and four letters.
        assert_eq!(chat.session.tokens_read(), 31 + 1 + 14 + 4);
        // As a conversation that is read anew says it.
        let mut again = bird(256, Positions::Rope).chat(None);
        let mut said = chat.conversation().clone();
        let last = said.messages.pop().unwrap();
        said.messages.pop();
        again.restore(said).unwrap();
        assert_eq!(again.say("and you?", &letters(5)).unwrap(), last.content);
    }

    #[test]
    fn past_the_context_the_system_prompt_stays_and_nothing_that_stays_is_read_again() {
        for positions in [Positions::Rope, Positions::Interleaved, Positions::Learned] {
            let mut chat = bird(96, positions).chat(Some("be a bird"));
            let mut fresh = 0;
            for turn in 0..20 {
                let before = chat.session.tokens_read();
                chat.say("tell me more", &letters(8)).unwrap();
                let seen = String::from_utf8(chat.session.tokens().to_vec().iter().map(|t| *t as u8).collect());
                assert!(seen.as_ref().unwrap().starts_with("s:be a bird\nu:"), "{seen:?}");
                assert!(chat.session.tokens().len() <= 96);
                fresh = chat.session.tokens_read() - before;
                if positions != Positions::Learned && turn > 0 {
                    // The last letter, "\nu:tell me more\na:" and seven letters.
                    assert_eq!(fresh, 1 + 18 + 7, "turn {turn}");
                }
            }
            assert!(positions != Positions::Learned || fresh > 26);
            let said = chat.conversation();
            assert!(said.dropped > 20 && said.messages.len() == 40);
        }
    }

    #[test]
    fn an_answer_broken_off_stays_as_far_as_it_went() {
        let mut chat = bird(128, Positions::Rope).chat(None);
        chat.begin("hello", &letters(40)).unwrap();
        let mut heard = String::new();
        for _ in 0..4 {
            heard += &chat.next_piece().unwrap().unwrap();
        }
        assert!(chat.answering());
        chat.cancel();
        assert!(!chat.answering() && chat.next_piece().is_none());
        assert_eq!(chat.conversation().messages[1], Message::new("assistant", &*heard));
        let before = chat.session.tokens_read();
        chat.say("go on", &letters(3)).unwrap();
        assert_eq!(chat.session.tokens_read() - before, 1 + 11 + 2);
    }

    #[test]
    fn saving_and_loading_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("talk.json");
        let model = bird(128, Positions::Rope);
        let mut chat = model.chat(Some("be a bird"));
        chat.say("hello", &letters(6)).unwrap();
        chat.save(&path).unwrap();
        let mut again = model.chat(None);
        again.load(&path).unwrap();
        assert_eq!(again.conversation(), chat.conversation());
        assert_eq!(again.say("more", &letters(6)).unwrap(), chat.say("more", &letters(6)).unwrap());
        std::fs::write(&path, r#"{"messages":[],"dropped":3}"#).unwrap();
        let message = again.load(&path).unwrap_err().to_string();
        assert!(message.ends_with("`dropped` is 3 of only 0 messages"), "{message}");
        std::fs::write(&path, "[").unwrap();
        assert!(again.load(&path).unwrap_err().to_string().contains("not a saved conversation"));
    }

    #[test]
    fn what_does_not_fit_is_refused_and_leaves_the_conversation_as_it_was() {
        let mut chat = bird(64, Positions::Rope).chat(Some("be a bird"));
        chat.say("hello", &letters(4)).unwrap();
        let before = chat.conversation().clone();
        let message = chat.say(&"long ".repeat(20), &letters(4)).unwrap_err().to_string();
        assert!(message.contains("tokens, but the context has only 64"), "{message}");
        assert_eq!(chat.conversation(), &before);
        assert!(chat.say("x", &GenerateConfig { top_p: 2.0, ..letters(4) }).is_err());
        assert_eq!(chat.conversation(), &before);
        // An answer ends where the context does.
        assert!(chat.say("hello", &letters(1000)).unwrap().len() < 64);
        assert!(chat.session.tokens().len() <= 64);
    }
}
