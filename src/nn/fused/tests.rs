//! Every operation against its definition: the composed primitives in f64, which finite differences check in turn.

use burn::backend::ops::FloatTensorOps;
use burn::backend::{Dispatch, DispatchTensor, TensorMetadata};
use burn::tensor::{DType, Device, Int, Shape, Tensor, TensorData};

use super::Precision::{self, Bf16, F32};
use super::tiles::Isa;
use super::{AttentionOptions, FeedForward, Pairs, SelfAttention};
use super::{attention, cross_entropy, feed_forward, linear, rms_norm, self_attention, silu_mul};
use crate::data::Rng;
use std::process::Command;
use std::sync::Arc;

/// The values of one input, and its shape.
#[derive(Clone)]
struct Input(Vec<f64>, Vec<usize>);

/// Normal values, rounded to f32 so that both precisions start from the same numbers.
fn normal(seed: u64, shape: &[usize]) -> Input {
    let mut rng = Rng::new(seed);
    Input((0..shape.iter().product()).map(|_| f64::from(rng.normal() as f32)).collect(), shape.to_vec())
}

fn vector(values: &[f64], dtype: DType, device: &Device) -> Tensor<1> {
    Tensor::from_data(TensorData::new(values.to_vec(), [values.len()]), (device, dtype))
}

fn read(tensor: DispatchTensor) -> Vec<f64> {
    let n = tensor.shape().num_elements();
    let flat = Tensor::<1>::from_dispatch(Dispatch::float_reshape(tensor, Shape::from([n])));
    flat.into_data().convert::<f64>().try_into_vec().unwrap()
}

/// The output, then the gradient for each input of `Σ output · weight` with normal weights.
fn run(
    device: &Device,
    dtype: DType,
    inputs: &[Input],
    op: impl Fn(&[DispatchTensor]) -> DispatchTensor,
) -> Vec<Vec<f64>> {
    let leaves: Vec<_> = inputs.iter().map(|input| vector(&input.0, dtype, device).require_grad()).collect();
    let shaped: Vec<_> = leaves
        .iter()
        .zip(inputs)
        .map(|(leaf, input)| Dispatch::float_reshape(leaf.clone().into_dispatch(), Shape::from(input.1.clone())))
        .collect();
    let output = op(&shaped);
    assert_eq!(output.dtype(), dtype);
    let n = output.shape().num_elements();
    let weight = vector(&normal(99, &[n]).0, dtype, device);
    let flat = Tensor::<1>::from_dispatch(Dispatch::float_reshape(output.clone(), Shape::from([n])));
    let gradients = (flat * weight).sum().backward();
    let mut results = vec![read(output)];
    results.extend(leaves.iter().map(|leaf| read(leaf.grad(&gradients).unwrap().into_dispatch())));
    results
}

fn flex() -> Device {
    Device::flex().autodiff()
}

/// Fails unless all results are within 1e-5 of the expected ones, relative to the largest of each.
fn assert_close(what: &str, got: &[Vec<f64>], expected: &[Vec<f64>]) {
    assert_within(1e-5, what, got, expected);
}

fn assert_within(limit: f64, what: &str, got: &[Vec<f64>], expected: &[Vec<f64>]) {
    assert_eq!(got.len(), expected.len());
    for (i, (got, expected)) in got.iter().zip(expected).enumerate() {
        assert_eq!(got.len(), expected.len(), "{what}, result {i}");
        // (Where all should be 0, what is left of a difference of numbers near 1 may stay.)
        let largest = expected.iter().fold(0.1f64, |a, b| a.max(b.abs()));
        let worst = got.iter().zip(expected).fold(0.0f64, |a, (g, e)| a.max((g - e).abs()));
        assert!(worst <= limit * largest, "{what}, result {i}: off by {:e} of its largest", worst / largest);
    }
}

/// The f32 kernel against the composed primitives in f64.
fn check(what: &str, inputs: &[Input], op: impl Fn(&[DispatchTensor]) -> DispatchTensor) {
    let expected = run(&flex(), DType::F64, inputs, &op);
    assert_close(what, &run(&flex(), DType::F32, inputs, &op), &expected);
    let checkpointing = flex().gradient_checkpointing();
    assert_close(what, &run(&checkpointing, DType::F32, inputs, &op), &expected);
}

