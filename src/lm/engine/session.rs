//! One text being read and continued, and several of them in one pass over the weights.

use super::adapter::Adapter;
use super::kernels::{self, Input};
use super::matrix::{BLOCK, Matrix, ROWS};
use super::simd::{self, Rounded};
use super::{Engine, Layer};
use crate::lm::config::{ModelConfig, Positions};
use crate::{Error, Result, stop};
use std::sync::Arc;

/// Most tokens read in one pass over the weights.
const TOKENS: usize = 64;

/// Positions that a new cache has room for.
const FIRST: usize = 128;

/// One text: its tokens and their keys and values in every layer.
pub struct Session {
    engine: Arc<Engine>,
    tokens: Vec<u32>,      // what the cache holds, at most the context
    room: usize,           // positions that the cache has room for
    keys: Vec<Vec<f32>>,   // per layer [kv_heads, room, head_dim], turned by position
    values: Vec<Vec<f32>>, // per layer [kv_heads, room, head_dim]
    logits: Vec<f32>,      // [vocab], filled up to whole panels
    adapters: Vec<(Arc<Adapter>, f32)>,
    read: u64,
}

impl Session {
    /// An empty text. Memory for the cache is taken as the text grows.
    pub fn new(engine: &Arc<Engine>) -> Self {
        let c = &engine.config;
        Self {
            tokens: Vec::new(),
            room: 0,
            keys: vec![Vec::new(); c.layers],
            values: vec![Vec::new(); c.layers],
            logits: vec![0.0; c.vocab.next_multiple_of(ROWS)],
            adapters: Vec::new(),
            read: 0,
            engine: engine.clone(),
        }
    }

    /// Reads `tokens` after what was read before; gives the logits of the token after the last.
    ///
    /// When the text outgrows the context, reading starts again from its newest half, so every logit is the one that
    /// the model gives for some window that it was trained on. (See [`forget`](Self::forget) for another way.)
    ///
    /// # Errors
    /// If there are no tokens, one is not in the vocabulary, the model is not causal, or the user asks to stop.
    /// Nothing has been read then.
    pub fn read(&mut self, tokens: &[u32]) -> Result<&mut [f32]> {
        let engine = self.engine.clone();
        let ModelConfig { vocab, context, .. } = engine.config;
        engine.check(tokens)?;
        let before = self.tokens.len();
        let done = if before + tokens.len() <= context {
            self.append(&engine, tokens)
        } else {
            let keep = context.div_ceil(2);
            let mut newest: Vec<u32> = self.tokens.iter().chain(tokens).copied().collect();
            newest.drain(..newest.len() - keep);
            self.tokens.clear();
            self.append(&engine, &newest)
        };
        if let Err(e) = done {
            self.tokens.truncate(before);
            return Err(e);
        }
        Ok(&mut self.logits[..vocab])
    }

    fn append(&mut self, engine: &Engine, tokens: &[u32]) -> Result<()> {
        let mut work = engine.take_work();
        for (i, block) in tokens.chunks(TOKENS).enumerate() {
            stop::check()?;
            let last = (i + 1) * TOKENS >= tokens.len();
            let at = self.tokens.len();
            work.places.clear();
            work.places.extend((0..block.len()).map(|i| Place { text: 0, at: at + i }));
            engine.forward(&mut work, &mut [&mut *self], block, if last { Want::Last } else { Want::Nothing });
        }
        engine.give_back(work);
        Ok(())
    }

