---@meta mynah
-- Generated from src/bind; `BLESS=1 cargo test` rewrites it. Point your editor's Lua language server at this folder.

---Settings of [`adam`].
---@class mynah.AdamOptions
---@field lr? number Learning rate: about the length of a step in each coordinate, at least 0. Default 0.001.
---@field beta1? number Decay of the running mean of gradients, in [0, 1). Default 0.9.
---@field beta2? number Decay of the running mean of squared gradients, in [0, 1). Default 0.999.
---@field eps? number Added to the denominator so that it never reaches zero, at least 0. Default 1e-8.
---@field weight_decay? number Weight decay: this times the parameter is added to the gradient, at least 0. Default 0.0.
---@field amsgrad? boolean Divide by the largest second moment so far, so that steps never grow again. Default false.
---@field schedule? mynah.ScheduleOptions How the learning rate changes over the run. Default: not at all.

---Settings of [`adamw`].
---@class mynah.AdamwOptions
---@field lr? number Learning rate: about the length of a step in each coordinate, at least 0. Default 0.001.
---@field beta1? number Decay of the running mean of gradients, in [0, 1). Default 0.9.
---@field beta2? number Decay of the running mean of squared gradients, in [0, 1). Default 0.999.
---@field eps? number Added to the denominator so that it never reaches zero, at least 0. Default 1e-8.
---@field weight_decay? number Weight decay: each step first shrinks the parameter by the share `lr * weight_decay`, at least 0. Default 0.01.
---@field amsgrad? boolean Divide by the largest second moment so far, so that steps never grow again. Default false.
---@field schedule? mynah.ScheduleOptions How the learning rate changes over the run. Default: not at all.

---How dropout draws.
---@class mynah.DropoutOptions
---@field seed? integer Seed of the draws. Default: other draws every time, or as `manual_seed` says.

---How a text is continued.
---@class mynah.GenerateOptions
---@field tokens? integer Most tokens to add. Default 200.
---@field temperature? number Divides the logits: lower is safer, 0 always takes the likeliest token. Default 0.8.
---@field top_k? integer Draws only from this many of the likeliest tokens; 0 means all. Default 0.
---@field top_p? number Draws only from the likeliest tokens that together have this probability, in (0, 1]. Default 0.95.
---@field repetition_penalty? number Makes tokens that came lately less likely; 1 changes nothing, less is refused. Default 1.0.
---@field repetition_window? integer How many of the newest tokens the penalty looks at. Default 64.
---@field seed? integer Seed of the draws. Default: other draws every time.
---@field stop? string|string[] A text, or several, before which it ends.

---How a layer is made.
---@class mynah.LayerOptions
---@field seed? integer Seed of the first weights. Default: other weights every time, or as `manual_seed` says.
---@field device? string Where it lives: "cpu", or "wgpu" in a build that has it. Default: see `mynah.device`.

---How a linear layer is made.
---@class mynah.LinearOptions
---@field bias? boolean Whether a learned bias is added. Default true.
---@field seed? integer Seed of the first weights. Default: other weights every time, or as `manual_seed` says.
---@field device? string Where it lives: "cpu", or "wgpu" in a build that has it. Default: see `mynah.device`.

---How a model is read from a file.
---@class mynah.LoadOptions
---@field device? string Where it shall live: "cpu", or "wgpu" in a build that has it. Default: see `mynah.device`.

---How a loss is put together.
---@class mynah.LossOptions
---@field reduction? "mean"|"sum"|"none" What is made of the single losses. Default "mean".

---The sizes of a Llama-like transformer (Touvron et al. 2023, arXiv:2302.13971): RMSNorm before each part, rotary
---positions, grouped-query attention, SwiGLU, tied embedding, no biases.
---@class mynah.ModelOptions
---@field vocab? integer Distinct tokens; 0 takes the tokenizer's number. Default 0.
---@field dim? integer Width of the residual stream, a multiple of 2·heads. Default 128.
---@field layers? integer Transformer blocks. Default 4.
---@field heads? integer Attention heads. Default 4.
---@field kv_heads? integer Key-value heads, a divisor of `heads`; 0 means as many as `heads`. Default 0.
---@field hidden? integer Width inside the feed-forward part; 0 means 8/3·dim rounded up to a multiple of 8. Default 0.
---@field context? integer Longest sequence it is trained on, in tokens. Default 256.
---@field rope_theta? number Base of the rotary positions' wavelengths. Default 10000.0.
---@field norm_eps? number Added to the mean square in RMSNorm. Default 0.00001.
---@field tokenizer? mynah.Tokenizer Its tokenizer; needed.
---@field seed? integer Seed of the first weights. Default: other weights every time, or as `manual_seed` says.
---@field device? string Where it lives: "cpu", or "wgpu" in a build that has it.

---How a normalising layer is made.
---@class mynah.NormOptions
---@field eps? number Added to the mean square or the variance, positive. Default 0.00001.
---@field device? string Where it lives: "cpu", or "wgpu" in a build that has it. Default: see `mynah.device`.

---What may differ when an interrupted run goes on; everything else comes from its checkpoint.
---@class mynah.ResumeOptions
---@field checkpoint? string The run's folder.
---@field seconds? number Stops after this many seconds; positive.
---@field progress? boolean Whether a bar shows the progress on a terminal. Default true.
---@field text? string The text to learn; needed.
---@field on_step? (fun(step: { step: integer, loss: number, lr: number, grad_norm: number, tokens_per_second: number, val_loss?: number }): boolean?) Called after every step; training ends when it returns false.

---How the learning rate changes over a run.
---@class mynah.ScheduleOptions
---@field kind? "constant"|"linear"|"cosine" The way down after the warm-up: "constant", "linear" or "cosine". Default "constant".
---@field warmup? integer Steps of linear rise to the full rate at the start. Default 0.
---@field steps? integer Steps of the whole run, warm-up included; "linear" and "cosine" need it. Default 0.
---@field min_ratio? number Share of the full rate that "linear" and "cosine" end at and keep, in [0, 1]. Default 0.0.

---Settings of [`sgd`].
---@class mynah.SgdOptions
---@field lr? number Learning rate: the step per unit of gradient, at least 0. Default 0.001.
---@field momentum? number Share of the velocity kept from step to step, in [0, 1). Default 0.0.
---@field dampening? number Share of the gradient kept out of the velocity, in [0, 1]. Default 0.0.
---@field weight_decay? number Weight decay: this times the parameter is added to the gradient, at least 0. Default 0.0.
---@field nesterov? boolean Look ahead along the velocity (needs momentum and no dampening). Default false.
---@field schedule? mynah.ScheduleOptions How the learning rate changes over the run. Default: not at all.

---How `smooth_l1` is put together.
---@class mynah.SmoothL1Options
---@field beta? number Where the square ends and the straight line begins, positive. Default 1.0.
---@field reduction? "mean"|"sum"|"none" What is made of the single losses. Default "mean".

---How a new tensor is made.
---@class mynah.TensorOptions
---@field dtype? string What its elements are: "f32" (the usual default), "f64", "i32" or "bool".
---@field device? string Where it lives: "cpu", or "wgpu" in a build that has it. Default: see `mynah.device`.
---@field requires_grad? boolean Whether `backward` finds its derivative. Default false.
---@field seed? integer Seed of the random numbers, for `randn` and `rand`.