/// The f64 gradients against central differences.
fn check_differences(what: &str, inputs: &[Input], op: impl Fn(&[DispatchTensor]) -> DispatchTensor) {
    let device = Device::flex();
    let results = run(&flex(), DType::F64, inputs, &op);
    let loss = |inputs: &[Input]| -> f64 {
        let tensors: Vec<_> = inputs
            .iter()
            .map(|i| {
                Dispatch::float_reshape(vector(&i.0, DType::F64, &device).into_dispatch(), Shape::from(i.1.clone()))
            })
            .collect();
        let output = read(op(&tensors));
        output.iter().zip(normal(99, &[output.len()]).0).map(|(y, w)| y * w).sum()
    };
    for (i, gradient) in results[1..].iter().enumerate() {
        for (j, &g) in gradient.iter().enumerate() {
            let at = |step: f64| {
                let mut moved = inputs.to_vec();
                moved[i].0[j] += step;
                loss(&moved)
            };
            let difference = (at(1e-5) - at(-1e-5)) / 2e-5;
            assert!((difference - g).abs() < 1e-7 * (1.0 + g.abs()), "{what}: input {i}, {j}: {g} but {difference}");
        }
    }
}

/// The same bits on one thread and on two, and the same again with nothing left in a thread's scratch memory.
fn check_threads(what: &str, inputs: &[Input], op: impl Fn(&[DispatchTensor]) -> DispatchTensor + Sync) {
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| run(&flex(), DType::F32, inputs, &op))
    };
    let one = on(1);
    for threads in [2, 3] {
        assert!(one == on(threads), "{what}: other bits on {threads} threads");
    }
}

/// cos and sin of position times frequency, `[time, head_dim / 2]`.
fn angles(like: &DispatchTensor, time: usize, head_dim: usize) -> [DispatchTensor; 2] {
    let half = head_dim / 2;
    let angle = |t: usize, i: usize| t as f64 / 10_000f64.powf(i as f64 / half as f64);
    let all: Vec<f64> = (0..time).flat_map(|t| (0..half).map(move |i| angle(t, i))).collect();
    [f64::cos as fn(f64) -> f64, f64::sin].map(|f| {
        let values: Vec<f64> = all.iter().map(|&a| f(a)).collect();
        let values = vector(&values, like.dtype(), &Device::flex()).into_dispatch();
        Dispatch::float_reshape(values, Shape::from([time, half]))
    })
}

fn ids(targets: &[i64]) -> DispatchTensor {
    Tensor::<1, Int>::from_data(targets, &Device::flex()).into_dispatch()
}

/// A row is one document.
fn causal(heads: usize, kv_heads: usize) -> AttentionOptions {
    AttentionOptions { heads, kv_heads, causal: true, starts: None }
}

fn attend(
    time: usize,
    heads: usize,
    kv_heads: usize,
    head_dim: usize,
) -> (Vec<Input>, impl Fn(&[DispatchTensor]) -> DispatchTensor) {
    attend_so(time, head_dim, Pairs::Halves, causal(heads, kv_heads))
}

/// Two sequences.
fn attend_so(
    time: usize,
    head_dim: usize,
    pairs: Pairs,
    options: AttentionOptions,
) -> (Vec<Input>, impl Fn(&[DispatchTensor]) -> DispatchTensor) {
    let kv = [2, time, options.kv_heads * head_dim];
    let inputs = vec![normal(1, &[2, time, options.heads * head_dim]), normal(2, &kv), normal(3, &kv)];
    let op = move |x: &[DispatchTensor]| {
        let [cos, sin] = angles(&x[0], time, head_dim);
        attention(x[0].clone(), x[1].clone(), x[2].clone(), cos, sin, pairs, options.clone())
    };
    (inputs, op)
}

/// Documents of these lengths in each of two sequences, the last one up to the end.
fn starts(time: usize, lengths: [&[usize]; 2]) -> Option<Arc<[i32]>> {
    let row = |lengths: &[usize]| {
        let mut row = vec![0; time];
        let mut begin = 0;
        for length in lengths {
            begin += length;
            row[begin..].fill(begin as i32);
        }
        row
    };
    Some(lengths.map(row).concat().into())
}