    /// What `tokens` come to on the whole: the mean of the last layer's states, normalised as before the logits, [dim].
    /// The text is then these tokens alone; of more than the context only the newest count.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn mean_state(&mut self, tokens: &[u32]) -> Result<Vec<f32>> {
        let engine = self.engine.clone();
        engine.check(tokens)?;
        let (d, eps) = (engine.config.dim, engine.config.norm_eps as f32);
        let tokens = &tokens[tokens.len().saturating_sub(engine.config.context)..];
        self.rewind(0);
        let mut mean = vec![0.0; d];
        let mut work = engine.take_work();
        for block in tokens.chunks(TOKENS) {
            stop::check()?;
            let at = self.tokens.len();
            work.places.clear();
            work.places.extend((0..block.len()).map(|i| Place { text: 0, at: at + i }));
            engine.forward(&mut work, &mut [&mut *self], block, Want::Nothing);
            let used = block.len() * d;
            kernels::rms_norm(&mut work.n[..used], &work.x[..used], &engine.norm, eps);
            work.n[..used].chunks_exact(d).for_each(|state| kernels::add(&mut mean, state));
        }
        engine.give_back(work);
        mean.iter_mut().for_each(|m| *m /= tokens.len() as f32);
        Ok(mean)
    }

    /// The logits that [`read`](Self::read) gave last, and at most `window` of the newest tokens.
    pub fn logits(&mut self, window: usize) -> (&mut [f32], &[u32]) {
        let from = self.tokens.len().saturating_sub(window);
        (&mut self.logits[..self.engine.config.vocab], &self.tokens[from..])
    }

    /// The tokens that the next one can look back on.
    pub fn tokens(&self) -> &[u32] {
        &self.tokens
    }

    /// How many tokens have gone through the model for this text so far.
    pub fn tokens_read(&self) -> u64 {
        self.read
    }

    /// What reads it.
    pub fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    /// Forgets all but the first `n` tokens, whose work is kept.
    pub fn rewind(&mut self, n: usize) {
        self.tokens.truncate(n);
    }

    /// Forgets the tokens `from..to`; those after move up, and their work is kept.
    ///
    /// With rotary positions their keys are turned back by `to − from` positions; what they took from the forgotten
    /// tokens in the deeper layers stays in them. Learned positions cannot be turned: there the rest is read again.
    /// The logits are those from before.
    ///
    /// # Errors
    /// If the range is not within the text, or the user asks to stop; learned positions are then forgotten from `from`.
    pub fn forget(&mut self, from: usize, to: usize) -> Result<()> {
        let len = self.tokens.len();
        if from > to || to > len {
            return Err(Error::value(format!("generate: tokens {from} to {to} are not among the {len} read")));
        }
        let engine = self.engine.clone();
        let c = &engine.config;
        if c.positions == Positions::Learned {
            let rest = self.tokens.split_off(to);
            self.tokens.truncate(from);
            return if rest.is_empty() { Ok(()) } else { self.append(&engine, &rest) };
        }
        let back = (to - from) as f64;
        let cos: Vec<f32> = engine.frequencies.iter().map(|f| (f * back).cos() as f32).collect();
        let sin: Vec<f32> = engine.frequencies.iter().map(|f| -(f * back).sin() as f32).collect();
        let (start, end) = (from * c.head_dim, to * c.head_dim);
        for (keys, values) in self.keys.iter_mut().zip(&mut self.values) {
            for head in 0..c.kv_heads {
                let at = head * self.room * c.head_dim;
                let used = at..at + len * c.head_dim;
                keys[used.clone()].copy_within(end.., start);
                values[used.clone()].copy_within(end.., start);
                let moved = at + start..used.end - (end - start);
                kernels::rotate(&mut keys[moved], [&cos, &sin], c.positions == Positions::Interleaved);
            }
        }
        self.tokens.drain(from..to);
        Ok(())
    }

    /// Reads on with these adapters, each with its weight, and no others; what has been read stays as it is.
    ///
    /// # Errors
    /// If one does not fit the model, or a weight is not finite.
    pub fn set_adapters(&mut self, adapters: &[(Arc<Adapter>, f32)]) -> Result<()> {
        if adapters.iter().any(|(adapter, _)| !adapter.fits(&self.engine.config)) {
            return Err(Error::value("adapter: it was made for a model of other sizes"));
        }
        if let Some((_, weight)) = adapters.iter().find(|(_, weight)| !weight.is_finite()) {
            return Err(Error::setting("adapter", "weight", "finite", weight));
        }
        self.adapters.clear();
        self.adapters.extend_from_slice(adapters);
        Ok(())
    }

    /// Makes room for `n` positions.
    fn reserve(&mut self, n: usize) {
        if n <= self.room {
            return;
        }
        let c = &self.engine.config;
        let room = n.max(2 * self.room).max(FIRST).min(c.context).max(n);
        let used = self.tokens.len() * c.head_dim;
        let (old, new) = (self.room * c.head_dim, room * c.head_dim);
        for cache in self.keys.iter_mut().chain(&mut self.values) {
            let mut larger = vec![0.0; c.kv_heads * new];
            if used > 0 {
                for (from, to) in cache.chunks_exact(old).zip(larger.chunks_exact_mut(new)) {
                    to[..used].copy_from_slice(&from[..used]);
                }
            }
            *cache = larger;
        }
        self.room = room;
    }
}