---How a tokenizer is made.
---@class mynah.TokenizerOptions
---@field kind? "char"|"byte"|"trie" What a token is: "char", "byte" or "trie". Default "char".
---@field words? string[] The words of a `trie`. Default: those of its `text`, each with the space before it.
---@field most? integer Most words that a `trie` learns from its `text`; 0 means 4096. Default 0.
---@field text? string The text whose characters a `char` tokenizer knows, or whose words a `trie`.

---How a model is trained.
---@class mynah.TrainOptions
---@field steps? integer Optimizer steps. Default 2000.
---@field batch? integer Windows in a batch. Default 12.
---@field accumulate? integer Batches whose gradients are averaged for one step. Default 1.
---@field lr? number Highest learning rate. Default 0.001.
---@field min_lr? number The last learning rate, as a part of `lr`, in [0, 1]. Default 0.1.
---@field warmup? integer Steps in which the learning rate rises from 0 to `lr`; at most half of `steps` are used for it. Default 100.
---@field weight_decay? number Pull towards zero on matrices (norms have none), at least 0. Default 0.1.
---@field beta1? number Decay of the mean of gradients, in [0, 1). Default 0.9.
---@field beta2? number Decay of the mean of squared gradients, in [0, 1). Default 0.99.
---@field clip? number Gradients longer than this are scaled down to it; positive. Default 1.0.
---@field val_fraction? number Part of the text, at its end, that is held out for evaluation and never trained on; in [0, 0.5]. Default 0.1.
---@field start? "anywhere"|"line" Where windows begin. Default "anywhere".
---@field eval_interval? integer Steps from one evaluation to the next. Default 250.
---@field eval_windows? integer Most windows in an evaluation while training; the last evaluation takes all. Default 64.
---@field log_interval? integer Steps from one line of the log to the next. Default 10.
---@field checkpoint_interval? integer Steps from one checkpoint to the next. Default 500.
---@field checkpoint? string Folder for checkpoints and the log: `best.safetensors`, `last.safetensors`, `log.jsonl`.
---@field resume? boolean Goes on from `last.safetensors` in the checkpoint folder. Default false.
---@field seconds? number Stops after this many seconds, with the learning rate falling over that time; positive.
---@field seed? integer Seed of the order in which windows are drawn. Default 1.
---@field progress? boolean Whether a bar shows the progress on a terminal. Default true.
---@field text? string The text to learn; needed.
---@field on_step? (fun(step: { step: integer, loss: number, lr: number, grad_norm: number, tokens_per_second: number, val_loss?: number }): boolean?) Called after every step; training ends when it returns false.

---An n-dimensional array of numbers, counted from 1.
---
---`x[2]` is the second row (of a plain row of numbers: the number itself), `x[-1]` the last, `x[{ {}, 2 }]` the
---second column, `x[{ {1, 3}, {} }]` the first three rows; assigning to these writes. `+ - * / % ^` work element by element, with tensors or
---numbers on either side; sizes of 1 stretch to fit. Methods that end in `_` change the tensor itself.
---
---With `requires_grad`, what is computed from a tensor is recorded, and `loss:backward()` puts the derivative
---into its `grad`. Even one number of such a tensor is a tensor; `x[2]:item()` is the plain number.
---@class mynah.Tensor
---@field shape integer[] Its sizes, as a list.
---@field dtype string What its elements are: "f32", "f64", "i32" or "bool".
---@field device string Where it lives: "cpu" or "wgpu".
---@field requires_grad boolean Whether it is recorded for `backward`; set it to `true` to make a leaf.
---@field grad mynah.Tensor? The derivative that `backward` found, summed over its calls; nil before. Assign nil to forget it.
---@operator add(mynah.Tensor|number): mynah.Tensor
---@operator sub(mynah.Tensor|number): mynah.Tensor
---@operator mul(mynah.Tensor|number): mynah.Tensor
---@operator div(mynah.Tensor|number): mynah.Tensor
---@operator mod(mynah.Tensor|number): mynah.Tensor
---@operator pow(mynah.Tensor|number): mynah.Tensor
---@operator unm: mynah.Tensor
---@operator len: integer
---@field [integer] any A row, a part or (of a row of numbers) a number; see the class.
---@field [table] any A row, a part or (of a row of numbers) a number; see the class.
---@field [mynah.Tensor] any A row, a part or (of a row of numbers) a number; see the class.
local Tensor = {}

---The only element, as a Lua number or boolean.
---
---```lua
---assert(mynah.tensor{ 2.5 }:item() == 2.5)
---```
---@return any
function Tensor:item() end

---Its elements as nested tables.
---
---```lua
---assert(mynah.eye(2):totable()[2][2] == 1)
---```
---@return table
function Tensor:totable() end

---The number of elements.
---@return integer
function Tensor:numel() end

---The number of dimensions.
---@return integer
function Tensor:dims() end

---The same numbers as another dtype ("f32", "f64", "i32", "bool") or on another device ("cpu", "wgpu").
---
---```lua
---assert(mynah.tensor{ 1.7 }:to("i32")[1] == 1)
---```
---@param target string
---@return mynah.Tensor
function Tensor:to(target) end

---A copy that shares nothing with this tensor and has no history.
---@return mynah.Tensor
function Tensor:clone() end

---The same numbers without history.
---@return mynah.Tensor
function Tensor:detach() end

---Finds the derivative of this one number by every leaf it was computed from; they appear in `grad`.
---
---```lua
---local x = mynah.tensor({ 1, 2, 3 }, { requires_grad = true })
---;(x * x):sum():backward()
---assert(x.grad[3] == 6)
---```
function Tensor:backward() end

---Forgets the derivative.
---@return mynah.Tensor
function Tensor:zero_grad() end

---Whether elements equal `other`, as a bool tensor.
---@param other mynah.Tensor|number
---@return mynah.Tensor
function Tensor:eq(other) end

---Whether elements differ from `other`.
---@param other mynah.Tensor|number
---@return mynah.Tensor
function Tensor:ne(other) end

---Whether elements are less than `other`.
---
---```lua
---assert(mynah.tensor{ 1, 2, 3 }:lt(3):sum():item() == 2)
---```
---@param other mynah.Tensor|number
---@return mynah.Tensor
function Tensor:lt(other) end

---Whether elements are at most `other`.
---@param other mynah.Tensor|number
---@return mynah.Tensor
function Tensor:le(other) end

---Whether elements are greater than `other`.
---@param other mynah.Tensor|number
---@return mynah.Tensor
function Tensor:gt(other) end

---Whether elements are at least `other`.
---@param other mynah.Tensor|number
---@return mynah.Tensor
function Tensor:ge(other) end

---Whether both are true, element by element. (Spelled with a capital: `and` is a word of Lua.)
---@param other mynah.Tensor
---@return mynah.Tensor
function Tensor:And(other) end

---Whether at least one is true, element by element.
---@param other mynah.Tensor
---@return mynah.Tensor
function Tensor:Or(other) end

---Whether exactly one is true, element by element.
---@param other mynah.Tensor
---@return mynah.Tensor
function Tensor:Xor(other) end

---Whether elements are false or zero.
---@return mynah.Tensor
function Tensor:Not() end

---Whether any element is true or not zero.
---@return mynah.Tensor
function Tensor:any() end

---Whether all elements are true or not zero.
---
---```lua
---assert(mynah.tensor{ true, true }:all():item())
---```
---@return mynah.Tensor
function Tensor:all() end

---The larger of each element and `other`.
---@param other mynah.Tensor|number
---@return mynah.Tensor
function Tensor:maximum(other) end