#[test]
fn linear_is_its_definition() {
    for (x, outer) in [(vec![1, 1], 1), (vec![5, 3], 7), (vec![2, 33, 65], 24), (vec![1, 96], 65), (vec![4], 3)] {
        let inner = *x.last().unwrap();
        let inputs = [normal(1, &x), normal(2, &[inner, outer])];
        check(&format!("linear {x:?} to {outer}"), &inputs, |x| linear(x[0].clone(), x[1].clone(), F32));
    }
}

#[test]
fn linear_takes_a_transposed_weight() {
    // As a tied head does with its embedding [vocab, dim].
    let inputs = [normal(1, &[3, 11, 8]), normal(2, &[65, 8])];
    check("tied linear", &inputs, |x| linear(x[0].clone(), Dispatch::float_transpose(x[1].clone()), F32));
}

#[test]
fn rms_norm_is_its_definition() {
    // (Not of one element: its gradient is all cancellation.)
    for shape in [vec![4], vec![3, 8], vec![7, 32], vec![2, 33, 65], vec![600, 96]] {
        let inputs = [normal(1, &shape), normal(2, &shape[shape.len() - 1..])];
        check(&format!("rms_norm {shape:?}"), &inputs, |x| rms_norm(x[0].clone(), x[1].clone(), 1e-5));
    }
}

#[test]
fn silu_mul_is_its_definition() {
    for shape in [vec![1], vec![2, 7, 33], vec![300, 130]] {
        let inputs = [normal(1, &shape), normal(2, &shape)];
        check(&format!("silu_mul {shape:?}"), &inputs, |x| silu_mul(x[0].clone(), x[1].clone()));
    }
}

#[test]
fn attention_is_its_definition() {
    for (time, heads, kv_heads, head_dim) in [
        (1, 1, 1, 4),
        (1, 4, 2, 8),
        (7, 2, 1, 4),
        (7, 4, 4, 32),
        (33, 4, 1, 8),
        (33, 4, 2, 32),
        (33, 6, 6, 4),
        (64, 2, 2, 8),
        (65, 2, 1, 32),
        (130, 2, 2, 2),
    ] {
        let (inputs, op) = attend(time, heads, kv_heads, head_dim);
        check(&format!("attention {time} x {heads}/{kv_heads} x {head_dim}"), &inputs, op);
    }
}

#[test]
fn attention_with_heads_of_every_size_is_its_definition() {
    // Grouped, packed, and of a context that no block divides.
    for (nth, head_dim) in
        [8, 10, 12, 16, 20, 24, 30, 36, 40, 48, 50, 56, 64, 72, 80, 96, 112, 126, 128].iter().enumerate()
    {
        let (heads, kv_heads) = [(2, 1), (3, 3), (4, 2), (1, 1)][nth % 4];
        let time = [97, 51, 145, 48][nth % 4];
        let packed = nth % 2 == 1;
        let starts = if packed { starts(time, [&[time / 3, 1], &[time / 2]]) } else { None };
        let options = AttentionOptions { starts, ..causal(heads, kv_heads) };
        let (inputs, op) = attend_so(time, *head_dim, Pairs::Halves, options);
        check(&format!("heads of {head_dim}"), &inputs, op);
    }
}

/// Inputs and operation of a block's first half.
fn first_half(
    time: usize,
    [heads, kv_heads, head_dim]: [usize; 3],
    starts: Option<Arc<[i32]>>,
    precision: Precision,
) -> (Vec<Input>, impl Fn(&[DispatchTensor]) -> DispatchTensor) {
    let (dim, q, kv) = (24, heads * head_dim, kv_heads * head_dim);
    let shapes = [vec![2, time, dim], vec![dim], vec![dim, q], vec![dim, kv], vec![dim, kv], vec![q, dim]];
    let mut inputs: Vec<_> = shapes.iter().enumerate().map(|(i, shape)| normal(i as u64, shape)).collect();
    // So small that attention is not all on one key: where it is, gradients are all cancellation.
    inputs[2..].iter_mut().for_each(|w| w.0.iter_mut().for_each(|w| *w *= 0.25));
    let op = move |x: &[DispatchTensor]| {
        let [cos, sin] = angles(&x[0], time, head_dim);
        let [x, norm, wq, wk, wv, wo] = std::array::from_fn(|i| x[i].clone());
        let attention = AttentionOptions { starts: starts.clone(), ..causal(heads, kv_heads) };
        let settings = SelfAttention { eps: 1e-5, pairs: Pairs::Halves, attention, precision };
        self_attention(x, norm, wq, wk, wv, wo, cos, sin, settings)
    };
    (inputs, op)
}

