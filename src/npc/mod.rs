//! Characters in games: who they are, what they remember, what they say and do, without ever holding up a frame.

mod act;
mod character;
mod learn;
mod memory;
mod pace;
mod stage;

pub use act::{Action, ActionValue, Actions, Argument, ArgumentKind, Verb};
pub use character::{CharacterConfig, SavedCharacter};
pub use learn::{LearnConfig, Learned, Learner};
pub use memory::{Fact, Memory, MemoryConfig};
pub use stage::{Event, Spoken, Stage, StageConfig};