---The smaller of each element and `other`.
---@param other mynah.Tensor|number
---@return mynah.Tensor
function Tensor:minimum(other) end

---Each element limited to [low, high].
---@param low number
---@param high number
---@return mynah.Tensor
function Tensor:clamp(low, high) end

---The negative of each element.
---@return mynah.Tensor
function Tensor:neg() end

---The absolute value of each element.
---@return mynah.Tensor
function Tensor:abs() end

---e to the power of each element.
---@return mynah.Tensor
function Tensor:exp() end

---The natural logarithm of each element.
---@return mynah.Tensor
function Tensor:log() end

---The natural logarithm of 1 + each element, exact near 0.
---@return mynah.Tensor
function Tensor:log1p() end

---The square root of each element.
---@return mynah.Tensor
function Tensor:sqrt() end

---The sine of each element, in radians.
---@return mynah.Tensor
function Tensor:sin() end

---The cosine of each element, in radians.
---@return mynah.Tensor
function Tensor:cos() end

---The tangent of each element, in radians.
---@return mynah.Tensor
function Tensor:tan() end

---The inverse sine of each element, in radians.
---@return mynah.Tensor
function Tensor:asin() end

---The inverse cosine of each element, in radians.
---@return mynah.Tensor
function Tensor:acos() end

---The inverse tangent of each element, in radians.
---@return mynah.Tensor
function Tensor:atan() end

---The hyperbolic sine of each element.
---@return mynah.Tensor
function Tensor:sinh() end

---The hyperbolic cosine of each element.
---@return mynah.Tensor
function Tensor:cosh() end

---The hyperbolic tangent of each element.
---@return mynah.Tensor
function Tensor:tanh() end

---The error function of each element.
---@return mynah.Tensor
function Tensor:erf() end

---The whole number at or below each element.
---@return mynah.Tensor
function Tensor:floor() end

---The whole number at or above each element.
---@return mynah.Tensor
function Tensor:ceil() end

---The nearest whole number to each element (halves to even).
---@return mynah.Tensor
function Tensor:round() end

---−1, 0 or 1 for each element.
---@return mynah.Tensor
function Tensor:sign() end

---The sum of all elements, or along `dim`; `keep` leaves a size of 1 there.
---
---```lua
---local x = mynah.tensor{ {1, 2}, {3, 4} }
---assert(x:sum():item() == 10 and x:sum(1)[1] == 4 and x:sum(2, true).shape[2] == 1)
---```
---@param dim? integer
---@param keep? boolean
---@return mynah.Tensor
function Tensor:sum(dim, keep) end

---The mean of all elements, or along `dim`.
---@param dim? integer
---@param keep? boolean
---@return mynah.Tensor
function Tensor:mean(dim, keep) end

---The product of all elements, or along `dim`.
---@param dim? integer
---@param keep? boolean
---@return mynah.Tensor
function Tensor:prod(dim, keep) end

---The largest element, or the largest along `dim`.
---@param dim? integer
---@param keep? boolean
---@return mynah.Tensor
function Tensor:max(dim, keep) end

---The smallest element, or the smallest along `dim`.
---@param dim? integer
---@param keep? boolean
---@return mynah.Tensor
function Tensor:min(dim, keep) end

---The variance of all elements, or along `dim`, dividing by n − 1.
---@param dim? integer
---@param keep? boolean
---@return mynah.Tensor
function Tensor:var(dim, keep) end

---The standard deviation of all elements, or along `dim`, dividing by n − 1.
---
---```lua
---assert(mynah.tensor{ 1, 2, 3 }:std():item() == 1)
---```
---@param dim? integer
---@param keep? boolean
---@return mynah.Tensor
function Tensor:std(dim, keep) end

---The Euclidean length: the root of the sum of squares.
---@return mynah.Tensor
function Tensor:norm() end

---The place of the largest element, of all or along `dim`, counted from 1.
---
---```lua
---assert(mynah.tensor{ 3, 9, 4 }:argmax():item() == 2)
---```
---@param dim? integer
---@return mynah.Tensor
function Tensor:argmax(dim) end

---The place of the smallest element, of all or along `dim`, counted from 1.
---@param dim? integer
---@return mynah.Tensor
function Tensor:argmin(dim) end

---Running sums along `dim` (default 1).
---@param dim? integer
---@return mynah.Tensor
function Tensor:cumsum(dim) end

---Sorted along `dim` (default the last), and the places that the elements came from.
---
---```lua
---local sorted, places = mynah.tensor{ 3, 1, 2 }:sort()
---assert(sorted[1] == 1 and places[1] == 2)
---```
---@param dim? integer
---@param descending? boolean
---@return mynah.Tensor
---@return mynah.Tensor
function Tensor:sort(dim, descending) end

---exp(x) normalised to sum 1 along `dim` (default the last); finite for any finite logits.
---
---```lua
---assert(mynah.tensor{ 1000, 1000 }:softmax()[1] == 0.5)
---```
---@param dim? integer
---@return mynah.Tensor
function Tensor:softmax(dim) end

---The logarithm of softmax along `dim` (default the last).
---@param dim? integer
---@return mynah.Tensor
function Tensor:log_softmax(dim) end

---The rectified element: max(x, 0).
---@return mynah.Tensor
function Tensor:relu() end

---x·Φ(x) of each element, with Φ the normal distribution.
---@return mynah.Tensor
function Tensor:gelu() end

---x·sigmoid(x) of each element.
---@return mynah.Tensor
function Tensor:silu() end

---1 / (1 + e^−x) of each element.
---@return mynah.Tensor
function Tensor:sigmoid() end

---ln(1 + e^x) of each element.
---@return mynah.Tensor
function Tensor:softplus() end

---The matrix product; leading dimensions stretch to fit.
---
---```lua
---local a = mynah.tensor{ {1, 2}, {3, 4} }
---assert(a:matmul(a)[2][2] == 22)
---```
---@param other mynah.Tensor|table
---@return mynah.Tensor
function Tensor:matmul(other) end

---The same numbers, row by row, in another shape; one size may be −1.
---
---```lua
---assert(mynah.arange(1, 6):reshape(2, -1).shape[2] == 3)
---```
---@param sizes integer|integer[]
---@return mynah.Tensor
function Tensor:reshape(sizes) end

---Sizes of 1 stretched to the given shape.
---@param sizes integer|integer[]
---@return mynah.Tensor
function Tensor:expand(sizes) end

---Two dimensions exchanged (default the last two).
---@param a? integer
---@param b? integer
---@return mynah.Tensor
function Tensor:transpose(a, b) end

---The transpose of a matrix.
---
---```lua
---assert(mynah.zeros(2, 3):t().shape[1] == 3)
---```
---@return mynah.Tensor
function Tensor:t() end

---Dimensions in a new order: `x:permute(3, 1, 2)` makes the third the first.
---@param order integer|integer[]
---@return mynah.Tensor
function Tensor:permute(order) end

---A new dimension of size 1 at `dim`.
---@param dim integer
---@return mynah.Tensor
function Tensor:unsqueeze(dim) end

---Without dimension `dim`, which has size 1; without all such dimensions if none is named.
---@param dim? integer
---@return mynah.Tensor
function Tensor:squeeze(dim) end

---All elements in one row.
---@return mynah.Tensor
function Tensor:flatten() end

---Reversed along `dim` (default 1).
---@param dim? integer
---@return mynah.Tensor
function Tensor:flip(dim) end