/// Reads one token into each of several texts, in one pass over the weights; each has then its logits, the same bits
/// as if it had read alone.
///
/// # Errors
/// As [`Session::read`]; if there is not one token for each, or the texts are not of one engine.
pub fn step_many(sessions: &mut [&mut Session], tokens: &[u32]) -> Result<()> {
    if sessions.len() != tokens.len() {
        let why = format!("{} texts want as many tokens, got {}", sessions.len(), tokens.len());
        return Err(Error::shape("generate", why));
    }
    let Some(first) = sessions.first() else { return Ok(()) };
    let engine = first.engine.clone();
    if sessions.iter().any(|s| !Arc::ptr_eq(&s.engine, &engine)) {
        return Err(Error::value("generate: texts that are read together must be of one model"));
    }
    engine.check(tokens)?;
    for (sessions, tokens) in sessions.chunks_mut(TOKENS).zip(tokens.chunks(TOKENS)) {
        stop::check()?;
        let full = |s: &Session| s.tokens.len() >= engine.config.context;
        if sessions.iter().any(|s| full(s)) {
            // One of them must start again from its newest half.
            for (session, token) in sessions.iter_mut().zip(tokens) {
                session.read(&[*token])?;
            }
            continue;
        }
        let mut work = engine.take_work();
        work.places.clear();
        work.places.extend(sessions.iter().enumerate().map(|(text, s)| Place { text, at: s.tokens.len() }));
        engine.forward(&mut work, sessions, tokens, Want::Each);
        engine.give_back(work);
    }
    Ok(())
}

/// Which logits a pass is for.
#[derive(Clone, Copy, PartialEq)]
enum Want {
    Nothing,
    Last,
    Each,
}

/// Whose token a row of the residual stream is, and where in its text.
struct Place {
    text: usize,
    at: usize,
}

/// Space for one pass; rows are tokens.
pub struct Work {
    places: Vec<Place>,
    x: Vec<f32>,    // [tokens, dim], the residual stream
    n: Vec<f32>,    // [tokens, dim], normalised
    q: Vec<f32>,    // [tokens, q_dim]
    k: Vec<f32>,    // [tokens, kv_dim]
    v: Vec<f32>,    // [tokens, kv_dim]
    a: Vec<f32>,    // [tokens, q_dim], what attention gives
    gate: Vec<f32>, // [tokens, hidden]
    up: Vec<f32>,   // [tokens, hidden]
    y: Vec<f32>,    // [tokens, dim], what a part adds
    cos: Vec<f32>,  // [tokens, head_dim/2]
    sin: Vec<f32>,  // [tokens, head_dim/2]
    rounded: Vec<Rounded>,
    panels: [Vec<f32>; 3], // products of several rows as they come
    logits: Vec<f32>,      // [tokens, vocab] in panels, made when first needed
}