/// Inputs and operation of a block's second half.
fn second_half(rows: usize, precision: Precision) -> (Vec<Input>, impl Fn(&[DispatchTensor]) -> DispatchTensor) {
    let (dim, hidden) = (24, 40);
    let shapes = [vec![rows, dim], vec![dim], vec![dim, hidden], vec![hidden, dim], vec![dim, hidden]];
    let inputs = shapes.iter().enumerate().map(|(i, shape)| normal(i as u64, shape)).collect();
    let op = move |x: &[DispatchTensor]| {
        let [x, norm, w1, w2, w3] = std::array::from_fn(|i| x[i].clone());
        feed_forward(x, norm, w1, w2, w3, FeedForward { eps: 1e-5, precision })
    };
    (inputs, op)
}

#[test]
fn half_blocks_are_their_definition() {
    for (time, sizes) in [(3, [1, 1, 4]), (7, [4, 2, 8]), (65, [2, 1, 10]), (50, [3, 3, 16])] {
        for starts in [None, starts(time, [&[time / 2], &[]])] {
            let (inputs, op) = first_half(time, sizes, starts, F32);
            check(&format!("self_attention {time} {sizes:?}"), &inputs, op);
        }
    }
    for rows in [1, 7, 130] {
        let (inputs, op) = second_half(rows, F32);
        check(&format!("feed_forward {rows}"), &inputs, op);
    }
}

#[test]
fn half_blocks_have_the_same_bits_on_any_threads() {
    for precision in [F32, Bf16] {
        let (inputs, op) = first_half(150, [4, 2, 16], starts(150, [&[70], &[]]), precision);
        check_threads("self_attention", &inputs, op);
        let (inputs, op) = second_half(500, precision);
        check_threads("feed_forward", &inputs, op);
    }
}

#[test]
fn bf16_is_near() {
    // Factors are off by 1/512 at most: sums of many such products, some cancelling, by a few hundredths.
    let inputs = [normal(1, &[70, 96]), normal(2, &[96, 50])];
    let op = |precision| move |x: &[DispatchTensor]| linear(x[0].clone(), x[1].clone(), precision);
    let exact = run(&flex(), DType::F64, &inputs, op(F32));
    assert_within(0.01, "linear", &run(&flex(), DType::F32, &inputs, op(Bf16)), &exact);
    let exact = run(&flex(), DType::F64, &second_half(65, F32).0, second_half(65, F32).1);
    let (inputs, op) = second_half(65, Bf16);
    assert_within(0.03, "feed_forward", &run(&flex(), DType::F32, &inputs, op), &exact);
    let sizes = [4, 2, 16];
    let (inputs, op) = first_half(65, sizes, None, F32);
    let exact = run(&flex(), DType::F64, &inputs, op);
    let (inputs, op) = first_half(65, sizes, None, Bf16);
    assert_within(0.03, "self_attention", &run(&flex(), DType::F32, &inputs, op), &exact);
}

/// All of this file's and its neighbours' tests once more, as on a processor that has less.
#[test]
fn narrower_instructions_pass_these_tests_too() {
    if std::env::var_os("MYNAH_ISA").is_some() {
        return;
    }
    for isa in Isa::available() {
        let name = format!("{isa:?}").to_lowercase();
        let mut again = Command::new(std::env::current_exe().unwrap());
        let output = again.args(["nn::fused", "--test-threads=2"]).env("MYNAH_ISA", &name).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains("half_blocks_are_their_definition ... ok"), "{name}: {said}");
    }
}