---Repeated `times` times along `dim` (default 1).
---@param times integer
---@param dim? integer
---@return mynah.Tensor
function Tensor:tile(times, dim) end

---Elements chosen along `dim` by places of the same rank: `out[i][j] = x[i][places[i][j]]` for dim 2.
---
---```lua
---local x = mynah.tensor{ {1, 2}, {3, 4} }
---assert(x:gather(2, { {2}, {1} })[1][1] == 2)
---```
---@param dim integer
---@param places mynah.Tensor|table
---@return mynah.Tensor
function Tensor:gather(dim, places) end

---Whole slices along `dim`, chosen by a row of places.
---
---```lua
---assert(mynah.arange(10, 30, 10):index_select(1, { 3, 1 })[1] == 30)
---```
---@param dim integer
---@param places mynah.Tensor|table
---@return mynah.Tensor
function Tensor:index_select(dim, places) end

---The elements on and below diagonal `k` (default 0), zero elsewhere.
---@param k? integer
---@return mynah.Tensor
function Tensor:tril(k) end

---The elements on and above diagonal `k` (default 0), zero elsewhere.
---@param k? integer
---@return mynah.Tensor
function Tensor:triu(k) end

---Adds `other` to the tensor itself.
---
---```lua
---local x = mynah.ones(2)
---x:add_(1):mul_(3)
---assert(x[1] == 6)
---```
---@param other mynah.Tensor|number
---@return mynah.Tensor
function Tensor:add_(other) end

---Subtracts `other` from the tensor itself.
---@param other mynah.Tensor|number
---@return mynah.Tensor
function Tensor:sub_(other) end

---Multiplies the tensor itself by `other`.
---@param other mynah.Tensor|number
---@return mynah.Tensor
function Tensor:mul_(other) end

---Divides the tensor itself by `other`.
---@param other mynah.Tensor|number
---@return mynah.Tensor
function Tensor:div_(other) end

---Raises the tensor itself to the power `other`.
---@param other mynah.Tensor|number
---@return mynah.Tensor
function Tensor:pow_(other) end

---Limits the tensor itself to [low, high].
---@param low number
---@param high number
---@return mynah.Tensor
function Tensor:clamp_(low, high) end

---Replaces every element by its exponential.
---@return mynah.Tensor
function Tensor:exp_() end

---Replaces every element by its square root.
---@return mynah.Tensor
function Tensor:sqrt_() end

---Replaces every element by its absolute value.
---@return mynah.Tensor
function Tensor:abs_() end

---Replaces every element by its negative.
---@return mynah.Tensor
function Tensor:neg_() end

---Sets every element to `value`.
---@param value number
---@return mynah.Tensor
function Tensor:fill_(value) end

---Sets every element to 0.
---@return mynah.Tensor
function Tensor:zero_() end

---Copies the elements of `other`, which is stretched to fit, into the tensor itself.
---@param other mynah.Tensor|table
---@return mynah.Tensor
function Tensor:copy_(other) end

---Replaces every element by a normal random number with `mean` (default 0) and `std` (default 1).
---@param mean? number
---@param std? number
---@param seed? integer
---@return mynah.Tensor
function Tensor:normal_(mean, std, seed) end

---Replaces every element by a random number uniform in [low, high) (default 0 and 1).
---@param low? number
---@param high? number
---@param seed? integer
---@return mynah.Tensor
function Tensor:uniform_(low, high, seed) end

---A layer or a net: called like a function, `net(x)`.
---
---`net[2]` is the second layer of a sequence, `net.name` a field of a net written in Lua, `layer.weight` a parameter.
---@class mynah.Module
---@field training boolean Whether it is in training mode, where dropout drops.
---@field size integer How many numbers it has learned, or will.
---@overload fun(...: any): any
---@field [integer] any A layer by its number, a parameter or field by its name.
---@field [string] any A layer by its number, a parameter or field by its name.
---@operator len: integer
local Module = {}

---The same as calling it.
---
---```lua
---assert(mynah.nn.relu():forward(mynah.tensor{ -1 })[1] == 0)
---```
---@param ... any
---@return any
function Module:forward(...) end

---Puts it into training mode (or, with false, out of it).
---@param on? boolean
---@return mynah.Module
function Module:train(on) end

---Puts it into use: dropout no longer drops.
---@return mynah.Module
function Module:eval() end

---Its learned tensors by name.
---
---```lua
---assert(mynah.nn.sequential{ mynah.nn.linear(2, 1) }:parameters()["0.weight"].shape[1] == 2)
---```
---@return table
function Module:parameters() end

---Forgets its derivatives.
---@return mynah.Module
function Module:zero_grad() end

---Copies of all its tensors by name, as they are now.
---
---```lua
---local net = mynah.nn.linear(2, 1)
---local best = net:state_dict()
---mynah.no_grad(function() net.weight:zero_() end)
---net:load_state_dict(best)
---assert(net.weight:abs():sum():item() > 0)
---```
---@return table
function Module:state_dict() end

---Takes back what `state_dict` gave; names and shapes must be the same.
---@param state table
---@return mynah.Module
function Module:load_state_dict(state) end

---Writes its tensors to a safetensors file, as PyTorch has them.
---
---```lua
---local net = mynah.nn.linear(3, 2, { seed = 1 })
---net:save(TMP .. "/net.safetensors")
---local again = mynah.nn.linear(3, 2):load(TMP .. "/net.safetensors")
---assert(again.weight:eq(net.weight):all():item())
---```
---@param path string
---@return mynah.Module
function Module:save(path) end

---Reads what `save` wrote, or PyTorch for the same layers; nothing changes if it does not fit.
---@param path string
---@return mynah.Module
function Module:load(path) end

---Moves its tensors to a device: "cpu", or "wgpu" in a build that has it.
---@param name string
---@return mynah.Module
function Module:to(name) end

---Moves parameters downhill. It remembers each by its place, so give it the same net every time.
---@class mynah.Optimizer
---@field name string Its name, such as "adamw".
---@field lr number The learning rate before the schedule; can be set.
---@field current_lr number The learning rate of the latest step, schedule included.
---@field t integer Steps taken.
local Optimizer = {}

---One step; the derivatives it used are forgotten, so that the next `backward` begins anew.
---
---`what` is a net, a model, a tensor, or a table of these; call `backward` several times before it to step by the
---sum. Weight decay acts on every tensor; in a language model on its matrices alone, as in its own `train`.
---A plain table of numbers is moved by the `gradient` given with it, and so is a tensor.
---
---```lua
---local w = mynah.tensor({ 4 }, { requires_grad = true })
---local opt = mynah.optim.sgd{ lr = 0.25 };
---(w * w):sum():backward()
---opt:step(w)
---assert(w:item() == 2 and w.grad == nil)
---```
---@param what any
---@param gradient? any
---@return mynah.Optimizer
function Optimizer:step(what, gradient) end

---Forgets derivatives without a step.
---@param what any
---@return mynah.Optimizer
function Optimizer:zero_grad(what) end

---Writes what it remembers to a file, for `load`.
---
---```lua
---local x, opt = { 1 }, mynah.optim.adam()
---opt:step(x, { 1 }):save(TMP .. "/opt.safetensors")
---assert(mynah.optim.adam():load(TMP .. "/opt.safetensors").t == 1)
---```
---@param path string
---@return mynah.Optimizer
function Optimizer:save(path) end