impl Work {
    pub(super) fn new(engine: &Engine) -> Self {
        let c = &engine.config;
        let (d, q, kv, h, half) = (c.dim, c.q_dim(), c.kv_dim(), c.hidden, engine.frequencies.len());
        let rows = |width: usize| vec![0.0; TOKENS * width.next_multiple_of(ROWS)];
        Self {
            places: Vec::with_capacity(TOKENS),
            x: rows(d),
            n: rows(d),
            q: rows(q),
            k: rows(kv),
            v: rows(kv),
            a: rows(q),
            gate: rows(h),
            up: rows(h),
            y: rows(d),
            cos: rows(half),
            sin: rows(half),
            rounded: vec![Rounded::default(); TOKENS * d.max(q).max(h).div_ceil(BLOCK)],
            panels: [rows(d.max(q).max(h)), rows(kv.max(h)), rows(kv)],
            logits: Vec::new(),
        }
    }
}

impl Engine {
    fn check(&self, tokens: &[u32]) -> Result<()> {
        if !self.config.causal {
            return Err(Error::value(
                "generate: this model sees whole texts at once (causal = false), so it has no next token to give",
            ));
        }
        if tokens.is_empty() {
            return Err(Error::value("generate: there are no tokens to read"));
        }
        let vocab = self.config.vocab;
        match tokens.iter().find(|t| **t as usize >= vocab) {
            Some(token) => Err(Error::value(format!("generate: token {token} is outside 0..{}", vocab - 1))),
            None => Ok(()),
        }
    }

    /// Takes a token for each of `work.places` through all layers, and gives the texts the logits that are wanted.
    fn forward(&self, work: &mut Work, texts: &mut [&mut Session], tokens: &[u32], want: Want) {
        // Inside the pool once for the whole pass, so that dividing a product is cheap.
        rayon::scope(|_| self.pass(work, texts, tokens, want));
    }

    fn pass(&self, w: &mut Work, texts: &mut [&mut Session], tokens: &[u32], want: Want) {
        let (rows, d, half) = (tokens.len(), self.config.dim, self.frequencies.len());
        for (row, token) in tokens.iter().enumerate() {
            let Place { text, at } = w.places[row];
            let x = &mut w.x[row * d..][..d];
            self.embed.row(*token as usize, x);
            if let Some(positions) = &self.positions {
                positions.row(at, &mut w.n[..d]);
                kernels::add(x, &w.n[..d]);
            }
            for (i, frequency) in self.frequencies.iter().enumerate() {
                let angle = at as f64 * frequency;
                (w.cos[row * half + i], w.sin[row * half + i]) = (angle.cos() as f32, angle.sin() as f32);
            }
            texts[text].reserve(at + 1);
        }
        for (index, layer) in self.layers.iter().enumerate() {
            self.attention(w, texts, index, layer, rows);
            self.feed_forward(w, texts, index, layer, rows);
        }
        for (row, token) in tokens.iter().enumerate() {
            let text = &mut texts[w.places[row].text];
            text.tokens.push(*token);
            text.read += 1;
        }
        let from = match want {
            Want::Nothing => return,
            Want::Last => rows - 1,
            Want::Each => 0,
        };
        let asked = rows - from;
        let n = &mut w.n[..asked * d];
        kernels::rms_norm(n, &w.x[from * d..rows * d], &self.norm, self.config.norm_eps as f32);
        let output = self.output.as_ref().unwrap_or(&self.embed);
        let x = input(&mut w.rounded, n, asked, &[output]);
        if asked == 1 {
            kernels::product(self.isa, output, x, &mut texts[w.places[from].text].logits);
            return;
        }
        let width = self.config.vocab.next_multiple_of(ROWS);
        if w.logits.len() < asked * width {
            w.logits.resize(asked * width, 0.0);
        }
        kernels::product(self.isa, output, x, &mut w.logits);
        for (p, panel) in w.logits[..asked * width].chunks_exact(asked * ROWS).enumerate() {
            for (row, part) in panel.as_chunks::<ROWS>().0.iter().enumerate() {
                texts[w.places[row].text].logits[p * ROWS..][..ROWS].copy_from_slice(part);
            }
        }
    }