/// Options for every kind of attention on packed and unpacked rows of `time`.
fn every_kind(time: usize, heads: usize, kv_heads: usize) -> Vec<(Pairs, AttentionOptions)> {
    let mut kinds = Vec::new();
    for causal in [true, false] {
        for pairs in [Pairs::Halves, Pairs::Neighbours, Pairs::None] {
            let third = time / 3;
            let packs = [None, starts(time, [&[third, 1, third], &[time - 1]]), starts(time, [&[1, 1, 1], &[]])];
            for starts in packs {
                kinds.push((pairs, AttentionOptions { heads, kv_heads, causal, starts }));
            }
        }
    }
    kinds
}

#[test]
fn attention_of_every_kind_is_its_definition() {
    for (time, heads, kv_heads, head_dim) in
        [(7, 4, 2, 8), (67, 2, 1, 10), (131, 4, 2, 16), (66, 2, 2, 64), (65, 3, 1, 128)]
    {
        for (pairs, options) in every_kind(time, heads, kv_heads) {
            let what = format!("{pairs:?} {options:?} x {head_dim}");
            let (inputs, op) = attend_so(time, head_dim, pairs, options);
            check(&what, &inputs, op);
        }
    }
}

/// The numbers of `x` `[2, time, width]` at these positions of a sequence.
fn part(x: &[f64], time: usize, sequence: usize, range: std::ops::Range<usize>) -> Vec<f64> {
    let width = x.len() / 2 / time;
    x[(sequence * time + range.start) * width..(sequence * time + range.end) * width].to_vec()
}

#[test]
fn a_document_in_a_pack_is_as_if_alone() {
    let (time, heads, kv_heads, head_dim) = (140, 4, 2, 8);
    for (dtype, largest) in [(DType::F32, 1e-6), (DType::F64, 1e-14)] {
        for causal in [true, false] {
            let of = |starts| AttentionOptions { heads, kv_heads, causal, starts };
            let (inputs, op) = attend_so(time, head_dim, Pairs::Halves, of(starts(time, [&[30, 75], &[70]])));
            let packed = run(&flex(), dtype, &inputs, op);
            let documents = [(0, 0..30), (0, 30..105), (0, 105..140), (1, 0..70), (1, 70..140)];
            for (sequence, range) in documents {
                let n = range.len();
                // Twice, since the helper has two sequences.
                let alone: Vec<Input> = inputs
                    .iter()
                    .map(|i| Input(part(&i.0, time, sequence, range.clone()).repeat(2), vec![2, n, i.1[2]]))
                    .collect();
                let (_, op) = attend_so(n, head_dim, Pairs::Halves, of(None));
                let alone = read_output(dtype, &alone, op);
                let inside = part(&packed[0], time, sequence, range);
                let off = inside.iter().zip(&alone).fold(0.0f64, |a, (x, y)| a.max((x - y).abs()));
                assert!(off <= largest, "{dtype:?}: off by {off:e}");
            }
        }
    }
}

fn read_output(dtype: DType, inputs: &[Input], op: impl Fn(&[DispatchTensor]) -> DispatchTensor) -> Vec<f64> {
    run(&flex(), dtype, inputs, op).swap_remove(0)
}

#[test]
fn no_gradient_passes_between_documents() {
    let time = 100;
    for dtype in [DType::F32, DType::F64] {
        for causal in [true, false] {
            let starts = starts(time, [&[37, 40], &[64]]);
            let options = AttentionOptions { heads: 2, kv_heads: 1, causal, starts };
            let (inputs, op) = attend_so(time, 4, Pairs::Neighbours, options);
            // Only the second document of the first sequence is asked for.
            let results = run(&flex(), dtype, &inputs, |x| {
                Dispatch::float_slice(op(x), &[(0..1).into(), (37..77).into(), (0..8).into()])
            });
            for gradient in &results[1..] {
                for (sequence, range, reached) in
                    [(0, 0..37, false), (0, 37..77, true), (0, 77..100, false), (1, 0..100, false)]
                {
                    let any = part(gradient, time, sequence, range.clone()).iter().any(|g| *g != 0.0);
                    assert_eq!(any, reached, "{dtype:?} causal {causal}: {sequence} {range:?}");
                }
            }
        }
    }
}