---Goes on from what `save` wrote; the settings are its own.
---@param path string
---@return mynah.Optimizer
function Optimizer:load(path) end

---What turns text into token numbers and back. Token numbers count from 0, as in every file format.
---@class mynah.Tokenizer
---@field kind string "char", "byte" or "trie".
---@field vocab_size integer How many distinct tokens there are.
local Tokenizer = {}

---The tokens of `text`, as a list of numbers from 0.
---
---```lua
---local tok = mynah.lm.tokenizer{ text = "abc" }
---assert(tok:encode("cab")[1] == 2)
---```
---@param text string
---@return integer[]
function Tokenizer:encode(text) end

---The text of `tokens`.
---
---```lua
---local tok = mynah.lm.tokenizer{ text = "abc" }
---assert(tok:decode{ 2, 0, 1 } == "cab")
---```
---@param tokens integer[]
---@return string
function Tokenizer:decode(tokens) end

---`text` without the characters that have no token.
---
---```lua
---local tok = mynah.lm.tokenizer{ text = "abc" }
---assert(tok:keep("a-b-c!") == "abc")
---```
---@param text string
---@return string
function Tokenizer:keep(text) end

---A Llama-like transformer with its tokenizer.
---
---RMSNorm before each part, rotary positions, grouped-query attention, SwiGLU, tied embedding, no biases
---(Touvron et al. 2023). An optimizer steps it like a net: `opt:step(bird)`.
---@class mynah.Model
---@field config any Its sizes, as a table.
---@field tokenizer mynah.Tokenizer Its tokenizer.
---@field device string Where it lives: "cpu" or "wgpu".
---@field size integer How many numbers it has learned, or will.
local Model = {}

---Learns a text. Returns the model and what its training came to.
---
---The last tenth of the text is held out: never trained on, only evaluated. With `checkpoint`, a folder keeps the best
---model, the newest state and a log, so that an interrupted run loses little and `resume` goes on.
---
---```lua
---local text = ("polly wants a cracker\n"):rep(20)
---local tok = mynah.lm.tokenizer{ text = text }
---local bird = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 1, context = 16, seed = 1 }
---local _, report = bird:train{ text = text, steps = 5, on_step = function(s) assert(s.loss > 0) end }
---assert(report.steps == 5 and report.val_loss < 4)
---```
---@param options? mynah.TrainOptions
---@return mynah.Model
---@return { steps: integer, loss: number, val_loss?: number, seconds: number, tokens_per_second: number, stopped: boolean }
function Model:train(options) end

---Goes on with an interrupted run, bit for bit as if it had never stopped; settings come from its folder.
---
---```lua
---local text = ("polly wants a cracker\n"):rep(20)
---local tok = mynah.lm.tokenizer{ text = text }
---local sizes = { tokenizer = tok, dim = 16, layers = 1, heads = 1, context = 16, seed = 1 }
---mynah.lm.model(sizes):train{ text = text, steps = 6, checkpoint = TMP, on_step = function(s) return s.step < 3 end }
---local _, report = mynah.lm.model(sizes):resume{ text = text, checkpoint = TMP }
---assert(report.steps == 6)
---```
---@param options? mynah.ResumeOptions
---@return mynah.Model
---@return { steps: integer, loss: number, val_loss?: number, seconds: number, tokens_per_second: number, stopped: boolean }
function Model:resume(options) end

---Mean loss on `text`, in nats per token.
---
---```lua
---local tok = mynah.lm.tokenizer{ text = "ab" }
---local bird = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 1, context = 16, seed = 1 }
---assert(math.abs(bird:evaluate("abbaab") - math.log(2)) < 0.1)
---```
---@param text string
---@return number
function Model:evaluate(text) end

---Continues `prompt` and returns what is new.
---
---```lua
---local tok = mynah.lm.tokenizer{ text = "ab\n" }
---local bird = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 1, context = 16, seed = 1 }
---local one = bird:generate("ab", { tokens = 5, seed = 1 })
---assert(#one == 5 and one == bird:generate("ab", { tokens = 5, seed = 1 }))
---assert(not bird:generate("ab", { stop = "\n" }):find("\n"))
---```
---@param prompt string
---@param options? mynah.GenerateOptions
---@return string
function Model:generate(prompt, options) end

---Continues `prompt` piece by piece, for a `for` loop; takes the options of `generate`.
---
---```lua
---local tok = mynah.lm.tokenizer{ text = "ab" }
---local bird = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 1, context = 16, seed = 1 }
---local text = ""
---for piece in bird:stream("a", { tokens = 5, seed = 1 }) do text = text .. piece end
---assert(text == bird:generate("a", { tokens = 5, seed = 1 }))
---```
---@param prompt string
---@param options? mynah.GenerateOptions
---@return fun(): string?
function Model:stream(prompt, options) end

---Logits of the next token at every position: token numbers [batch, time] (i32, from 0) → [batch, time, vocab].
---
---```lua
---local tok = mynah.lm.tokenizer{ text = "abc" }
---local bird = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 1, context = 16, seed = 1 }
---assert(bird:logits{ { 0, 1 }, { 2, 2 } }.shape[3] == 3)
---```
---@param ids mynah.Tensor|table
---@return mynah.Tensor
function Model:logits(ids) end

---Mean cross-entropy of `targets` [batch, time] after `ids` [batch, time]: one number, for `backward`.
---
---```lua
---local tok = mynah.lm.tokenizer{ text = "abc" }
---local bird = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 1, context = 16, seed = 1 }
---bird:loss({ { 0, 1 } }, { { 1, 2 } }):backward()
---```
---@param ids mynah.Tensor|table
---@param targets mynah.Tensor|table
---@return mynah.Tensor
function Model:loss(ids, targets) end

---Its weights by name, as tensors that share its memory; matrices are [in, out].
---
---```lua
---local tok = mynah.lm.tokenizer{ text = "abc" }
---local bird = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 1, context = 16, seed = 1 }
---assert(bird:parameters()["norm.weight"].shape[1] == 16)
---```
---@return table
function Model:parameters() end

---Writes the model to one safetensors file, which carries sizes and tokenizer.
---@param path string
---@return mynah.Model
function Model:save(path) end

---A scriptable machine-learning kernel: tensors here, the rest in its rooms (`mynah.nn`, `mynah.optim`, ...).
---
---Tensors count from 1. Numbers are f32 unless `dtype` says "f64", "i32" or "bool".
local mynah = {}

---A tensor from a number or from nested tables of numbers or booleans.
---
---All rows must have the same length. `true` and `false` give a bool tensor.
---
---```lua
---local x = mynah.tensor{ {1, 2}, {3, 4} }
---assert(x.shape[1] == 2 and x:sum():item() == 10)
---assert(mynah.tensor({ 1, 2 }, { dtype = "i32" }).dtype == "i32")
---```
---@param values any
---@param options? mynah.TensorOptions
---@return mynah.Tensor
function mynah.tensor(values, options) end

---A tensor of zeros.
---
---```lua
---assert(mynah.zeros(2, 3):sum():item() == 0)
---assert(mynah.zeros({ 2, 3 }, { dtype = "f64" }).dtype == "f64")
---```
---@param ... integer|integer[]|mynah.TensorOptions
---@return mynah.Tensor
function mynah.zeros(...) end

---A tensor of ones.
---
---```lua
---assert(mynah.ones(2, 3):sum():item() == 6)
---```
---@param ... integer|integer[]|mynah.TensorOptions
---@return mynah.Tensor
function mynah.ones(...) end