    /// x ← x + Wo · attention(q, k, v)
    fn attention(&self, w: &mut Work, texts: &mut [&mut Session], index: usize, layer: &Layer, rows: usize) {
        let c = &self.config;
        let (d, qd, kv, width, eps) = (c.dim, c.q_dim(), c.kv_dim(), c.head_dim, c.norm_eps as f32);
        let n = &mut w.n[..rows * d];
        kernels::rms_norm(n, &w.x[..rows * d], &layer.attn_norm, eps);
        let x = input(&mut w.rounded, n, rows, &[&layer.wq, &layer.wk, &layer.wv]);
        let [pq, pk, pv] = &mut w.panels;
        let [mut q, mut k, mut v] = [
            Output::new(&layer.wq, &mut w.q, pq, rows),
            Output::new(&layer.wk, &mut w.k, pk, rows),
            Output::new(&layer.wv, &mut w.v, pv, rows),
        ];
        join(x, || q.fill(self, x), || join(x, || k.fill(self, x), || v.fill(self, x)));
        let outputs = [q.finish(), k.finish(), v.finish()];
        for (p, out) in outputs.into_iter().enumerate() {
            let bias = &layer.biases[p];
            if !bias.is_empty() {
                out.chunks_exact_mut(bias.len()).for_each(|row| kernels::add(row, bias));
            }
            adapt(out, x, &w.places, texts, index, p);
        }
        let (q, k, v) = (&mut w.q[..rows * qd], &mut w.k[..rows * kv], &w.v[..rows * kv]);
        if c.qk_norm {
            kernels::rms_norm_in_place(q, &layer.head_norms[0], eps);
            kernels::rms_norm_in_place(k, &layer.head_norms[1], eps);
        }
        let half = self.frequencies.len();
        for (row, Place { text, at }) in w.places.iter().enumerate() {
            let k = &mut k[row * kv..][..kv];
            if half > 0 {
                let angles = [&w.cos[row * half..][..half], &w.sin[row * half..][..half]];
                let neighbours = c.positions == Positions::Interleaved;
                kernels::rotate(&mut q[row * qd..][..qd], angles, neighbours);
                kernels::rotate(k, angles, neighbours);
            }
            let text = &mut texts[*text];
            let room = text.room;
            for (cache, new) in [(&mut text.keys[index], &*k), (&mut text.values[index], &v[row * kv..][..kv])] {
                for (head, part) in new.chunks_exact(width).enumerate() {
                    cache[(head * room + at) * width..][..width].copy_from_slice(part);
                }
            }
        }
        let (q, texts_now, places) = (&*q, &*texts, &w.places);
        let group = c.heads / c.kv_heads;
        let longest = places.iter().map(|p| p.at + 1).max().unwrap_or(1);
        let units = rows * c.heads;
        let threads = rayon::current_num_threads();
        let grain = if threads < 2 { units } else { units.div_ceil(threads * 4).max((1 << 15) / (longest * width)) };
        kernels::share(&mut w.a[..rows * qd], width, 0, grain, &|first, out| {
            for (i, out) in out.chunks_exact_mut(width).enumerate() {
                let (row, head) = ((first + i) / c.heads, (first + i) % c.heads);
                let Place { text, at } = places[row];
                let text = &texts_now[text];
                let cache = (head / group) * text.room * width..;
                let seen = (at + 1) * width;
                let [keys, values] = [&text.keys[index], &text.values[index]].map(|all| &all[cache.start..][..seen]);
                kernels::attend(out, &q[(first + i) * width..][..width], keys, values);
            }
        });
        let x = input(&mut w.rounded, &w.a[..rows * qd], rows, &[&layer.wo]);
        let mut y = Output::new(&layer.wo, &mut w.y, &mut w.panels[0], rows);
        y.fill(self, x);
        let y = y.finish();
        adapt(y, x, &w.places, texts, index, 3);
        kernels::add(&mut w.x[..rows * d], y);
    }