#[test]
fn attention_survives_large_scores() {
    let (mut inputs, op) = attend(33, 2, 1, 8);
    for x in &mut inputs[0].0 {
        *x *= 64.0;
    }
    // Scores near 500 lose three digits to f32 in any order of summation, so only the output is compared, loosely.
    let (got, expected) = (run(&flex(), DType::F32, &inputs, &op), run(&flex(), DType::F64, &inputs, &op));
    let worst = got[0].iter().zip(&expected[0]).fold(0.0f64, |a, (g, e)| a.max((g - e).abs()));
    assert!(worst < 1e-3, "off by {worst:e}");
}

#[test]
fn attention_does_not_look_ahead() {
    let (mut inputs, op) = attend(33, 4, 2, 8);
    let before = run(&flex(), DType::F32, &inputs, &op);
    for (input, width) in inputs.iter_mut().zip([32, 16, 16]) {
        for sequence in input.0.chunks_exact_mut(33 * width) {
            sequence[20 * width..].fill(9.0);
        }
    }
    let after = run(&flex(), DType::F32, &inputs, &op);
    for (before, after) in before[0].chunks_exact(33 * 32).zip(after[0].chunks_exact(33 * 32)) {
        assert_eq!(before[..20 * 32], after[..20 * 32]);
        assert_ne!(before[20 * 32..], after[20 * 32..]);
    }
}

#[test]
fn cross_entropy_is_its_definition() {
    for (n, vocab) in [(1, 2), (7, 65), (33, 65), (600, 65), (3, 1000)] {
        let targets: Vec<i64> = (0..n as i64).map(|i| (i * 31) % vocab as i64).collect();
        let inputs = [normal(1, &[n, vocab])];
        check(&format!("cross_entropy {n} x {vocab}"), &inputs, |x| cross_entropy(x[0].clone(), ids(&targets)));
    }
}

#[test]
fn cross_entropy_by_hand() {
    // Two equal logits: ln 2, and half a row's share (1/2) each way.
    let inputs = [Input(vec![3.0, 3.0, -1.0, -1.0], vec![2, 2])];
    let results = run(&flex(), DType::F32, &inputs, |x| cross_entropy(x[0].clone(), ids(&[0, 1])));
    let weight = normal(99, &[1]).0[0];
    assert!((results[0][0] - std::f64::consts::LN_2).abs() < 1e-6);
    for (got, expected) in results[1].iter().zip([-0.25, 0.25, 0.25, -0.25]) {
        assert!((got - expected * weight).abs() < 1e-6);
    }
}

#[test]
fn cross_entropy_leaves_out_negative_targets() {
    let targets = [3, -100, 0, -1, 64, -100, 7];
    let inputs = [normal(1, &[7, 65])];
    let op = |x: &[DispatchTensor]| cross_entropy(x[0].clone(), ids(&targets));
    check("cross_entropy with gaps", &inputs, op);

    let results = run(&flex(), DType::F32, &inputs, op);
    let kept: Vec<f64> =
        inputs[0].0.chunks(65).zip(targets).filter(|(_, t)| *t >= 0).flat_map(|(row, _)| row.to_vec()).collect();
    let alone =
        run(&flex(), DType::F32, &[Input(kept, vec![4, 65])], |x| cross_entropy(x[0].clone(), ids(&[3, 0, 64, 7])));
    assert_eq!(results[0], alone[0]);
    let rows: Vec<&[f64]> = results[1].chunks(65).collect();
    assert!([1, 3, 5].iter().all(|&i| rows[i].iter().all(|&g| g == 0.0)));
    assert_eq!([rows[0], rows[2], rows[4], rows[6]].concat(), alone[1]);
}

#[test]
fn cross_entropy_of_nothing_is_zero() {
    for dtype in [DType::F32, DType::F64] {
        let results =
            run(&flex(), dtype, &[normal(1, &[3, 5])], |x| cross_entropy(x[0].clone(), ids(&[-100, -1, -100])));
        assert_eq!(results, [vec![0.0], vec![0.0; 15]]);
    }
}