---A tensor with every element `value`.
---
---```lua
---assert(mynah.full(2.5, 2, 2):sum():item() == 10)
---```
---@param value number
---@param ... integer|integer[]|mynah.TensorOptions
---@return mynah.Tensor
function mynah.full(value, ...) end

---Normal random numbers with mean 0 and standard deviation 1.
---
---The same `seed` gives the same tensor on every device; without one, the numbers follow `manual_seed`.
---
---```lua
---local a, b = mynah.randn(3, { seed = 1 }), mynah.randn(3, { seed = 1 })
---assert(a:eq(b):all():item())
---```
---@param ... integer|integer[]|mynah.TensorOptions
---@return mynah.Tensor
function mynah.randn(...) end

---Random numbers uniform in [0, 1).
---
---```lua
---local x = mynah.rand(100, { seed = 1 })
---assert(x:min():item() >= 0 and x:max():item() < 1)
---```
---@param ... integer|integer[]|mynah.TensorOptions
---@return mynah.Tensor
function mynah.rand(...) end

---Numbers from `start` to `stop`, both included, `step` apart (default 1), like a Lua `for`.
---
---```lua
---local x = mynah.arange(1, 5)
---assert(x.shape[1] == 5 and x[5] == 5)
---```
---@param start number
---@param stop number
---@param step? number
---@param options? mynah.TensorOptions
---@return mynah.Tensor
function mynah.arange(start, stop, step, options) end

---`n` evenly spaced numbers from `start` to `stop`, both included.
---
---```lua
---assert(mynah.linspace(0, 1, 5)[2] == 0.25)
---```
---@param start number
---@param stop number
---@param n integer
---@param options? mynah.TensorOptions
---@return mynah.Tensor
function mynah.linspace(start, stop, n, options) end

---The identity matrix with `n` rows.
---
---```lua
---assert(mynah.eye(3):sum():item() == 3)
---```
---@param n integer
---@param options? mynah.TensorOptions
---@return mynah.Tensor
function mynah.eye(n, options) end

---Tensors joined along dimension `dim` (default 1).
---
---```lua
---local x = mynah.ones(2, 2)
---assert(mynah.cat({ x, x }).shape[1] == 4)
---assert(mynah.cat({ x, x }, 2).shape[2] == 4)
---```
---@param tensors mynah.Tensor[]
---@param dim? integer
---@return mynah.Tensor
function mynah.cat(tensors, dim) end

---Tensors of one shape stacked along a new dimension `dim` (default 1).
---
---```lua
---assert(mynah.stack{ mynah.ones(3), mynah.zeros(3) }.shape[1] == 2)
---```
---@param tensors mynah.Tensor[]
---@param dim? integer
---@return mynah.Tensor
function mynah.stack(tensors, dim) end

---Elements of `a` where `mask` is true and of `b` elsewhere; all three broadcast.
---
---```lua
---local x = mynah.tensor{ -1, 2 }
---assert(mynah.where(x:gt(0), x, 0):sum():item() == 2)
---```
---@param mask mynah.Tensor
---@param a mynah.Tensor|number
---@param b mynah.Tensor|number
---@return mynah.Tensor
function mynah.where(mask, a, b) end

---Calls `f` without recording its operations for `backward`, and returns what it returns.
---
---```lua
---local w = mynah.ones(2, { requires_grad = true })
---local y = mynah.no_grad(function() return w * 2 end)
---assert(not y.requires_grad)
---```
---@param f function
---@return any
function mynah.no_grad(f) end

---Seeds the random numbers of everything that is given no `seed` of its own.
---
---```lua
---mynah.manual_seed(7); local a = mynah.randn(2)
---mynah.manual_seed(7); local b = mynah.randn(2)
---assert(a:eq(b):all():item())
---```
---@param seed integer
function mynah.manual_seed(seed) end

---Where new tensors live: with a name ("cpu", or "wgpu" in a build that has it) changes it; returns the name.
---
---```lua
---assert(mynah.device() == "cpu")
---```
---@param name? string
---@return string
function mynah.device(name) end

---The text of a file, which must be UTF-8.
---
---```lua
---local ok, message = pcall(mynah.read, "no/such/file.txt")
---assert(not ok and message:find("no such file"))
---```
---@param path string
---@return string
function mynah.read(path) end

---A script's arguments by name: `--train-seconds 5` puts 5 into `train_seconds` of a copy of `defaults`.
---
---Values take the type of their default; `--flag` alone means true. Also returns what belongs to no option.
---
---```lua
---local opt, rest = mynah.args({ "book.txt", "--steps", "10", "--fresh" }, { steps = 2000, fresh = false, lr = 1e-3 })
---assert(opt.steps == 10 and opt.fresh and opt.lr == 1e-3 and rest[1] == "book.txt")
---```
---@param list table
---@param defaults table
---@return table
---@return string[]
function mynah.args(list, defaults) end

---Whether someone sits at a terminal (rather than a file or another program giving the input).
---
---```lua
---if mynah.is_terminal() then io.write("> ") end
---```
---@return boolean
function mynah.is_terminal() end

---A folder of this name in the user's cache, made if it is missing: for what can be made again.
---
---```lua
---assert(mynah.cache_dir("examples"):find("examples"))
---```
---@param name string
---@return string
function mynah.cache_dir(name) end

---Documentation as text: of a function, an object, a room, or a name in quotes.
---
---```lua
---assert(mynah.help("zeros"):find("zeros"))
---```
---@param about? any
---@return string
function mynah.help(about) end

---Neural networks: layers, nets written in Lua, losses.
---
---A layer is called like a function. `sequential` chains layers; `module` makes a net of a Lua table. An optimizer
---steps what `backward` found derivatives for.
---
---```lua
---local net = mynah.nn.sequential{ mynah.nn.linear(2, 16), mynah.nn.relu(), mynah.nn.linear(16, 5) }
---local opt = mynah.optim.adamw{ lr = 1e-2 }
---local X, y = mynah.randn(8, 2), { 1, 2, 3, 4, 5, 1, 2, 3 }
---for epoch = 1, 5 do
---  local loss = mynah.nn.cross_entropy(net(X), y)
---  loss:backward()
---  opt:step(net)
---end
---```
mynah.nn = {}

---A linear layer, `y = x·W + b`: rows of `inputs` numbers to rows of `outputs`. W is [inputs, outputs].
---
---```lua
---local layer = mynah.nn.linear(3, 2, { seed = 1 })
---assert(layer(mynah.ones(5, 3)).shape[2] == 2 and layer.weight.shape[1] == 3)
---```
---@param inputs integer
---@param outputs integer
---@param options? mynah.LinearOptions
---@return mynah.Module
function mynah.nn.linear(inputs, outputs, options) end

---One learned row of `dim` numbers for each of `n` things, which are counted from 1.
---
---```lua
---local words = mynah.nn.embedding(10, 4, { seed = 1 })
---assert(words{ { 1, 10 }, { 3, 3 } }.shape[3] == 4)
---```
---@param n integer
---@param dim integer
---@param options? mynah.LayerOptions
---@return mynah.Module
function mynah.nn.embedding(n, dim, options) end

---Rows of `dim` numbers scaled to unit root mean square, times a learned weight.
---
---```lua
---assert(math.abs(mynah.nn.rms_norm(2){ 3, 4 }[1]:item() - 3 / math.sqrt(12.5)) < 1e-5)
---```
---@param dim integer
---@param options? mynah.NormOptions
---@return mynah.Module
function mynah.nn.rms_norm(dim, options) end