    /// x ← x + W2 · (silu(W1 · n) * W3 · n)
    fn feed_forward(&self, w: &mut Work, texts: &[&mut Session], index: usize, layer: &Layer, rows: usize) {
        let (d, h, eps) = (self.config.dim, self.config.hidden, self.config.norm_eps as f32);
        let n = &mut w.n[..rows * d];
        kernels::rms_norm(n, &w.x[..rows * d], &layer.ffn_norm, eps);
        let x = input(&mut w.rounded, n, rows, &[&layer.w1, &layer.w3]);
        let [p1, p3, _] = &mut w.panels;
        let mut gate = Output::new(&layer.w1, &mut w.gate, p1, rows);
        let mut up = Output::new(&layer.w3, &mut w.up, p3, rows);
        join(x, || gate.fill(self, x), || up.fill(self, x));
        adapt(gate.finish(), x, &w.places, texts, index, 4);
        adapt(up.finish(), x, &w.places, texts, index, 5);
        kernels::silu_mul(&mut w.gate[..rows * h], &w.up[..rows * h]);
        let x = input(&mut w.rounded, &w.gate[..rows * h], rows, &[&layer.w2]);
        let mut y = Output::new(&layer.w2, &mut w.y, &mut w.panels[0], rows);
        y.fill(self, x);
        let y = y.finish();
        adapt(y, x, &w.places, texts, index, 6);
        kernels::add(&mut w.x[..rows * d], y);
    }
}

/// Both, on two threads if there is enough to do.
fn join(x: Input, a: impl FnOnce() + Send, b: impl FnOnce() + Send) {
    if rayon::current_num_threads() > 1 && x.exact.len() > 64 {
        rayon::join(a, b);
    } else {
        a();
        b();
    }
}

/// The rows of a product, rounded if one of the matrices wants them so.
fn input<'a>(rounded: &'a mut [Rounded], exact: &'a [f32], rows: usize, matrices: &[&Matrix]) -> Input<'a> {
    let cols = exact.len() / rows;
    let blocks = cols.div_ceil(BLOCK);
    if matrices.iter().any(|m| m.quantization().is_some()) {
        for (out, row) in rounded.chunks_exact_mut(blocks).zip(exact.chunks_exact(cols)) {
            simd::round(out, row);
        }
    }
    Input { rows, exact, rounded: &rounded[..rows * blocks] }
}

/// Where a product goes: straight to its place for one row, by way of panels for several.
struct Output<'a> {
    matrix: &'a Matrix,
    out: &'a mut [f32], // [rows, outputs], with room for a whole panel
    panels: &'a mut [f32],
    rows: usize,
}

impl<'a> Output<'a> {
    fn new(matrix: &'a Matrix, out: &'a mut [f32], panels: &'a mut [f32], rows: usize) -> Self {
        Self { matrix, out, panels, rows }
    }

    fn fill(&mut self, engine: &Engine, x: Input) {
        let to = if self.rows == 1 { &mut *self.out } else { &mut *self.panels };
        kernels::product(engine.isa, self.matrix, x, to);
    }

    fn finish(self) -> &'a mut [f32] {
        let outputs = self.matrix.shape()[0];
        let out = &mut self.out[..self.rows * outputs];
        if self.rows > 1 {
            kernels::from_panels(out, &self.panels[..self.rows * outputs.next_multiple_of(ROWS)], self.rows);
        }
        out
    }
}

/// Adds what the texts' adapters change in a product.
fn adapt(out: &mut [f32], x: Input, places: &[Place], texts: &[&mut Session], layer: usize, projection: usize) {
    if texts.iter().all(|t| t.adapters.is_empty()) {
        return;
    }
    let (outputs, inputs) = (out.len() / x.rows, x.exact.len() / x.rows);
    let rows = out.chunks_exact_mut(outputs).zip(x.exact.chunks_exact(inputs));
    for ((out, x), place) in rows.zip(places) {
        for (adapter, weight) in &texts[place.text].adapters {
            if let Some(pair) = &adapter.layers[layer][projection] {
                kernels::add_low_rank(out, x, &pair.a, &pair.b, adapter.scale * weight);
            }
        }
    }
}