#[test]
fn cross_entropy_of_large_logits_is_finite() {
    let inputs = [Input(vec![1e4, -1e4, 0.0], vec![1, 3])];
    let results = run(&flex(), DType::F32, &inputs, |x| cross_entropy(x[0].clone(), ids(&[1])));
    assert_eq!(results[0], [2e4]);
    assert!(results[1].iter().all(|g| g.is_finite()));
}

#[test]
fn definitions_agree_with_finite_differences() {
    check_differences("linear", &[normal(1, &[2, 3]), normal(2, &[3, 4])], |x| linear(x[0].clone(), x[1].clone(), F32));
    check_differences("rms_norm", &[normal(1, &[3, 5]), normal(2, &[5])], |x| {
        rms_norm(x[0].clone(), x[1].clone(), 1e-5)
    });
    check_differences("silu_mul", &[normal(1, &[7]), normal(2, &[7])], |x| silu_mul(x[0].clone(), x[1].clone()));
    check_differences("cross_entropy", &[normal(1, &[4, 5])], |x| cross_entropy(x[0].clone(), ids(&[4, 0, -100, 2])));
    for (pairs, options) in every_kind(5, 4, 2) {
        let what = format!("attention {pairs:?} {options:?}");
        let (inputs, op) = attend_so(5, 4, pairs, options);
        check_differences(&what, &inputs, op);
    }
}

#[test]
fn gradients_add_up_over_two_uses() {
    check("linear twice", &[normal(1, &[9, 8]), normal(2, &[8, 8])], |x| {
        linear(linear(x[0].clone(), x[1].clone(), F32), x[1].clone(), F32)
    });
    check("rms_norm twice", &[normal(1, &[9, 8]), normal(2, &[8])], |x| {
        rms_norm(rms_norm(x[0].clone(), x[1].clone(), 1e-5), x[1].clone(), 1e-5)
    });
    check("silu_mul of itself", &[normal(1, &[9, 8])], |x| {
        silu_mul(x[0].clone(), silu_mul(x[0].clone(), x[0].clone()))
    });
    check("attention with q = k = v, twice", &[normal(1, &[2, 33, 16])], |x| {
        let [cos, sin] = angles(&x[0], 33, 8);
        let attention = |q, k, v| attention(q, k, v, cos.clone(), sin.clone(), Pairs::Halves, causal(2, 2));
        let once = attention(x[0].clone(), x[0].clone(), x[0].clone());
        attention(once.clone(), x[0].clone(), once)
    });
    check("two losses", &[normal(1, &[5, 65])], |x| {
        let first = cross_entropy(x[0].clone(), ids(&[1, 2, 3, 4, 5]));
        Dispatch::float_mul(first, cross_entropy(x[0].clone(), ids(&[-1, 2, 64, 0, -1])))
    });
}

#[test]
fn the_bits_do_not_depend_on_the_threads() {
    check_threads("linear", &[normal(1, &[500, 96]), normal(2, &[96, 130])], |x| {
        linear(x[0].clone(), x[1].clone(), F32)
    });
    check_threads("rms_norm", &[normal(1, &[900, 96]), normal(2, &[96])], |x| {
        rms_norm(x[0].clone(), x[1].clone(), 1e-5)
    });
    check_threads("silu_mul", &[normal(1, &[900, 96]), normal(2, &[900, 96])], |x| {
        silu_mul(x[0].clone(), x[1].clone())
    });
    let targets: Vec<i64> = (0..900).map(|i| if i % 7 == 0 { -100 } else { i % 65 }).collect();
    check_threads("cross_entropy", &[normal(1, &[900, 65])], |x| cross_entropy(x[0].clone(), ids(&targets)));
    let (inputs, op) = attend(150, 4, 2, 32);
    check_threads("attention", &inputs, op);
    let options = AttentionOptions { starts: starts(150, [&[20, 71], &[1]]), ..causal(4, 2) };
    let (inputs, op) = attend_so(150, 32, Pairs::Halves, options);
    check_threads("packed attention", &inputs, op);
}