---Rows of `dim` numbers shifted to mean 0 and scaled to variance 1, times a learned weight, plus a learned bias.
---
---```lua
---assert(math.abs(mynah.nn.layer_norm(2){ 3, 5 }[2]:item() - 1) < 1e-4)
---```
---@param dim integer
---@param options? mynah.NormOptions
---@return mynah.Module
function mynah.nn.layer_norm(dim, options) end

---While training, each number is 0 with probability `p`, and the rest grow by 1/(1 − p); in use (`net:eval()`) nothing.
---
---```lua
---local drop = mynah.nn.dropout(0.5, { seed = 1 })
---assert(drop(mynah.ones(100)):max():item() == 2)
---assert(drop:eval()(mynah.ones(100)):sum():item() == 100)
---```
---@param p number
---@param options? mynah.DropoutOptions
---@return mynah.Module
function mynah.nn.dropout(p, options) end

---Rectified linear: max(x, 0).
---
---```lua
---assert(mynah.nn.relu()(mynah.tensor{ -1, 2 }):sum():item() == 2)
---```
---@return mynah.Module
function mynah.nn.relu() end

---Leaky rectified linear: x, and below 0 `slope` (default 0.01) times x.
---
---```lua
---assert(mynah.nn.leaky_relu(0.5)(mynah.tensor{ -1, 2 }):sum():item() == 1.5)
---```
---@param slope? number
---@return mynah.Module
function mynah.nn.leaky_relu(slope) end

---Exponential linear: x, and below 0 `alpha` (default 1) times (e^x − 1).
---
---```lua
---assert(mynah.nn.elu()(mynah.tensor{ -100 })[1] == -1)
---```
---@param alpha? number
---@return mynah.Module
function mynah.nn.elu(alpha) end

---Gaussian error linear: x·Φ(x), with Φ the normal distribution (exact, through erf).
---
---```lua
---assert(mynah.nn.gelu()(mynah.tensor{ 0 })[1] == 0)
---```
---@return mynah.Module
function mynah.nn.gelu() end

---GELU through tanh, as GPT-2 computes it.
---
---```lua
---assert(mynah.nn.gelu_tanh()(mynah.tensor{ 0 })[1] == 0)
---```
---@return mynah.Module
function mynah.nn.gelu_tanh() end

---Sigmoid linear: x·sigmoid(x), also called swish.
---
---```lua
---assert(mynah.nn.silu()(mynah.tensor{ 0 })[1] == 0)
---```
---@return mynah.Module
function mynah.nn.silu() end

---The logistic function, 1 / (1 + e^−x).
---
---```lua
---assert(mynah.nn.sigmoid()(mynah.tensor{ 0 })[1] == 0.5)
---```
---@return mynah.Module
function mynah.nn.sigmoid() end

---The hyperbolic tangent.
---
---```lua
---assert(mynah.nn.tanh()(mynah.tensor{ 100 })[1] == 1)
---```
---@return mynah.Module
function mynah.nn.tanh() end

---A soft rectifier: ln(1 + e^x).
---
---```lua
---assert(mynah.nn.softplus()(mynah.tensor{ 1000 })[1] == 1000)
---```
---@return mynah.Module
function mynah.nn.softplus() end

---Rows normalised to sum 1, as exp(x) / Σ exp(x).
---
---```lua
---assert(mynah.nn.softmax(){ 1000, 1000 }[1] == 0.5)
---```
---@return mynah.Module
function mynah.nn.softmax() end

---The logarithm of softmax.
---
---```lua
---assert(mynah.nn.log_softmax(){ 1e4, -1e4 }[2] == -2e4)
---```
---@return mynah.Module
function mynah.nn.log_softmax() end

---Layers one after the other: layers, nets written in Lua, or plain functions from tensor to tensor.
---
---```lua
---local net = mynah.nn.sequential{ mynah.nn.linear(2, 3), function(x) return x * 2 end, mynah.nn.tanh() }
---assert(net(mynah.ones(4, 2)).shape[2] == 3 and #net == 3 and net[1].bias.shape[1] == 3)
---```
---@param layers table
---@return mynah.Module
function mynah.nn.sequential(layers) end

---A net of a Lua table: its layers and tensors by name, and its own `forward`.
---
---Tensors made with `requires_grad` are learned; other tensors are kept and saved with them. Fields can be read and
---set as on the table; `forward` may take and return several values, and reads `self.training` if it must.
---
---```lua
---local net = mynah.nn.module{
---  inner = mynah.nn.linear(2, 8),
---  scale = mynah.ones(8, { requires_grad = true }),
---  forward = function(self, x) return (self.inner(x) * self.scale):tanh() end,
---}
---assert(net(mynah.ones(5, 2)).shape[2] == 8 and net:parameters()["inner.weight"] and net.size == 32)
---```
---@param table table
---@return mynah.Module
function mynah.nn.module(table) end

---The learned tensors in a net, a model or a table of these, by name.
---
---```lua
---local w = mynah.ones(2, { requires_grad = true })
---assert(mynah.nn.parameters{ w = w, layer = mynah.nn.linear(2, 2) }["layer.bias"])
---```
---@param what any
---@return table
function mynah.nn.parameters(what) end

---Forgets the derivatives in a net, a model or a table of these.
---
---```lua
---local w = mynah.ones(2, { requires_grad = true })
---w:sum():backward()
---mynah.nn.zero_grad{ w }
---assert(w.grad == nil)
---```
---@param what any
function mynah.nn.zero_grad(what) end

---Shrinks the derivatives together so that their length is at most `max_norm`; returns the length before.
---
---```lua
---local w = mynah.tensor({ 3, 4 }, { requires_grad = true });
---(w * w):sum():backward()
---assert(mynah.nn.clip_grad_norm({ w }, 1) == 10 and math.abs(w.grad[1] - 0.6) < 1e-4)
---```
---@param what any
---@param max_norm number
---@return number
function mynah.nn.clip_grad_norm(what, max_norm) end

---Writes all tensors of a net, or of a table of tensors and nets, to a safetensors file; `linear` weights as PyTorch has them.
---
---```lua
---mynah.nn.save({ w = mynah.ones(2) }, TMP .. "/w.safetensors")
---```
---@param what any
---@param path string
function mynah.nn.save(what, path) end

---Reads what `save` wrote, or PyTorch for the same layers, into the tensors of `what`.
---
---```lua
---local w = mynah.zeros(2)
---mynah.nn.save({ w = mynah.ones(2) }, TMP .. "/w.safetensors")
---mynah.nn.load({ w = w }, TMP .. "/w.safetensors")
---assert(w:sum():item() == 2)
---```
---@param what any
---@param path string
function mynah.nn.load(what, path) end

---Cross-entropy of `logits` [.., classes] against class numbers [..] from 1; a class number of 0 or less is left out.
---
---```lua
---assert(math.abs(mynah.nn.cross_entropy({ { 0, 0 } }, { 2 }):item() - math.log(2)) < 1e-6)
---```
---@param logits mynah.Tensor|table
---@param targets mynah.Tensor|table
---@param options? mynah.LossOptions
---@return mynah.Tensor
function mynah.nn.cross_entropy(logits, targets, options) end

