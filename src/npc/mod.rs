//! Characters in games: who they are, what they remember, what they say and do, without ever holding up a frame.

mod act;
mod character;
mod controller;
mod learn;
mod memory;
mod pace;
mod stage;

pub use act::{Action, ActionValue, Actions, Argument, ArgumentKind, Verb};
pub use character::{CharacterConfig, Limits, SavedCharacter};
pub use controller::{Controller, ControllerConfig};
pub use learn::{LearnConfig, Learned, Learner};
pub use memory::{Fact, Memory, MemoryConfig};
pub use stage::{Event, Spoken, Stage, StageConfig};