#[test]
fn views_are_read_in_their_own_order() {
    check("rms_norm of a transposed view", &[normal(1, &[8, 9]), normal(2, &[8])], |x| {
        rms_norm(Dispatch::float_transpose(x[0].clone()), x[1].clone(), 1e-5)
    });
    check("linear of a transposed view, transposed", &[normal(1, &[8, 9]), normal(2, &[8, 5])], |x| {
        Dispatch::float_transpose(linear(Dispatch::float_transpose(x[0].clone()), x[1].clone(), F32))
    });
    check("attention of slices", &[normal(1, &[2, 33, 48])], |x| {
        let part = |i: usize| {
            let slices = [(0..2).into(), (0..33).into(), (16 * i..16 * i + 16).into()];
            Dispatch::float_slice(x[0].clone(), &slices)
        };
        let [cos, sin] = angles(&x[0], 33, 8);
        attention(part(0), part(1), part(2), cos, sin, Pairs::Halves, causal(2, 2))
    });
}

#[test]
fn a_frozen_input_has_no_gradient_and_the_other_keeps_its_own() {
    let (x, w) = (normal(1, &[5 * 8]), normal(2, &[8 * 3]));
    let device = flex();
    let gradient_of_x = |train_w: bool| {
        let x = vector(&x.0, DType::F32, &device).require_grad();
        let w = vector(&w.0, DType::F32, &device).set_require_grad(train_w);
        let y = linear(x.clone().reshape([5, 8]).into_dispatch(), w.clone().reshape([8, 3]).into_dispatch(), F32);
        let gradients = Tensor::<2>::from_dispatch(y).sum().backward();
        assert_eq!(w.grad(&gradients).is_some(), train_w);
        read(x.grad(&gradients).unwrap().into_dispatch())
    };
    assert_eq!(gradient_of_x(false), gradient_of_x(true));
}

#[test]
fn inference_needs_no_autodiff() {
    let (inputs, op) = attend(33, 4, 2, 8);
    let expected = run(&flex(), DType::F32, &inputs, &op);
    for device in [Device::flex(), flex()] {
        let shaped: Vec<_> = inputs
            .iter()
            .map(|i| {
                let values = vector(&i.0, DType::F32, &device).into_dispatch();
                Dispatch::float_reshape(values, Shape::from(i.1.clone()))
            })
            .collect();
        assert_eq!(read(op(&shaped)), expected[0]);
        let x = &shaped[0];
        let w = vector(&[1.0; 32], DType::F32, &device).into_dispatch();
        let norm = rms_norm(x.clone(), w, 1e-5);
        let gated = silu_mul(norm.clone(), norm.clone());
        let square = Dispatch::float_reshape(shaped[0].clone(), Shape::from([66, 32]));
        let logits = linear(gated, Dispatch::float_transpose(square.clone()), F32);
        assert_eq!(logits.shape(), Shape::from([2, 33, 66]));
        let logits = Dispatch::float_reshape(logits, Shape::from([66, 66]));
        assert!(read(cross_entropy(logits, ids(&[5; 66])))[0] > 0.0);
    }
}

#[test]
fn empty_tensors_pass_through() {
    let device = flex();
    let empty = |shape: &[usize]| {
        let values = vector(&[], DType::F32, &device).into_dispatch();
        Dispatch::float_reshape(values, Shape::from(shape.to_vec()))
    };
    let ones = |n: usize| vector(&vec![1.0; n], DType::F32, &device).into_dispatch();
    assert_eq!(
        linear(empty(&[0, 4]), Dispatch::float_reshape(ones(8), Shape::from([4, 2])), F32).shape(),
        [0, 2].into()
    );
    assert_eq!(rms_norm(empty(&[0, 4]), ones(4), 1e-5).shape(), [0, 4].into());
    assert_eq!(silu_mul(empty(&[0]), empty(&[0])).shape(), [0].into());
    let [cos, sin] = [empty(&[0, 2]), empty(&[0, 2])];
    let none = empty(&[2, 0, 8]);
    let nothing = attention(none.clone(), none.clone(), none, cos, sin, Pairs::Halves, causal(2, 2));
    assert_eq!(nothing.shape(), [2, 0, 8].into());
    assert_eq!(read(cross_entropy(empty(&[0, 5]), ids(&[]))), [0.0]);
}