---Negative log-likelihood: `cross_entropy` of log-probabilities, such as `log_softmax` gives.
---
---```lua
---assert(mynah.nn.nll({ { -1, -2 } }, { 2 }):item() == 2)
---```
---@param log_probs mynah.Tensor|table
---@param targets mynah.Tensor|table
---@param options? mynah.LossOptions
---@return mynah.Tensor
function mynah.nn.nll(log_probs, targets, options) end

---Mean squared error.
---
---```lua
---assert(mynah.nn.mse({ 1, 2 }, { 1, 4 }):item() == 2)
---```
---@param predictions mynah.Tensor|table
---@param targets mynah.Tensor|table
---@param options? mynah.LossOptions
---@return mynah.Tensor
function mynah.nn.mse(predictions, targets, options) end

---Mean absolute error.
---
---```lua
---assert(mynah.nn.l1({ 1, 2 }, { 1, 4 }):item() == 1)
---```
---@param predictions mynah.Tensor|table
---@param targets mynah.Tensor|table
---@param options? mynah.LossOptions
---@return mynah.Tensor
function mynah.nn.l1(predictions, targets, options) end

---Squared error up to `beta`, absolute error beyond; with beta 1, Huber's loss.
---
---```lua
---assert(mynah.nn.smooth_l1({ 1, 2 }, { 1, 4 }):item() == 0.75)
---```
---@param predictions mynah.Tensor|table
---@param targets mynah.Tensor|table
---@param options? mynah.SmoothL1Options
---@return mynah.Tensor
function mynah.nn.smooth_l1(predictions, targets, options) end

---Binary cross-entropy of probabilities; of logits, use `bce_with_logits`.
---
---```lua
---assert(math.abs(mynah.nn.bce({ 0.5 }, { 1 }):item() - math.log(2)) < 1e-6)
---```
---@param probs mynah.Tensor|table
---@param targets mynah.Tensor|table
---@param options? mynah.LossOptions
---@return mynah.Tensor
function mynah.nn.bce(probs, targets, options) end

---Binary cross-entropy of logits; finite for any finite logit.
---
---```lua
---assert(mynah.nn.bce_with_logits({ 1e4, -1e4 }, { 1, 0 }):item() == 0)
---```
---@param logits mynah.Tensor|table
---@param targets mynah.Tensor|table
---@param options? mynah.LossOptions
---@return mynah.Tensor
function mynah.nn.bce_with_logits(logits, targets, options) end

---How far the distributions `targets` [.., classes] are from those with the logarithms `log_probs`, mean over rows.
---
---```lua
---assert(math.abs(mynah.nn.kl_div({ math.log(0.5), math.log(0.5) }, { 1, 0 }):item() - math.log(2)) < 1e-6)
---```
---@param log_probs mynah.Tensor|table
---@param targets mynah.Tensor|table
---@param options? mynah.LossOptions
---@return mynah.Tensor
function mynah.nn.kl_div(log_probs, targets, options) end

---Optimizers: what moves a point downhill, one gradient at a time.
---
---Every optimizer has the same methods; `opt:step(net)` moves what `backward` found derivatives for.
---
---```lua
---local x = { 4, -2 }
---local opt = mynah.optim.sgd{ lr = 0.25 }
---for _ = 1, 20 do opt:step(x, { 2 * x[1], 2 * x[2] }) end
---assert(math.abs(x[1]) < 1e-3)
---```
mynah.optim = {}

---Gradient descent, plain or with momentum (Polyak 1964) or Nesterov's look-ahead.
---
---```lua
---local x = { 1 }
---mynah.optim.sgd{ lr = 0.5 }:step(x, { 1 })
---assert(x[1] == 0.5)
---```
---@param options? mynah.SgdOptions
---@return mynah.Optimizer
function mynah.optim.sgd(options) end

---Step sizes adapted per coordinate from gradient moments (Kingma & Ba 2015).
---
---```lua
---local x = { 1 }
---mynah.optim.adam{ lr = 0.1 }:step(x, { 7 })
---assert(math.abs(x[1] - 0.9) < 1e-6)
---```
---@param options? mynah.AdamOptions
---@return mynah.Optimizer
function mynah.optim.adam(options) end

---Adam with weight decay beside the step (Loshchilov & Hutter 2019); the usual choice for nets.
---
---```lua
---local w = mynah.tensor({ 1, 2 }, { requires_grad = true })
---local opt = mynah.optim.adamw{ lr = 0.1, schedule = { kind = "cosine", warmup = 5, steps = 100 } }
---for _ = 1, 100 do
---  (w * w):sum():backward()
---  opt:step(w)
---end
---assert(w:norm():item() < 0.2)
---```
---@param options? mynah.AdamwOptions
---@return mynah.Optimizer
function mynah.optim.adamw(options) end

---Language models: a small Llama-like transformer that learns a text and continues it.
---
---```lua
---local text = ("polly wants a cracker\n"):rep(20)
---local tok = mynah.lm.tokenizer{ kind = "char", text = text }
---local bird = mynah.lm.model{ tokenizer = tok, dim = 32, layers = 1, heads = 2, context = 32, seed = 1 }
---bird:train{ text = text, steps = 60, lr = 1e-2 }
---print(bird:generate("polly", { tokens = 16, temperature = 0 }))
---```
mynah.lm = {}

---A tokenizer: what turns text into token numbers and back.
---
---A `char` tokenizer knows the characters of its `text`, one token each. A `byte` tokenizer knows everything. A `trie`
---has one token for each of its words and spells the rest in bytes: fewer tokens, so a small model learns sentences sooner.
---
---```lua
---local tok = mynah.lm.tokenizer{ kind = "char", text = "banana" }
---assert(tok.vocab_size == 3 and tok:encode("ban")[1] == 1)
---local words = mynah.lm.tokenizer{ kind = "trie", words = { "the", " mill" } }
---assert(words:encode("the mill!")[2] == 257 and words:decode(words:encode("the sea")) == "the sea")
---```
---@param options? mynah.TokenizerOptions
---@return mynah.Tokenizer
function mynah.lm.tokenizer(options) end

---A new model with random weights.
---
---```lua
---local tok = mynah.lm.tokenizer{ kind = "byte" }
---local bird = mynah.lm.model{ tokenizer = tok, dim = 32, layers = 1, heads = 2, context = 16, seed = 1 }
---assert(bird.config.vocab == 256)
---```
---@param options? mynah.ModelOptions
---@return mynah.Model
function mynah.lm.model(options) end

---A model from a file that `save` wrote, or from a training run's folder (the best one there).
---
---```lua
---local tok = mynah.lm.tokenizer{ kind = "byte" }
---local bird = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 1, context = 8 }
---bird:save(TMP .. "/bird.safetensors")
---local again = mynah.lm.load(TMP .. "/bird.safetensors")
---assert(again.config.dim == 16)
---```
---@param path string
---@param options? mynah.LoadOptions
---@return mynah.Model
function mynah.lm.load(path, options) end

---Whether a training run's folder holds a checkpoint that `resume` can go on from.
---
---```lua
---assert(not mynah.lm.can_resume("no/such/folder"))
---```
---@param folder string
---@return boolean
function mynah.lm.can_resume(folder) end

---Pictures of numbers.
mynah.plot = {}

---Numbers as one line of text, high and low blocks, at most `width` (default 60) wide.
---
---```lua
---print(mynah.plot.sparkline{ 5, 3, 2, 1.5, 1.2 })
---```
---@param values number[]
---@param width? integer
---@return string
function mynah.plot.sparkline(values, width) end

return mynah
