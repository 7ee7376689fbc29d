---@meta mynah
-- Generated from src/bind; `BLESS=1 cargo test` rewrites it. Point your editor's Lua language server at this folder.

---Settings of [`adabelief`].
---@class mynah.AdabeliefOptions
---@field lr? number Learning rate, at least 0; where gradients hardly change steps may be much longer. Default 0.001.
---@field beta1? number Decay of the running mean of gradients, in [0, 1). Default 0.9.
---@field beta2? number Decay of the running mean of squared deviations, in [0, 1). Default 0.999.
---@field eps? number Added to the running square in every step, above 0. Default 1e-16.
---@field weight_decay? number Weight decay: each step first shrinks the parameter by the share `lr * weight_decay`, at least 0. Default 0.0.
---@field schedule? mynah.ScheduleOptions How the learning rate changes over the run. Default: not at all.

---Settings of [`Adaboost`].
---@class mynah.AdaboostOptions
---@field trees? integer How many trees at most, from 1. Default 50.
---@field lr? number How much each tree counts, positive. Default 1.0.
---@field max_depth? integer Steps from the root to a leaf at most, from 1: trees of one step are called stumps. Default 1.
---@field min_samples_leaf? integer The least number of samples in a leaf, from 1. Default 1.
---@field max_features? "all"|"sqrt"|"log2"|number How many features each cut tries: "all", "sqrt", "log2", a share below 1, or a whole number. Default "all".
---@field seed? integer Of the choice of features. Default 0.

---Settings of [`AdaboostRegressor`].
---@class mynah.AdaboostRegressorOptions
---@field trees? integer How many trees at most, from 1. Default 50.
---@field lr? number How much each tree counts, positive. Default 1.0.
---@field loss? "linear"|"square"|"exponential" How much an error counts: "linear", "square" or "exponential". Default "linear".
---@field max_depth? integer Steps from the root to a leaf at most, from 1. Default 3.
---@field min_samples_leaf? integer The least number of samples in a leaf, from 1. Default 1.
---@field max_features? "all"|"sqrt"|"log2"|number How many features each cut tries: "all", "sqrt", "log2", a share below 1, or a whole number. Default "all".
---@field seed? integer Of the draws of samples and features. Default 0.

---Settings of [`adadelta`].
---@class mynah.AdadeltaOptions
---@field lr? number Learning rate: a factor on the step that the rule finds, at least 0. Default 1.0.
---@field rho? number Decay of both running squares, in [0, 1). Default 0.9.
---@field eps? number Added to both squares; the first steps have about the length `sqrt(10 * eps)`, above 0. Default 1e-6.
---@field weight_decay? number Weight decay: this times the parameter is added to the gradient, at least 0. Default 0.0.
---@field schedule? mynah.ScheduleOptions How the learning rate changes over the run. Default: not at all.

---Settings of [`adafactor`].
---@class mynah.AdafactorOptions
---@field lr? number Learning rate: bound on the step as a share of the parameter's root mean square, at least 0. Default 0.01.
---@field beta2_decay? number The second moment's decay in step t is `1 - t^beta2_decay`, in (-1, 0]. Default -0.8.
---@field eps1? number Added to squared gradients, above 0. Default 1e-30.
---@field eps2? number Least root mean square that a parameter counts with, above 0. Default 0.001.
---@field clip? number Bound on the update's root mean square, above 0. Default 1.0.
---@field weight_decay? number Weight decay: each step first shrinks the parameter by the share `lr * weight_decay`, at least 0. Default 0.0.
---@field schedule? mynah.ScheduleOptions How the learning rate changes over the run. Default: not at all.

---Settings of [`adagrad`].
---@class mynah.AdagradOptions
---@field lr? number Learning rate: the length of the first step in each coordinate, at least 0. Default 0.01.
---@field lr_decay? number The rate of step t is divided by `1 + (t - 1) * lr_decay`, at least 0. Default 0.0.
---@field initial? number What the sum of squares begins with, at least 0. Default 0.0.
---@field eps? number Added to the denominator so that it never reaches zero, above 0. Default 1e-10.
---@field weight_decay? number Weight decay: this times the parameter is added to the gradient, at least 0. Default 0.0.
---@field schedule? mynah.ScheduleOptions How the learning rate changes over the run. Default: not at all.

---Settings of [`adahessian`].
---@class mynah.AdahessianOptions
---@field lr? number Learning rate: the share of Newton's step that is taken, at least 0. Default 0.1.
---@field beta1? number Decay of the running mean of gradients, in [0, 1). Default 0.9.
---@field beta2? number Decay of the running mean of squared curvatures, in [0, 1). Default 0.999.
---@field eps? number Added to the denominator so that it never reaches zero, above 0. Default 1e-16.
---@field hessian_power? number Power of the curvature that is divided by, in (0, 1]. Default 1.0.
---@field weight_decay? number Weight decay: each step first shrinks the parameter by the share `lr * weight_decay`, at least 0. Default 0.0.
---@field schedule? mynah.ScheduleOptions How the learning rate changes over the run. Default: not at all.

---Settings of [`adam`].
---@class mynah.AdamOptions
---@field lr? number Learning rate: about the length of a step in each coordinate, at least 0. Default 0.001.
---@field beta1? number Decay of the running mean of gradients, in [0, 1). Default 0.9.
---@field beta2? number Decay of the running mean of squared gradients, in [0, 1). Default 0.999.
---@field eps? number Added to the denominator so that it never reaches zero, at least 0. Default 1e-8.
---@field weight_decay? number Weight decay: this times the parameter is added to the gradient, at least 0. Default 0.0.
---@field amsgrad? boolean Divide by the largest second moment so far, so that steps never grow again. Default false.
---@field schedule? mynah.ScheduleOptions How the learning rate changes over the run. Default: not at all.

---Settings of [`adamax`].
---@class mynah.AdamaxOptions
---@field lr? number Learning rate: about the length of a step in each coordinate, at least 0. Default 0.002.
---@field beta1? number Decay of the running mean of gradients, in [0, 1). Default 0.9.
---@field beta2? number Decay of the largest gradient, in [0, 1). Default 0.999.
---@field eps? number Added to the gradient's size so that nothing is divided by zero, above 0. Default 1e-8.
---@field weight_decay? number Weight decay: this times the parameter is added to the gradient, at least 0. Default 0.0.
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

---Settings of [`adan`].
---@class mynah.AdanOptions
---@field lr? number Learning rate: about the length of a step in each coordinate, at least 0. Default 0.001.
---@field beta1? number Decay of the running mean of gradients, in [0, 1). Default 0.98.
---@field beta2? number Decay of the running mean of gradient differences, in [0, 1). Default 0.92.
---@field beta3? number Decay of the running mean of squares, in [0, 1). Default 0.99.
---@field eps? number Added to the denominator so that it never reaches zero, above 0. Default 1e-8.
---@field weight_decay? number Weight decay: each step divides the parameter by `1 + lr * weight_decay`, at least 0. Default 0.0.
---@field schedule? mynah.ScheduleOptions How the learning rate changes over the run. Default: not at all.

---Settings of [`ademamix`].
---@class mynah.AdemamixOptions
---@field lr? number Learning rate: about the length of a step in each coordinate, at least 0. Default 0.001.
---@field beta1? number Decay of the fast mean of gradients, in [0, 1). Default 0.9.
---@field beta2? number Decay of the running mean of squared gradients, in [0, 1). Default 0.999.
---@field beta3? number Decay of the slow mean of gradients, in [0, 1). Default 0.9999.
---@field alpha? number Weight of the slow mean, at least 0. Default 5.0.
---@field alpha_warmup? integer Steps over which `alpha` and `beta3` rise to their values; 0 for at once. Default 0.
---@field eps? number Added to the denominator so that it never reaches zero, above 0. Default 1e-8.
---@field weight_decay? number Weight decay: each step first shrinks the parameter by the share `lr * weight_decay`, at least 0. Default 0.0.
---@field schedule? mynah.ScheduleOptions How the learning rate changes over the run. Default: not at all.

---Settings of [`Agglomerative`].
---@class mynah.AgglomerativeOptions
---@field clusters? integer How many clusters, at least 1. Default 2.
---@field linkage? "ward"|"complete"|"average"|"single" How far clusters are from each other: "ward", "complete", "average" or "single". Default "ward".
---@field distance_threshold? number Join only clusters nearer than this, at least 0, in place of `clusters`. Default: not used.

---Settings of [`amsgrad`].
---@class mynah.AmsgradOptions
---@field lr? number Learning rate: about the length of a step in each coordinate, at least 0. Default 0.001.
---@field beta1? number Decay of the running mean of gradients, in [0, 1). Default 0.9.
---@field beta2? number Decay of the running mean of squared gradients, in [0, 1). Default 0.999.
---@field eps? number Added to the denominator so that it never reaches zero, at least 0. Default 1e-8.
---@field weight_decay? number Weight decay: this times the parameter is added to the gradient, at least 0. Default 0.0.
---@field schedule? mynah.ScheduleOptions How the learning rate changes over the run. Default: not at all.

---Settings of [`anneal`].
---@class mynah.AnnealOptions
---@field schedule? "classic"|"adaptive" "classic" (T <- `cooling` * T), or "adaptive" (fits itself to the function and the budget). Default "classic".
---@field t0? number First temperature of the classic schedule, positive. Default 300.0.
---@field cooling? number Factor of the classic schedule, in (0, 1). Default 0.99.
---@field t_stop? number The classic schedule ends at or below this temperature, positive. Default 0.1.
---@field step? number Standard deviation of a step, positive. Default: 0.1 of the width of the bounds, or of twice `reach`.
---@field x0? number[] Where to start. Default: the middle of the bounds, or 0.
---@field lower? number|number[] Smallest allowed value, one number or one per coordinate. Default: no bound.
---@field upper? number|number[] Largest allowed value, one number or one per coordinate. Default: no bound.
---@field dim? integer Number of coordinates, where neither `x0` nor a list of bounds tells. Default: not given.
---@field reach? number About how far from `x0` to look in coordinates that lack a bound, positive. Default 2.0.
---@field budget? integer Most evaluations of the function. Default 10000.
---@field target? number Stop at a value at or below this. Default: never.
---@field seed? integer Seed of the random numbers: same seed, same search. Default: another one each time.

---Settings of [`asgd`].
---@class mynah.AsgdOptions
---@field lr? number Learning rate of the first step, at least 0. Default 0.01.
---@field lambda? number How fast the rate falls, and how strongly each step shrinks the parameter, at least 0. Default 0.0001.
---@field alpha? number Power with which the rate falls, at least 0. Default 0.75.
---@field start? integer Steps before the mean begins; until then it is the point itself. Default 1000000.
---@field weight_decay? number Weight decay: this times the parameter is added to the gradient, at least 0. Default 0.0.
---@field schedule? mynah.ScheduleOptions How the learning rate changes over the run. Default: not at all.

---Settings of [`auto`].
---@class mynah.AutoOptions
---@field x0? number[] Where to start. Default: the middle of the bounds, or 0.
---@field lower? number|number[] Smallest allowed value, one number or one per coordinate. Default: no bound.
---@field upper? number|number[] Largest allowed value, one number or one per coordinate. Default: no bound.
---@field dim? integer Number of coordinates, where neither `x0` nor a list of bounds tells. Default: not given.
---@field reach? number About how far from `x0` to look in coordinates that lack a bound, positive. Default 2.0.
---@field budget? integer Most evaluations of the function. Default 10000.
---@field target? number Stop at a value at or below this. Default: never.
---@field seed? integer Seed of the random numbers: same seed, same search. Default: another one each time.

---Settings of [`Bagging`] and [`BaggingRegressor`].
---@class mynah.BaggingOptions
---@field estimators? integer How many of them, from 1. Default 10.
---@field max_samples? number The share of samples that each is taught with, above 0 up to 1. Default 1.0.
---@field max_features? "all"|"sqrt"|"log2"|number The features that each sees: "all", "sqrt", "log2", a share below 1, or a whole number. Default "all".
---@field bootstrap? boolean Draw samples with replacement. Default true.
---@field oob? boolean Score each sample by the learners that were not taught with it. Default false.
---@field seed? integer Of the draws; the learners' own seeds come from it where they are given none. Default 0.
---@field learner? mynah.Learner The learner to be taught many times, not fitted. Default: a decision tree.

---The area between two lines.
---@class mynah.BandOptions
---@field label? string Its name in the legend. Default: none. Default "".
---@field color? string Its colour. Default: that of the next line.
---@field opacity? number How much it hides of what is below, in [0, 1]. Default 0.2.
---@field x? number[]|mynah.Tensor Where the points are from left to right. Default: 1, 2, 3, ….
---@field low? number[]|mynah.Tensor The lower rim; needed.
---@field high? number[]|mynah.Tensor The upper rim; needed.

---Bars from zero. Several sets of bars in one figure stand beside each other.
---@class mynah.BarsOptions
---@field label? string Their name in the legend. Default: none. Default "".
---@field color? string Their colour. Default: the palette's next.
---@field width? number The share of the room between two places that bars fill, in (0, 1]. Default 0.75.
---@field x? number[]|mynah.Tensor Where the bars are from left to right. Default: 1, 2, 3, ….
---@field y? number[]|mynah.Tensor How high they are; needed.
---@field errors? number[]|mynah.Tensor How far up and down each may be off, drawn as a whisker.

---Settings of [`bayes`].
---@class mynah.BayesOptions
---@field initial? integer Evenly spread points before the first guess, at least 2. Default 5 + 2 per coordinate.
---@field xi? number Improvement over the best, in standard deviations of the values, that is not worth asking for, at least 0. Default 0.001.
---@field noisy? boolean Values are noisy: learn how much. Default false.
---@field memory? integer Most points that the process remembers (the best and the latest), at least 10; its cost grows as their cube. Default 300.
---@field x0? number[] Where to start. Default: the middle of the bounds, or 0.
---@field lower? number|number[] Smallest allowed value, one number or one per coordinate. Default: no bound.
---@field upper? number|number[] Largest allowed value, one number or one per coordinate. Default: no bound.
---@field dim? integer Number of coordinates, where neither `x0` nor a list of bounds tells. Default: not given.
---@field reach? number About how far from `x0` to look in coordinates that lack a bound, positive. Default 2.0.
---@field budget? integer Most evaluations of the function. Default 10000.
---@field target? number Stop at a value at or below this. Default: never.
---@field seed? integer Seed of the random numbers: same seed, same search. Default: another one each time.

---Settings of belief propagation.
---@class mynah.BeliefOptions
---@field messages? "sum_product"|"max_product" What to look for: "sum_product" or "max_product". Default "sum_product".
---@field steps? integer Rounds of messages at most, at least 1. Default 200.
---@field tolerance? number Stop when no message changes by more than this, at least 0. Default 1e-6.
---@field damping? number How much of each message is the one before, in [0, 1); helps where messages swing. Default 0.0.

---Settings of [`BernoulliNb`].
---@class mynah.BernoulliNbOptions
---@field alpha? number Added to every count, so that nothing is impossible: 0 (which counts as 1e-10) to 1e9. Default 1.0.
---@field binarize? number A feature is there if its number is larger than this; finite, and for sparse samples not negative. Default 0.0.
---@field fit_prior? boolean Whether classes are as probable beforehand as they are frequent; else all alike. Default true.
---@field priors? number[] How probable each class is beforehand, in their order, with sum 1. Default: as `fit_prior` says.

---Settings of [`blobs`].
---@class mynah.BlobsOptions
---@field samples? integer How many samples, in equal parts from the blobs. At least 1. Default 100.
---@field centres? integer|number[][] How many blobs, at least 1, or the place of each. Default 3.
---@field features? integer How many features, at least 1; given places say it themselves. Default 2.
---@field spread? number The standard deviation around each centre, at least 0. Default 1.0.
---@field width? number Centres that are not given lie between minus this and this. Positive. Default 10.0.
---@field shuffle? boolean Whether samples come in random order. Default true.
---@field seed? integer Of the random numbers. Default 0.

---Settings of [`Canvas`].
---@class mynah.CanvasOptions
---@field background? string The colour that everything is drawn over. Default "#15181e".
---@field scale? number Pixels to a unit of length, in [0.1, 8]: 2 draws the same picture twice as large. Default 1.0.

---Settings of [`cg`].
---@class mynah.CgOptions
---@field steps? integer Steps at most. Default 10000.
---@field evaluations? integer Evaluations at most. Default: no bound.
---@field tolerance? number Done when the gradient's length is at most this, at least 0. Default 1e-8.
---@field formula? "hager_zhang"|"polak_ribiere" How directions are made conjugate: "hager_zhang" or "polak_ribiere". Default "hager_zhang".
---@field c1? number Line search: the share of the slope's promise that f has to keep, in (0, 0.5). Default 0.0001.
---@field c2? number Line search: the share of the slope that may be left, in (c1, 1). Default 0.1.
---@field x0? number[]|mynah.Tensor The point to start from; needed.

---How the answers of a conversation are drawn.
---@class mynah.ChatOptions
---@field tokens? integer Most tokens to add. Default 200.
---@field temperature? number Divides the logits: lower is safer, 0 always takes the likeliest token. Default 0.8.
---@field top_k? integer Draws only from this many of the likeliest tokens; 0 means all. Default 0.
---@field top_p? number Draws only from the likeliest tokens that together have this probability, in (0, 1]. Default 0.95.
---@field min_p? number Draws only from tokens with at least this part of the likeliest one's probability, in [0, 1]; 0 means all. Default 0.0.
---@field typical_p? number Draws only from the tokens of the most usual surprise that together have this probability, in (0, 1]. Default 1.0.
---@field repetition_penalty? number Makes tokens that came lately less likely; 1 changes nothing, less is refused. Default 1.0.
---@field presence_penalty? number Taken from the logits of tokens that came lately, however often; at least 0. Default 0.0.
---@field frequency_penalty? number Taken from the logits of tokens that came lately, for each time; at least 0. Default 0.0.
---@field repetition_window? integer How many of the newest tokens the penalties look at. Default 64.
---@field ignore_end? boolean Whether the text goes on past the tokenizer's end token. Default false.
---@field seed? integer Seed of the draws. Default: other draws every time.
---@field system? string The system prompt: who the assistant is.
---@field template? string What makes a text of the conversation: "plain", "chatml", "llama2", "llama3" or a Jinja template. Default: that of the tokenizer.
---@field stop? string|string[] A text, or several, before which it ends.
---@field logit_bias? table<integer, number> Added to the logits of tokens, by their numbers: `{ [17] = -2.5 }`.
---@field banned? integer[] Numbers of tokens that never come.
---@field choices? string[] The text is one of these. Of `choices`, `regex`, `json` and `grammar` at most one; what they say holds always.
---@field regex? string The whole text matches this regular expression, in the notation of Rust's `regex`.
---@field json? table|string The text is JSON that fits this JSON schema, a table or its text.
---@field grammar? string The text follows this grammar, in llama.cpp's GBNF notation.
---@field chain? (string|fun(logits: mynah.Tensor, recent: integer[]): mynah.Tensor?)[] What works on the odds and in which order: "bias", "penalties", "temperature", "top_k", "top_p", "min_p",  "typical_p", and functions anywhere among them. A function gets the logits as they are there (-inf for what was left  out) and the recent tokens' numbers; it changes the tensor, or returns another.

---Settings of [`circles`].
---@class mynah.CirclesOptions
---@field samples? integer How many samples, half on each circle. At least 1. Default 100.
---@field noise? number The standard deviation of Gaussian noise, at least 0. Default 0.05.
---@field factor? number The radius of the inner circle; that of the outer is 1. In [0, 1). Default 0.5.
---@field shuffle? boolean Whether samples come in random order. Default true.
---@field seed? integer Of the random numbers. Default 0.

---Settings of [`classification`].
---@class mynah.ClassificationOptions
---@field samples? integer How many samples, in equal parts from the classes. At least 1. Default 100.
---@field features? integer How many features; those neither informative nor redundant are noise. Default 20.
---@field informative? integer How many features tell the class, from 1 to 4096. Default 2.
---@field redundant? integer How many are mixtures of the informative ones. Default 2.
---@field classes? integer How many classes, at least 1. Default 2.
---@field clusters_per_class? integer How many clusters each class has, at least 1; all together at most 2^informative. Default 2.
---@field class_sep? number Half the side of the cube at whose corners clusters lie: larger is easier. At least 0. Default 1.0.
---@field flip? number The share of samples whose class is drawn anew, in [0, 1]. Default 0.01.
---@field shuffle? boolean Whether samples and features come in random order; else informative, redundant, noise. Default true.
---@field seed? integer Of the random numbers. Default 0.

---Settings of [`cmaes`].
---@class mynah.CmaesOptions
---@field sigma? number First standard deviation of the samples, positive. Default: 0.2 of the width of the bounds, or of twice `reach`.
---@field population? integer Samples per generation, at least 4. Default 4 + 3 ln(dim).
---@field restarts? "none"|"ipop"|"bipop" "none", "ipop" (twice the population each time) or "bipop" (large and small in turn). Default "bipop".
---@field active? boolean Learn from the worst samples too. Default true.
---@field separable? boolean Keep only a diagonal: for hundreds of coordinates. Default: from 200 coordinates on.
---@field f_tol? number A run ends when its values differ by less, at least 0. Default 1e-12.
---@field x_tol? number A run ends when its steps are below this share of `sigma`, at least 0. Default 1e-12.
---@field x0? number[] Where to start. Default: the middle of the bounds, or 0.
---@field lower? number|number[] Smallest allowed value, one number or one per coordinate. Default: no bound.
---@field upper? number|number[] Largest allowed value, one number or one per coordinate. Default: no bound.
---@field dim? integer Number of coordinates, where neither `x0` nor a list of bounds tells. Default: not given.
---@field reach? number About how far from `x0` to look in coordinates that lack a bound, positive. Default 2.0.
---@field budget? integer Most evaluations of the function. Default 10000.
---@field target? number Stop at a value at or below this. Default: never.
---@field seed? integer Seed of the random numbers: same seed, same search. Default: another one each time.

---How a codebook is learned.
---@class mynah.CodebookOptions
---@field entries? integer How many vectors it has, at most as many as there are samples; from 1. Default 16.
---@field steps? integer Steps of k-means at most. Default 50.
---@field seed? integer Of the first vectors. Default 0.

---Lines of equal height over a grid, as in [`HeatMap`].
---@class mynah.ContourOptions
---@field x_range? number[] Where the first and the last column are. Default: 1 and their number.
---@field y_range? number[] Where the first and the last row are. Default: 1 and their number.
---@field count? integer About how many heights to choose, 1 to 200. Default 10.
---@field spacing? "linear"|"log" Whether chosen heights have equal differences ("linear") or equal ratios ("log"). Default "linear".
---@field color? string The lines' colour. Default: by height through the figure's map; ink over a heat map.
---@field width? number The lines' width in pixels, above 0. Default 1.2.
---@field filled? boolean Fill the areas between the lines. Default false.
---@field values? number[][]|mynah.Tensor The heights over a grid, row by row, the first row lowest; needed.
---@field levels? number[]|mynah.Tensor The heights to draw. Default: about `count`, chosen.

---What a controller sees, what it can do, and how it learns.
---@class mynah.ControllerOptions
---@field inputs? integer Numbers in an observation, from 1 to 4096. Default 0.
---@field actions? string[] What it can do, at least two. Default {}.
---@field hidden? integer[] Neurons of each hidden layer; none: one linear layer. Default {8}.
---@field lr? number Learning rate, positive. Default 0.02.
---@field discount? number What a reward is worth a step earlier, in [0, 1]. Default 0.98.
---@field entropy? number How much indecision is rewarded, at least 0. Default 0.01.
---@field seed? integer Seed of the first genes and of the draws. Default 1.
---@field brain? mynah.Learner|mynah.Module|mynah.Maze|mynah.Grid|fun(observation: any): any Another brain, in place of a small net of its own: a fitted learner, a net whose outputs are the `actions`, a maze or  grid to walk through, or a function.

---How a text becomes a corpus.
---@class mynah.CorpusOptions
---@field documents? "whole"|"paragraph"|"line" What in a text is one document: "whole" (default), "paragraph" (between blank lines) or "line". A line of a JSONL file always is one. Default "whole".
---@field field? string The field of JSONL records that holds the text. Default "text".
---@field ends? boolean Whether the tokenizer's tokens for the beginning and end of a text stand around each document, if it has them. Default true.
---@field val_fraction? number Part of the documents that is held out and never trained on, in [0, 0.5]; of a single document, its end. Default 0.1.
---@field seed? integer Seed of the choice of documents held out. Default 1.
---@field cache? string Folder in which the tokens of files are kept, for the next time and to be read from there; without, they stay in memory.
---@field tokenizer? mynah.Tokenizer The tokenizer of the model that shall learn it; needed.
---@field text? string A text.
---@field path? string A text file, a JSONL file (`.jsonl`), or a folder of them.

---Settings of [`read_csv`] and [`read_samples`].
---@class mynah.CsvOptions
---@field header? boolean Whether the first line holds names. Default: if some column begins with words and goes on with numbers.
---@field separator? string What stands between fields, one ASCII character. Default: a tab, semicolon or comma, whichever fits.
---@field target? integer|string The column to be predicted, by name or by number from 1. Default: the last.
---@field words? "refuse"|"code" What becomes of features that are words: "refuse" or "code" (0, 1, 2 and so on). Default "refuse".

---Settings of [`Dbscan`].
---@class mynah.DbscanOptions
---@field eps? number Samples at most this far apart are neighbours, positive. Default 0.5.
---@field min_samples? integer A sample with this many neighbours, itself among them, is at the core of a cluster, at least 1. Default 5.

---How a cosine transform cuts what it is given.
---@class mynah.DctOptions
---@field block? integer The length of a piece, or the side of a square, each transformed by itself; from 1. Default: all at once.

---Settings of [`de`].
---@class mynah.DeOptions
---@field population? integer Points at the start, at least 4; they shrink to 4 by the end of the budget. Default 18 per coordinate.
---@field p? number Share of the population that counts as best in the mutation, in (0, 1]. Default 0.11.
---@field memory? integer Remembered pairs of parameters, at least 1. Default 6.
---@field archive? number Size of the archive of replaced points, in populations, at least 0. Default 2.6.
---@field f_tol? number It has converged when all values differ by less, at least 0. Default 0.0.
---@field x0? number[] Where to start. Default: the middle of the bounds, or 0.
---@field lower? number|number[] Smallest allowed value, one number or one per coordinate. Default: no bound.
---@field upper? number|number[] Largest allowed value, one number or one per coordinate. Default: no bound.
---@field dim? integer Number of coordinates, where neither `x0` nor a list of bounds tells. Default: not given.
---@field reach? number About how far from `x0` to look in coordinates that lack a bound, positive. Default 2.0.
---@field budget? integer Most evaluations of the function. Default 10000.
---@field target? number Stop at a value at or below this. Default: never.
---@field seed? integer Seed of the random numbers: same seed, same search. Default: another one each time.

---Settings of [`DecisionTree`].
---@class mynah.DecisionTreeOptions
---@field criterion? "gini"|"entropy" How mixed a node is: "gini" or "entropy". Default "gini".
---@field splitter? "best"|"random" Where to cut: at the "best" threshold of each feature, or at a "random" one. Default "best".
---@field max_depth? integer Steps from the root to a leaf at most, from 1. Default: no limit.
---@field min_samples_split? integer Nodes with fewer samples are not cut, from 2. Default 2.
---@field min_samples_leaf? integer The least number of samples in a leaf, from 1. Default 1.
---@field max_features? "all"|"sqrt"|"log2"|number How many features each cut tries: "all", "sqrt", "log2", a share below 1, or a whole number. Default "all".
---@field max_leaves? integer Leaves at most, from 2; the cuts that help most come first. Default: no limit.
---@field min_impurity_decrease? number A cut must lower the impurity of the whole by so much, not negative. Default 0.0.
---@field ccp_alpha? number Prune branches whose leaves lower the impurity of the whole by less than this each, not negative. Default 0.0.
---@field class_weight? "balanced"|number[]|table How much the samples of each class weigh: "balanced" (samples / (classes · samples of the class)), a list with a positive number for each class, or { label = number }. Default: 1 for all.
---@field seed? integer Of the choice of features and of random thresholds. Default 0.

---Settings of [`DecisionTreeRegressor`].
---@class mynah.DecisionTreeRegressorOptions
---@field splitter? "best"|"random" Where to cut: at the "best" threshold of each feature, or at a "random" one. Default "best".
---@field max_depth? integer Steps from the root to a leaf at most, from 1. Default: no limit.
---@field min_samples_split? integer Nodes with fewer samples are not cut, from 2. Default 2.
---@field min_samples_leaf? integer The least number of samples in a leaf, from 1. Default 1.
---@field max_features? "all"|"sqrt"|"log2"|number How many features each cut tries: "all", "sqrt", "log2", a share below 1, or a whole number. Default "all".
---@field max_leaves? integer Leaves at most, from 2; the cuts that help most come first. Default: no limit.
---@field min_impurity_decrease? number A cut must lower the squared error by so much (per sample of the whole), not negative. Default 0.0.
---@field ccp_alpha? number Prune branches whose leaves lower the squared error by less than this each, not negative. Default 0.0.
---@field seed? integer Of the choice of features and of random thresholds. Default 0.

---Settings of [`descend`].
---@class mynah.DescendOptions
---@field lr? number Step per unit of gradient, above 0; with a line search the first trial. Default 0.01.
---@field momentum? number Share of the velocity kept from step to step, in [0, 1). Default 0.0.
---@field line_search? boolean Shorten steps until they go down, and lengthen them again when they do (needs no momentum). Default false.
---@field steps? integer Steps at most. Default 10000.
---@field evaluations? integer Evaluations at most. Default: no bound.
---@field tolerance? number Done when the gradient's length is at most this, at least 0. Default 1e-6.
---@field x0? number[]|mynah.Tensor The point to start from; needed.

---How dropout draws.
---@class mynah.DropoutOptions
---@field seed? integer Seed of the draws. Default: other draws every time, or as `manual_seed` says.

---Settings of [`ElasticNet`].
---@class mynah.ElasticNetOptions
---@field alpha? number The price of the weights against the mean squared error, half of it: 0 to 1e100. Default 1.0.
---@field l1_ratio? number The part of it on sizes, the rest on half the squares: 0 to 1. Default 0.5.
---@field fit_intercept? boolean Learn a bias. Default true.
---@field tolerance? number The duality gap to reach, as a part of the answers' squares; positive. Default 0.0001.
---@field steps? integer Ways through all weights at most. Default 1000.

---Sizes, and what shall be known about them.
---@class mynah.EstimateOptions
---@field vocab? integer Distinct tokens; 0 takes the tokenizer's number. Default 0.
---@field dim? integer Width of the residual stream; without `head_dim`, a multiple of 2·heads. Default 128.
---@field layers? integer Transformer blocks. Default 4.
---@field heads? integer Attention heads. Default 4.
---@field kv_heads? integer Key-value heads, a divisor of `heads`; 0 means as many as `heads`. Default 0.
---@field head_dim? integer Width of a head, even; 0 means dim / heads. Default 0.
---@field hidden? integer Width inside the feed-forward part; 0 means 8/3·dim rounded up to a multiple of 8. Default 0.
---@field context? integer Longest sequence it is trained on, in tokens. Default 256.
---@field positions? "rope"|"interleaved"|"learned" How it knows where a token stands: "rope", "interleaved" or "learned". Default "rope".
---@field rope_theta? number Base of the rotary positions' wavelengths. Default 10000.0.
---@field rope_scaling? mynah.RopeScalingOptions Stretches the rotary positions' wavelengths.
---@field qkv_bias? boolean Whether queries, keys and values have biases (Qwen2). Default false.
---@field qk_norm? boolean Whether each head's queries and keys are normalised (Qwen3). Default false.
---@field tied? boolean Whether the output shares the embedding's weights. Default true.
---@field causal? boolean Whether a position sees only those before it; without, every position of its document. Default true.
---@field dropout? number Part of the numbers dropped while training, after the embedding and after each part of a block; in [0, 1). Default 0.0.
---@field norm_eps? number Added to the mean square in RMSNorm. Default 0.00001.
---@field batch? integer Windows in a batch, at least 1. Default 12.
---@field time? integer Positions in a window; 0 (default) means the model's context. Default 0.
---@field recompute? boolean Whether activations are recomputed on the way back. Default false.
---@field slots? integer Numbers that the optimizer keeps for each weight: AdamW 2 (default), Muon and momentum 1, plain descent 0. Default 2.
---@field tokens? integer Tokens to train on; 0 (default) means 20 per parameter (Hoffmann et al. 2022, arXiv:2203.15556). Default 0.
---@field tokens_per_second? number Tokens per second of training that were measured with this model; positive.
---@field flops_per_second? number Floating-point operations per second that were measured with any model; positive. Used where there are no `tokens_per_second`.
---@field bits? integer Bits of a weight in generation: 32 (default), 8 or 4. Default 32.
---@field sessions? integer Texts that are generated at once, at least 1. Default 1.

---Settings of a [`Figure`].
---@class mynah.FigureOptions
---@field title? string The line above the figure. Default: none. Default "".
---@field x_label? string What the x axis shows. Default: none. Default "".
---@field y_label? string What the y axis shows. Default: none. Default "".
---@field x_scale? "linear"|"log" "linear" or "log". Default "linear".
---@field y_scale? "linear"|"log" "linear" or "log". Default "linear".
---@field x_range? number[] From where to where the x axis goes. Default: as far as the points.
---@field y_range? number[] From where to where the y axis goes. Default: as far as the points.
---@field x_ticks? number[] Where the x axis has marks. Default: at round numbers; with `x_tick_labels` at 1, 2, 3, ….
---@field y_ticks? number[] Where the y axis has marks. Default: at round numbers; with `y_tick_labels` at 1, 2, 3, ….
---@field x_tick_labels? string[] What is written at the marks of the x axis. Default: their numbers.
---@field y_tick_labels? string[] What is written at the marks of the y axis. Default: their numbers.
---@field width? integer Pixels from left to right, 16 to 16384. Default 800.
---@field height? integer Pixels from top to bottom, 16 to 16384. Default 500.
---@field font_size? number The height of letters in pixels, 4 to 400. Default 15.0.
---@field legend? "auto"|"none"|"outside"|"topright"|"topleft"|"bottomright"|"bottomleft" Where the legend is: "auto", "none", "outside", "topright", "topleft", "bottomright" or "bottomleft". Default "auto".
---@field grid? boolean Draw a grid. Default: unless something covers the paper.
---@field axes? boolean Draw axes. Default: unless there are only images or networks.
---@field equal? boolean Make one unit of x as long as one of y. Default: only where there are only images.
---@field flip_y? boolean Let y grow downwards, as rows of a matrix and of a maze do. Default false.
---@field theme? "light"|"dark" "light" or "dark". Default "light".
---@field background? string The paper's colour. Default: the theme's.
---@field color_map? "viridis"|"magma"|"inferno"|"cividis"|"coolwarm"|"gray" How values become colours: "viridis", "magma", "inferno", "cividis", "coolwarm" (its middle at zero) or "gray". Default "viridis".
---@field color_range? number[] From where to where the values' colours go. Default: all of them.
---@field color_scale? "linear"|"log" "linear" or "log". Default "linear".
---@field color_bar? boolean Show what the colours mean, where values have them. Default true.
---@field color_label? string What the colours show. Default: none. Default "".

---How many frames a film keeps at most.
---@class mynah.FilmOptions
---@field frames? integer Frames that it keeps, at least 2; when it is full every second one goes, so that they stay even. Default 100.

---How samples are cut into folds.
---@class mynah.FoldOptions
---@field folds? integer How many folds, at least 2. Default 5.
---@field shuffle? boolean Put the samples in random order first. Default true.
---@field seed? integer Of the order, and of combinations that are drawn. Default 0.

---Settings of [`RandomForest`] and [`ExtraTrees`].
---@class mynah.ForestOptions
---@field trees? integer How many trees, from 1. Default 100.
---@field criterion? "gini"|"entropy" How mixed a node is: "gini" or "entropy". Default "gini".
---@field max_depth? integer Steps from the root to a leaf at most, from 1. Default: no limit.
---@field min_samples_split? integer Nodes with fewer samples are not cut, from 2. Default 2.
---@field min_samples_leaf? integer The least number of samples in a leaf, from 1. Default 1.
---@field max_features? "all"|"sqrt"|"log2"|number How many features each cut tries: "all", "sqrt", "log2", a share below 1, or a whole number. Default "sqrt".
---@field max_leaves? integer Leaves of each tree at most, from 2; the cuts that help most come first. Default: no limit.
---@field min_impurity_decrease? number A cut must lower the impurity of the whole by so much, not negative. Default 0.0.
---@field ccp_alpha? number Prune branches whose leaves lower the impurity of the whole by less than this each, not negative. Default 0.0.
---@field bootstrap? boolean Each tree learns from as many samples drawn with replacement. Default true for random forests, false for extra trees.
---@field oob? boolean Score each sample by the trees that did not draw it. Needs `bootstrap`. Default false.
---@field class_weight? "balanced"|number[]|table How much the samples of each class weigh: "balanced" (samples / (classes · samples of the class)), a list with a positive number for each class, or { label = number }. Default: 1 for all.
---@field seed? integer Of all draws. Default 0.

---Settings of [`RandomForestRegressor`] and [`ExtraTreesRegressor`].
---@class mynah.ForestRegressorOptions
---@field trees? integer How many trees, from 1. Default 100.
---@field max_depth? integer Steps from the root to a leaf at most, from 1. Default: no limit.
---@field min_samples_split? integer Nodes with fewer samples are not cut, from 2. Default 2.
---@field min_samples_leaf? integer The least number of samples in a leaf, from 1. Default 1.
---@field max_features? "all"|"sqrt"|"log2"|number How many features each cut tries: "all", "sqrt", "log2", a share below 1, or a whole number. Default "all".
---@field max_leaves? integer Leaves of each tree at most, from 2; the cuts that help most come first. Default: no limit.
---@field min_impurity_decrease? number A cut must lower the squared error by so much (per sample of the whole), not negative. Default 0.0.
---@field ccp_alpha? number Prune branches whose leaves lower the squared error by less than this each, not negative. Default 0.0.
---@field bootstrap? boolean Each tree learns from as many samples drawn with replacement. Default true for random forests, false for extra trees.
---@field oob? boolean Score each sample by the trees that did not draw it. Needs `bootstrap`. Default false.
---@field seed? integer Of all draws. Default 0.

---Settings of [`ga`] and [`Ga`]; `dim` is the genome's length.
---@class mynah.GaOptions
---@field genome? "real"|"binary"|"permutation"|"bytes" "real", "binary", "permutation" or "bytes". Default "real".
---@field population? integer Individuals, at least 2. Default 50.
---@field selection? "roulette"|"tournament"|"rank" "roulette", "tournament" or "rank". Default "tournament".
---@field tournament? integer Individuals in a tournament, at least 1. Default 3.
---@field elite? integer Best individuals that are copied into the next generation, fewer than the population. Default 2.
---@field crossover_rate? number Share of children with two parents, in [0, 1]. Default 0.9.
---@field mutation_rate? number Chance of each gene to mutate (a permutation: of one inversion, times its length), in [0, 1]. Default one gene per child.
---@field mutation_size? number Standard deviation of a real gene's mutation, in shares of the first box, positive. Default 0.1, shrinking to a thousandth over the budget.
---@field patience? integer End after this many generations without a better one. Default 0.
---@field x0? number[] Where to start. Default: the middle of the bounds, or 0.
---@field lower? number|number[] Smallest allowed value, one number or one per coordinate. Default: no bound.
---@field upper? number|number[] Largest allowed value, one number or one per coordinate. Default: no bound.
---@field dim? integer Number of coordinates, where neither `x0` nor a list of bounds tells. Default: not given.
---@field reach? number About how far from `x0` to look in coordinates that lack a bound, positive. Default 2.0.
---@field budget? integer Most evaluations of the function. Default 10000.
---@field target? number Stop at a value at or below this. Default: never.
---@field seed? integer Seed of the random numbers: same seed, same search. Default: another one each time.
---@field crossover? (fun(mother: number[], father: number[]): number[]) Makes a child of two parents, in place of the built-in crossover.
---@field mutation? (fun(child: number[]): number[]) Changes a child, in place of the built-in mutation; it decides itself how often.
---@field first? number[][] Individuals to begin with; random ones fill up the population.

---Settings of [`GaussianMixture`].
---@class mynah.GaussianMixtureOptions
---@field components? integer How many Gaussians, at least 1. Default 1.
---@field covariance? "full"|"tied"|"diag"|"spherical" Which shapes they may have: "full", "tied", "diag" or "spherical". Default "full".
---@field steps? integer Steps at most in each start, at least 1. Default 100.
---@field tolerance? number Stop when a step raises the mean log likelihood of a sample by less than this, at least 0. Default 0.001.
---@field reg_covar? number Added to each variance, so that none vanishes, at least 0. Default 1e-6.
---@field starts? integer How often to start; the best result is kept. At least 1. Default 1.
---@field seed? integer Of the random choices. Default 0.

---Settings of [`GaussianNb`].
---@class mynah.GaussianNbOptions
---@field priors? number[] How probable each class is beforehand, in their order, with sum 1. Default: as frequent as in the samples.
---@field var_smoothing? number This part of the largest feature's variance is added to all variances; positive, at most 1. Default 1e-9.

---How a text is continued. What changes the odds works in the order of `chain`; unless it says otherwise: `logit_bias`
---and `banned`, the penalties, `temperature`, `top_k`, `top_p`, `min_p`, `typical_p`.
---@class mynah.GenerateOptions
---@field tokens? integer Most tokens to add. Default 200.
---@field temperature? number Divides the logits: lower is safer, 0 always takes the likeliest token. Default 0.8.
---@field top_k? integer Draws only from this many of the likeliest tokens; 0 means all. Default 0.
---@field top_p? number Draws only from the likeliest tokens that together have this probability, in (0, 1]. Default 0.95.
---@field min_p? number Draws only from tokens with at least this part of the likeliest one's probability, in [0, 1]; 0 means all. Default 0.0.
---@field typical_p? number Draws only from the tokens of the most usual surprise that together have this probability, in (0, 1]. Default 1.0.
---@field repetition_penalty? number Makes tokens that came lately less likely; 1 changes nothing, less is refused. Default 1.0.
---@field presence_penalty? number Taken from the logits of tokens that came lately, however often; at least 0. Default 0.0.
---@field frequency_penalty? number Taken from the logits of tokens that came lately, for each time; at least 0. Default 0.0.
---@field repetition_window? integer How many of the newest tokens the penalties look at. Default 64.
---@field ignore_end? boolean Whether the text goes on past the tokenizer's end token. Default false.
---@field seed? integer Seed of the draws. Default: other draws every time.
---@field stop? string|string[] A text, or several, before which it ends.
---@field logit_bias? table<integer, number> Added to the logits of tokens, by their numbers: `{ [17] = -2.5 }`.
---@field banned? integer[] Numbers of tokens that never come.
---@field choices? string[] The text is one of these. Of `choices`, `regex`, `json` and `grammar` at most one; what they say holds always.
---@field regex? string The whole text matches this regular expression, in the notation of Rust's `regex`.
---@field json? table|string The text is JSON that fits this JSON schema, a table or its text.
---@field grammar? string The text follows this grammar, in llama.cpp's GBNF notation.
---@field chain? (string|fun(logits: mynah.Tensor, recent: integer[]): mynah.Tensor?)[] What works on the odds and in which order: "bias", "penalties", "temperature", "top_k", "top_p", "min_p",  "typical_p", and functions anywhere among them. A function gets the logits as they are there (-inf for what was left  out) and the recent tokens' numbers; it changes the tensor, or returns another.

---Settings of [`PictureGa`].
---@class mynah.GeneticOptions
---@field shape? "triangle"|"ellipse"|"rectangle"|"polygon"|"curve" What to paint with: "triangle", "ellipse", "rectangle", "polygon" or "curve". Default "triangle".
---@field shapes? integer Shapes in each picture, 1 to 100,000. Default 50.
---@field corners? integer Corners of a polygon, 3 to 32. Default 5.
---@field width? number Width of a curve in pixels, more than 0. Default 3.0.
---@field alpha? number Opacity of every shape, in (0, 1]; 0 lets each shape have its own. Default 0.0.
---@field background? integer[] The colour below all shapes, as red, green and blue from 0 to 255. Default: the mean of the picture.
---@field size? integer Longest side, in pixels, that the target is reduced to before painting; 0 keeps its size. Default 128.
---@field population? integer Pictures in the population, 2 to 100,000. Default 24.
---@field elite? integer How many of the best are copied into the next generation unchanged, at least 1. Default 2.
---@field tournament? integer Pictures that meet in a tournament; the best becomes a parent. At least 1. Default 3.
---@field crossover? number Share of the children that have two parents, in [0, 1]. Default 0.8.
---@field mutations? number Mean number of mutations in a child, at least 0. Default 1.0.
---@field polish? integer Changes in a row without a gain that end the climb of one shape per child; 0 for none. Default 20.
---@field generations? integer Generations to breed. Default 1000.
---@field seed? integer The seed of all chance. Default 0.
---@field image? string|mynah.Image The picture to paint: a PNG, JPEG or GIF file, or an Image; needed.

---Settings of Gibbs sampling.
---@class mynah.GibbsOptions
---@field sweeps? integer Sweeps over the grid that count, at least 1. Default 20.
---@field burn_in? integer Sweeps before those, which do not. Default 10.
---@field seed? integer Of the random choices. Default 0.

---Settings of [`gradcheck`].
---@class mynah.GradcheckOptions
---@field step? number Length of the step in a coordinate, as a share of its size (of 1 for smaller ones), in (0, 1). Default 0.001.
---@field tolerance? number The largest relative error that passes, positive. Default 1e-6.

---Settings of [`GradientBoosting`].
---@class mynah.GradientBoostingOptions
---@field trees? integer How many trees (for more than two classes: of each class), from 1. Default 100.
---@field lr? number How much of each tree's answer is taken, above 0 up to 1. Default 0.1.
---@field max_leaves? integer Leaves of each tree at most, from 2. Default 31.
---@field max_depth? integer Steps from the root to a leaf at most, from 1. Default: no limit.
---@field min_samples_leaf? integer The least number of samples in a leaf, from 1. Default 20.
---@field l2? number How much large answers cost, not negative. Default 0.0.
---@field max_bins? integer Bins of each feature at most, from 2 to 255. Default 255.
---@field categories? integer[] Features whose numbers are names of categories, counted from 1. Default: none.
---@field early_stopping? boolean Hold out some samples, and stop when they are no longer answered better. Default false.
---@field validation? number The share of samples that `early_stopping` holds out, above 0 and below 1. Default 0.1.
---@field patience? integer Trees without progress after which `early_stopping` stops, from 1. Default 10.
---@field tolerance? number What counts as progress for `early_stopping`, not negative. Default 1e-7.
---@field class_weight? "balanced"|number[]|table How much the samples of each class weigh: "balanced" (samples / (classes · samples of the class)), a list with a positive number for each class, or { label = number }. Default: 1 for all.
---@field seed? integer Of the samples held out, and of those that the bins are taken from. Default 0.

---Settings of [`GradientBoostingRegressor`].
---@class mynah.GradientBoostingRegressorOptions
---@field trees? integer How many trees, from 1. Default 100.
---@field lr? number How much of each tree's answer is taken, above 0 up to 1. Default 0.1.
---@field max_leaves? integer Leaves of each tree at most, from 2. Default 31.
---@field max_depth? integer Steps from the root to a leaf at most, from 1. Default: no limit.
---@field min_samples_leaf? integer The least number of samples in a leaf, from 1. Default 20.
---@field l2? number How much large answers cost, not negative. Default 0.0.
---@field max_bins? integer Bins of each feature at most, from 2 to 255. Default 255.
---@field categories? integer[] Features whose numbers are names of categories, counted from 1. Default: none.
---@field early_stopping? boolean Hold out some samples, and stop when they are no longer answered better. Default false.
---@field validation? number The share of samples that `early_stopping` holds out, above 0 and below 1. Default 0.1.
---@field patience? integer Trees without progress after which `early_stopping` stops, from 1. Default 10.
---@field tolerance? number What counts as progress for `early_stopping`, as a share of the first loss, not negative. Default 1e-7.
---@field seed? integer Of the samples held out, and of those that the bins are taken from. Default 0.

---Settings of [`graph_path`].
---@class mynah.GraphOptions
---@field max_expanded? integer Nodes to expand at most; then there is no way. Default: no limit.
---@field start? number|string Where the way begins: a number or a string; needed.
---@field goal? number|string Where it ends; or give `is_goal`.
---@field is_goal? (fun(node): boolean) Tells whether a node is a goal.
---@field neighbours? (fun(node): table[]) Gives the nodes beside a node with their costs, as a list of `{ node, cost }`; needed.
---@field estimate? (fun(node): number) A lower bound of what is left to the goal; without one it is Dijkstra's method.

---Settings of [`Hdbscan`].
---@class mynah.HdbscanOptions
---@field min_cluster_size? integer The smallest group that is a cluster, at least 2. Default 5.
---@field min_samples? integer How many neighbours, itself among them, measure how dense it is around a sample, at least 1. Default: as `min_cluster_size`.
---@field selection? "eom"|"leaf" Which clusters are chosen: "eom" (few, large) or "leaf" (many, small). Default "eom".
---@field allow_single_cluster? boolean Whether all samples may be one cluster. Default false.

---Values over a grid, shown as colours through the figure's map. The first row is the lowest, or the highest in a
---figure with `flip_y`.
---@class mynah.HeatMapOptions
---@field x_range? number[] Where the middles of the first and the last column are. Default: 1 and their number.
---@field y_range? number[] Where the middles of the first and the last row are. Default: 1 and their number.
---@field smooth? boolean Mix the colours of neighbours, for a function sampled at points. Default false.
---@field numbers? boolean Write each value into its cell. Default false.
---@field values? number[][]|mynah.Tensor The values, row by row, the first row lowest unless the figure has `flip_y`; needed.

---How often values fall into each of several ranges.
---@class mynah.HistogramOptions
---@field bins? integer How many ranges, up to 10,000; 0 to choose from the spread (Freedman & Diaconis 1981). Default 0.
---@field range? number[] From where to where values are counted. Default: all of them.
---@field density? boolean Show shares per unit of x, whose area is 1, instead of counts. Default false.
---@field label? string Its name in the legend. Default: none. Default "".
---@field color? string Its colour. Default: the palette's next.
---@field opacity? number How much it hides of what is below, in [0, 1]. Default 0.8.
---@field values? number[]|mynah.Tensor The values; needed.

---Settings of [`Hmm`].
---@class mynah.HmmOptions
---@field states? integer How many hidden states, 1 to 4096. Default 2.
---@field kind? "discrete"|"gaussian" What they show: "discrete" or "gaussian". Default "gaussian".
---@field symbols? integer How many symbols there are, for "discrete"; 0 takes as many as the sequences show. Default 0.
---@field covariance? "diag"|"full" The shape of each Gaussian: "diag" or "full". Default "diag".
---@field topology? "full"|"left_to_right" The moves possible at the start: "full" or "left_to_right". Default "full".
---@field steps? integer Steps of the fit at most in each start, at least 1. Default 100.
---@field tolerance? number Stop when a step raises the log likelihood of all sequences by less than this, at least 0. Default 0.01.
---@field starts? integer How often to start; the best result is kept. At least 1. Default 1.
---@field pseudocount? number Added to the expected count of each possible start, move and symbol, at least 0. Default 0.0.
---@field floor? number No variance falls below this part of the data's, above 0. Default 1e-6.
---@field learn_start? boolean Whether the fit changes the start probabilities. Default true.
---@field learn_transition? boolean Whether the fit changes the transitions. Default true.
---@field learn_emission? boolean Whether the fit changes what the states show. Default true.
---@field seed? integer Of the random choices. Default 0.
---@field start? number[] How probable each state is at the beginning.
---@field transition? number[][] How probable each state (columns) is after each (rows); what is 0 stays 0.
---@field emission? number[][] How probable each symbol (columns) is in each state (rows), for discrete ones.
---@field means? number[][] The mean of each state, for Gaussian ones.
---@field covariances? number[][] The variances of each state, or its covariance matrix row by row, for Gaussian ones.
---@field labels? number[]|string[] What the columns of `emission` stand for. Default 1, 2, …

---Settings of [`Ica`].
---@class mynah.IcaOptions
---@field components? integer How many components, at least 1. Default: all.
---@field contrast? "logcosh"|"exp"|"cube" The contrast: "logcosh", "exp" or "cube". Default "logcosh".
---@field steps? integer Steps at most, at least 1. Default 200.
---@field tolerance? number Stop when no direction turns by more than this (one less the cosine), positive. Default 0.0001.
---@field seed? integer Of the starting directions. Default 0.

---A picture, its first row always at the top.
---@class mynah.ImageOptions
---@field x_range? number[] From where to where it reaches. Default: 0 and its pixels.
---@field y_range? number[] From where to where it reaches. Default: 0 and its pixels.
---@field smooth? boolean Mix the colours of neighbours. Default false.

---The matrices of a linear model with Gaussian noise.
---@class mynah.KalmanModelOptions
---@field transition? number[][] A: how the state moves on by itself. `[n][n]` Default {}.
---@field control? number[][] B: how controls move it, if there are any. `[n][controls]`
---@field observation? number[][] H: what is seen of it. `[m][n]` Default {}.
---@field process_noise? number[][] Q: the covariance of its own noise. `[n][n]` Default {}.
---@field observation_noise? number[][] R: the covariance of the noise of what is seen. `[m][m]` Default {}.
---@field start_mean? number[] The mean of the first state, before the first observation; none is zero. `[n]`
---@field start_covariance? number[][] The covariance of the first state; none is the identity. `[n][n]`

---Settings of [`Kalman::fit`].
---@class mynah.KalmanOptions
---@field steps? integer Steps of the fit at most, at least 1. Default 100.
---@field tolerance? number Stop when a step raises the log likelihood by less than this part of it, at least 0. Default 1e-6.
---@field floor? number No variance that is learned falls below this, above 0. Default 1e-9.
---@field learn_transition? boolean Whether the fit changes the transition A. Default false.
---@field learn_observation? boolean Whether the fit changes the observation H. Default false.
---@field learn_process_noise? boolean Whether the fit changes the noise Q. Default true.
---@field learn_observation_noise? boolean Whether the fit changes the noise R. Default true.
---@field learn_start? boolean Whether the fit changes where the state begins. Default false.

---Settings of [`KernelPca`].
---@class mynah.KernelPcaOptions
---@field components? integer How many components are kept, at least 1. Default 2.
---@field kernel? "linear"|"poly"|"rbf"|"sigmoid"|"cosine" The kernel: "linear", "poly", "rbf", "sigmoid" or "cosine". Default "linear".
---@field gamma? number The kernel's `gamma`, positive. Default: one over the number of features.
---@field degree? integer The degree of "poly", in [1, 20]. Default 3.
---@field coef0? number What "poly" and "sigmoid" add. Default 1.0.
---@field seed? integer Of the start of the search for eigenvectors. Default 0.

---Settings of [`Kmeans`].
---@class mynah.KmeansOptions
---@field clusters? integer How many clusters, at least 1. Default 8.
---@field init? "k-means++"|"random" Where to start: "k-means++" or "random". Default "k-means++".
---@field starts? integer How often to start; the best result is kept. At least 1. Default 1.
---@field steps? integer Steps at most in each start, at least 1. Default 300.
---@field tolerance? number Stop when the centres' squared movement is at most this times the mean variance, at least 0. Default 0.0001.
---@field seed? integer Of the random choices. Default 0.

---Settings of [`Knn`] and [`KnnRegressor`].
---@class mynah.KnnOptions
---@field neighbors? integer How many neighbours answer, at least 1; all, if there are fewer. Default 5.
---@field weights? "uniform"|"distance" How much each counts: "uniform", or "distance" (the inverse of its distance). Default "uniform".
---@field algorithm? "auto"|"kd_tree"|"brute" How neighbours are found, all exactly: "kd_tree", "brute" (matrix products), or "auto" (a tree below 16 features). Default "auto".

---Settings of [`lamb`].
---@class mynah.LambOptions
---@field lr? number Learning rate: the length of a step as a share of the parameter's length, at least 0. Default 0.001.
---@field beta1? number Decay of the running mean of gradients, in [0, 1). Default 0.9.
---@field beta2? number Decay of the running mean of squared gradients, in [0, 1). Default 0.999.
---@field eps? number Added to denominators so that they never reach zero, above 0. Default 1e-6.
---@field weight_decay? number Weight decay: this times the parameter is added to Adam's direction, at least 0. Default 0.0.
---@field debias? boolean Correct both moments inside the trust ratio, as the paper's last version does. Default false.
---@field schedule? mynah.ScheduleOptions How the learning rate changes over the run. Default: not at all.

---Settings of [`Lasso`].
---@class mynah.LassoOptions
---@field alpha? number The price of the weights' sizes against the mean squared error, half of it: 0 to 1e100. Default 1.0.
---@field fit_intercept? boolean Learn a bias. Default true.
---@field tolerance? number The duality gap to reach, as a part of the answers' squares; positive. Default 0.0001.
---@field steps? integer Ways through all weights at most. Default 1000.

---How a layer is made.
---@class mynah.LayerOptions
---@field seed? integer Seed of the first weights. Default: other weights every time, or as `manual_seed` says.
---@field device? string Where it lives: "cpu", or "wgpu" in a build that has it. Default: see `mynah.device`.

---Settings of [`lbfgs`].
---@class mynah.LbfgsOptions
---@field steps? integer Steps at most. Default 1000.
---@field evaluations? integer Evaluations at most. Default: no bound.
---@field tolerance? number Done when the gradient's length is at most this, at least 0. Default 1e-8.
---@field history? integer Past steps that are remembered, at least 1. Default 20.
---@field c1? number Line search: the share of the slope's promise that f has to keep, in (0, 0.5). Default 0.0001.
---@field c2? number Line search: the share of the slope that may be left, in (c1, 1); 0.9 spends the fewest trials per step, less the fewest steps. Default 0.5.
---@field x0? number[]|mynah.Tensor The point to start from; needed.

---Settings of [`Lda`].
---@class mynah.LdaOptions
---@field components? integer How many topics, 1 to 4096. Default 10.
---@field method? "batch"|"online"|"gibbs" How to learn: "batch", "online" or "gibbs". Default "batch".
---@field alpha? number The prior of a text's topics, above 0; small makes texts of few topics. None is 1 / components. Default none.
---@field eta? number The prior of a topic's words, above 0; small makes topics of few words. None is 1 / components. Default none.
---@field steps? integer Passes over all texts at most (for "gibbs", exactly), at least 1. Default 10.
---@field tolerance? number Stop when a pass lowers the perplexity by less than this part of it, at least 0; measured every fifth pass; 0 never measures nor stops. Default 0.0.
---@field batch_size? integer Texts in each step of "online", at least 1. Default 128.
---@field learning_decay? number How fast "online" forgets, in (0.5, 1]. Default 0.7.
---@field learning_offset? number How little the first steps of "online" count, at least 1. Default 10.0.
---@field seed? integer Of the random choices. Default 0.

---How a character learns.
---@class mynah.LearnOptions
---@field rank? integer Rank of a new adapter, from 1 to 4096. Default 8.
---@field lr? number Learning rate, positive. Default 0.005.
---@field steps? integer Steps of training, at least 1. Default 300.
---@field batch? integer Conversations in a step, at least 1. Default 2.
---@field turns? integer Each pair is practised alone and behind others, in conversations of up to so many turns; at least 1. Default 3.
---@field worse? number By how much the mean loss of the held-out lines may grow, in nats per token, at least 0. Default 0.1.
---@field seed? integer Seed of the adapter and of the order. Default 1.
---@field keep? string[][] Pairs that it answers well already, rehearsed along with the new ones so that it keeps them.
---@field held_out? string[][] Pairs that must not become worse: if they do, what was learned is thrown away.

---Settings of [`levenberg`].
---@class mynah.LevenbergOptions
---@field steps? integer Steps at most, those that were tried and taken back included. Default 500.
---@field evaluations? integer Evaluations at most. Default: no bound.
---@field tolerance? number Done when the gradient's length is at most this, at least 0. Default 1e-10.
---@field step_tolerance? number Done when a step is shorter than this share of the point's length, at least 0. Default 1e-14.
---@field damping? number First damping, as a share of the squared columns of the Jacobian, above 0. Default 0.001.
---@field x0? number[]|mynah.Tensor The point to start from; needed.

---A line through points, with a band around it if `low` and `high` are given.
---@class mynah.LineOptions
---@field label? string Its name in the legend. Default: none. Default "".
---@field color? string Its colour. Default: the palette's next.
---@field width? number Its width in pixels, at least 0 (no line). Default 2.0.
---@field dash? "solid"|"dashed"|"dotted"|"dashdot" How it is broken: "solid", "dashed", "dotted" or "dashdot". Default "solid".
---@field marker? "none"|"circle"|"square"|"diamond"|"triangle"|"star"|"cross"|"plus"|"ring" The shape of its points: "none", "circle", "square", "diamond", "triangle", "star", "cross", "plus" or "ring". Default "none".
---@field size? number The width of its points in pixels, above 0. Default 7.0.
---@field steps? boolean Draw stairs: each value holds until the next. Default false.
---@field x? number[]|mynah.Tensor Where the points are from left to right. Default: 1, 2, 3, ….
---@field y? number[]|mynah.Tensor How high they are; needed.
---@field low? number[]|mynah.Tensor The lower rim of a band around the line.
---@field high? number[]|mynah.Tensor The upper rim of the band.
---@field points? number[][]|mynah.Tensor Points { x, y }, in place of `x` and `y`.
---@field closed? boolean Whether the line goes back to its first point. Default false.

---Settings of [`LinearDiscriminant`].
---@class mynah.LinearDiscriminantOptions
---@field priors? number[] How probable each class is beforehand, in their order, with sum 1. Default: as frequent as in the samples.
---@field components? integer Discriminants that `transform` gives: at least 1; at most one less than classes, and not more than features. Default: as many as there can be.
---@field shrinkage? number How far the covariance is drawn towards a round one, for few samples: 0 to 1. Default 0.0.
---@field tolerance? number Directions with smaller deviations (of features with deviation 1) count as having none; positive. Default 0.0001.

---How a linear layer is made.
---@class mynah.LinearOptions
---@field bias? boolean Whether a learned bias is added. Default true.
---@field seed? integer Seed of the first weights. Default: other weights every time, or as `manual_seed` says.
---@field device? string Where it lives: "cpu", or "wgpu" in a build that has it. Default: see `mynah.device`.

---Settings of [`LinearRegression`].
---@class mynah.LinearRegressionOptions
---@field fit_intercept? boolean Learn a bias. Default true.

---Settings of [`lion`].
---@class mynah.LionOptions
---@field lr? number Learning rate: the length of a step in each coordinate, at least 0; a third to a tenth of AdamW's serves well. Default 0.0001.
---@field beta1? number Share of the momentum in the blend whose sign is followed, in [0, 1). Default 0.9.
---@field beta2? number Decay of the momentum, in [0, 1). Default 0.99.
---@field weight_decay? number Weight decay: each step first shrinks the parameter by the share `lr * weight_decay`, at least 0. Default 0.0.
---@field schedule? mynah.ScheduleOptions How the learning rate changes over the run. Default: not at all.

---How a model is read from a file.
---@class mynah.LoadOptions
---@field device? string Where it shall live: "cpu", or "wgpu" in a build that has it. Default: see `mynah.device`.

---Settings of [`LogisticRegression`].
---@class mynah.LogisticRegressionOptions
---@field C? number How much the samples count against the penalty: small ones keep the weights small. Positive. Default 1.0.
---@field penalty? "l2"|"l1"|"none" What is kept small: "l2" (squares of the weights), "l1" (their sizes: many become 0) or "none". Default "l2".
---@field class_weight? "balanced"|number[]|table How much the samples of each class count: "balanced" (samples / (classes · samples of the class)), a list with a positive number for each class, or { label = number }. Default: 1 for all.
---@field fit_intercept? boolean Learn a bias. Default true.
---@field tolerance? number The largest part of the gradient of the mean loss to reach, positive. Default 0.0001.
---@field steps? integer Steps at most. Default 100.

---Settings of a [`Lora`].
---@class mynah.LoraOptions
---@field rank? integer Rank of the change to each matrix, from 1 to 4096. Default 8.
---@field alpha? number The change is scaled by alpha / rank; finite and positive. Default 16.0.
---@field dropout? number Part of the numbers that enter the adapter dropped while it is trained, in [0, 1). Default 0.0.
---@field targets? string[] The matrices that it changes in every block: "wq", "wk", "wv", "wo", "w1", "w2", "w3". Default all.
---@field seed? integer Seed of the initial numbers. Default 1.

---How a loss is put together.
---@class mynah.LossOptions
---@field reduction? "mean"|"sum"|"none" What is made of the single losses. Default "mean".

---Settings of [`MarkovChain`].
---@class mynah.MarkovOptions
---@field order? integer How many symbols back the next one depends on, 1 to 16. Default 1.
---@field symbols? integer How many symbols there are; 0 takes as many as the sequences show. Default 0.
---@field smoothing? number Added to the count of each symbol after each context, at least 0. Default 0.0.

---Settings of [`maze`].
---@class mynah.MazeOptions
---@field width? integer Columns, at least 1. Default 30.
---@field height? integer Rows, at least 1. Default 30.
---@field method? "backtracking"|"prim"|"kruskal"|"wilson" "backtracking", "prim", "kruskal" or "wilson". Default "backtracking".
---@field loops? number Share of the walls left standing that then fall too, in [0, 1]: 0 makes a perfect maze. Default 0.0.
---@field seed? integer Seed of all random choices. Default 1.
---@field on_dig? (fun(a: integer, b: integer)) Sees each passage as it was opened, between cell `a` and cell `b`, in order, after the last.

---Settings of [`MeanShift`].
---@class mynah.MeanShiftOptions
---@field bandwidth? number How far samples are seen, positive. Default: the mean distance to the neighbour that 30% of the samples are nearer than, estimated from 500 samples.
---@field bin_seeding? boolean Start only from the middles of cells of this width that hold samples, which is faster. Default false.
---@field steps? integer Steps at most of each climb, at least 1. Default 300.
---@field seed? integer Of the samples that the bandwidth is estimated from. Default 0.

---How facts come to mind.
---@class mynah.MemoryOptions
---@field tokens? integer Most tokens of facts before a line; 0: none come to mind. Default 48.
---@field facts? integer Most facts before a line. Default 3.
---@field half_life? number After this long on the game's clock a fact counts as half as new; positive. Default 3600.0.
---@field newness? number How much newness counts beside relevance, at least 0. Default 0.2.
---@field importance? number How much importance counts beside relevance, at least 0. Default 0.3.
---@field meaning? number How much meaning counts beside words, at least 0. Default 0.5.

---Settings of [`MinMaxScaler`].
---@class mynah.MinMaxScalerOptions
---@field low? number What the smallest value becomes. Default 0.0.
---@field high? number What the largest value becomes, above `low`. Default 1.0.
---@field clip? boolean Keep new samples inside the range. Default false.

---Settings of [`MiniBatchKmeans`].
---@class mynah.MiniBatchKmeansOptions
---@field clusters? integer How many clusters, at least 1. Default 8.
---@field batch_size? integer Samples in one step, at least 1. Default 1024.
---@field steps? integer Passes over the samples at most, at least 1. Default 100.
---@field patience? integer Stop after this many batches that made the smoothed inertia no smaller, at least 1. Default 10.
---@field seed? integer Of the random choices. Default 0.

---Settings of [`MlpClassifier`](super::MlpClassifier) and [`MlpRegressor`](super::MlpRegressor).
---@class mynah.MlpOptions
---@field hidden? integer[] Neurons of each hidden layer, from 1 to 100,000 each; none at all makes a linear model. Default {100}.
---@field activation? "relu"|"tanh"|"sigmoid"|"identity" What hidden neurons do with their sum: "relu", "tanh", "sigmoid" or "identity". Default "relu".
---@field solver? "adam"|"sgd" "adam" or "sgd". Default "adam".
---@field lr? number How far a step goes; positive. Default 0.001.
---@field batch_size? integer Samples in one step, at least 1. Default 200.
---@field l2? number How much large weights are punished (`l2 / 2 · |w|²`, shared by a batch's samples); not negative. Default 0.0001.
---@field epochs? integer Passes over the samples at most, at least 1. Default 200.
---@field momentum? number Of sgd: the share of the step before that is kept, in [0, 1). Default 0.9.
---@field nesterov? boolean Of sgd: Nesterov's momentum. Default true.
---@field beta1? number Of adam: decay of the mean, in [0, 1). Default 0.9.
---@field beta2? number Of adam: decay of the squared mean, in [0, 1). Default 0.999.
---@field eps? number Of adam: what is added to the root; positive. Default 1e-8.
---@field early_stopping? boolean Hold out some samples, and keep the network that answered those best. Default false.
---@field validation_fraction? number The share that is held out; in (0, 1). Default 0.1.
---@field patience? integer Stop after so many epochs in which the loss (or the held-out score) got no better by `tolerance`; at least 1. Default 10.
---@field tolerance? number What counts as better; not negative. Default 0.0001.
---@field seed? integer Of the weights at the start, the order of the samples and the held-out part. Default 0.

---The shape of a Llama-like transformer (Touvron et al. 2023, arXiv:2302.13971): RMSNorm before each part,
---grouped-query attention, SwiGLU; by choice with the biases of Qwen2 or the head norms of Qwen3.
---@class mynah.ModelOptions
---@field vocab? integer Distinct tokens; 0 takes the tokenizer's number. Default 0.
---@field dim? integer Width of the residual stream; without `head_dim`, a multiple of 2·heads. Default 128.
---@field layers? integer Transformer blocks. Default 4.
---@field heads? integer Attention heads. Default 4.
---@field kv_heads? integer Key-value heads, a divisor of `heads`; 0 means as many as `heads`. Default 0.
---@field head_dim? integer Width of a head, even; 0 means dim / heads. Default 0.
---@field hidden? integer Width inside the feed-forward part; 0 means 8/3·dim rounded up to a multiple of 8. Default 0.
---@field context? integer Longest sequence it is trained on, in tokens. Default 256.
---@field positions? "rope"|"interleaved"|"learned" How it knows where a token stands: "rope", "interleaved" or "learned". Default "rope".
---@field rope_theta? number Base of the rotary positions' wavelengths. Default 10000.0.
---@field rope_scaling? mynah.RopeScalingOptions Stretches the rotary positions' wavelengths.
---@field qkv_bias? boolean Whether queries, keys and values have biases (Qwen2). Default false.
---@field qk_norm? boolean Whether each head's queries and keys are normalised (Qwen3). Default false.
---@field tied? boolean Whether the output shares the embedding's weights. Default true.
---@field causal? boolean Whether a position sees only those before it; without, every position of its document. Default true.
---@field dropout? number Part of the numbers dropped while training, after the embedding and after each part of a block; in [0, 1). Default 0.0.
---@field norm_eps? number Added to the mean square in RMSNorm. Default 0.00001.
---@field tokenizer? mynah.Tokenizer Its tokenizer; needed.
---@field seed? integer Seed of the first weights. Default: other weights every time, or as `manual_seed` says.
---@field device? string Where it lives: "cpu", or "wgpu" in a build that has it.

---Settings of [`moons`].
---@class mynah.MoonsOptions
---@field samples? integer How many samples, half in each moon. At least 1. Default 100.
---@field noise? number The standard deviation of Gaussian noise, at least 0. Default 0.1.
---@field shuffle? boolean Whether samples come in random order. Default true.
---@field seed? integer Of the random numbers. Default 0.

---Settings of [`MultinomialNb`].
---@class mynah.MultinomialNbOptions
---@field alpha? number Added to every count, so that nothing is impossible: 0 (which counts as 1e-10) to 1e9. Default 1.0.
---@field fit_prior? boolean Whether classes are as probable beforehand as they are frequent; else all alike. Default true.
---@field priors? number[] How probable each class is beforehand, in their order, with sum 1. Default: as `fit_prior` says.

---Settings of [`muon`].
---@class mynah.MuonOptions
---@field lr? number Learning rate: about five times the root mean square of a step, at least 0. Default 0.001.
---@field momentum? number Decay of the matrices' momentum, in [0, 1). Default 0.95.
---@field nesterov? boolean Look ahead along the momentum. Default true.
---@field iterations? integer Iterations of Newton-Schulz, 1 to 20. Default 5.
---@field beta1? number AdamW's decay of the running mean of gradients, in [0, 1). Default 0.9.
---@field beta2? number AdamW's decay of the running mean of squared gradients, in [0, 1). Default 0.999.
---@field eps? number Added to AdamW's denominator so that it never reaches zero, above 0. Default 1e-8.
---@field weight_decay? number Weight decay: each step first shrinks the parameter by the share `lr * weight_decay`, at least 0. Default 0.1.
---@field schedule? mynah.ScheduleOptions How the learning rate changes over the run. Default: not at all.

---Settings of [`nadam`].
---@class mynah.NadamOptions
---@field lr? number Learning rate: about the length of a step in each coordinate, at least 0. Default 0.002.
---@field beta1? number Decay of the running mean of gradients, in [0, 1). Default 0.9.
---@field beta2? number Decay of the running mean of squared gradients, in [0, 1). Default 0.999.
---@field eps? number Added to the denominator so that it never reaches zero, above 0. Default 1e-8.
---@field momentum_decay? number How fast the momentum rises from half of `beta1` to all of it, at least 0. Default 0.004.
---@field weight_decay? number Weight decay: this times the parameter is added to the gradient, at least 0. Default 0.0.
---@field decoupled? boolean Weight decay shrinks the parameter by the share `lr * weight_decay` instead, as in AdamW. Default false.
---@field schedule? mynah.ScheduleOptions How the learning rate changes over the run. Default: not at all.

---Settings of [`nelder_mead`].
---@class mynah.NelderMeadOptions
---@field step? number Edges of the first simplex, positive. Default: 0.1 of the width of the bounds, or of twice `reach`.
---@field restarts? integer Times to begin anew around the best point, with edges in random directions, while that still helps. Default 3.
---@field f_tol? number A simplex has converged when its values differ by less, at least 0. Default 1e-12.
---@field x_tol? number It must also be smaller than this in every coordinate, at least 0. Default 1e-8.
---@field x0? number[] Where to start. Default: the middle of the bounds, or 0.
---@field lower? number|number[] Smallest allowed value, one number or one per coordinate. Default: no bound.
---@field upper? number|number[] Largest allowed value, one number or one per coordinate. Default: no bound.
---@field dim? integer Number of coordinates, where neither `x0` nor a list of bounds tells. Default: not given.
---@field reach? number About how far from `x0` to look in coordinates that lack a bound, positive. Default 2.0.
---@field budget? integer Most evaluations of the function. Default 10000.
---@field target? number Stop at a value at or below this. Default: never.
---@field seed? integer Seed of the random numbers: same seed, same search. Default: another one each time.

---A neural network: circles in columns, lines whose colour and width are the weights.
---@class mynah.NetworkOptions
---@field inputs? string[] The inputs' names. Default: none.
---@field outputs? string[] The outputs' names. Default: none.
---@field most? integer How many neurons of a column are drawn at most; of more, the first and the last, with dots between. 2 to 100. Default 16.
---@field sizes? number[]|mynah.Tensor How many neurons each layer has, inputs first; needed, or `weights`.
---@field weights? mynah.Tensor[]|number[][][] The weights from each layer to the next, each [inputs, outputs]; shown as the lines' colour and width.
---@field activations? number[][] How active each layer's neurons are, shown as colours.

---Settings of [`newton`].
---@class mynah.NewtonOptions
---@field steps? integer Steps at most, those that were tried and taken back included. Default 1000.
---@field evaluations? integer Evaluations at most. Default: no bound.
---@field tolerance? number Done when the gradient's length is at most this, at least 0. Default 1e-8.
---@field curvature? "product"|"hessian" What it asks for: "product" (the Hessian times a vector, many times; for many coordinates) or "hessian" (all of it, once per step). Default "product".
---@field radius? number Radius of the first region, above 0. Default 1.0.
---@field max_radius? number Radius of the largest region, above 0. Default 10000000000.0.
---@field x0? number[]|mynah.Tensor The point to start from; needed.

---Settings of [`Nmf`].
---@class mynah.NmfOptions
---@field components? integer How many parts, at least 1. Default: as many as features (and samples) at most.
---@field init? "nndsvda"|"random" Where to start: "nndsvda" or "random". Default "nndsvda".
---@field steps? integer Steps at most, at least 1. Default 200.
---@field tolerance? number Stop when the parts change by less than this share of the first step's change, at least 0. Default 0.0001.
---@field seed? integer Of the random choices. Default 0.

---A variable with its table.
---@class mynah.NodeOptions
---@field name? string Its name. Default "".
---@field states? string[] The names of its states, at least 1. Default {}.
---@field parents? string[] The names of its parents. Default {}.
---@field table? number[][] How probable its states are: a row for each combination of the parents' states, where those of the last parent change fastest. Default {}.

---How a normalising layer is made.
---@class mynah.NormOptions
---@field eps? number Added to the mean square or the variance, positive. Default 0.00001.
---@field device? string Where it lives: "cpu", or "wgpu" in a build that has it. Default: see `mynah.device`.

---No settings but what stands beside them.
---@class mynah.NpcLoadOptions
---@field model? mynah.Model|mynah.Frozen The model that it was saved from; needed, or `stage`.
---@field stage? mynah.Stage The stage that it comes onto.
---@field actions? table<integer|string, string|function|table> What it can do, as for `mynah.npc`; those that it was saved with are carried out by these functions.

---Who a character is, and how it chooses its words.
---@class mynah.NpcOptions
---@field persona? string The system prompt: who it is and how it speaks. Default "".
---@field adapter_weight? number How strongly its adapter works; finite. Default 1.0.
---@field memory? mynah.MemoryOptions How facts come to its mind. Default { tokens = 48, facts = 3, half_life = 3600.0, newness = 0.2, importance = 0.3, meaning = 0.5 }.
---@field knows? string[] Tags of the shared facts that it may know. Default {}.
---@field tokens? integer Most tokens to add. Default 200.
---@field temperature? number Divides the logits: lower is safer, 0 always takes the likeliest token. Default 0.8.
---@field top_k? integer Draws only from this many of the likeliest tokens; 0 means all. Default 0.
---@field top_p? number Draws only from the likeliest tokens that together have this probability, in (0, 1]. Default 0.95.
---@field min_p? number Draws only from tokens with at least this part of the likeliest one's probability, in [0, 1]; 0 means all. Default 0.0.
---@field typical_p? number Draws only from the tokens of the most usual surprise that together have this probability, in (0, 1]. Default 1.0.
---@field repetition_penalty? number Makes tokens that came lately less likely; 1 changes nothing, less is refused. Default 1.0.
---@field presence_penalty? number Taken from the logits of tokens that came lately, however often; at least 0. Default 0.0.
---@field frequency_penalty? number Taken from the logits of tokens that came lately, for each time; at least 0. Default 0.0.
---@field repetition_window? integer How many of the newest tokens the penalties look at. Default 64.
---@field ignore_end? boolean Whether the text goes on past the tokenizer's end token. Default false.
---@field seed? integer Seed of the draws. Default: other draws every time.
---@field model? mynah.Model|mynah.Frozen The model that speaks; needed, or `stage`. Characters of one model share a stage.
---@field stage? mynah.Stage The stage that it comes onto.
---@field adapter? mynah.Lora|string Its own adapter, or the file of one.
---@field actions? table<integer|string, string|function|table> What it can do at the end of a line: names, and functions or tables by name:  `{ "nod", give = { args = { { "item", { "bread", "ale" } }, { "count", { 1, 9 } } }, call = function(args) end } }`.  An argument is one of a list of texts, a whole number between two, "number", "flag", "text" or, with a number, a  text of at most so many characters.
---@field stop? string|string[] Ends a line before any of these texts would appear.
---@field logit_bias? table<integer, number> Added to the logits of these tokens, by their numbers.
---@field banned? integer[] Numbers of tokens that never come.

---Settings of [`OneClass`].
---@class mynah.OneClassOptions
---@field nu? number At most this share of the samples is unusual, at least this share are support vectors; in (0, 1]. Default 0.5.
---@field kernel? "linear"|"rbf"|"poly"|"sigmoid"|"precomputed" "linear", "rbf", "poly", "sigmoid", or "precomputed": then the samples are the kernel's values with the samples fitted to. Default "rbf".
---@field gamma? number|"scale"|"auto" Of the kernels rbf, poly and sigmoid: positive, "scale" (1 / (features · variance)) or "auto" (1 / features). Default "scale".
---@field degree? integer Of the kernel poly: its degree, from 1 to 100. Default 3.
---@field coef0? number Of the kernels poly and sigmoid: the number that is added. Default 0.0.
---@field tolerance? number The residual of the optimality conditions to reach, positive. Default 0.001.
---@field steps? integer Steps at most. Default 10000000.
---@field cache? number Megabytes for kernel values, not negative. Default 200.0.
---@field shrinking? boolean Leave out samples for a while that seem settled. Default true.
---@field kernel_function? (fun(a: number[], b: number[]): number) A kernel of your own, in place of `kernel`: a function of two samples (lists of numbers) that answers a  number, symmetric and positive. A learner with one cannot be saved.

---Settings of [`OneHot`].
---@class mynah.OneHotOptions
---@field unknown? "error"|"ignore" What is done about a value that was not there in the fit: "error" or "ignore". Default "error".
---@field drop_first? boolean Leave out each feature's first value, which all zeros then stand for. Default false.
---@field most? integer How many values a feature may have, at least 1. Default 10000.

---Settings of [`Painter`].
---@class mynah.PaintOptions
---@field shape? "triangle"|"ellipse"|"rectangle"|"polygon"|"curve" What to paint with: "triangle", "ellipse", "rectangle", "polygon" or "curve". Default "triangle".
---@field shapes? integer How many shapes, 1 to 100,000. Default 100.
---@field corners? integer Corners of a polygon, 3 to 32. Default 5.
---@field width? number Width of a curve in pixels, more than 0. Default 3.0.
---@field alpha? number Opacity of every shape, in (0, 1]; 0 lets each shape have its own, at least 0.25. Default 0.0.
---@field background? integer[] The colour below all shapes, as red, green and blue from 0 to 255. Default: the mean of the picture.
---@field size? integer Longest side, in pixels, that the target is reduced to before painting; 0 keeps its size. Default 256.
---@field climbs? integer Climbs for each new shape, 1 to 10,000; the best is laid. Default 16.
---@field tries? integer Random shapes that each climb begins with the best of, at least 1. Default 60.
---@field patience? integer Changes in a row without a gain that end a climb, at least 1. Default 100.
---@field sweeps? integer How often all shapes are improved after the last one was laid, at most 10,000. Default 4.
---@field seed? integer The seed of all chance. Default 0.
---@field image? string|mynah.Image The picture to paint: a PNG, JPEG or GIF file, or an Image; needed.
---@field on_step? (fun(report: { step: integer, steps: integer, shapes: integer?, rmse: number, mean: number? }): boolean?) Sees the painting after each step; the painting ends when it returns false.
---@field out? string A PNG or SVG file that the picture is written to, also when the run is stopped.
---@field film? string A GIF file that shows how the picture came to be.
---@field progress? boolean Whether a bar shows how far it is, on a terminal. Default true.

---Settings of [`Pca`].
---@class mynah.PcaOptions
---@field components? integer How many components are kept, at least 1. Default: all.
---@field whiten? boolean Scale components to variance 1. Default false.
---@field solver? "auto"|"exact"|"randomized" How they are found: "auto", "exact" or "randomized". Default "auto".
---@field seed? integer Of the random projections. Default 0.

---How a line looks.
---@class mynah.PenOptions
---@field color? string Its colour. Default "#ffffff".
---@field width? number How wide it is, positive. Default 1.0.
---@field closed? boolean Whether it goes back to where it began. Default false.
---@field dashed? boolean Whether it is dashed. Default false.

---Settings of [`Perceptron`].
---@class mynah.PerceptronOptions
---@field steps? integer Epochs at most, from 1 to 1e9. Default 1000.
---@field check_after? integer After so many epochs with mistakes, find out whether the classes can be separated at all. Default: 5 for up to 32 features, else never, as that takes longer than all epochs.
---@field patience? integer If they cannot be, or nobody found out: end after so many epochs, but at least 2,000 samples, that bring nothing better. Default 5.
---@field pocket? boolean Keep the weights with the fewest mistakes, not the last. Default true.
---@field shuffle? boolean Go through the samples in another order each epoch. Default true.
---@field seed? integer Of those orders. Default 0.

---Settings of [`PixelGa`].
---@class mynah.PixelOptions
---@field background? integer[] The colour of every pixel at the start, from 0 to 255 each. Default: every picture is of one random colour.
---@field size? integer Longest side, in pixels, that the target is reduced to; 0 keeps its size. Default 64.
---@field population? integer Pictures in the population, 2 to 100,000. Default 16.
---@field elite? integer How many of the best are copied into the next generation unchanged, at least 1. Default 2.
---@field tournament? integer Pictures that meet in a tournament; the best becomes a parent. At least 1. Default 3.
---@field crossover? number Share of the children that have two parents, in [0, 1]. Default 0.5.
---@field mutations? integer Rectangles of a child whose colour is shifted blindly, at most 1,000,000. Default 1.
---@field polish? integer Rectangles of a child that are shifted only where that helps, at most 1,000,000. Default 16.
---@field generations? integer Generations to breed. Default 5000.
---@field seed? integer The seed of all chance. Default 0.
---@field image? string|mynah.Image The picture to paint: a PNG, JPEG or GIF file, or an Image; needed.

---Settings of [`PolynomialFeatures`].
---@class mynah.PolynomialFeaturesOptions
---@field degree? integer Factors in a product at most, in [0, 20]. Default 2.
---@field interaction_only? boolean Only products of different features. Default false.
---@field include_bias? boolean A first column of ones. Default true.

---Settings of [`powell`].
---@class mynah.PowellOptions
---@field step? number Length of the first steps, positive. Default: 0.1 of the width of the bounds, or of twice `reach`.
---@field f_tol? number It has converged when a round of all directions gains less than this share of the value, at least 0. Default 1e-14.
---@field x_tol? number Share of a step to which a line search is exact, positive. Default 1e-8.
---@field x0? number[] Where to start. Default: the middle of the bounds, or 0.
---@field lower? number|number[] Smallest allowed value, one number or one per coordinate. Default: no bound.
---@field upper? number|number[] Largest allowed value, one number or one per coordinate. Default: no bound.
---@field dim? integer Number of coordinates, where neither `x0` nor a list of bounds tells. Default: not given.
---@field reach? number About how far from `x0` to look in coordinates that lack a bound, positive. Default 2.0.
---@field budget? integer Most evaluations of the function. Default 10000.
---@field target? number Stop at a value at or below this. Default: never.
---@field seed? integer Seed of the random numbers: same seed, same search. Default: another one each time.

---Settings of [`prodigy`].
---@class mynah.ProdigyOptions
---@field lr? number Factor on the rate that it finds, at least 0; leave it at 1. Default 1.0.
---@field beta1? number Decay of the running mean of gradients, in [0, 1). Default 0.9.
---@field beta2? number Decay of the running mean of squared gradients, in [0, 1). Default 0.999.
---@field eps? number Added to the denominator so that it never reaches zero, above 0. Default 1e-8.
---@field d0? number First guess of the distance to the minimum, far too small on purpose, above 0. Default 1e-6.
---@field d_coef? number Factor on the estimated distance, above 0. Default 1.0.
---@field weight_decay? number Weight decay: each step shrinks the parameter by the share `lr * d * weight_decay`, at least 0. Default 0.0.
---@field schedule? mynah.ScheduleOptions How the learning rate changes over the run. Default: not at all.

---Settings of [`pso`].
---@class mynah.PsoOptions
---@field population? integer Particles, at least 3. Default 40.
---@field inertia? number Share of the velocity that is kept, in [0, 1). Default 0.7298.
---@field cognitive? number Pull of a particle's own best place, at least 0. Default 1.49618.
---@field social? number Pull of its neighbours' best place, at least 0. Default 1.49618.
---@field x_tol? number It has converged when the best places are closer than this share of the first box, at least 0. Default 1e-12.
---@field x0? number[] Where to start. Default: the middle of the bounds, or 0.
---@field lower? number|number[] Smallest allowed value, one number or one per coordinate. Default: no bound.
---@field upper? number|number[] Largest allowed value, one number or one per coordinate. Default: no bound.
---@field dim? integer Number of coordinates, where neither `x0` nor a list of bounds tells. Default: not given.
---@field reach? number About how far from `x0` to look in coordinates that lack a bound, positive. Default 2.0.
---@field budget? integer Most evaluations of the function. Default 10000.
---@field target? number Stop at a value at or below this. Default: never.
---@field seed? integer Seed of the random numbers: same seed, same search. Default: another one each time.

---Settings of [`radam`].
---@class mynah.RadamOptions
---@field lr? number Learning rate: about the length of a step in each coordinate, after a few steps that follow the plain mean gradient; at least 0. Default 0.001.
---@field beta1? number Decay of the running mean of gradients, in [0, 1). Default 0.9.
---@field beta2? number Decay of the running mean of squared gradients, in [0, 1). Default 0.999.
---@field eps? number Added to the denominator so that it never reaches zero, above 0. Default 1e-8.
---@field weight_decay? number Weight decay: this times the parameter is added to the gradient, at least 0. Default 0.0.
---@field decoupled? boolean Weight decay shrinks the parameter by the share `lr * weight_decay` instead, as in AdamW. Default false.
---@field schedule? mynah.ScheduleOptions How the learning rate changes over the run. Default: not at all.

---Settings of [`random`].
---@class mynah.RandomOptions
---@field sampler? "uniform"|"halton" "uniform", or "halton": evenly spread, best below 20 coordinates. Default "uniform".
---@field batch? integer Points per batch, at least 1. Default 64.
---@field x0? number[] Where to start. Default: the middle of the bounds, or 0.
---@field lower? number|number[] Smallest allowed value, one number or one per coordinate. Default: no bound.
---@field upper? number|number[] Largest allowed value, one number or one per coordinate. Default: no bound.
---@field dim? integer Number of coordinates, where neither `x0` nor a list of bounds tells. Default: not given.
---@field reach? number About how far from `x0` to look in coordinates that lack a bound, positive. Default 2.0.
---@field budget? integer Most evaluations of the function. Default 10000.
---@field target? number Stop at a value at or below this. Default: never.
---@field seed? integer Seed of the random numbers: same seed, same search. Default: another one each time.

---Settings of [`RandomProjection`].
---@class mynah.RandomProjectionOptions
---@field components? integer How many directions, at least 1. Default: enough for `eps`, but not more than features.
---@field eps? number How much squared distances may change where `components` is not given, in (0, 1). Default 0.1.
---@field kind? "gaussian"|"sparse" How directions are drawn: "gaussian" or "sparse". Default "gaussian".
---@field density? number The share of numbers that are not zero for "sparse", in (0, 1]. Default: one over the root of the features.
---@field seed? integer Of the directions. Default 0.

---A class for each cell of a grid, shown as pale colours of the palette: decision regions.
---@class mynah.RegionsOptions
---@field x_range? number[] Where the middles of the first and the last column are. Default: 1 and their number.
---@field y_range? number[] Where the middles of the first and the last row are. Default: 1 and their number.
---@field colors? string[] The classes' colours. Default: pale ones of the palette.
---@field names? string[] The classes' names in the legend. Default: none.
---@field classes? number[][]|mynah.Tensor A class from 1 for each cell, row by row, the first row lowest; needed.

---Settings of [`regression`].
---@class mynah.RegressionOptions
---@field samples? integer How many samples, at least 1. Default 100.
---@field features? integer How many features, at least 1. Default 10.
---@field informative? integer How many of them have a weight, at most `features`. Default 5.
---@field bias? number What is added to every answer. Default 0.0.
---@field noise? number The standard deviation of Gaussian noise on the answers, at least 0. Default 0.0.
---@field seed? integer Of the random numbers. Default 0.

---How a fact is remembered.
---@class mynah.RememberOptions
---@field importance? number How much it matters, in [0, 1]; 1 always comes to mind if there is room. Default 0.5.
---@field time? number When it was learned, on the stage's clock. Default: now.
---@field tags? string[] Of a shared fact: characters that know one of these tags may know it. Default {}.

---How an interrupted run goes on; on the data that it began with.
---@class mynah.ResumeOptions
---@field checkpoint? string The run's folder.
---@field seconds? number Stops after this many seconds; positive.
---@field progress? boolean Whether a bar shows the progress on a terminal. Default true.
---@field time? integer Positions in a window; 0 means the model's context. Default 0.
---@field packing? "stream"|"packed"|"padded" How documents fill windows: "stream", "packed" (end to end, none sees another) or "padded" (one in each). Default: "stream" for texts, "padded" for conversations.
---@field stages? mynah.StageOptions[] Weights of several corpora over time: `{ { from = 0, weights = { 1, 2 } }, … }`. Default: all windows alike.
---@field answers? "all"|"last" Which answers of a conversation are learned: "all" or "last". Default "all".
---@field too_long? "skip"|"cut"|"refuse" What happens to a conversation longer than a window: "skip", "cut" or "refuse". It is told in any case. Default "skip".
---@field template? string What makes a text of a conversation: "plain", "chatml", "llama2", "llama3" or a Jinja template. Default: that of the tokenizer.
---@field mask? string The special token behind which tokens are hidden from a model with `causal = false`, which learns to tell them. Default "<mask>".
---@field beta? number How strongly preferences hold the model to what it was; positive. Default 0.1.
---@field smoothing? number The share of preferences that are taken to be the wrong way round, in [0, 0.5). Default 0.0.
---@field nll_weight? number Weight of the preferred answers' own loss, which keeps them likely; not negative. Default 0.0.
---@field text? string A text to learn.
---@field corpus? mynah.Corpus|mynah.Corpus[] A corpus to learn, or several; `stages` gives their weights.
---@field pairs? string[][] Questions with the answers to learn: `{ { "Who are you?", "I grind the corn." }, … }`.
---@field conversations? { role: string, content: string }[][] Conversations of which the assistant's part is learned: lists of `{ role =, content = }`.
---@field preferences? { prompt: string, chosen: string, rejected: string }[] Answers of which one is preferred: `{ prompt =, chosen =, rejected = }`.
---@field file? string A JSONL file of conversations or, for `dpo`, preferences.
---@field system? string The system prompt before each of `pairs`, or of `preferences`.
---@field curve? boolean|string Shows the loss as it falls: true on the terminal, a path such as "loss.png" (or .svg) in that picture as well,  drawn anew every two seconds.
---@field on_step? (fun(step: { step: integer, loss: number, lr: number, grad_norm: number, tokens_per_second: number, val_loss?: number, went_back?: integer }): boolean|number?) Called after every step; training ends when it returns false, and goes on at another rate when it returns a number.

---Settings of [`Ridge`].
---@class mynah.RidgeOptions
---@field alpha? number The price of the squares of the weights: 0 (least squares) to 1e100. Default 1.0.
---@field fit_intercept? boolean Learn a bias. Default true.
---@field tolerance? number Of sparse samples: the residual to reach, compared with the start; positive. Default 1e-8.
---@field steps? integer Of sparse samples: steps at most. Default 10000.

---Settings of [`rmsprop`].
---@class mynah.RmspropOptions
---@field lr? number Learning rate: about the length of a step in each coordinate, at least 0. Default 0.01.
---@field alpha? number Decay of the running mean of squared gradients, in [0, 1). Default 0.99.
---@field eps? number Added to the denominator so that it never reaches zero, above 0. Default 1e-8.
---@field momentum? number Share of the velocity kept from step to step, in [0, 1). Default 0.0.
---@field centered? boolean Divide by the gradient's standard deviation instead of its root mean square. Default false.
---@field weight_decay? number Weight decay: this times the parameter is added to the gradient, at least 0. Default 0.0.
---@field schedule? mynah.ScheduleOptions How the learning rate changes over the run. Default: not at all.

---Settings of [`RobustScaler`].
---@class mynah.RobustScalerOptions
---@field with_centering? boolean Take away the median. Default true.
---@field with_scaling? boolean Divide by the range between two quantiles. Default true.
---@field low? number The lower quantile in percent, at least 0. Default 25.0.
---@field high? number The upper quantile in percent, above `low`, at most 100. Default 75.0.

---Settings of [`rprop`].
---@class mynah.RpropOptions
---@field lr? number Length of each coordinate's first step, at least 0. Default 0.01.
---@field shrink? number Factor on the step when the gradient's sign has turned, in (0, 1). Default 0.5.
---@field grow? number Factor on the step when the gradient's sign has stayed, above 1. Default 1.2.
---@field min_step? number Shortest step, above 0. Default 1e-6.
---@field max_step? number Longest step, at least `min_step`. Default 50.0.

---No settings beside the extras.
---@class mynah.RunOptions
---@field on_step? (fun(report: { step: integer, steps: integer, shapes: integer?, rmse: number, mean: number? }): boolean?) Sees the painting after each step; the run ends when it returns false.
---@field out? string A PNG or SVG file that the picture is written to, also when the run is stopped.
---@field film? string A GIF file that shows how the picture came to be.
---@field progress? boolean Whether a bar shows how far it is, on a terminal. Default true.

---How a model is written.
---@class mynah.SaveOptions
---@field format? "mynah"|"huggingface"|"gguf"|"llama2c-v0"|"llama2c-v1"|"llama2c-v2"|"nano" The format; without, the path's ending tells: ".safetensors", ".gguf", ".bin" (llama2.c), else a folder.
---@field dtype? "f32"|"f16"|"q8"|"q4" How finely matrices are stored: "f32" (default), "f16", "q8" or "q4"; llama2.c is f32 or, as v2, q8. Default "f32".

---No settings but what stands beside them.
---@class mynah.SayOptions
---@field choices? string[] The answer is one of these.
---@field regex? string The whole answer matches this regular expression, in the notation of Rust's `regex`.
---@field json? table|string The answer is JSON that fits this JSON schema, a table or its text.
---@field grammar? string The answer follows this grammar, in llama.cpp's GBNF notation.

---Points.
---@class mynah.ScatterOptions
---@field names? string[] The classes' names in the legend. Default: none.
---@field label? string The name of them all in the legend. Default: none. Default "".
---@field color? string Their colour, if they have neither values nor classes. Default: the palette's next.
---@field size? number Their width in pixels, above 0. Default 8.0.
---@field marker? "none"|"circle"|"square"|"diamond"|"triangle"|"star"|"cross"|"plus"|"ring" Their shape: "circle", "square", "diamond", "triangle", "star", "cross", "plus" or "ring". Default "circle".
---@field opacity? number How much they hide of what is below, in [0, 1]. Default 0.9.
---@field rim? string The colour of a thin rim. Default: the background's; with more than 1,000 points, none.
---@field x? number[]|mynah.Tensor Where the points are from left to right. Default: 1, 2, 3, ….
---@field y? number[]|mynah.Tensor How high they are; needed, or `points`.
---@field points? number[][]|mynah.Tensor Points { x, y }, in place of `x` and `y`.
---@field values? number[]|mynah.Tensor A value for each, shown as colour.
---@field classes? number[]|mynah.Tensor A class for each, from 1, shown as a colour of the palette.
---@field sizes? number[]|mynah.Tensor A width in pixels for each.

---How the learning rate changes over a run.
---@class mynah.ScheduleOptions
---@field kind? "constant"|"linear"|"polynomial"|"cosine"|"onecycle"|"wsd"|"step"|"exponential" The way on after the warm-up: "constant", "linear", "polynomial", "cosine", "onecycle", "wsd" (stays, then falls at the end), "step" or "exponential". Default "constant".
---@field warmup? integer Steps of linear rise to the full rate at the start ("onecycle" rises along a cosine, over 30 % of the steps when this is 0). Default 0.
---@field steps? integer Steps of the whole run, warm-up included; all but "constant", "step" and "exponential" need it. Default 0.
---@field min_ratio? number Share of the full rate that the rate ends at and keeps, in [0, 1]. Default 0.0.
---@field start_ratio? number Share of the full rate that "onecycle" begins at, in [0, 1]. Default 0.04.
---@field decay? integer Steps that the fall at the end of "wsd" takes; 0 for a tenth of the whole run. Default 0.
---@field every? integer Steps over which "step" (at once) and "exponential" (smoothly) multiply the rate by `gamma`; they need it. Default 0.
---@field gamma? number What "step" and "exponential" multiply the rate by, in (0, 1]. Default 0.1.
---@field power? number Power of the fall of "polynomial", above 0; 1 is a straight line. Default 2.0.

---Settings of [`schedulefree`].
---@class mynah.SchedulefreeOptions
---@field lr? number Learning rate: about the length of a step in each coordinate, at least 0. Default 0.0025.
---@field beta1? number Place of the gradient's point between the fast sequence (0) and the mean (1), in (0, 1). Default 0.9.
---@field beta2? number Decay of the running mean of squared gradients, in [0, 1). Default 0.999.
---@field eps? number Added to the denominator so that it never reaches zero, above 0. Default 1e-8.
---@field weight_decay? number Weight decay: this times the parameter is added to Adam's direction, at least 0. Default 0.0.
---@field schedule? mynah.ScheduleOptions How the learning rate changes over the run: a warm-up serves, a fall is not needed. Default: not at all.

---Settings of [`search`].
---@class mynah.SearchOptions
---@field method? string The method that proposes options, one of `mynah.optim` such as "bayes", "cmaes" or "random". Default "bayes".
---@field trials? integer Proposals, from 1 to 100000; those that were tried before cost nothing. Default 30.
---@field folds? integer How many folds, at least 2. Default 5.
---@field shuffle? boolean Put the samples in random order first. Default true.
---@field seed? integer Of the order and of the proposals. Default 0.

---Straight lines, each on its own: walls of a maze, edges of a tour or a tree.
---@class mynah.SegmentsOptions
---@field label? string Their name in the legend. Default: none. Default "".
---@field color? string Their colour. Default: ink.
---@field width? number Their width in pixels, above 0. Default 1.5.
---@field dash? "solid"|"dashed"|"dotted"|"dashdot" How they are broken: "solid", "dashed", "dotted" or "dashdot". Default "solid".
---@field from? number[][]|mynah.Tensor Where each begins, as points { x, y }; needed.
---@field to? number[][]|mynah.Tensor Where each ends; needed.

---Settings of [`SgdClassifier`].
---@class mynah.SgdClassifierOptions
---@field loss? "hinge"|"log_loss"|"modified_huber"|"perceptron" "hinge" (support vector machine), "log_loss" (logistic regression), "modified_huber" or "perceptron". The second and the third give probabilities. Default "hinge".
---@field penalty? "l2"|"l1"|"elastic_net"|"none" What is kept small: "l2" (squares of the weights), "l1" (their sizes), "elastic_net" (both) or "none". Default "l2".
---@field alpha? number The price of that, positive, at most 1e9. Default 0.0001.
---@field l1_ratio? number Of the penalty "elastic_net": the part on sizes, from 0 to 1. Default 0.15.
---@field learning_rate? "optimal"|"constant"|"invscaling"|"adaptive" How long steps are: "optimal", "constant", "invscaling" (eta0 / t ^ power_t) or "adaptive" (a fifth whenever the loss does not fall any more). Default "optimal".
---@field eta0? number The first step's length unless "optimal"; positive. Default 0.01.
---@field power_t? number Of "invscaling": from -10 to 10. Default 0.5.
---@field class_weight? "balanced"|number[]|table How much the samples of each class count: "balanced" (samples / (classes · samples of the class)), a list with a positive number for each class, or { label = number }. Default: 1 for all.
---@field fit_intercept? boolean Learn a bias. Default true.
---@field average? boolean Answer with the mean of the weights of all steps. Default false.
---@field shuffle? boolean Go through the samples in another order each epoch. Default true.
---@field steps? integer Epochs at most, from 1 to 1e9. Default 1000.
---@field tolerance? number By how much the mean loss, with the price of the weights, must fall to count as falling; at least 0. Default 0.001.
---@field patience? integer End after so many epochs without that. Default 5.
---@field seed? integer Of the orders. Default 0.

---Settings of [`sgd`].
---@class mynah.SgdOptions
---@field lr? number Learning rate: the step per unit of gradient, at least 0. Default 0.001.
---@field momentum? number Share of the velocity kept from step to step, in [0, 1). Default 0.0.
---@field dampening? number Share of the gradient kept out of the velocity, in [0, 1]. Default 0.0.
---@field weight_decay? number Weight decay: this times the parameter is added to the gradient, at least 0. Default 0.0.
---@field nesterov? boolean Look ahead along the velocity (needs momentum and no dampening). Default false.
---@field schedule? mynah.ScheduleOptions How the learning rate changes over the run. Default: not at all.

---Settings of [`SgdRegressor`].
---@class mynah.SgdRegressorOptions
---@field loss? "squared_error"|"huber"|"epsilon_insensitive" "squared_error", "huber" (squares up to `epsilon`, then sizes) or "epsilon_insensitive" (sizes beyond `epsilon`). Default "squared_error".
---@field epsilon? number Of the last two losses; at least 0 (of "huber" positive). Default 0.1.
---@field penalty? "l2"|"l1"|"elastic_net"|"none" What is kept small: "l2" (squares of the weights), "l1" (their sizes), "elastic_net" (both) or "none". Default "l2".
---@field alpha? number The price of that, not negative (with "optimal" positive), at most 1e9. Default 0.0001.
---@field l1_ratio? number Of the penalty "elastic_net": the part on sizes, from 0 to 1. Default 0.15.
---@field learning_rate? "optimal"|"constant"|"invscaling"|"adaptive" How long steps are: "optimal", "constant", "invscaling" (eta0 / t ^ power_t) or "adaptive" (a fifth whenever the loss does not fall any more). Default "invscaling".
---@field eta0? number The first step's length unless "optimal"; positive. Default 0.01.
---@field power_t? number Of "invscaling": from -10 to 10. Default 0.25.
---@field fit_intercept? boolean Learn a bias. Default true.
---@field average? boolean Answer with the mean of the weights of all steps. Default false.
---@field shuffle? boolean Go through the samples in another order each epoch. Default true.
---@field steps? integer Epochs at most, from 1 to 1e9. Default 1000.
---@field tolerance? number By how much the mean loss, with the price of the weights, must fall to count as falling; at least 0. Default 0.001.
---@field patience? integer End after so many epochs without that. Default 5.
---@field seed? integer Of the orders. Default 0.

---How numbers become pixels.
---@class mynah.ShadeOptions
---@field color_map? "viridis"|"magma"|"inferno"|"cividis"|"coolwarm"|"gray" How numbers become colours: "viridis", "magma", "inferno", "cividis", "coolwarm" or "gray". Default "viridis".
---@field low? number The number that has the first colour. Default: the least.
---@field high? number The number that has the last colour. Default: the greatest.
---@field opacity? number How much they hide of what is below, in [0, 1]. Default 1.0.
---@field smooth? boolean Whether colours flow into each other where the picture is enlarged. Default false.

---How a shape looks.
---@class mynah.ShapeOptions
---@field fill? string The colour of its inside. Default: none.
---@field line? string The colour of its rim. Default: none.
---@field width? number How wide the rim is, positive. Default 1.0.
---@field radius? number How round the corners of a rectangle are, at least 0. Default 0.0.

---Settings of a [`Sheet`].
---@class mynah.SheetOptions
---@field title? string The line above all figures. Default: none. Default "".
---@field columns? integer Figures in a row, up to 100; 0 to choose. Default 0.
---@field width? integer Pixels from left to right, 16 to 16384; 0 for as many as the figures want. Default 0.
---@field height? integer Pixels from top to bottom, 16 to 16384; 0 for as many as the figures want. Default 0.
---@field font_size? number The height of the title's letters in pixels, 4 to 400. Default 20.0.
---@field theme? "light"|"dark" "light" or "dark". Default "light".
---@field background? string The paper's colour. Default: the theme's.

---How `smooth_l1` is put together.
---@class mynah.SmoothL1Options
---@field beta? number Where the square ends and the straight line begins, positive. Default 1.0.
---@field reduction? "mean"|"sum"|"none" What is made of the single losses. Default "mean".

---Settings of [`solve`].
---@class mynah.SolveOptions
---@field method? "ga"|"anneal"|"two_opt"|"or_opt"|"nearest" "ga", "anneal", "two_opt", "or_opt" or "nearest". Default "ga".
---@field seconds? number Wall-clock seconds to spend, at least 0; it ends earlier when nothing is left to gain. Default 5.0.
---@field steps? integer Steps to spend at most: generations of "ga", moves of "anneal", kicks of "two_opt" and "or_opt" (0 stops at the first local optimum). With steps that end before the seconds do, one seed gives one tour. Default: no limit.
---@field seed? integer Seed of all random choices. Default 1.
---@field neighbours? integer Near cities that each city tries as next ones, at least 1. Default 10.
---@field population? integer Members of a population of "ga", or 0 for a number that suits the cities. Default 0.
---@field children? integer Children tried per pair of parents of "ga", at least 1. Default 30.
---@field agree? integer "ga" ends when so many populations have ended at the same shortest length, at least 1. Default 3.
---@field temperature? number First temperature of "anneal", in mean edges of the greedy start, positive. Default 0.3.
---@field points? number[][] The cities as points `{ x, y }`.
---@field matrix? number[][] Or all distances, one row for each city.
---@field file? string Or a TSPLIB file.
---@field metric? string How far two points are from each other: "euclid" (the default), or TSPLIB's "euc2d", "ceil2d", "att", "geo".
---@field preferences? table[] Changed costs for pairs of cities: `{ from, to, cost }` replaces their distance, `{ from, to, cost, "add" }` adds to it.
---@field on_improve? (fun(better: { tour: integer[], length: number, seconds: number }): boolean?) Sees better tours on the way; the search ends when it returns false.
---@field progress? boolean Whether a bar shows how far it is, on a terminal. Default true.

---Settings of [`sophia`].
---@class mynah.SophiaOptions
---@field lr? number Learning rate: the share of Newton's step that is taken, at least 0. Default 0.06.
---@field beta1? number Decay of the running mean of gradients, in [0, 1). Default 0.96.
---@field beta2? number Decay of the running mean of curvatures, in [0, 1). Default 0.99.
---@field clip? number Longest step in each coordinate, before `lr` multiplies it, above 0. Default 0.01.
---@field every? integer Steps from one estimate of the curvature to the next, at least 1. Default 10.
---@field start? integer The step with the first estimate, at least 1; all steps before it have the longest length. Default 1.
---@field eps? number Least curvature that is divided by, above 0. Default 1e-12.
---@field weight_decay? number Weight decay: each step first shrinks the parameter by the share `lr * weight_decay`, at least 0. Default 0.0.
---@field schedule? mynah.ScheduleOptions How the learning rate changes over the run. Default: not at all.

---Settings of [`Spectral`].
---@class mynah.SpectralOptions
---@field clusters? integer How many clusters, at least 1. Default 8.
---@field affinity? "rbf"|"nearest_neighbors" How alike two samples are: "rbf" or "nearest_neighbors". Default "rbf".
---@field gamma? number How fast likeness ends with distance for "rbf", positive. Default 1.0.
---@field neighbors? integer How many neighbours each sample has for "nearest_neighbors", itself among them, at least 2. Default 10.
---@field starts? integer How often k-means starts, at least 1. Default 10.
---@field seed? integer Of the random choices. Default 0.

---Settings of [`spiral`].
---@class mynah.SpiralOptions
---@field samples? integer How many samples, in equal parts on the arms. At least 1. Default 100.
---@field arms? integer How many arms, each a class. At least 1. Default 2.
---@field turns? number How often each arm goes round. Positive. Default 1.0.
---@field noise? number The standard deviation of Gaussian noise, at least 0; the arms end at radius 1. Default 0.02.
---@field shuffle? boolean Whether samples come in random order. Default true.
---@field seed? integer Of the random numbers. Default 0.

---How samples are split in two.
---@class mynah.SplitOptions
---@field share? number The share that is kept for the test, between 0 and 1; rounded up. Default 0.25.
---@field stratify? boolean Keep each class's share in both parts; the answers are classes then. Default false.
---@field seed? integer Of the order. Default 0.

---Settings of [`Stacking`] and [`StackingRegressor`].
---@class mynah.StackingOptions
---@field folds? integer Parts into which the samples fall, from 2. Default 5.
---@field passthrough? boolean The final learner also sees the samples themselves. Default false.
---@field seed? integer Of the parts. Default 0.
---@field learners? mynah.Learner[] The learners at the bottom. Default: a random forest, extra trees and gradient boosting.
---@field last? mynah.Learner The learner on top. Default: logistic regression, or ridge for numbers.

---How a stage works.
---@class mynah.StageOptions
---@field threads? integer 1 (default): a worker does the work; 0: `poll` does it in the caller's thread, within its budget. Default 1.
---@field prefill? integer Most tokens of a prompt in a slice, from 1 to 64. Default 16.
---@field warm_up? boolean Whether a character's prompt is read before it is first spoken to. Default true.
---@field model? mynah.Model|mynah.Frozen The model that all its characters share; needed.

---Settings of [`StandardScaler`].
---@class mynah.StandardScalerOptions
---@field with_mean? boolean Take away the mean. Default true.
---@field with_std? boolean Divide by the standard deviation. Default true.

---Settings of [`BayesNet::learn`].
---@class mynah.StructureOptions
---@field search? "hill_climbing"|"chow_liu" How to search: "hill_climbing" or "chow_liu". Default "hill_climbing".
---@field max_parents? integer Parents of a variable at most, for hill climbing. Default 4.
---@field steps? integer Changes at most, for hill climbing, at least 1. Default 1000.
---@field patience? integer Where no change helps, this many that do not are made in the hope of finding a higher hill, never back to a structure seen before (tabu search, Glover 1989). Default 20.
---@field smoothing? number Added to each count of the tables, at least 0. Default 1.0.
---@field variables? { name: string, states: string[] }[] The variables with their states, in order. Default: those that occur in the rows.

---Settings of [`Svc`].
---@class mynah.SvcOptions
---@field C? number The price of errors: large ones are fitted closely. Positive. Default 1.0.
---@field kernel? "linear"|"rbf"|"poly"|"sigmoid"|"precomputed" "linear", "rbf", "poly", "sigmoid", or "precomputed": then the samples are the kernel's values with the samples fitted to. Default "rbf".
---@field gamma? number|"scale"|"auto" Of the kernels rbf, poly and sigmoid: positive, "scale" (1 / (features · variance)) or "auto" (1 / features). Default "scale".
---@field degree? integer Of the kernel poly: its degree, from 1 to 100. Default 3.
---@field coef0? number Of the kernels poly and sigmoid: the number that is added. Default 0.0.
---@field class_weight? "balanced"|number[]|table What `C` is multiplied with: "balanced" (samples / (classes · samples of the class)), a list with a positive number for each class, or { label = number }. Default: 1 for all.
---@field probability? boolean Learn probabilities too, from five further fits. Default false.
---@field tolerance? number The residual of the optimality conditions to reach, positive. Default 0.001.
---@field steps? integer Steps at most for each pair of classes. Default 10000000.
---@field cache? number Megabytes for kernel values, not negative. Default 200.0.
---@field shrinking? boolean Leave out samples for a while that seem settled. Default true.
---@field seed? integer Of the folds for probabilities; all else has no chance in it. Default 0.
---@field kernel_function? (fun(a: number[], b: number[]): number) A kernel of your own, in place of `kernel`: a function of two samples (lists of numbers) that answers a  number, symmetric and positive. A learner with one cannot be saved.

---Settings of [`Svr`].
---@class mynah.SvrOptions
---@field C? number The price of errors: large ones are fitted closely. Positive. Default 1.0.
---@field epsilon? number Errors up to this cost nothing; not negative. Default 0.1.
---@field kernel? "linear"|"rbf"|"poly"|"sigmoid"|"precomputed" "linear", "rbf", "poly", "sigmoid", or "precomputed": then the samples are the kernel's values with the samples fitted to. Default "rbf".
---@field gamma? number|"scale"|"auto" Of the kernels rbf, poly and sigmoid: positive, "scale" (1 / (features · variance)) or "auto" (1 / features). Default "scale".
---@field degree? integer Of the kernel poly: its degree, from 1 to 100. Default 3.
---@field coef0? number Of the kernels poly and sigmoid: the number that is added. Default 0.0.
---@field tolerance? number The residual of the optimality conditions to reach, positive. Default 0.001.
---@field steps? integer Steps at most. Default 10000000.
---@field cache? number Megabytes for kernel values, not negative. Default 200.0.
---@field shrinking? boolean Leave out samples for a while that seem settled. Default true.
---@field kernel_function? (fun(a: number[], b: number[]): number) A kernel of your own, in place of `kernel`: a function of two samples (lists of numbers) that answers a  number, symmetric and positive. A learner with one cannot be saved.

---Settings of [`swiss_roll`].
---@class mynah.SwissRollOptions
---@field samples? integer How many samples, at least 1. Default 100.
---@field noise? number The standard deviation of Gaussian noise, at least 0. Default 0.0.
---@field seed? integer Of the random numbers. Default 0.

---How a new tensor is made.
---@class mynah.TensorOptions
---@field dtype? string What its elements are: "f32" (the usual default), "f64", "i32" or "bool".
---@field device? string Where it lives: "cpu", or "wgpu" in a build that has it. Default: see `mynah.device`.
---@field requires_grad? boolean Whether `backward` finds its derivative. Default false.
---@field seed? integer Seed of the random numbers, for `randn` and `rand`.

---Settings of [`Figure::terminal`].
---@class mynah.TerminalOptions
---@field columns? integer Letters from left to right, 20 to 500. Default 80.
---@field rows? integer Lines from top to bottom, axes and labels included, 6 to 300. Default 24.
---@field color? boolean Use colours. Default true.

---Settings of [`terrain`].
---@class mynah.TerrainOptions
---@field tolerance? number A gradient up to this length is no slope, at least 0. Default 0.01.
---@field curvature? number A curvature up to this size is none, at least 0. Default 1e-8.

---Words at places.
---@class mynah.TextOptions
---@field side? "center"|"left"|"right"|"above"|"below" Where they stand at their place: "center", "left", "right", "above" or "below". Default "center".
---@field color? string Their colour. Default: ink.
---@field size? number The height of their line in pixels, above 0; 0 for the figure's. Default 0.0.
---@field halo? boolean A rim of the background's colour around the letters, so that they can be read over anything. Default true.
---@field x? number[]|mynah.Tensor Where the words are from left to right; needed, or `points`.
---@field y? number[]|mynah.Tensor How high they are; needed, or `points`.
---@field points? number[][]|mynah.Tensor Points { x, y }, in place of `x` and `y`.
---@field text? string[] The words; needed.

---How a tokenizer is made.
---@class mynah.TokenizerOptions
---@field kind? "char"|"byte"|"trie"|"bpe"|"file" What a token is: "char", "byte", "trie", "bpe" or "file". Default "char".
---@field words? string[] The words of a `trie`. Default: those of its `text`, each with the space before it.
---@field most? integer Most words that a `trie` learns from its `text`; 0 means 4096. Default 0.
---@field fallback? boolean Whether a `char` tokenizer spells characters that it does not know in bytes. Default false.
---@field path? string The `tokenizer.json` of a `file` tokenizer.
---@field specials? string[] Texts that are one token each where the program puts them, never where a text says them, such as "<end>". Default {}.
---@field bos? string Which special token begins a document.
---@field eos? string Which special token ends a document or an answer.
---@field template? string What makes a text of a conversation: "plain", "chatml", "llama2", "llama3" or a Jinja template. A preset's special tokens are added. Default: that of the file, or "plain".
---@field vocab? integer Tokens in all, special ones not counted: 256 bytes and the pairs learned; from 256 to 1048576. Default 4096.
---@field split? "gpt2"|"digits"|"gpt4"|"qwen2" How words are told apart, over whose borders no token reaches: "gpt4" (default), "gpt2", "digits" or "qwen2". Default "gpt4".
---@field min_count? integer A pair that occurs fewer times than this does not become a token; at least 1. Default 2.
---@field text? string The text whose characters a `char` tokenizer knows, or whose words a `trie`, or that a `bpe` learns from.

---Settings of [`TourSearch`].
---@class mynah.TourSearchOptions
---@field method? "ga"|"anneal"|"two_opt"|"or_opt"|"nearest" "anneal", "two_opt" or "or_opt". Default "or_opt".
---@field steps? integer Steps until it is done: moves tried by "anneal", whose temperature falls over all of them, or improvements and kicks of the others. Default 100000.
---@field seed? integer Seed of all random choices. Default 1.
---@field neighbours? integer Near cities that each city tries as next ones, at least 1. Default 10.
---@field temperature? number First temperature of "anneal", in mean edges of the greedy tour, positive. Default 0.3.
---@field points? number[][] The cities as points `{ x, y }`.
---@field matrix? number[][] Or all distances, one row for each city.
---@field metric? string How far two points are from each other: "euclid" (the default), or TSPLIB's "euc2d", "ceil2d", "att", "geo".
---@field preferences? table[] Changed costs for pairs of cities: `{ from, to, cost }` replaces their distance, `{ from, to, cost, "add" }` adds to it.
---@field tour? integer[] The tour that it begins with. Default: a greedy one.

---How a model is trained, and how its data fill the windows it sees.
---@class mynah.TrainOptions
---@field steps? integer Optimizer steps. Default 2000.
---@field batch? integer Windows in a batch. Default 12.
---@field accumulate? integer Batches whose gradients make one step, as if they were one batch: every target that counts weighs the same. Default 1.
---@field optimizer? string What moves the weights, one of `mynah.optim`: "adamw" by default. Those that want curvature cannot be used here. Default "adamw".
---@field optimizer_options? table Options of the optimizer beside `lr`, `weight_decay` and, for "adamw", `beta1` and `beta2`. Default {  }.
---@field lr? number Highest learning rate. Default 0.001.
---@field schedule? mynah.ScheduleOptions How the learning rate changes; without, a warm-up and half a cosine down to `min_lr`. Its `steps` and `warmup` are the run's where they are 0.
---@field min_lr? number The last learning rate, as a part of `lr`, in [0, 1]. Default 0.1.
---@field warmup? integer Steps in which the learning rate rises from 0 to `lr`; at most half of `steps` are used for it. Default 100.
---@field weight_decay? number Pull towards zero on matrices (norms have none), at least 0. Default 0.1.
---@field beta1? number Decay of the mean of gradients in "adamw", in [0, 1). Default 0.9.
---@field beta2? number Decay of the mean of squared gradients in "adamw", in [0, 1). Default 0.99.
---@field clip? number Gradients longer than this are scaled down to it; positive. Default 1.0.
---@field precision? "f32"|"bf16" What the factors of linear layers are rounded to while training: "f32", or "bf16", faster where the processor has instructions for it (AVX512-BF16; elsewhere it is the same as "f32"). Sums, weights and all else stay in f32. Default "f32".
---@field recompute? boolean Whether only the blocks' inputs are kept and the rest computed again on the way back: less memory, a third more work, the same numbers. Default false.
---@field guard? number A loss that is not finite, or this many standard deviations above the mean of the last hundred, sends the run back to the last good weights, and on without the batches since; 0 for no guard. 6 is a usual choice. Default 0.0.
---@field val_fraction? number Part of the text, at its end, that is held out for evaluation and never trained on; in [0, 0.5]. Default 0.1.
---@field start? "anywhere"|"line" Where windows begin. Default "anywhere".
---@field eval_interval? integer Steps from one evaluation to the next. Default 250.
---@field eval_windows? integer Most windows in an evaluation while training; the last evaluation takes all. Default 64.
---@field log_interval? integer Steps from one line of the log to the next. Default 10.
---@field checkpoint_interval? integer Steps from one checkpoint to the next. Default 500.
---@field checkpoint_keep? integer How many of the newest checkpoints stay beside the last one, as `step-00000500.safetensors`. Default 0.
---@field checkpoint? string Folder for checkpoints and the log: `best.safetensors`, `last.safetensors`, `log.jsonl`.
---@field resume? boolean Goes on from `last.safetensors` in the checkpoint folder. Default false.
---@field seconds? number Stops after this many seconds, with the learning rate falling over that time; positive.
---@field seed? integer Seed of the order in which windows are drawn. Default 1.
---@field progress? boolean Whether a bar shows the progress on a terminal. Default true.
---@field time? integer Positions in a window; 0 means the model's context. Default 0.
---@field packing? "stream"|"packed"|"padded" How documents fill windows: "stream", "packed" (end to end, none sees another) or "padded" (one in each). Default: "stream" for texts, "padded" for conversations.
---@field stages? mynah.StageOptions[] Weights of several corpora over time: `{ { from = 0, weights = { 1, 2 } }, … }`. Default: all windows alike.
---@field answers? "all"|"last" Which answers of a conversation are learned: "all" or "last". Default "all".
---@field too_long? "skip"|"cut"|"refuse" What happens to a conversation longer than a window: "skip", "cut" or "refuse". It is told in any case. Default "skip".
---@field template? string What makes a text of a conversation: "plain", "chatml", "llama2", "llama3" or a Jinja template. Default: that of the tokenizer.
---@field mask? string The special token behind which tokens are hidden from a model with `causal = false`, which learns to tell them. Default "<mask>".
---@field beta? number How strongly preferences hold the model to what it was; positive. Default 0.1.
---@field smoothing? number The share of preferences that are taken to be the wrong way round, in [0, 0.5). Default 0.0.
---@field nll_weight? number Weight of the preferred answers' own loss, which keeps them likely; not negative. Default 0.0.
---@field text? string A text to learn.
---@field corpus? mynah.Corpus|mynah.Corpus[] A corpus to learn, or several; `stages` gives their weights.
---@field pairs? string[][] Questions with the answers to learn: `{ { "Who are you?", "I grind the corn." }, … }`.
---@field conversations? { role: string, content: string }[][] Conversations of which the assistant's part is learned: lists of `{ role =, content = }`.
---@field preferences? { prompt: string, chosen: string, rejected: string }[] Answers of which one is preferred: `{ prompt =, chosen =, rejected = }`.
---@field file? string A JSONL file of conversations or, for `dpo`, preferences.
---@field system? string The system prompt before each of `pairs`, or of `preferences`.
---@field curve? boolean|string Shows the loss as it falls: true on the terminal, a path such as "loss.png" (or .svg) in that picture as well,  drawn anew every two seconds.
---@field on_step? (fun(step: { step: integer, loss: number, lr: number, grad_norm: number, tokens_per_second: number, val_loss?: number, went_back?: integer }): boolean|number?) Called after every step; training ends when it returns false, and goes on at another rate when it returns a number.

---A decision tree: a box for each node, with what it asks, how many samples came, and their classes as colours.
---@class mynah.TreeOptions
---@field features? string[] The features' names. Default: feature 1, feature 2, ….
---@field classes? string[] The classes' names. Default: class 1, class 2, ….
---@field levels? integer Levels below the root that are drawn, 1 to 20; an ellipsis stands for what is deeper. Default 6.
---@field nodes? number[][]|mynah.Tensor The nodes of a decision tree, as `tree:params().nodes` gives them: one row for each with its feature, threshold,  left and right node, samples, impurity and answer, then the shares of the classes, if it has some; needed.

---Settings of [`TruncatedSvd`].
---@class mynah.TruncatedSvdOptions
---@field components? integer How many components are kept, at least 1. Default 2.
---@field steps? integer Rounds of refinement for more than 500 features and samples (fewer are decomposed exactly), at most 100. Default 5.
---@field seed? integer Of the random projections. Default 0.

---Settings of [`Tsne`].
---@class mynah.TsneOptions
---@field components? integer Dimensions of the picture: 1, 2 or 3. Default 2.
---@field perplexity? number About how many neighbours each sample has, at least 1. Fewer samples than three times this lower it. Default 30.0.
---@field early_exaggeration? number How many times stronger neighbours attract in the first 250 steps, at least 1. Default 12.0.
---@field learning_rate? number Learning rate, positive. Default: the number of samples over `early_exaggeration`, at least 50 (or a quarter of the samples, for few).
---@field steps? integer Steps at most, at least 250. Default 1000.
---@field tolerance? number Stop when 50 steps lower the divergence by less than this share of it, at least 0. Default 0.002.
---@field init? "pca"|"random" Where to start: "pca" or "random". Default "pca".
---@field angle? number How coarsely far groups repel, in [0, 1]: 0 is exact. Few samples are always exact. Default 0.5.
---@field seed? integer Of the random choices. Default 0.

---Settings of [`Umap`].
---@class mynah.UmapOptions
---@field components? integer Dimensions of the picture, in [1, 100]. Default 2.
---@field neighbors? integer Neighbours of each sample, itself among them, at least 2. Default 15.
---@field min_dist? number How near points may lie on the map, at least 0 and at most `spread`. Default 0.1.
---@field spread? number How far apart groups lie, positive. Default 1.0.
---@field steps? integer Passes over the graph, at least 1. Default: 500 for up to 10000 samples, else 200.
---@field learning_rate? number Learning rate at the start, positive. Default 1.0.
---@field negative_samples? integer Points that repel for each neighbour that attracts, at most 100. Default 5.
---@field init? "spectral"|"pca"|"random" Where to start: "spectral", "pca" or "random". Default "spectral".
---@field seed? integer Of the random choices. Default 0.

---How hidden tokens are filled in.
---@class mynah.UnmaskOptions
---@field mask? string The special token that hides others. Default "<mask>".
---@field steps? integer Passes over the text, at least 1; more than there are hidden tokens means one token a pass. Default 8.
---@field temperature? number Divides the logits of each guess; 0 (default) guesses the likeliest token. Default 0.0.
---@field choice_temperature? number How much chance there is in which guesses stay, less from pass to pass; 0 (default) keeps the surest. Default 0.0.
---@field seed? integer Seed of the draws. Default: other draws every time.

---A variable: its name, its states, and on what it depends.
---@class mynah.VariableOptions
---@field name? string Its name. Default "".
---@field states? string[] The names of its states, at least 1. Default {}.
---@field parents? string[] The names of its parents. Default {}.

---Arrows at places.
---@class mynah.VectorFieldOptions
---@field scale? number What the lengths are multiplied by; 0 to make the longest as long as the room it has. Default 0.0.
---@field equal? boolean Draw all equally long, so that only the direction shows. Default false.
---@field color? string Their colour. Default: ink.
---@field width? number Their width in pixels, above 0. Default 1.3.
---@field label? string Their name in the legend. Default: none. Default "".
---@field x? number[]|mynah.Tensor Where the arrows begin from left to right; needed.
---@field y? number[]|mynah.Tensor How high they begin; needed.
---@field u? number[]|mynah.Tensor How far they go to the right; needed.
---@field v? number[]|mynah.Tensor How far they go up; needed.

---Settings of [`Voting`].
---@class mynah.VotingOptions
---@field voting? "hard"|"soft" "hard": each votes for one class; "soft": by the mean of their probabilities. Default "hard".
---@field weights? number[] How much each learner counts, not negative. Default: 1 for all.
---@field learners? mynah.Learner[] The learners that vote. Default: a random forest, extra trees and gradient boosting.

---Settings of [`VotingRegressor`].
---@class mynah.VotingRegressorOptions
---@field weights? number[] How much each learner counts, not negative. Default: 1 for all.
---@field learners? mynah.Learner[] The learners that vote. Default: a random forest, extra trees and gradient boosting.

---Which wavelets.
---@class mynah.WaveletOptions
---@field kind? "haar"|"cdf53" "haar" (means and differences of pairs) or "cdf53" (what lines between neighbours do not predict). Default "haar".
---@field levels? integer How many times what is coarse is taken apart again. Default: until one number is left.

---Settings of [`Wells`].
---@class mynah.WellsOptions
---@field centres? number[][] Where the wells stand: a list of points. No default. Default {}.
---@field amplitude? number Height of each, finite: below 0 a well, above 0 a hill. Default -10.0.
---@field sigma? number Width of each, the σ of the Gaussian, positive. Default 60.0.

---Settings of [`WordCounts`].
---@class mynah.WordCountsOptions
---@field min_count? integer Words that occur fewer times in all texts together are left out. At least 1. Default 1.
---@field max_features? integer How many words are kept at most: the most frequent. At least 1. Default: all.
---@field ngrams? integer|integer[] Up to how many words in a row count as one, or the least and the largest number, from 1 to 16. Default 1.
---@field lowercase? boolean Whether capital letters are the same as small ones. Default true.
---@field tfidf? boolean Whether words in many texts count less, and each text is scaled to length 1. Default false.
---@field characters? boolean Whether to count characters (blanks too, runs of them as one) and not words. Default false.

---How words look.
---@class mynah.WordsOptions
---@field size? number The size of the font, 4 to 400. Default 15.0.
---@field color? string Their colour. Default "#ffffff".
---@field align? "left"|"center"|"right" Where they stand: "left" (from their place on), "center" or "right". Default "left".
---@field bold? boolean Whether the letters are thick. Default false.

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

---A number of a function that `mynah.grad` differentiates: it counts like a number and remembers how it came about.
---
---`+ - * / % ^` and comparisons work, with plain numbers on either side; other functions are in `mynah.math`.
---@class mynah.Variable
---@field value number Its plain value.
---@operator add(number|mynah.Variable): any
---@operator sub(number|mynah.Variable): any
---@operator mul(number|mynah.Variable): any
---@operator div(number|mynah.Variable): any
---@operator mod(number|mynah.Variable): any
---@operator pow(number|mynah.Variable): any
---@operator unm: any
local Variable = {}

---A matrix of complex numbers. `+ - * /` work element by element, with real matrices and numbers too.
---@class mynah.ComplexMatrix
---@field shape integer[] Rows and columns, as a list.
---@field re any The real parts.
---@field im any The imaginary parts.
---@operator add(mynah.ComplexMatrix|mynah.Tensor|number): mynah.ComplexMatrix
---@operator sub(mynah.ComplexMatrix|mynah.Tensor|number): mynah.ComplexMatrix
---@operator mul(mynah.ComplexMatrix|mynah.Tensor|number): mynah.ComplexMatrix
---@operator div(mynah.ComplexMatrix|mynah.Tensor|number): mynah.ComplexMatrix
---@operator unm: mynah.ComplexMatrix
local ComplexMatrix = {}

---The real and the imaginary part of the number in a row and a column.
---
---```lua
---local re, im = mynah.linalg.complex({ {1, 2} }, { {3, 4} }):at(1, 2)
---assert(re == 2 and im == 4)
---```
---@param row integer
---@param column integer
---@return number
---@return number
function ComplexMatrix:at(row, column) end

---The moduli: distances from 0.
---@return any
function ComplexMatrix:abs() end

---The conjugate: imaginary parts with the other sign.
---@return mynah.ComplexMatrix
function ComplexMatrix:conj() end

---The transpose.
---@return mynah.ComplexMatrix
function ComplexMatrix:t() end

---The adjoint Aᴴ: the conjugate of the transpose.
---@return mynah.ComplexMatrix
function ComplexMatrix:adjoint() end

---The matrix product.
---
---```lua
---local i = mynah.linalg.complex({ {0} }, { {1} })
---assert(i:matmul(i):at(1, 1) == -1)
---```
---@param other mynah.Tensor|table|mynah.ComplexMatrix
---@return mynah.ComplexMatrix
function ComplexMatrix:matmul(other) end

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
---A plain table of numbers is moved by the `gradient` given with it (and by a `curvature`, the Hessian's diagonal, where the
---method wants one), and so is a tensor. With a function in place of the gradient, the step asks that for the loss itself,
---and for curvature two times more where the method wants it (the loss must then be the same each time: no dropout).
---
---```lua
---local w = mynah.tensor({ 4 }, { requires_grad = true })
---local opt = mynah.optim.sgd{ lr = 0.25 };
---(w * w):sum():backward()
---opt:step(w)
---assert(w:item() == 2 and w.grad == nil)
---mynah.optim.adahessian{ lr = 0.5 }:step(w, function() return (w * w):sum() end)
---assert(math.abs(w:item() - 1) < 1e-3)
---```
---@param what any
---@param gradient? any
---@param curvature? any
---@return mynah.Optimizer
function Optimizer:step(what, gradient, curvature) end

---Runs `f` while a net, model or tensor holds the mean of its points, then puts it back; without `f` the mean stays.
---
---"schedulefree" and "asgd" train at one point and answer with a mean: use it to judge and to save. Other optimizers
---leave the net as it is.
---
---```lua
---local w = mynah.tensor({ 4 }, { requires_grad = true })
---local opt = mynah.optim.asgd{ lr = 0.1, start = 0 }
---for _ = 1, 3 do opt:step(w, function() return (w * w):sum() end) end
---local now, mean = w:item(), nil
---opt:averaged(w, function() mean = w:item() end)
---assert(w:item() == now and mean > now)
---```
---@param what any
---@param f? function
function Optimizer:averaged(what, f) end

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

---A search for the lowest value of a function it never sees: it asks for points and is told their values.
---@class mynah.Search
---@field name string Its method, such as "cmaes".
---@field evals integer Values told so far.
---@field bad integer Values that were NaN or infinite; they count as worst.
---@field restarts integer Times that it began anew.
local Search = {}

---The points whose values it wants next; the same until it is told, none when it is done.
---@return number[][]
function Search:ask() end

---Takes the values at the points it asked for, in their order.
---
---```lua
---local search = mynah.optim.random{ lower = { 0 }, upper = { 1 }, budget = 10, seed = 1 }
---local ok, message = pcall(search.tell, search, {})
---assert(not ok and message:find("values were asked, got 0"))
---```
---@param values number[]
---@return mynah.Search
function Search:tell(values) end

---The best point told so far and its value; nothing before the first.
---@return number[]?
---@return number?
function Search:best() end

---Where a method that walks stands, "anneal" for one: the point `x`, its value `f`, the `temperature` of the
---next step, and how many steps were `taken`; nil for other methods and before the first value.
---
---```lua
---local search = mynah.optim.anneal{ x0 = { 3 }, t0 = 10, seed = 1 }
---search:tell{ 9 }
---assert(search:walk().x[1] == 3 and search:walk().temperature == 10)
---```
---@return table?
function Search:walk() end

---Why it is over, as a sentence; nil while it is not.
---@return string?
function Search:done() end

---Ends it; it asks for nothing more.
---@return mynah.Search
function Search:stop() end

---A genetic algorithm: it asks for genomes and is told their values, lower ones being better.
---
---Genomes are lists of numbers: reals, bits as 0 and 1, permutations of 1 to n, or bytes from 0 to 255.
---@class mynah.Genetic
---@field name string Its method: "ga".
---@field evals integer Values told so far.
---@field bad integer Values that were NaN or infinite; they count as worst.
---@field generation integer Generations told so far.
local Genetic = {}

---The genomes whose values it wants next; the same until it is told, none when it is done.
---@return number[][]
function Genetic:ask() end

---Takes the values of the genomes it asked for, in their order, and breeds the next generation.
---
---```lua
---local ga = mynah.optim.ga{ genome = "binary", dim = 4, population = 6, seed = 1 }
---local ok, message = pcall(ga.tell, ga, { 1, 2 })
---assert(not ok and message:find("6 values were asked, got 2"))
---```
---@param values number[]
---@return mynah.Genetic
function Genetic:tell(values) end

---The best genome told so far and its value; nothing before the first.
---@return number[]?
---@return number?
function Genetic:best() end

---The individuals that were told last and the elite, best first, and their values.
---
---```lua
---local ga = mynah.optim.ga{ genome = "permutation", dim = 5, population = 6, elite = 1, seed = 1 }
---ga:tell{ 3, 1, 2, 6, 5, 4 }
---local genomes, values = ga:population()
---assert(values[1] == 1 and #genomes == 1)
---```
---@return number[][]
---@return number[]
function Genetic:population() end

---Why it is over, as a sentence; nil while it is not.
---@return string?
function Genetic:done() end

---Ends it; it asks for nothing more.
---@return mynah.Genetic
function Genetic:stop() end

---A search for a minimum that knows derivatives. Step it with a function, or answer its questions.
---@class mynah.Minimizer
---@field name string Its method, such as "lbfgs".
local Minimizer = {}

---One step on the function `f`, with exact derivatives; false when it is done.
---
---```lua
---local search = mynah.optim.newton{ x0 = { 3, -4 } }
---while search:step(function(p) return p[1]^2 + p[2]^4 end) do end
---assert(math.abs(search:report().x[2]) < 1e-2)
---```
---@param f function
---@return boolean
function Minimizer:step(f) end

---What it wants to know next: `kind` ("gradient", "product", "hessian" or "residuals"), the point `x`, and `v` for a product; nil when done.
---@return table?
function Minimizer:ask() end

---The answer: a value and its gradient; the Hessian times `v`; the Hessian's rows; or residuals and their Jacobian's rows.
---
---```lua
---local search = mynah.optim.lbfgs{ x0 = { 3 } }
---while search:ask() do
---  local x = search:ask().x[1]
---  search:tell(x^2, { 2 * x })
---end
---assert(search:report().f < 1e-12)
---```
---@param answer any
---@param derivatives? any
---@return mynah.Minimizer
function Minimizer:tell(answer, derivatives) end

---Where it stands: the best point `x`, its value `f`, `steps`, `evals`, `gradient_norm`, the `reason` of its end and its `verdict`.
---@return table
function Minimizer:report() end

---Why it is over, as a sentence; nil while it is not.
---@return string?
function Minimizer:done() end

---Ends it; it asks for nothing more.
---@return mynah.Minimizer
function Minimizer:stop() end

---A search for a short tour, stepped by hand. It always knows the best tour seen.
---@class mynah.TourSearch
---@field length number The length of the tour that it stands on.
---@field steps integer Steps made.
---@field done boolean Whether all steps are made.
---@field temperature number? The temperature of "anneal", in the unit of lengths; nil for other methods.
local TourSearch = {}

---Makes `count` steps (default 1), fewer if it is done before.
---@param count? integer
---@return mynah.TourSearch
function TourSearch:step(count) end

---The tour that it stands on.
---@return integer[]
function TourSearch:tour() end

---The best tour seen, and its length.
---@return integer[]
---@return number
function TourSearch:best() end

---Cells in rows, some of them walls. Cells count from 1, row by row.
---@class mynah.Grid
---@field width integer How many columns it has.
---@field height integer How many rows it has.
local Grid = {}

---The shortest way between two cells: the cells, its length, and how many cells were looked at; nil if there is none.
---
---`method` is "astar" (the default), "dijkstra", "bfs" (fewest steps), "greedy" (often not shortest), "jps" or "bidirectional".
---
---```lua
---local way, length = mynah.route.grid{ "...", "##.", "..." }:path(1, 7)
---assert(length == 6 and #way == 7)
---```
---@param from integer
---@param to integer
---@param method? string
---@return table?
---@return number
---@return integer
function Grid:path(from, to, method) end

---The cells that the search of `path` looks at, in their order.
---
---```lua
---assert(mynah.route.grid{ "..", ".." }:looked_at(1, 4, "bfs")[1] == 1)
---```
---@param from integer
---@param to integer
---@param method? string
---@return integer[]
function Grid:looked_at(from, to, method) end

---The number of the cell in a column and a row, both from 1.
---@param column integer
---@param row integer
---@return integer
function Grid:cell(column, row) end

---The column and the row of a cell.
---@param cell integer
---@return integer
---@return integer
function Grid:place(cell) end

---Whether a cell is no wall.
---@param cell integer
---@return boolean
function Grid:is_free(cell) end

---A maze of passages between cells, which count from 1, row by row. Printing draws it.
---@class mynah.Maze
---@field width integer How many columns it has.
---@field height integer How many rows it has.
---@field passages integer How many walls are open; in a perfect maze one less than cells.
---@field components integer How many parts there are without a way between them (always 1).
local Maze = {}

---The shortest way between two cells: the cells, its length, and how many cells were looked at.
---
---```lua
---local way = mynah.route.maze{ width = 5, height = 5, seed = 1 }:path(1, 25)
---assert(way[1] == 1 and way[#way] == 25)
---```
---@param from integer
---@param to integer
---@param method? string
---@return table?
---@return number
---@return integer
function Maze:path(from, to, method) end

---The cells that the search of `path` looks at, in their order.
---
---```lua
---local maze = mynah.route.maze{ width = 5, height = 5, seed = 1 }
---local _, _, count = maze:path(1, 25, "bfs")
---assert(#maze:looked_at(1, 25, "bfs") == count)
---```
---@param from integer
---@param to integer
---@param method? string
---@return integer[]
function Maze:looked_at(from, to, method) end

---Whether one can go from a cell "up", "right", "down" or "left".
---@param cell integer
---@param where_to string
---@return boolean
function Maze:can_go(cell, where_to) end

---A drawing with the cells of a way marked.
---
---```lua
---local maze = mynah.route.maze{ width = 5, height = 5, seed = 1 }
---local way = maze:path(1, 25)
---print(maze:text(way))
---```
---@param way? integer[]
---@return string
function Maze:text(way) end

---The maze as a grid of blocks, (2·width + 1) x (2·height + 1), walls included.
---@return mynah.Grid
function Maze:blocks() end

---A learner: `fit` it to samples, then ask it about others. Where it does not offer a method, that says so.
---
---Samples are a tensor [rows, features] or a table of rows; labels are numbers or strings.
---@class mynah.Learner
---@field name string Its name, such as "svc".
---@field classes any The classes of a fitted classifier, in the order of the columns of `predict_proba`.
---@field warning string? What the latest fit had to say, with the numbers: that it did not converge, for one; nil when all went well.
local Learner = {}

---Learns from samples and, where it needs them, their labels; anew each time. A fit with something to say prints a warning.
---@param x number[][]|mynah.Tensor|mynah.SparseRows
---@param y? number[]|string[]|mynah.Tensor
---@return mynah.Learner
function Learner:fit(x, y) end

---Learns on from more samples; a classifier may be told all `classes` with the first ones.
---@param x number[][]|mynah.Tensor|mynah.SparseRows
---@param y? number[]|string[]|mynah.Tensor
---@param classes? number[]|string[]|mynah.Tensor
---@return mynah.Learner
function Learner:partial_fit(x, y, classes) end

---Its answer for each sample: labels, numbers, or clusters from 1 (0 is none of them).
---@param x number[][]|mynah.Tensor|mynah.SparseRows
---@return any
function Learner:predict(x) end

---How probable each class is for each sample, [rows, classes].
---@param x number[][]|mynah.Tensor|mynah.SparseRows
---@return mynah.Tensor
function Learner:predict_proba(x) end

---How far each sample is on the side of each class: one column for two classes, else one per class.
---@param x number[][]|mynah.Tensor|mynah.SparseRows
---@return mynah.Tensor
function Learner:decision(x) end

---The samples as it sees them, [rows, components].
---@param x number[][]|mynah.Tensor|mynah.SparseRows
---@return mynah.Tensor
function Learner:transform(x) end

---What `transform` made, back in the samples' own features.
---@param x number[][]|mynah.Tensor|mynah.SparseRows
---@return mynah.Tensor
function Learner:inverse_transform(x) end

---What each layer of a multilayer perceptron answers to the samples, a list of tensors [rows, neurons].
---@param x number[][]|mynah.Tensor|mynah.SparseRows
---@return mynah.Tensor[]
function Learner:activations(x) end

---`fit` and `transform` in one.
---@param x number[][]|mynah.Tensor|mynah.SparseRows
---@param y? number[]|string[]|mynah.Tensor
---@return mynah.Tensor
function Learner:fit_transform(x, y) end

---The share of right labels, or R² for numbers.
---@param x number[][]|mynah.Tensor|mynah.SparseRows
---@param y number[]|string[]|mynah.Tensor
---@return number
function Learner:score(x, y) end

---What it has learned, by name: numbers, tensors and words.
---@return table
function Learner:params() end

---Writes it to a file, for `mynah.learn.load`.
---@param path string
---@return mynah.Learner
function Learner:save(path) end

---Sparse samples: rows that hold only what is not 0, for learners that say they take them.
---@class mynah.SparseRows
---@field columns integer How many columns there are.
---@operator len: integer
local SparseRows = {}

---The rows with every number written out, [rows, columns].
---@return mynah.Tensor
function SparseRows:dense() end

---Words counted in texts: learns a vocabulary, then turns texts to sparse rows.
---@class mynah.WordCounts
local WordCounts = {}

---Learns the vocabulary of texts.
---@param texts string[]
---@return mynah.WordCounts
function WordCounts:fit(texts) end

---How often each known word occurs in each text.
---@param texts string[]
---@return mynah.SparseRows
function WordCounts:transform(texts) end

---`fit` and `transform` in one.
---@param texts string[]
---@return mynah.SparseRows
function WordCounts:fit_transform(texts) end

---The words, in the order of the columns.
---@return string[]
function WordCounts:vocabulary() end

---Writes it to a file, for `mynah.data.load_word_counts`.
---@param path string
---@return mynah.WordCounts
function WordCounts:save(path) end

---A few vectors that stand for many.
---@class mynah.Codebook
---@field entries mynah.Tensor The vectors, [entries, numbers].
---@operator len: integer
local Codebook = {}

---For each sample the place of the nearest vector, from 1.
---@param samples number[][]|mynah.Tensor|mynah.SparseRows
---@return integer[]
function Codebook:encode(samples) end

---The vectors at these places, [places, numbers].
---@param places integer[]|mynah.Tensor
---@return mynah.Tensor
function Codebook:decode(places) end

---A hidden Markov model. A sequence is a list of symbols (or a string) for discrete ones, rows for Gaussian ones.
---@class mynah.Hmm
local Hmm = {}

---Learns from one sequence or a list of them (Baum & Welch); a fit that did not converge prints a warning.
---@param sequences number[]|string[]|string|number[][]|mynah.Tensor
---@return mynah.Hmm
function Hmm:fit(sequences) end

---The logarithm of the sequence's probability, or density.
---@param sequence number[]|string[]|string|number[][]|mynah.Tensor
---@return number
function Hmm:log_likelihood(sequence) end

---How probable each state is at each place, given all that was seen, [length, states].
---@param sequence number[]|string[]|string|number[][]|mynah.Tensor
---@return mynah.Tensor
function Hmm:posterior(sequence) end

---The most probable states in a row, and the logarithm of their probability together with the sequence.
---@param sequence number[]|string[]|string|number[][]|mynah.Tensor
---@return any
---@return number
function Hmm:viterbi(sequence) end

---A sequence drawn from it, and its states.
---@param length integer
---@param seed? integer
---@return any
---@return any
function Hmm:sample(length, seed) end

---What it has learned: start, transition, and emission or means and covariances; and the log likelihood of each step.
---@return table
function Hmm:params() end

---Writes it to a file, for `mynah.graphical.load_hmm`.
---@param path string
---@return mynah.Hmm
function Hmm:save(path) end

---A Markov chain over symbols: a list of labels, or a string for its characters.
---@class mynah.MarkovChain
local MarkovChain = {}

---Counts what follows what, in one sequence or a list of them.
---@param sequences number[]|string[]|string|(number[]|string[]|string)[]
---@return mynah.MarkovChain
function MarkovChain:fit(sequences) end

---How probable each symbol is after a history.
---@param history number[]|string[]|string
---@return table
function MarkovChain:next(history) end

---The logarithm of the sequence's probability.
---@param sequence number[]|string[]|string
---@return number
function MarkovChain:log_likelihood(sequence) end

---Symbols drawn one after the other, going on from `history` if there is one.
---@param length integer
---@param seed? integer
---@param history? number[]|string[]|string
---@return any
function MarkovChain:sample(length, seed, history) end

---The symbols it knows, in the order of rows and columns.
---@return any
function MarkovChain:symbols() end

---How probable each symbol (columns) is after each (rows); of order 1 only.
---@return mynah.Tensor
function MarkovChain:transition() end

---How often each symbol comes in the long run; of order 1 only.
---@return table
function MarkovChain:stationary() end

---From each symbol, how many steps pass until one of `targets` is met, on average; of order 1 only.
---@param targets number[]|string[]|string
---@return table
function MarkovChain:hitting_times(targets) end

---From each symbol, how probable it is that one of `targets` is ever met; of order 1 only.
---@param targets number[]|string[]|string
---@return table
function MarkovChain:hitting_probabilities(targets) end

---How much each symbol tells in the long run, in nats.
---@return number
function MarkovChain:entropy_rate() end

---Writes it to a file, for `mynah.graphical.load_markov_chain`.
---@param path string
---@return mynah.MarkovChain
function MarkovChain:save(path) end

---A Bayesian network. Evidence is a table `{ variable = state }`.
---@class mynah.BayesNet
---@field warning string? What learning its structure had to say; nil when all went well.
local BayesNet = {}

---Its variables: a list of tables with name, states, parents and table.
---@return table
function BayesNet:nodes() end

---How probable each state of a variable is, exactly (variable elimination).
---@param variable string
---@param evidence? table<string, string>
---@return table
function BayesNet:posterior(variable, evidence) end

---The same by drawing samples that agree with the evidence, each with its weight.
---@param variable string
---@param evidence table<string, string>
---@param samples integer
---@param seed? integer
---@return table
function BayesNet:likelihood_weighting(variable, evidence, samples, seed) end

---The most probable states of all variables together, and the logarithm of their probability.
---@param evidence table<string, string>
---@return table
---@return number
function BayesNet:explanation(evidence) end

---The logarithm of the evidence's probability.
---@param evidence table<string, string>
---@return number
function BayesNet:log_probability(evidence) end

---Rows `{ variable = state }` drawn from it.
---@param count integer
---@param seed? integer
---@return table
function BayesNet:sample(count, seed) end

---The logarithm of the rows' probability.
---@param rows table<string, string>[]
---@return number
function BayesNet:log_likelihood(rows) end

---The Bayesian information criterion of the rows: the higher, the better it explains them for its size.
---@param rows table<string, string>[]
---@return number
function BayesNet:bic(rows) end

---Writes it to a file, for `mynah.graphical.load_bayes_net`.
---@param path string
---@return mynah.BayesNet
function BayesNet:save(path) end

---A field of labels on a grid, each pixel drawn to its own picture and to its neighbours.
---@class mynah.MarkovField
local MarkovField = {}

---Gibbs sampling: labels (the most frequent), marginals, energies of each sweep.
---@param options? mynah.GibbsOptions
---@return table
function MarkovField:gibbs(options) end

---Loopy belief propagation: labels (the most probable) and marginals.
---@param options? mynah.BeliefOptions
---@return table
function MarkovField:propagate(options) end

---The energy of labels from 1: the lower, the more probable.
---@param labels number[][]|mynah.Tensor
---@return number
function MarkovField:energy(labels) end

---A Kalman filter. Observations are rows, with NaN where nothing was seen.
---@class mynah.Kalman
local Kalman = {}

---The state after each observation: means [length, states], covariances [length, states²], predicted ones, log_likelihood.
---@param observations number[][]|mynah.Tensor
---@param controls? number[][]|mynah.Tensor
---@return table
function Kalman:filter(observations, controls) end

---The state at each time, given all observations (Rauch, Tung & Striebel): means, covariances, log_likelihood.
---@param observations number[][]|mynah.Tensor
---@param controls? number[][]|mynah.Tensor
---@return table
function Kalman:smooth(observations, controls) end

---What comes after the observations: means, covariances, observations, observation_covariances.
---@param observations number[][]|mynah.Tensor
---@param steps integer
---@param controls? number[][]|mynah.Tensor
---@return table
function Kalman:forecast(observations, steps, controls) end

---Learns its noises, and more by choice, from one sequence of observations or a list of them (expectation maximisation).
---@param observations number[]|string[]|string|number[][]|mynah.Tensor
---@param options? mynah.KalmanOptions
---@return mynah.Kalman
function Kalman:fit(observations, options) end

---States and observations drawn from it.
---@param length integer
---@param seed? integer
---@return mynah.Tensor
---@return mynah.Tensor
function Kalman:sample(length, seed) end

---Its matrices: transition, observation, process_noise, observation_noise, start_mean, start_covariance.
---@return table
function Kalman:params() end

---Writes it to a file, for `mynah.graphical.load_kalman`.
---@param path string
---@return mynah.Kalman
function Kalman:save(path) end

---A picture in the making: step it, run it, look at it at any time, save it.
---@class mynah.Painting
---@field method string How it is made: "climb", "picture_ga" or "pixel_ga".
---@field rmse number The root of the mean squared error over red, green and blue, 0 to 255, of the picture as it would be written.
---@field shapes integer? Shapes in the picture; nil for raw pixels.
---@field steps integer Steps or generations taken.
---@field total integer Steps or generations in all.
local Painting = {}

---One step or generation: how it stands, or nil when all is done.
---
---```lua
---local art = mynah.paint.painter{ image = mynah.paint.image(mynah.rand(8, 8, 3, { seed = 1 }) * 255), shapes = 2 }
---assert(art:step().step == 1)
---```
---@return table?
function Painting:step() end

---Steps to the end, or until `on_step` returns false; what is there is kept, and another `run` goes on from it.
---
---```lua
---local target = mynah.paint.image(mynah.rand(8, 8, 3, { seed = 1 }) * 255)
---local art = mynah.paint.painter{ image = target, shapes = 2 }
---art:run{ out = TMP .. "/art.svg", on_step = function(r) return r.step < 2 end }
---assert(art.steps == 2)
---```
---@param options? mynah.RunOptions
---@return mynah.Painting
function Painting:run(options) end

---The picture as it stands: the best so far; nil for raw pixels.
---@return mynah.Picture?
function Painting:picture() end

---The pixels as they stand.
---@return mynah.Image
function Painting:image() end

---What is painted, in the size in which it is painted.
---@return mynah.Image
function Painting:target() end

---Writes the picture as a PNG or an SVG file, by the ending of its name.
---@param path string
---@return mynah.Painting
function Painting:save(path) end

---A list of shapes on a background, later ones over earlier ones.
---@class mynah.Picture
---@field width integer Pixels from left to right.
---@field height integer Pixels from top to bottom.
---@field shapes integer How many shapes it has.
local Picture = {}

---Lays a shape over the others; its colour is red, green, blue from 0 to 255 and perhaps alpha from 0 to 1.
---
---Shapes are `{ triangle = { points } }`, `{ polygon = { points } }`, `{ curve = { points, width } }`,
---`{ ellipse = { center, radii, angle } }` and `{ rectangle = { center, radii, angle } }`, in pixels from the top left
---corner and radians.
---
---```lua
---local picture = mynah.paint.picture(9, 9)
---picture:add({ ellipse = { center = { 4.5, 4.5 }, radii = { 3, 3 }, angle = 0 } }, { 0, 0, 255 })
---assert(picture:image():pixel(5, 5)[3] == 255 and picture.shapes == 1)
---```
---@param shape table
---@param colour number[]
---@return mynah.Picture
function Picture:add(shape, colour) end

---The shapes from the lowest to the uppermost, each `{ shape = …, color = { r, g, b, alpha } }` as `add` takes them.
---@return table[]
function Picture:strokes() end

---Its pixels as an image.
---@return mynah.Image
function Picture:image() end

---The root of the mean squared error of its pixels against an image of the same size.
---@param image mynah.Image
---@return number
function Picture:rmse(image) end

---The same picture `factor` times as large.
---@param factor number
---@return mynah.Picture
function Picture:scaled(factor) end

---The text of an SVG file that shows it.
---@return string
function Picture:svg() end

---Writes it as a PNG or an SVG file, by the ending of its name.
---@param path string
---@return mynah.Picture
function Picture:save(path) end

---Pixels of red, green and blue from 0 to 255.
---@class mynah.Image
---@field width integer Pixels from left to right.
---@field height integer Pixels from top to bottom.
local Image = {}

---The colour at a column and a row, both from 1: red, green and blue.
---@param column integer
---@param row integer
---@return number[]
function Image:pixel(column, row) end

---Its numbers as a tensor [height, width, 3].
---@return mynah.Tensor
function Image:tensor() end

---The root of the mean squared error against another image of the same size.
---@param other mynah.Image
---@return number
function Image:rmse(other) end

---The same with at most `longest` pixels on a side.
---@param longest integer
---@return mynah.Image
function Image:reduced(longest) end

---Writes it as a PNG file.
---@param path string
---@return mynah.Image
function Image:save(path) end

---Layers over a pair of axes. Printing draws it in the terminal.
---@class mynah.Figure
---@field layers integer How many layers it has.
local Figure = {}

---A line through points, with a band around it if `low` and `high` are given.
---
---```lua
---local figure = mynah.plot.figure()
---figure:line{ y = { 3, 1.5, 1 }, label = "loss" }
---figure:save(TMP .. "/figure.png")
---```
---@param options? mynah.LineOptions
---@return mynah.Figure
function Figure:line(options) end

---The area between two lines.
---
---```lua
---local figure = mynah.plot.figure()
---figure:band{ low = { 0, 1 }, high = { 2, 4 } }
---figure:save(TMP .. "/figure.png")
---```
---@param options? mynah.BandOptions
---@return mynah.Figure
function Figure:band(options) end

---Points, coloured by value or by class if wanted.
---
---```lua
---local figure = mynah.plot.figure()
---figure:scatter{ x = { 1, 2, 3 }, y = { 2, 1, 2 }, classes = { 1, 1, 2 }, names = { "low", "high" } }
---figure:save(TMP .. "/figure.png")
---```
---@param options? mynah.ScatterOptions
---@return mynah.Figure
function Figure:scatter(options) end

---Bars from zero; several sets stand beside each other.
---
---```lua
---local figure = mynah.plot.figure()
---figure:bars{ y = { 3, 5, 2 } }
---figure:save(TMP .. "/figure.png")
---```
---@param options? mynah.BarsOptions
---@return mynah.Figure
function Figure:bars(options) end

---How often values fall into each of several ranges.
---
---```lua
---local figure = mynah.plot.figure()
---figure:histogram{ values = { 1, 2, 2, 3, 3, 3 } }
---figure:save(TMP .. "/figure.png")
---```
---@param options? mynah.HistogramOptions
---@return mynah.Figure
function Figure:histogram(options) end

---Values over a grid, shown as colours.
---
---```lua
---local figure = mynah.plot.figure()
---figure:heatmap{ values = { { 1, 2 }, { 3, 4 } }, numbers = true }
---figure:save(TMP .. "/figure.png")
---```
---@param options? mynah.HeatMapOptions
---@return mynah.Figure
function Figure:heatmap(options) end

---Lines of equal height over a grid.
---
---```lua
---local figure = mynah.plot.figure()
---figure:contour{ values = { { 1, 2, 3 }, { 2, 3, 4 }, { 3, 4, 9 } } }
---figure:save(TMP .. "/figure.png")
---```
---@param options? mynah.ContourOptions
---@return mynah.Figure
function Figure:contour(options) end

---Arrows at places: a vector field.
---
---```lua
---local figure = mynah.plot.figure()
---figure:arrows{ x = { 0, 1 }, y = { 0, 1 }, u = { 1, 0 }, v = { 0, -1 } }
---figure:save(TMP .. "/figure.png")
---```
---@param options? mynah.VectorFieldOptions
---@return mynah.Figure
function Figure:arrows(options) end

---A class for each cell of a grid, in pale colours: decision regions.
---
---```lua
---local figure = mynah.plot.figure()
---figure:regions{ classes = { { 1, 1 }, { 1, 2 } } }
---figure:save(TMP .. "/figure.png")
---```
---@param options? mynah.RegionsOptions
---@return mynah.Figure
function Figure:regions(options) end

---Straight lines, each on its own: walls, edges of a tree.
---
---```lua
---local figure = mynah.plot.figure()
---figure:segments{ from = { { 0, 0 }, { 1, 0 } }, to = { { 0, 1 }, { 1, 1 } } }
---figure:save(TMP .. "/figure.png")
---```
---@param options? mynah.SegmentsOptions
---@return mynah.Figure
function Figure:segments(options) end

---Words at places.
---
---```lua
---local figure = mynah.plot.figure()
---figure:text{ x = { 1, 2 }, y = { 1, 2 }, text = { "here", "there" } }
---figure:save(TMP .. "/figure.png")
---```
---@param options? mynah.TextOptions
---@return mynah.Figure
function Figure:text(options) end

---A neural network: circles in columns, lines whose colour and width are the weights.
---
---```lua
---local figure = mynah.plot.figure()
---figure:network{ sizes = { 2, 3, 1 } }
---figure:save(TMP .. "/figure.png")
---```
---@param options? mynah.NetworkOptions
---@return mynah.Figure
function Figure:network(options) end

---A decision tree: what each node asks, its samples, and their classes as colours.
---
---```lua
---local tree = mynah.learn.decision_tree():fit({ { 1 }, { 2 }, { 8 } }, { "low", "low", "high" })
---local figure = mynah.plot.figure{ title = "One question" }
---figure:tree{ nodes = tree:params().nodes, classes = tree.classes }
---figure:save(TMP .. "/figure.png")
---```
---@param options? mynah.TreeOptions
---@return mynah.Figure
function Figure:tree(options) end

---Pixels: an Image, a Picture, or another figure; the first row at the top.
---
---```lua
---local figure = mynah.plot.figure()
---figure:image(mynah.paint.image(mynah.rand(4, 4, 3, { seed = 1 }) * 255)):save(TMP .. "/image.png")
---```
---@param image any
---@param options? mynah.ImageOptions
---@return mynah.Figure
function Figure:image(image, options) end

---The walls of a maze, cells in columns and rows from 1, row 1 at the top; make the figure with `equal` and `flip_y`.
---
---A way of its cells is drawn too; all that `maze:path` returns can be handed on.
---
---```lua
---local maze = mynah.route.maze{ width = 6, height = 4, seed = 1 }
---local figure = mynah.plot.figure{ equal = true, flip_y = true, axes = false }
---figure:maze(maze, maze:path(1, 24)):save(TMP .. "/maze.png")
---```
---@param maze mynah.Maze
---@param way? integer[]
---@param length? number
---@param looked_at? integer
---@return mynah.Figure
function Figure:maze(maze, way, length, looked_at) end

---Writes it as a PNG or an SVG file, by the ending of its name.
---@param path string
---@return mynah.Figure
function Figure:save(path) end

---The figure as text: braille for lines and points, blocks for what covers the paper.
---
---```lua
---print(mynah.plot.line{ y = { 1, 3, 2 } }:terminal{ columns = 40, rows = 10, color = false })
---```
---@param options? mynah.TerminalOptions
---@return string
function Figure:terminal(options) end

---The figure for terminals that show pictures (kitty's protocol).
---@return string
function Figure:kitty() end

---The text of an SVG file.
---@return string
function Figure:svg() end

---Its pixels as an Image.
---@return mynah.Image
function Figure:pixels() end

---Several figures in one picture.
---@class mynah.Sheet
---@field figures integer How many figures it has.
local Sheet = {}

---Writes it as a PNG or an SVG file, by the ending of its name.
---@param path string
---@return mynah.Sheet
function Sheet:save(path) end

---Its pixels as an Image.
---@return mynah.Image
function Sheet:pixels() end

---Frames for an animated GIF, all of one size.
---@class mynah.Film
---@field frames integer How many frames it holds.
local Film = {}

---Offers the next frame: a Figure, a Sheet, a Canvas, a Picture or an Image. A full film keeps every second frame.
---@param frame any
---@return mynah.Film
function Film:add(frame) end

---Writes it as a GIF file that plays for ever, `seconds` (default 0.1) to a frame and two for the last.
---@param path string
---@param seconds? number
---@return mynah.Film
function Film:save(path, seconds) end

---A picture that is drawn on at once, in units from the left upper corner.
---@class mynah.Canvas
---@field width integer Units from left to right.
---@field height integer Units from top to bottom.
local Canvas = {}

---Covers everything with a colour, by default the background, and ends a clip.
---@param color? string
---@return mynah.Canvas
function Canvas:clear(color) end

---A rectangle from its left upper corner.
---
---```lua
---local canvas = mynah.plot.canvas(100, 60)
---canvas:rect(10, 10, 80, 40, { fill = "#334455", line = "white", radius = 6 })
---assert(canvas:pixels():pixel(50, 30)[3] == 0x55)
---```
---@param x number
---@param y number
---@param width number
---@param height number
---@param options? mynah.ShapeOptions
---@return mynah.Canvas
function Canvas:rect(x, y, width, height, options) end

---A circle around a point.
---
---```lua
---mynah.plot.canvas(40, 40):circle(20, 20, 12, { fill = "red" }):save(TMP .. "/circle.png")
---```
---@param x number
---@param y number
---@param radius number
---@param options? mynah.ShapeOptions
---@return mynah.Canvas
function Canvas:circle(x, y, radius, options) end

---Many equal circles, each around one of the points: `{ x1, y1, x2, y2, … }`, a list of `{ x, y }` or a tensor.
---
---```lua
---mynah.plot.canvas(40, 40):dots({ 10, 10, 30, 30 }, 3, { fill = "yellow" })
---```
---@param points number[]|number[][]|mynah.Tensor
---@param radius number
---@param options? mynah.ShapeOptions
---@return mynah.Canvas
function Canvas:dots(points, radius, options) end

---A surface with corners, which are given as for `dots`.
---
---```lua
---mynah.plot.canvas(40, 40):polygon({ { 5, 35 }, { 20, 5 }, { 35, 35 } }, { fill = "green" })
---```
---@param points number[]|number[][]|mynah.Tensor
---@param options? mynah.ShapeOptions
---@return mynah.Canvas
function Canvas:polygon(points, options) end

---A line through points, which are given as for `dots`.
---
---```lua
---mynah.plot.canvas(40, 40):line({ 5, 35, 20, 5, 35, 35 }, { color = "cyan", width = 2, closed = true })
---```
---@param points number[]|number[][]|mynah.Tensor
---@param options? mynah.PenOptions
---@return mynah.Canvas
function Canvas:line(points, options) end

---A picture, stretched over a rectangle: an Image, a Picture, a Figure, a Canvas, a tensor [height, width] of
---numbers, or one [height, width, 3] of red, green and blue from 0 to 255; the first row at the top.
---
---```lua
---local waves = mynah.rand(8, 8, { seed = 1 })
---mynah.plot.canvas(80, 80):image(waves, 0, 0, 80, 80, { color_map = "magma", smooth = true })
---```
---@param picture any
---@param x number
---@param y number
---@param width number
---@param height number
---@param options? mynah.ShadeOptions
---@return mynah.Canvas
function Canvas:image(picture, x, y, width, height, options) end

---A line of words; their capitals are as far above `y` as below it.
---
---```lua
---local canvas = mynah.plot.canvas(120, 40)
---canvas:text("Loss 0.25", 60, 20, { size = 14, align = "center", bold = true })
---```
---@param words string
---@param x number
---@param y number
---@param options? mynah.WordsOptions
---@return mynah.Canvas
function Canvas:text(words, x, y, options) end

---How wide a line of words is; takes the options of `text`.
---
---```lua
---local canvas = mynah.plot.canvas(120, 40)
---assert(canvas:text_width("wide") > canvas:text_width("i"))
---```
---@param words string
---@param options? mynah.WordsOptions
---@return number
function Canvas:text_width(words, options) end

---Draws inside a rectangle only from now on; without one, everywhere again.
---
---```lua
---local canvas = mynah.plot.canvas(40, 40)
---canvas:clip(10, 10, 20, 20):circle(10, 20, 15, { fill = "blue" }):clip()
---```
---@param x? number
---@param y? number
---@param width? number
---@param height? number
---@return mynah.Canvas
function Canvas:clip(x, y, width, height) end

---Writes it as a PNG file.
---@param path string
---@return mynah.Canvas
function Canvas:save(path) end

---Its pixels as an Image.
---@return mynah.Image
function Canvas:pixels() end

---What turns text into token numbers and back. Token numbers count from 0, as in every file format.
---@class mynah.Tokenizer
---@field kind string "char", "byte", "trie", "bpe", "pieces" or "file".
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

---The tokens of `text`, in which the texts of special tokens are these tokens.
---
---```lua
---local tok = mynah.lm.tokenizer{ kind = "byte", specials = { "<end>" } }
---assert(#tok:encode("a<end>") == 6 and #tok:encode_specials("a<end>") == 2)
---```
---@param text string
---@return integer[]
function Tokenizer:encode_specials(text) end

---The number of a special token; nil if there is none of this name.
---
---```lua
---local tok = mynah.lm.tokenizer{ kind = "byte", specials = { "<end>" } }
---assert(tok:special("<end>") == 256 and tok:special("<begin>") == nil)
---```
---@param name string
---@return integer?
function Tokenizer:special(name) end

---The text that a conversation is to the model: a list of `{ role =, content = }`, by the tokenizer's template.
---
---```lua
---local tok = mynah.lm.tokenizer{ kind = "byte", template = "chatml" }
---local text = tok:render({ { role = "user", content = "Hello" } }, true)
---assert(text == "<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n")
---```
---@param messages any
---@param prompt? boolean
---@return string
function Tokenizer:render(messages, prompt) end

---A Llama-like transformer with its tokenizer.
---
---RMSNorm before each part, grouped-query attention, SwiGLU (Touvron et al. 2023); by choice with rotary or learned
---positions, biases (Qwen2), head norms (Qwen3), an output of its own. An optimizer steps it like a net: `opt:step(bird)`.
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
---@return { steps: integer, loss: number, val_loss?: number, seconds: number, tokens_per_second: number, stopped: boolean, went_back: integer }
function Model:train(options) end

---Fine-tunes on questions and answers, or on conversations: only what the assistant says is learned. Takes the options
---of `train`.
---
---```lua
---local tok = mynah.lm.tokenizer{ kind = "byte", specials = { "<end>" }, eos = "<end>" }
---local bird = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 1, context = 64, seed = 1 }
---bird:sft{ pairs = { { "Who?", "Polly." }, { "What?", "A cracker." } }, steps = 3, progress = false }
---```
---@param options? mynah.TrainOptions
---@return mynah.Model
---@return { steps: integer, loss: number, val_loss?: number, seconds: number, tokens_per_second: number, stopped: boolean, went_back: integer }
function Model:sft(options) end

---Tunes on preferences between two answers (direct preference optimisation, Rafailov et al. 2023), held to what the
---model is now. Takes the options of `train`.
---
---```lua
---local tok = mynah.lm.tokenizer{ kind = "byte", specials = { "<end>" }, eos = "<end>" }
---local bird = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 1, context = 64, seed = 1 }
---bird:dpo{ preferences = { { prompt = "Who?", chosen = "Polly.", rejected = "Go away." } }, steps = 3, progress = false }
---```
---@param options? mynah.TrainOptions
---@return mynah.Model
---@return { steps: integer, loss: number, val_loss?: number, seconds: number, tokens_per_second: number, stopped: boolean, went_back: integer }
function Model:dpo(options) end

---A new low-rank adapter (LoRA, Hu et al. 2021) for this model: a small change, trained and kept apart from it.
---
---```lua
---local tok = mynah.lm.tokenizer{ kind = "byte" }
---local bird = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 1, context = 64, seed = 1 }
---local miller = bird:lora{ rank = 2 }
---miller:train{ pairs = { { "Who are you?", "I grind the corn." } }, steps = 3, progress = false }
---miller:attach()
---```
---@param options? mynah.LoraOptions
---@return mynah.Lora
function Model:lora(options) end

---An adapter from a file that an adapter's `save` wrote.
---
---```lua
---local tok = mynah.lm.tokenizer{ kind = "byte" }
---local bird = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 1, context = 64, seed = 1 }
---bird:lora{ rank = 2 }:save(TMP .. "/miller.safetensors")
---bird:load_lora(TMP .. "/miller.safetensors"):attach(0.5)
---```
---@param path string
---@return mynah.Lora
function Model:load_lora(path) end

---The same model for generation alone, its matrices in "q8" (8 bits) or "q4" (4 bits): smaller and faster. What is
---attached to it is not taken along.
---
---```lua
---local tok = mynah.lm.tokenizer{ kind = "byte" }
---local bird = mynah.lm.model{ tokenizer = tok, dim = 32, layers = 1, heads = 1, context = 64, seed = 1 }
---local small = bird:quantize("q8")
---assert(small.bytes < 4 * bird.size / 2)
---```
---@param kind string
---@return mynah.Frozen
function Model:quantize(kind) end

---A conversation: the model answers as it is now.
---
---```lua
---local tok = mynah.lm.tokenizer{ kind = "byte" }
---local bird = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 1, context = 64, seed = 1 }
---local chat = bird:chat{ system = "You are a parrot.", tokens = 5, seed = 1 }
---chat:say("Hello!")
---assert(#chat.history == 3)
---```
---@param options? mynah.ChatOptions
---@return mynah.Chat
function Model:chat(options) end

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
---@return { steps: integer, loss: number, val_loss?: number, seconds: number, tokens_per_second: number, stopped: boolean, went_back: integer }
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

---Fills in every mask token in `text`, for a model with `causal = false`: in a few passes, the surest guesses first
---(MaskGIT, Chang et al. 2022). Returns the whole text.
---
---```lua
---local tok = mynah.lm.tokenizer{ kind = "char", text = "polly ", specials = { "<mask>" } }
---local bird = mynah.lm.model{ tokenizer = tok, dim = 32, layers = 1, heads = 2, context = 16, causal = false, seed = 1 }
---bird:train{ text = ("polly "):rep(60), steps = 60, lr = 1e-2, progress = false }
---print(bird:unmask("po<mask>ly p<mask>lly", { steps = 2 }))
---```
---@param text string
---@param options? mynah.UnmaskOptions
---@return string
function Model:unmask(text, options) end

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

---How much each head looks at each position when it reads these token numbers (from 0): a tensor
---[heads, time, time] for each layer. Row t says where position t looks; it adds up to 1.
---
---```lua
---local tok = mynah.lm.tokenizer{ text = "abc" }
---local bird = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 2, context = 16, seed = 1 }
---local looks = bird:attention{ 0, 1, 2 }
---assert(#looks == 1 and looks[1].shape[1] == 2 and looks[1][1][1][1] == 1) -- the first sees itself only
---```
---@param ids mynah.Tensor|table
---@return mynah.Tensor[]
function Model:attention(ids) end

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

---Writes the model to a file: Mynah's safetensors with sizes and tokenizer, or what the path's ending or `format`
---says (".gguf", ".bin" for llama2.c, "/" for a Hugging Face folder); by choice in fewer bits.
---
---```lua
---local tok = mynah.lm.tokenizer{ kind = "byte" }
---local bird = mynah.lm.model{ tokenizer = tok, dim = 32, layers = 1, heads = 1, context = 64, seed = 1 }
---bird:save(TMP .. "/bird.safetensors"):save(TMP .. "/bird.gguf", { dtype = "q8" })
---```
---@param path string
---@param options? mynah.SaveOptions
---@return mynah.Model
function Model:save(path, options) end

---A model for generation alone, often in 8 or 4 bits.
---@class mynah.Frozen
---@field config any Its sizes, as a table.
---@field tokenizer mynah.Tokenizer Its tokenizer.
---@field bytes integer Bytes that its weights take in memory.
local Frozen = {}

---Continues `prompt` and returns what is new; takes the options of a model's `generate`.
---
---```lua
---local tok = mynah.lm.tokenizer{ kind = "byte" }
---local bird = mynah.lm.model{ tokenizer = tok, dim = 32, layers = 1, heads = 1, context = 64, seed = 1 }
---local small = bird:quantize("q8")
---assert(small:generate("a", { tokens = 5, seed = 1 }) == small:generate("a", { tokens = 5, seed = 1 }))
---```
---@param prompt string
---@param options? mynah.GenerateOptions
---@return string
function Frozen:generate(prompt, options) end

---Continues `prompt` piece by piece, for a `for` loop; takes the options of `generate`.
---
---```lua
---local tok = mynah.lm.tokenizer{ kind = "byte" }
---local bird = mynah.lm.model{ tokenizer = tok, dim = 32, layers = 1, heads = 1, context = 64, seed = 1 }
---for piece in bird:quantize("q4"):stream("a", { tokens = 5 }) do assert(#piece > 0) end
---```
---@param prompt string
---@param options? mynah.GenerateOptions
---@return fun(): string?
function Frozen:stream(prompt, options) end

---A conversation, as a model's `chat`.
---
---```lua
---local tok = mynah.lm.tokenizer{ kind = "byte" }
---local bird = mynah.lm.model{ tokenizer = tok, dim = 32, layers = 1, heads = 1, context = 64, seed = 1 }
---bird:quantize("q8"):chat{ tokens = 5 }:say("Hello!")
---```
---@param options? mynah.ChatOptions
---@return mynah.Chat
function Frozen:chat(options) end

---Documents as tokens, part of them held out.
---@class mynah.Corpus
---@field documents integer How many documents there are.
---@field tokens integer How many tokens there are.
---@field reused boolean Whether its tokens came from the cache.
local Corpus = {}

---A low-rank adapter and the model that it was made for (LoRA, Hu et al. 2021, arXiv:2106.09685).
---@class mynah.Lora
---@field config any Its settings, as a table.
---@field size integer How many numbers it has learned, or will.
local Lora = {}

---Trains the adapter alone; the model stays as it is. Takes the options of a model's `train`. Returns the adapter and
---what its training came to.
---
---```lua
---local tok = mynah.lm.tokenizer{ kind = "byte" }
---local bird = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 1, context = 64, seed = 1 }
---local _, report = bird:lora{ rank = 2 }:train{ text = ("polly "):rep(99), steps = 3, progress = false }
---assert(report.steps == 3)
---```
---@param options? mynah.TrainOptions
---@return mynah.Lora
---@return { steps: integer, loss: number, val_loss?: number, seconds: number, tokens_per_second: number, stopped: boolean, went_back: integer }
function Lora:train(options) end

---Adds the adapter, times `weight` (default 1), to what its model says from now on. Several add up.
---
---```lua
---local tok = mynah.lm.tokenizer{ kind = "byte" }
---local bird = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 1, context = 64, seed = 1 }
---bird:lora{ rank = 2 }:attach(0.5):detach()
---```
---@param weight? number
---@return mynah.Lora
function Lora:attach(weight) end

---Takes the adapter away: the model is bit for bit what it was.
---@return mynah.Lora
function Lora:detach() end

---Adds the adapter, times `weight` (default 1), into the model's own weights for good.
---@param weight? number
---@return mynah.Lora
function Lora:merge(weight) end

---Writes the adapter alone to a safetensors file.
---@param path string
---@return mynah.Lora
function Lora:save(path) end

---A conversation with a model. What was read stays read: each turn costs only its own tokens. Past the end of the context
---the system prompt stays and the oldest turns go.
---@class mynah.Chat
---@field history any What was said so far: a list of `{ role =, content = }`, the system prompt first.
local Chat = {}

---Says something and returns the answer. The options are those of `chat`, for this answer alone.
---
---```lua
---local tok = mynah.lm.tokenizer{ kind = "byte" }
---local bird = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 1, context = 64, seed = 1 }
---local chat = bird:chat{ tokens = 5 }
---chat:say("Hello!", { tokens = 2, temperature = 0 })
---```
---@param text string
---@param options? mynah.GenerateOptions
---@return string
function Chat:say(text, options) end

---Says something and gives the answer piece by piece, for a `for` loop; a loop that is left early is a `cancel`.
---
---```lua
---local tok = mynah.lm.tokenizer{ kind = "byte" }
---local bird = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 1, context = 64, seed = 1 }
---local chat = bird:chat{ tokens = 5 }
---for piece in chat:stream("Hello!") do io.write(piece) end
---```
---@param text string
---@param options? mynah.GenerateOptions
---@return fun(): string?
function Chat:stream(text, options) end

---Ends the answer that is being given; what was said of it stays said.
---@return mynah.Chat
function Chat:cancel() end

---Writes what was said to a JSON file.
---@param path string
---@return mynah.Chat
function Chat:save(path) end

---Goes on from what `save` wrote.
---
---```lua
---local tok = mynah.lm.tokenizer{ kind = "byte" }
---local bird = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 1, context = 64, seed = 1 }
---local chat = bird:chat{ tokens = 5 }
---chat:say("Hello!")
---chat:save(TMP .. "/talk.json")
---assert(#bird:chat{ tokens = 5 }:load(TMP .. "/talk.json").history == 2)
---```
---@param path string
---@return mynah.Chat
function Chat:load(path) end

---A character: it talks, acts, remembers and learns.
---@class mynah.Npc
---@field persona string Who it is, as it was told.
---@field busy boolean Whether it has a line that is not over.
---@field facts string[] What it remembers, a list of texts.
---@field history any What was said: a list of `{ role =, content = }`, the persona first.
---@field stage mynah.Stage The stage that it is on.
local Npc = {}

---Says something to it and returns at once with the line that it answers. While it speaks, what is said waits its turn.
---
---```lua
---local tok = mynah.lm.tokenizer{ kind = "byte" }
---local bird = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 1, context = 64, seed = 1 }
---local guard = mynah.npc{ model = bird, seed = 1 }
---local answer = guard:say("May I pass?", { choices = { "Yes.", "No." } }):wait()
---assert(answer == "Yes." or answer == "No.")
---```
---@param text string
---@param options? mynah.SayOptions
---@return mynah.Line
function Npc:say(text, options) end

---Says something and gives the answer piece by piece, for a `for` loop; a loop that is left early is a `cancel`.
---
---```lua
---local tok = mynah.lm.tokenizer{ kind = "byte" }
---local bird = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 1, context = 64, seed = 1 }
---for piece in mynah.npc{ model = bird, tokens = 5, seed = 1 }:stream("Hello") do io.write(piece) end
---```
---@param text string
---@param options? mynah.SayOptions
---@return fun(): string?
function Npc:stream(text, options) end

---What it has said since the last time, nil if nothing. Works for at most about `ms` milliseconds (default 0) if its stage
---has no worker.
---@param ms? number
---@return string?
function Npc:poll(ms) end

---Breaks off its line, and those that wait, within one token. What it has said stays in its conversation.
---@return mynah.Npc
function Npc:cancel() end

---Lets it remember a fact, which comes to its mind when it fits what is said.
---
---```lua
---local tok = mynah.lm.tokenizer{ kind = "byte" }
---local bird = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 1, context = 64, seed = 1 }
---local miller = mynah.npc{ model = bird }
---miller:remember("The bridge is broken.", { importance = 1 })
---assert(miller.facts[1] == "The bridge is broken.")
---```
---@param text string
---@param options? mynah.RememberOptions
---@return mynah.Npc
function Npc:remember(text, options) end

---With a text: forgets that fact, and returns whether it knew it. Without: forgets what it has learned, so that it speaks
---again, bit for bit, as it was made.
---
---```lua
---local tok = mynah.lm.tokenizer{ kind = "byte" }
---local bird = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 1, context = 64, seed = 1 }
---local miller = mynah.npc{ model = bird }:remember("The bridge is broken.")
---assert(miller:forget("The bridge is broken.") and #miller.facts == 0)
---```
---@param text? string
---@return boolean
function Npc:forget(text) end

---Learns pairs of what is said and what it shall answer, in a small adapter of its own. Poll what is returned with a
---budget per frame; the adapter is put on when it is done, between two lines.
---
---```lua
---local tok = mynah.lm.tokenizer{ kind = "byte" }
---local bird = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 1, context = 64, seed = 1 }
---local miller = mynah.npc{ model = bird, seed = 1, temperature = 0 }
---local learning = miller:learn({ { "Who are you?", "I grind corn." } }, { steps = 3 })
---while not learning:poll(4.0) do end -- in a game: once a frame
---assert(learning.accepted)
---miller:forget()
---```
---@param list string[][]
---@param options? mynah.LearnOptions
---@return mynah.Learning
function Npc:learn(list, options) end

---Writes it to a file: who it is, what was said, what it remembers; and what it has learned in another beside it.
---@param path string
---@return mynah.Npc
function Npc:save(path) end

---Sends it off its stage, in the middle of a line if need be. (So does the garbage collector, later.)
function Npc:leave() end

---A line that a character speaks.
---@class mynah.Line
---@field done boolean Whether it is over.
---@field text string What has been spoken so far, without the action.
---@field action table? What the character did at its end: `{ name =, args = }`; nil if nothing.
---@field cancelled boolean Whether it was broken off.
---@field error string? Why it could not be spoken, or its action not be done; nil if all is well.
local Line = {}

---What is new of it, nil if nothing. Works for at most about `ms` milliseconds (default 0) if its stage has no worker.
---
---```lua
---local tok = mynah.lm.tokenizer{ kind = "byte" }
---local bird = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 1, context = 64, seed = 1 }
---local line, text = mynah.npc{ model = bird, tokens = 8, seed = 1 }:say("Hello"), ""
---while not line.done do text = text .. (line:poll(2.0) or "") end
---assert(text == line.text)
---```
---@param ms? number
---@return string?
function Line:poll(ms) end

---Waits for its end and returns the whole text. An error if it could not be spoken.
---@return string
function Line:wait() end

---Breaks off what its character is saying.
---@return mynah.Line
function Line:cancel() end

---All characters of a model, and the work of their lines.
---@class mynah.Stage
---@field busy boolean Whether anybody has a line that is not over.
---@field characters integer How many characters are on it.
---@field time number The clock by which facts grow old; set it with `set_time`.
local Stage = {}

---Works for at most about `ms` milliseconds, if there is no worker, and gives every line what came of it. A game with several
---characters calls it once a frame, and then `line:poll()` for each.
---@param ms? number
---@return mynah.Stage
function Stage:poll(ms) end

---Shares a fact with every character that knows one of its `tags`, now or later.
---
---```lua
---local tok = mynah.lm.tokenizer{ kind = "byte" }
---local bird = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 1, context = 64, seed = 1 }
---local stage = mynah.npc.stage{ model = bird }
---local miller = mynah.npc{ stage = stage, knows = { "village" } }
---stage:share("The bridge is broken.", { tags = { "village" } })
---```
---@param text string
---@param options? mynah.RememberOptions
---@return mynah.Stage
function Stage:share(text, options) end

---Sets the game's clock, in any unit; `memory.half_life` is in the same.
---@param now number
---@return mynah.Stage
function Stage:set_time(now) end

---What a character is learning.
---@class mynah.Learning
---@field done boolean Whether it is over.
---@field accepted boolean Whether what was learned was put on; false if it would have made the held-out pairs worse, or is not done.
---@field held_out number[]? The mean loss of the held-out pairs before and after, in nats per token; nil without such pairs.
local Learning = {}

---Learns for at most about `ms` milliseconds; true when all is done.
---@param ms number
---@return boolean
function Learning:poll(ms) end

---Learns to the end; returns whether it was accepted.
---@return boolean
function Learning:wait() end

---A brain that decides: `decide(observation)` gives an action, whatever it is made of.
---@class mynah.Policy
---@field genes number[] All weights of its own net in one list, to be evolved; set them with `set_genes`.
local Policy = {}

---What to do: the likeliest action of its own net or of another; what a learner predicts; the next cell on the shortest way
---from `{ from =, to = }`, nil if there is none; what the function answers.
---
---```lua
---local maze = mynah.route.maze{ width = 5, height = 5, seed = 1 }
---local walker, cell = mynah.npc.policy{ brain = maze }, 1
---while cell ~= 25 do cell = walker:decide{ from = cell, to = 25 } end
---```
---@param observation any
---@return any
function Policy:decide(observation) end

---Draws an action of its own net by its odds and remembers it, for `reward` and `learn`.
---
---```lua
---local policy = mynah.npc.policy{ inputs = 1, actions = { "left", "right" }, seed = 1 }
---for _ = 1, 100 do
---  for _ = 1, 10 do
---    local light = math.random() * 2 - 1
---    local went = policy:draw{ light }
---    policy:reward((went == "right") == (light > 0) and 1 or 0):finish()
---  end
---  policy:learn()
---end
---assert(policy:decide{ 0.9 } == "right" and policy:decide{ -0.9 } == "left")
---```
---@param observation number[]|mynah.Tensor
---@return string
function Policy:draw(observation) end

---How likely its own net takes each action, by name.
---@param observation number[]|mynah.Tensor
---@return table
function Policy:odds(observation) end

---Rewards the last drawn action; what was done before it in the same episode has a discounted share.
---@param reward number
---@return mynah.Policy
function Policy:reward(reward) end

---Ends an episode: later rewards do not count for what was done in it.
---@return mynah.Policy
function Policy:finish() end

---One step of learning (REINFORCE) from the episodes since the last; returns their mean sum of rewards.
---@return number
function Policy:learn() end

---Gives its own net other weights, as an evolution found them.
---
---```lua
---local policy = mynah.npc.policy{ inputs = 2, actions = { "no", "yes" }, hidden = { 3 }, seed = 1 }
---local cases = { { 0, 0, "no" }, { 0, 1, "yes" }, { 1, 0, "yes" }, { 1, 1, "no" } }
---local es = mynah.optim.cmaes{ x0 = policy.genes, sigma = 1, seed = 1, budget = 4000, target = 0.2 }
---while not es:done() do
---  local wrong = {}
---  for i, genes in ipairs(es:ask()) do
---    policy:set_genes(genes)
---    wrong[i] = 0
---    for _, c in ipairs(cases) do wrong[i] = wrong[i] + 1 - policy:odds{ c[1], c[2] }[c[3]] end
---  end
---  es:tell(wrong)
---end
---local best = es:best()
---policy:set_genes(best)
---for _, c in ipairs(cases) do assert(policy:decide{ c[1], c[2] } == c[3]) end
---```
---@param genes number[]|mynah.Tensor
---@return mynah.Policy
function Policy:set_genes(genes) end

---Writes its own net to a file.
---@param path string
---@return mynah.Policy
function Policy:save(path) end

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

---The exact derivatives of a Lua function of a point: a function from points to gradients, or the gradient at `point`.
---
---`f` takes a list of numbers and returns one number. It may use `+ - * / % ^`, comparisons and `mynah.math`; it is run
---once, and its operations are followed backwards, so the answer is exact up to rounding. (LuaJIT and Lua 5.1 compare
---no object with a plain number: write `x < 0 * x` there.)
---
---```lua
---local g = mynah.grad(function(p) return (1 - p[1])^2 + 100 * (p[2] - p[1]^2)^2 end)
---assert(g{ 1, 1 }:norm():item() == 0 and g{ -1.5, 2 }[1] == -155)
---```
---@param f function
---@param point? number[]|mynah.Tensor
---@return any
function mynah.grad(f, point) end

---As `grad`, but the function's value comes first.
---
---```lua
---local value, slope = mynah.value_and_grad(function(p) return p[1]^2 end, { 3 })
---assert(value == 9 and slope[1] == 6)
---```
---@param f function
---@param point? number[]|mynah.Tensor
---@return any
function mynah.value_and_grad(f, point) end

---The matrix of second derivatives of a Lua function: a function from points to matrices, or the matrix at `point`.
---
---```lua
---local H = mynah.hessian(function(p) return p[1]^2 * p[2] end, { 3, 5 })
---assert(H[1][1] == 10 and H[1][2] == 6 and H[2][2] == 0)
---```
---@param f function
---@param point? number[]|mynah.Tensor
---@return any
function mynah.hessian(f, point) end

---The Hessian at `point` times `direction`, without forming the matrix: how the gradient changes on the way there.
---
---```lua
---local change = mynah.hvp(function(p) return p[1]^2 * p[2] end, { 3, 5 }, { 1, 0 })
---assert(change[1] == 10 and change[2] == 6)
---```
---@param f function
---@param point number[]|mynah.Tensor
---@param direction number[]|mynah.Tensor
---@return mynah.Tensor
function mynah.hvp(f, point, direction) end

---Compares exact derivatives with differences of the function: `passed`, the largest relative `error`, the `worst`
---coordinate, and both gradients.
---
---```lua
---assert(mynah.gradcheck(function(p) return mynah.math.sin(p[1]) * p[2] end, { 1, 2 }).passed)
---```
---@param f function
---@param point number[]|mynah.Tensor
---@param options? mynah.GradcheckOptions
---@return table
function mynah.gradcheck(f, point, options) end

---What kind of place a point is: `verdict` (minimum, maximum, saddle, valley, ridge, flat or slope), eigenvalues,
---condition number.
---
---```lua
---local place = mynah.terrain(function(p) return p[1]^2 - p[2]^2 end, { 0, 0 })
---assert(place.verdict == "saddle" and place.condition == 1)
---```
---@param f function
---@param point number[]|mynah.Tensor
---@param options? mynah.TerrainOptions
---@return table
function mynah.terrain(f, point, options) end

---The text of a file, which must be UTF-8.
---
---```lua
---local ok, message = pcall(mynah.read, "no/such/file.txt")
---assert(not ok and message:find("no such file"))
---```
---@param path string
---@return string
function mynah.read(path) end

---Seconds by a clock that only goes forward, for measuring how long something takes.
---
---```lua
---local start = mynah.clock()
---assert(mynah.clock() >= start)
---```
---@return number
function mynah.clock() end

---Waits for so many seconds, from 0 to 86400; Ctrl-C ends it.
---
---```lua
---local start = mynah.clock()
---mynah.sleep(0.01)
---assert(mynah.clock() - start >= 0.01)
---```
---@param seconds number
function mynah.sleep(seconds) end

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

---Functions of one number or two, for plain numbers and for functions that `mynah.grad` differentiates.
mynah.math = {}

---The sine, in radians.
---
---```lua
---assert(math.abs(mynah.math.sin(0) - 0) < 1e-9)
---```
---@param x number|mynah.Variable
---@return any
function mynah.math.sin(x) end

---The cosine, in radians.
---
---```lua
---assert(math.abs(mynah.math.cos(0) - 1) < 1e-9)
---```
---@param x number|mynah.Variable
---@return any
function mynah.math.cos(x) end

---The tangent, in radians.
---
---```lua
---assert(math.abs(mynah.math.tan(0) - 0) < 1e-9)
---```
---@param x number|mynah.Variable
---@return any
function mynah.math.tan(x) end

---The inverse sine, in radians.
---
---```lua
---assert(math.abs(mynah.math.asin(0) - 0) < 1e-9)
---```
---@param x number|mynah.Variable
---@return any
function mynah.math.asin(x) end

---The inverse cosine, in radians.
---
---```lua
---assert(math.abs(mynah.math.acos(1) - 0) < 1e-9)
---```
---@param x number|mynah.Variable
---@return any
function mynah.math.acos(x) end

---The inverse tangent, in radians.
---
---```lua
---assert(math.abs(mynah.math.atan(0) - 0) < 1e-9)
---```
---@param x number|mynah.Variable
---@return any
function mynah.math.atan(x) end

---The hyperbolic sine.
---
---```lua
---assert(math.abs(mynah.math.sinh(0) - 0) < 1e-9)
---```
---@param x number|mynah.Variable
---@return any
function mynah.math.sinh(x) end

---The hyperbolic cosine.
---
---```lua
---assert(math.abs(mynah.math.cosh(0) - 1) < 1e-9)
---```
---@param x number|mynah.Variable
---@return any
function mynah.math.cosh(x) end

---The hyperbolic tangent.
---
---```lua
---assert(math.abs(mynah.math.tanh(0) - 0) < 1e-9)
---```
---@param x number|mynah.Variable
---@return any
function mynah.math.tanh(x) end

---The inverse hyperbolic sine.
---
---```lua
---assert(math.abs(mynah.math.asinh(0) - 0) < 1e-9)
---```
---@param x number|mynah.Variable
---@return any
function mynah.math.asinh(x) end

---The inverse hyperbolic cosine.
---
---```lua
---assert(math.abs(mynah.math.acosh(1) - 0) < 1e-9)
---```
---@param x number|mynah.Variable
---@return any
function mynah.math.acosh(x) end

---The inverse hyperbolic tangent.
---
---```lua
---assert(math.abs(mynah.math.atanh(0) - 0) < 1e-9)
---```
---@param x number|mynah.Variable
---@return any
function mynah.math.atanh(x) end

---e to the power x.
---
---```lua
---assert(math.abs(mynah.math.exp(0) - 1) < 1e-9)
---```
---@param x number|mynah.Variable
---@return any
function mynah.math.exp(x) end

---e to the power x, less 1; exact for small x.
---
---```lua
---assert(math.abs(mynah.math.expm1(0) - 0) < 1e-9)
---```
---@param x number|mynah.Variable
---@return any
function mynah.math.expm1(x) end

---The natural logarithm.
---
---```lua
---assert(math.abs(mynah.math.log(1) - 0) < 1e-9)
---```
---@param x number|mynah.Variable
---@return any
function mynah.math.log(x) end

---The natural logarithm of 1 + x; exact for small x.
---
---```lua
---assert(math.abs(mynah.math.log1p(0) - 0) < 1e-9)
---```
---@param x number|mynah.Variable
---@return any
function mynah.math.log1p(x) end

---The logarithm to base 2.
---
---```lua
---assert(math.abs(mynah.math.log2(8) - 3) < 1e-9)
---```
---@param x number|mynah.Variable
---@return any
function mynah.math.log2(x) end

---The logarithm to base 10.
---
---```lua
---assert(math.abs(mynah.math.log10(1000) - 3) < 1e-9)
---```
---@param x number|mynah.Variable
---@return any
function mynah.math.log10(x) end

---The square root.
---
---```lua
---assert(math.abs(mynah.math.sqrt(9) - 3) < 1e-9)
---```
---@param x number|mynah.Variable
---@return any
function mynah.math.sqrt(x) end

---The cube root, also of negative numbers.
---
---```lua
---assert(math.abs(mynah.math.cbrt(-8) - (-2)) < 1e-9)
---```
---@param x number|mynah.Variable
---@return any
function mynah.math.cbrt(x) end

---The square, x times x.
---
---```lua
---assert(math.abs(mynah.math.square(3) - 9) < 1e-9)
---```
---@param x number|mynah.Variable
---@return any
function mynah.math.square(x) end

---The size without sign; its derivative at 0 counts as 0.
---
---```lua
---assert(math.abs(mynah.math.abs(-2) - 2) < 1e-9)
---```
---@param x number|mynah.Variable
---@return any
function mynah.math.abs(x) end

----1, 0 or 1; its derivative counts as 0.
---
---```lua
---assert(math.abs(mynah.math.sign(-2) - (-1)) < 1e-9)
---```
---@param x number|mynah.Variable
---@return any
function mynah.math.sign(x) end

---The whole number at or below x; its derivative counts as 0.
---
---```lua
---assert(math.abs(mynah.math.floor(1.5) - 1) < 1e-9)
---```
---@param x number|mynah.Variable
---@return any
function mynah.math.floor(x) end

---The whole number at or above x; its derivative counts as 0.
---
---```lua
---assert(math.abs(mynah.math.ceil(1.5) - 2) < 1e-9)
---```
---@param x number|mynah.Variable
---@return any
function mynah.math.ceil(x) end

---The nearest whole number; its derivative counts as 0.
---
---```lua
---assert(math.abs(mynah.math.round(1.6) - 2) < 1e-9)
---```
---@param x number|mynah.Variable
---@return any
function mynah.math.round(x) end

---The error function.
---
---```lua
---assert(math.abs(mynah.math.erf(0) - 0) < 1e-9)
---```
---@param x number|mynah.Variable
---@return any
function mynah.math.erf(x) end

---The logistic function 1 / (1 + e^-x).
---
---```lua
---assert(math.abs(mynah.math.sigmoid(0) - 0.5) < 1e-9)
---```
---@param x number|mynah.Variable
---@return any
function mynah.math.sigmoid(x) end

---A soft rectifier: ln(1 + e^x).
---
---```lua
---assert(math.abs(mynah.math.softplus(1000) - 1000) < 1e-9)
---```
---@param x number|mynah.Variable
---@return any
function mynah.math.softplus(x) end

---The rectifier max(x, 0); its derivative at 0 counts as 0.
---
---```lua
---assert(math.abs(mynah.math.relu(-1) - 0) < 1e-9)
---```
---@param x number|mynah.Variable
---@return any
function mynah.math.relu(x) end

---x to the power y.
---
---```lua
---assert(math.abs(mynah.math.pow(2, 10) - 1024) < 1e-9)
---```
---@param a number|mynah.Variable
---@param b number|mynah.Variable
---@return any
function mynah.math.pow(a, b) end

---The angle of the point (x, y), in radians: `atan2(y, x)`.
---
---```lua
---assert(math.abs(mynah.math.atan2(0, 1) - 0) < 1e-9)
---```
---@param a number|mynah.Variable
---@param b number|mynah.Variable
---@return any
function mynah.math.atan2(a, b) end

---The root of x² + y².
---
---```lua
---assert(math.abs(mynah.math.hypot(3, 4) - 5) < 1e-9)
---```
---@param a number|mynah.Variable
---@param b number|mynah.Variable
---@return any
function mynah.math.hypot(a, b) end

---The larger of two; equal ones share the derivative.
---
---```lua
---assert(math.abs(mynah.math.max(2, 3) - 3) < 1e-9)
---```
---@param a number|mynah.Variable
---@param b number|mynah.Variable
---@return any
function mynah.math.max(a, b) end

---The smaller of two; equal ones share the derivative.
---
---```lua
---assert(math.abs(mynah.math.min(2, 3) - 2) < 1e-9)
---```
---@param a number|mynah.Variable
---@param b number|mynah.Variable
---@return any
function mynah.math.min(a, b) end

---Linear algebra on dense matrices, real and complex: solving, factoring, measuring.
---
---Matrices are tensors or tables of rows; a plain row of numbers is a vector. Answers are f64 tensors (f32 for f32
---tensors), or complex matrices where the input is complex.
mynah.linalg = {}

---The solution x of `A x = b`; b may be a vector or have several columns.
---
---```lua
---local x = mynah.linalg.solve({ {100, 100}, {-100, -101} }, { 1, 1 })
---assert(math.abs(x[1] - 2.01) < 1e-9 and math.abs(x[2] + 2) < 1e-9)
---```
---@param A mynah.Tensor|table|mynah.ComplexMatrix
---@param b mynah.Tensor|table|mynah.ComplexMatrix
---@return any
function mynah.linalg.solve(A, b) end

---The x for which `A x` comes nearest to b (least squares); of several, the shortest.
---
---```lua
---local line = mynah.linalg.lstsq({ {0, 1}, {1, 1}, {2, 1} }, { 1, 3, 5 })
---assert(math.abs(line[1] - 2) < 1e-12 and math.abs(line[2] - 1) < 1e-12)
---```
---@param A mynah.Tensor|table|mynah.ComplexMatrix
---@param b mynah.Tensor|table|mynah.ComplexMatrix
---@return any
function mynah.linalg.lstsq(A, b) end

---The matrix product; complex if one side is.
---
---```lua
---assert(mynah.linalg.matmul({ {1, 2}, {3, 4} }, { 1, 1 })[2] == 7)
---```
---@param A mynah.Tensor|table|mynah.ComplexMatrix
---@param B mynah.Tensor|table|mynah.ComplexMatrix
---@return any
function mynah.linalg.matmul(A, B) end

---The inverse.
---
---```lua
---assert(mynah.linalg.inv{ {2, 0}, {0, 4} }[2][2] == 0.25)
---```
---@param A mynah.Tensor|table|mynah.ComplexMatrix
---@return any
function mynah.linalg.inv(A) end

---The pseudo-inverse (Moore and Penrose); singular values up to `tolerance` count as 0.
---
---```lua
---assert(math.abs(mynah.linalg.pinv{ {1, 0}, {0, 0} }[1][1] - 1) < 1e-12)
---```
---@param A mynah.Tensor|table|mynah.ComplexMatrix
---@param tolerance? number
---@return any
function mynah.linalg.pinv(A, tolerance) end

---The determinant: its real part, and its imaginary part if the matrix is complex.
---
---```lua
---assert(math.abs(mynah.linalg.det{ {1, 2}, {3, 4} } + 2) < 1e-12)
---```
---@param A mynah.Tensor|table|mynah.ComplexMatrix
---@return number
---@return number?
function mynah.linalg.det(A) end

---`A = Q R`: Q with columns of length 1 at right angles, R zero below its diagonal. `full` makes Q square.
---
---```lua
---local Q, R = mynah.linalg.qr{ {3, 1}, {4, 1} }
---assert(math.abs(R[1][1] - 5) < 1e-12 and math.abs(Q[1][1] - 0.6) < 1e-12)
---```
---@param A mynah.Tensor|table|mynah.ComplexMatrix
---@param full? boolean
---@return any
---@return any
function mynah.linalg.qr(A, full) end

---The lower triangle L with `A = L Lᴴ` of a positive definite matrix.
---
---```lua
---assert(mynah.linalg.cholesky{ {4, 2}, {2, 5} }[2][2] == 2)
---```
---@param A mynah.Tensor|table|mynah.ComplexMatrix
---@return any
function mynah.linalg.cholesky(A) end

---Singular values: U, S, V with `A = U diag(S) Vᴴ`; S from the largest. `full` makes U and V square.
---
---```lua
---local U, S, V = mynah.linalg.svd{ {3, 0}, {0, -2} }
---assert(math.abs(S[1] - 3) < 1e-12 and math.abs(S[2] - 2) < 1e-12)
---```
---@param A mynah.Tensor|table|mynah.ComplexMatrix
---@param full? boolean
---@return any
---@return any
---@return any
function mynah.linalg.svd(A, full) end

---Eigenvalues (from the smallest) and eigenvectors (one a column) of a symmetric or Hermitian matrix.
---
---```lua
---local values, vectors = mynah.linalg.eigh{ {2, 1}, {1, 2} }
---assert(math.abs(values[1] - 1) < 1e-12 and math.abs(values[2] - 3) < 1e-12)
---```
---@param A mynah.Tensor|table|mynah.ComplexMatrix
---@return any
---@return any
function mynah.linalg.eigh(A) end

---Eigenvalues and eigenvectors (one a column) of any square matrix, as complex matrices.
---
---```lua
---local values = mynah.linalg.eig{ {0, -1}, {1, 0} }
---assert(math.abs(values.im[1] + 1) < 1e-12 and math.abs(values.re[1]) < 1e-12)
---```
---@param A mynah.Tensor|table|mynah.ComplexMatrix
---@return any
---@return any
function mynah.linalg.eig(A) end

---A norm: "fro" (the default; of a vector its length), "1", "inf", "2" or "nuclear".
---
---```lua
---assert(mynah.linalg.norm{ 3, 4 } == 5 and mynah.linalg.norm({ {1, 2}, {3, 4} }, "inf") == 7)
---```
---@param A mynah.Tensor|table|mynah.ComplexMatrix
---@param kind? string
---@return number
function mynah.linalg.norm(A, kind) end

---How many singular values are above `tolerance` (default: what rounding explains).
---
---```lua
---assert(mynah.linalg.rank{ {1, 2}, {2, 4} } == 1)
---```
---@param A mynah.Tensor|table|mynah.ComplexMatrix
---@param tolerance? number
---@return integer
function mynah.linalg.rank(A, tolerance) end

---The condition number: the largest singular value over the smallest.
---
---```lua
---assert(math.abs(mynah.linalg.cond{ {100, 100}, {-100, -101} } - 402.0075) < 1e-4)
---```
---@param A mynah.Tensor|table|mynah.ComplexMatrix
---@return number
function mynah.linalg.cond(A) end

---A square matrix with these numbers on its diagonal.
---
---```lua
---assert(mynah.linalg.diag{ 1, 2 }[2][2] == 2)
---```
---@param numbers mynah.Tensor|table|mynah.ComplexMatrix
---@return any
function mynah.linalg.diag(numbers) end

---A complex matrix from its real and imaginary parts (default 0).
---
---```lua
---local z = mynah.linalg.complex({ {3, 0} }, { {4, 1} })
---assert(z:abs()[1][1] == 5)
---```
---@param re mynah.Tensor|table|mynah.ComplexMatrix
---@param im? mynah.Tensor|table|mynah.ComplexMatrix
---@return mynah.ComplexMatrix
function mynah.linalg.complex(re, im) end

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

---Adam whose steps never grow again.
---
---```lua
---local x, opt = { 4 }, mynah.optim.amsgrad{ lr = 0.01 }
---for _ = 1, 20 do opt:step(x, { 2 * x[1] }) end
---assert(x[1] < 4)
---```
---@param options? mynah.AmsgradOptions
---@return mynah.Optimizer
function mynah.optim.amsgrad(options) end

---Adam with Nesterov's look-ahead.
---
---```lua
---local x, opt = { 4 }, mynah.optim.nadam{ lr = 0.01 }
---for _ = 1, 20 do opt:step(x, { 2 * x[1] }) end
---assert(x[1] < 4)
---```
---@param options? mynah.NadamOptions
---@return mynah.Optimizer
function mynah.optim.nadam(options) end

---Adam that waits until its second moment is known.
---
---```lua
---local x, opt = { 4 }, mynah.optim.radam{ lr = 0.01 }
---for _ = 1, 20 do opt:step(x, { 2 * x[1] }) end
---assert(x[1] < 4)
---```
---@param options? mynah.RadamOptions
---@return mynah.Optimizer
function mynah.optim.radam(options) end

---Adam with the largest gradient for its second moment.
---
---```lua
---local x, opt = { 4 }, mynah.optim.adamax{ lr = 0.01 }
---for _ = 1, 20 do opt:step(x, { 2 * x[1] }) end
---assert(x[1] < 4)
---```
---@param options? mynah.AdamaxOptions
---@return mynah.Optimizer
function mynah.optim.adamax(options) end

---Adam that divides by how far gradients stray from their mean.
---
---```lua
---local x, opt = { 4 }, mynah.optim.adabelief{ lr = 0.01 }
---for _ = 1, 20 do opt:step(x, { 2 * x[1] }) end
---assert(x[1] < 4)
---```
---@param options? mynah.AdabeliefOptions
---@return mynah.Optimizer
function mynah.optim.adabelief(options) end

---Adam with a look-ahead from gradient differences.
---
---```lua
---local x, opt = { 4 }, mynah.optim.adan{ lr = 0.01 }
---for _ = 1, 20 do opt:step(x, { 2 * x[1] }) end
---assert(x[1] < 4)
---```
---@param options? mynah.AdanOptions
---@return mynah.Optimizer
function mynah.optim.adan(options) end

---Adam with a second, much slower mean of gradients.
---
---```lua
---local x, opt = { 4 }, mynah.optim.ademamix{ lr = 0.01 }
---for _ = 1, 20 do opt:step(x, { 2 * x[1] }) end
---assert(x[1] < 4)
---```
---@param options? mynah.AdemamixOptions
---@return mynah.Optimizer
function mynah.optim.ademamix(options) end

---Adam's direction with a length in proportion to the parameter's.
---
---```lua
---local x, opt = { 4 }, mynah.optim.lamb{ lr = 0.01 }
---for _ = 1, 20 do opt:step(x, { 2 * x[1] }) end
---assert(x[1] < 4)
---```
---@param options? mynah.LambOptions
---@return mynah.Optimizer
function mynah.optim.lamb(options) end

---The sign of a blend of momentum and gradient.
---
---```lua
---local x, opt = { 4 }, mynah.optim.lion{ lr = 0.01 }
---for _ = 1, 20 do opt:step(x, { 2 * x[1] }) end
---assert(x[1] < 4)
---```
---@param options? mynah.LionOptions
---@return mynah.Optimizer
function mynah.optim.lion(options) end

---Gradients over their running root mean square.
---
---```lua
---local x, opt = { 4 }, mynah.optim.rmsprop{ lr = 0.01 }
---for _ = 1, 20 do opt:step(x, { 2 * x[1] }) end
---assert(x[1] < 4)
---```
---@param options? mynah.RmspropOptions
---@return mynah.Optimizer
function mynah.optim.rmsprop(options) end

---Step sizes that shrink with the sum of squared gradients.
---
---```lua
---local x, opt = { 4 }, mynah.optim.adagrad{ lr = 0.01 }
---for _ = 1, 20 do opt:step(x, { 2 * x[1] }) end
---assert(x[1] < 4)
---```
---@param options? mynah.AdagradOptions
---@return mynah.Optimizer
function mynah.optim.adagrad(options) end

---Steps in the parameter's own units, from two running squares.
---
---```lua
---local x, opt = { 4 }, mynah.optim.adadelta{ lr = 0.01 }
---for _ = 1, 20 do opt:step(x, { 2 * x[1] }) end
---assert(x[1] < 4)
---```
---@param options? mynah.AdadeltaOptions
---@return mynah.Optimizer
function mynah.optim.adadelta(options) end

---Step sizes from the gradient's signs alone; for whole gradients.
---
---```lua
---local x, opt = { 4 }, mynah.optim.rprop{ lr = 0.01 }
---for _ = 1, 20 do opt:step(x, { 2 * x[1] }) end
---assert(x[1] < 4)
---```
---@param options? mynah.RpropOptions
---@return mynah.Optimizer
function mynah.optim.rprop(options) end

---Second moments of a matrix by row and column: little memory.
---
---```lua
---local x, opt = { 4 }, mynah.optim.adafactor{ lr = 0.01 }
---for _ = 1, 20 do opt:step(x, { 2 * x[1] }) end
---assert(x[1] < 4)
---```
---@param options? mynah.AdafactorOptions
---@return mynah.Optimizer
function mynah.optim.adafactor(options) end

---Matrices along orthogonalized momentum, the rest by AdamW.
---
---```lua
---local x, opt = { 4 }, mynah.optim.muon{ lr = 0.01 }
---for _ = 1, 20 do opt:step(x, { 2 * x[1] }) end
---assert(x[1] < 4)
---```
---@param options? mynah.MuonOptions
---@return mynah.Optimizer
function mynah.optim.muon(options) end

---AdamW with averaging in place of a falling rate.
---
---```lua
---local x, opt = { 4 }, mynah.optim.schedulefree{ lr = 0.01 }
---for _ = 1, 20 do opt:step(x, { 2 * x[1] }) end
---assert(x[1] < 4)
---```
---@param options? mynah.SchedulefreeOptions
---@return mynah.Optimizer
function mynah.optim.schedulefree(options) end

---Adam that finds its own learning rate.
---
---```lua
---local x, opt = { 4 }, mynah.optim.prodigy{ lr = 0.01 }
---for _ = 1, 20 do opt:step(x, { 2 * x[1] }) end
---assert(x[1] < 4)
---```
---@param options? mynah.ProdigyOptions
---@return mynah.Optimizer
function mynah.optim.prodigy(options) end

---Gradient descent whose answer is the mean of its points.
---
---```lua
---local x, opt = { 4 }, mynah.optim.asgd{ lr = 0.01 }
---for _ = 1, 20 do opt:step(x, { 2 * x[1] }) end
---assert(x[1] < 4)
---```
---@param options? mynah.AsgdOptions
---@return mynah.Optimizer
function mynah.optim.asgd(options) end

---Adam over the Hessian's diagonal; wants curvature.
---
---`step` takes an estimate of the Hessian's diagonal after the gradient; `mynah.optim.minimize` makes one by itself.
---
---```lua
---local x, opt = { 4 }, mynah.optim.adahessian{ lr = 0.01 }
---for _ = 1, 20 do opt:step(x, { 2 * x[1] }, { 2 }) end
---assert(x[1] < 4)
---```
---@param options? mynah.AdahessianOptions
---@return mynah.Optimizer
function mynah.optim.adahessian(options) end

---Clipped steps over the Hessian's diagonal; wants curvature now and then.
---
---`step` takes an estimate of the Hessian's diagonal after the gradient; `mynah.optim.minimize` makes one by itself.
---
---```lua
---local x, opt = { 4 }, mynah.optim.sophia{ lr = 0.01 }
---for _ = 1, 20 do opt:step(x, { 2 * x[1] }, { 2 }) end
---assert(x[1] < 4)
---```
---@param options? mynah.SophiaOptions
---@return mynah.Optimizer
function mynah.optim.sophia(options) end

---A portfolio that probes the landscape and then commits; the usual choice. A search to be asked and told: see `Search`.
---
---```lua
---local search = mynah.optim.auto{ lower = { -5, -5 }, upper = { 5, 5 }, budget = 100, seed = 1 }
---while not search:done() do
---  local values = {}
---  for i, x in ipairs(search:ask()) do values[i] = x[1]^2 + x[2]^2 end
---  search:tell(values)
---end
---local best, value = search:best()
---assert(value < 25 and value == best[1]^2 + best[2]^2)
---```
---@param options? mynah.AutoOptions
---@return mynah.Search
function mynah.optim.auto(options) end

---A normal distribution that learns the landscape's shape, with restarts. A search to be asked and told: see `Search`.
---
---```lua
---local search = mynah.optim.cmaes{ lower = { -5, -5 }, upper = { 5, 5 }, budget = 100, seed = 1 }
---while not search:done() do
---  local values = {}
---  for i, x in ipairs(search:ask()) do values[i] = x[1]^2 + x[2]^2 end
---  search:tell(values)
---end
---local best, value = search:best()
---assert(value < 25 and value == best[1]^2 + best[2]^2)
---```
---@param options? mynah.CmaesOptions
---@return mynah.Search
function mynah.optim.cmaes(options) end

---Differential evolution (L-SHADE): differences of points as steps. A search to be asked and told: see `Search`.
---
---```lua
---local search = mynah.optim.de{ lower = { -5, -5 }, upper = { 5, 5 }, budget = 100, seed = 1 }
---while not search:done() do
---  local values = {}
---  for i, x in ipairs(search:ask()) do values[i] = x[1]^2 + x[2]^2 end
---  search:tell(values)
---end
---local best, value = search:best()
---assert(value < 25 and value == best[1]^2 + best[2]^2)
---```
---@param options? mynah.DeOptions
---@return mynah.Search
function mynah.optim.de(options) end

---A particle swarm: points with inertia and memory. A search to be asked and told: see `Search`.
---
---```lua
---local search = mynah.optim.pso{ lower = { -5, -5 }, upper = { 5, 5 }, budget = 100, seed = 1 }
---while not search:done() do
---  local values = {}
---  for i, x in ipairs(search:ask()) do values[i] = x[1]^2 + x[2]^2 end
---  search:tell(values)
---end
---local best, value = search:best()
---assert(value < 25 and value == best[1]^2 + best[2]^2)
---```
---@param options? mynah.PsoOptions
---@return mynah.Search
function mynah.optim.pso(options) end

---A simplex that walks downhill; a few coordinates, no noise. A search to be asked and told: see `Search`.
---
---```lua
---local search = mynah.optim.nelder_mead{ lower = { -5, -5 }, upper = { 5, 5 }, budget = 100, seed = 1 }
---while not search:done() do
---  local values = {}
---  for i, x in ipairs(search:ask()) do values[i] = x[1]^2 + x[2]^2 end
---  search:tell(values)
---end
---local best, value = search:best()
---assert(value < 25 and value == best[1]^2 + best[2]^2)
---```
---@param options? mynah.NelderMeadOptions
---@return mynah.Search
function mynah.optim.nelder_mead(options) end

---Line searches along directions made conjugate; smooth functions. A search to be asked and told: see `Search`.
---
---```lua
---local search = mynah.optim.powell{ lower = { -5, -5 }, upper = { 5, 5 }, budget = 100, seed = 1 }
---while not search:done() do
---  local values = {}
---  for i, x in ipairs(search:ask()) do values[i] = x[1]^2 + x[2]^2 end
---  search:tell(values)
---end
---local best, value = search:best()
---assert(value < 25 and value == best[1]^2 + best[2]^2)
---```
---@param options? mynah.PowellOptions
---@return mynah.Search
function mynah.optim.powell(options) end

---Simulated annealing: a walk that climbs less and less. A search to be asked and told: see `Search`.
---
---```lua
---local search = mynah.optim.anneal{ lower = { -5, -5 }, upper = { 5, 5 }, budget = 100, seed = 1 }
---while not search:done() do
---  local values = {}
---  for i, x in ipairs(search:ask()) do values[i] = x[1]^2 + x[2]^2 end
---  search:tell(values)
---end
---local best, value = search:best()
---assert(value < 25 and value == best[1]^2 + best[2]^2)
---```
---@param options? mynah.AnnealOptions
---@return mynah.Search
function mynah.optim.anneal(options) end

---A genetic algorithm over reals, bits, permutations or bytes, with crossover and mutation of one's own if wanted: see `Genetic`.
---
---```lua
---local ga = mynah.optim.ga{ genome = "permutation", dim = 6, budget = 3000, seed = 1,
---  mutation = function(child)
---    local i, j = math.random(#child), math.random(#child)
---    child[i], child[j] = child[j], child[i]
---    return child
---  end }
---while not ga:done() do
---  local values = {}
---  for k, order in ipairs(ga:ask()) do
---    values[k] = 0
---    for i, gene in ipairs(order) do values[k] = values[k] + math.abs(gene - i) end
---  end
---  ga:tell(values)
---end
---local best, value = ga:best()
---assert(value == 0 and best[6] == 6)
---```
---@param options? mynah.GaOptions
---@return mynah.Genetic
function mynah.optim.ga(options) end

---A Gaussian process with expected improvement; costly functions. A search to be asked and told: see `Search`.
---
---```lua
---local search = mynah.optim.bayes{ lower = { -5, -5 }, upper = { 5, 5 }, budget = 100, seed = 1 }
---while not search:done() do
---  local values = {}
---  for i, x in ipairs(search:ask()) do values[i] = x[1]^2 + x[2]^2 end
---  search:tell(values)
---end
---local best, value = search:best()
---assert(value < 25 and value == best[1]^2 + best[2]^2)
---```
---@param options? mynah.BayesOptions
---@return mynah.Search
function mynah.optim.bayes(options) end

---Points without a plan, the measure for everything else. A search to be asked and told: see `Search`.
---
---```lua
---local search = mynah.optim.random{ lower = { -5, -5 }, upper = { 5, 5 }, budget = 100, seed = 1 }
---while not search:done() do
---  local values = {}
---  for i, x in ipairs(search:ask()) do values[i] = x[1]^2 + x[2]^2 end
---  search:tell(values)
---end
---local best, value = search:best()
---assert(value < 25 and value == best[1]^2 + best[2]^2)
---```
---@param options? mynah.RandomOptions
---@return mynah.Search
function mynah.optim.random(options) end

---Newton's direction from past gradients, with a strong Wolfe line search; the usual choice for smooth functions. See `Minimizer`.
---
---```lua
---local search = mynah.optim.lbfgs{ x0 = { 3, -4 } }
---while search:step(function(p) return p[1]^2 + 2 * p[2]^2 end) do end
---assert(search:report().f < 1e-6)
---```
---@param options? mynah.LbfgsOptions
---@return mynah.Minimizer
function mynah.optim.lbfgs(options) end

---Newton's method in a trust region, by exact Hessian-vector products. See `Minimizer`.
---
---```lua
---local search = mynah.optim.newton{ x0 = { 3, -4 } }
---while search:step(function(p) return p[1]^2 + 2 * p[2]^2 end) do end
---assert(search:report().f < 1e-6)
---```
---@param options? mynah.NewtonOptions
---@return mynah.Minimizer
function mynah.optim.newton(options) end

---Nonlinear conjugate gradients: little memory. See `Minimizer`.
---
---```lua
---local search = mynah.optim.cg{ x0 = { 3, -4 } }
---while search:step(function(p) return p[1]^2 + 2 * p[2]^2 end) do end
---assert(search:report().f < 1e-6)
---```
---@param options? mynah.CgOptions
---@return mynah.Minimizer
function mynah.optim.cg(options) end

---Plain gradient descent that says how it ended: at a minimum, on a flat, or oscillating. See `Minimizer`.
---
---```lua
---local search = mynah.optim.descend{ x0 = { 3, -4 } }
---while search:step(function(p) return p[1]^2 + 2 * p[2]^2 end) do end
---assert(search:report().f < 1e-6)
---```
---@param options? mynah.DescendOptions
---@return mynah.Minimizer
function mynah.optim.descend(options) end

---Levenberg-Marquardt, for sums of squares: the function returns its residuals as a list. See `Minimizer`.
---
---```lua
---local search = mynah.optim.levenberg{ x0 = { 0, 0 } }
---while search:step(function(p) return { p[1] + p[2] - 3, p[1] - p[2] - 1 } end) do end
---assert(math.abs(search:report().x[1] - 2) < 1e-6)
---```
---@param options? mynah.LevenbergOptions
---@return mynah.Minimizer
function mynah.optim.levenberg(options) end

---Looks for the lowest value of `f` from `x0`, by any method of this room: `x`, its value `f`, and how it ended.
---
---Methods with derivatives ("lbfgs", "newton", "cg", "levenberg", "descend", and every optimizer, such as "adam") take them
---exactly, as `mynah.grad` does, or from `gradient`; black-box methods ("auto", the default, "cmaes", "nelder_mead", ...) only
---ask for values, between `lower` and `upper`, `budget` times at most, and take a `seed`. `on_step` sees `{ x, f, step }` after each step
---and ends the search by returning false; work that lasts shows a bar unless `progress` is false. Other options are the
---method's own, such as `genome`, `crossover` and `mutation` of "ga"; an optimizer also takes `steps` and `tolerance`.
---
---```lua
---local function rosenbrock(p) return (1 - p[1])^2 + 100 * (p[2] - p[1]^2)^2 end
---local r = mynah.optim.minimize{ f = rosenbrock, x0 = { -1.5, 2 }, method = "lbfgs" }
---assert(math.abs(r.x[1] - 1) < 1e-6 and r.f < 1e-12)
---r = mynah.optim.minimize{ f = rosenbrock, x0 = { -1.5, 2 }, method = "nelder_mead", budget = 2000, seed = 1 }
---assert(r.f < 1e-6)
---r = mynah.optim.minimize{ f = rosenbrock, x0 = { -1.5, 2 }, method = "adahessian", lr = 0.15, steps = 300 }
---assert(r.steps <= 300 and r.f < 6)
---```
---@param options table
---@return table
function mynah.optim.minimize(options) end

---The names of all methods that `minimize` knows, with what they are.
---
---```lua
---assert(mynah.optim.methods().lbfgs)
---```
---@return table
function mynah.optim.methods() end

---Landscapes whose minima are known, to try search methods on.
mynah.testfns = {}

---The names of all of them, with what they look like.
---
---```lua
---assert(mynah.testfns.names().rosenbrock)
---```
---@return table
function mynah.testfns.names() end

---A landscape in `n` coordinates: where it is searched (`lower`, `upper`) and its `minima`, each with `x` and `f`.
---
---```lua
---local r = mynah.testfns.info("rosenbrock", 2)
---assert(r.minima[1].x[1] == 1 and r.minima[1].f == 0)
---```
---@param name string
---@param n integer
---@return table
function mynah.testfns.info(name, n) end

---The height of a landscape at a point.
---
---```lua
---assert(mynah.testfns.value("sphere", { 1, 2 }) == 5)
---```
---@param name string
---@param point number[]|mynah.Tensor
---@return number
function mynah.testfns.value(name, point) end

---The gradient of a landscape at a point.
---
---```lua
---assert(mynah.testfns.gradient("sphere", { 1, 2 })[2] == 4)
---```
---@param name string
---@param point number[]|mynah.Tensor
---@return number[]
function mynah.testfns.gradient(name, point) end

---The height and the gradient of a sum of equal Gaussian wells (peaks, for a positive amplitude) at a point.
---
---```lua
---local height, slope = mynah.testfns.wells({ 200, 200 }, { centres = { {200, 200} } })
---assert(height == -10 and slope[1] == 0)
---```
---@param point number[]|mynah.Tensor
---@param options? mynah.WellsOptions
---@return number
---@return number[]
function mynah.testfns.wells(point, options) end

---Routes: the shortest round trip through many cities, and the shortest way through a maze, over a map or a graph.
---
---Cities and cells count from 1, cells row by row.
mynah.route = {}

---A short round trip through all cities: `tour`, its `length` (the way home included) and the `seconds` it took.
---
---Always the best tour seen. "ga", the default, usually finds the shortest for up to some thousand cities; "or_opt" and
---"two_opt" go up to a million.
---
---```lua
---local trip = mynah.route.tsp{ points = { {0, 0}, {1, 1}, {1, 0}, {0, 1} } }
---assert(trip.length == 4 and #trip.tour == 4)
---```
---@param options? mynah.SolveOptions
---@return table
function mynah.route.tsp(options) end

---A search for a short round trip that one steps by hand, for a program that shows it or has no time to wait.
---
---```lua
---local search = mynah.route.tour_search{ points = mynah.rand(30, 2, { seed = 1 }):totable(), method = "anneal" }
---while not search.done do search:step(1000) end
---local tour, length = search:best()
---assert(#tour == 30 and length < 6)
---```
---@param options? mynah.TourSearchOptions
---@return mynah.TourSearch
function mynah.route.tour_search(options) end

---The length of a tour, the way home included; takes the cities as `tsp` does.
---
---```lua
---assert(mynah.route.tour_length({ 1, 2, 3, 4 }, { points = { {0, 0}, {3, 0}, {3, 4}, {0, 4} } }) == 14)
---```
---@param tour integer[]
---@param options? mynah.SolveOptions
---@return number
function mynah.route.tour_length(tour, options) end

---Reads a TSPLIB file: its `name` and the cities' `points`, if it has any.
---
---```lua
---local ok, message = pcall(mynah.route.read_tsp, "no/such.tsp")
---assert(not ok and message:find("no such file"))
---```
---@param path string
---@return table
function mynah.route.read_tsp(path) end

---Writes a tour in TSPLIB's format.
---
---```lua
---mynah.route.write_tour(TMP .. "/square.tour", "square", { 1, 2, 3, 4 }, 14)
---assert(mynah.route.read_tour(TMP .. "/square.tour")[4] == 4)
---```
---@param path string
---@param name string
---@param tour integer[]
---@param length number
function mynah.route.write_tour(path, name, tour, length) end

---Reads a tour in TSPLIB's format.
---
---```lua
---local ok, message = pcall(mynah.route.read_tour, "no/such.tour")
---assert(not ok and message:find("no such file"))
---```
---@param path string
---@return integer[]
function mynah.route.read_tour(path) end

---A maze; without `loops` it is perfect: exactly one way from each cell to each other.
---
---```lua
---local maze = mynah.route.maze{ width = 30, height = 30, seed = 7 }
---local way = maze:path(1, 900, "astar")
---assert(maze.passages == 899 and way[1] == 1 and way[#way] == 900)
---```
---@param options? mynah.MazeOptions
---@return mynah.Maze
function mynah.route.maze(options) end

---A grid of rows of text: `#` and `@` are walls, `1` to `9` what entering costs, others free; `diagonal` allows eight directions.
---
---```lua
---local grid = mynah.route.grid({ "...", ".#.", "..." }, true)
---local way, length = grid:path(1, 9)
---assert(length == 4)
---```
---@param rows string[]
---@param diagonal? boolean
---@return mynah.Grid
function mynah.route.grid(rows, diagonal) end

---A grid whose cells cost `weights` (row by row) to enter; 0 and `math.huge` are walls.
---
---```lua
---local grid = mynah.route.weighted_grid(3, 1, { 1, 5, 1 })
---local _, cost = grid:path(1, 3)
---assert(cost == 6)
---```
---@param width integer
---@param height integer
---@param weights number[]
---@param diagonal? boolean
---@return mynah.Grid
function mynah.route.weighted_grid(width, height, weights, diagonal) end

---Reads a MovingAI `.map` file as a grid of eight directions.
---
---```lua
---local ok, message = pcall(mynah.route.read_map, "no/such.map")
---assert(not ok and message:find("no such file"))
---```
---@param path string
---@return mynah.Grid
function mynah.route.read_map(path) end

---Reads a MovingAI `.scen` file: a list of `{ start = { x, y }, goal = { x, y }, length =, map =, bucket = }`, places from 0.
---
---```lua
---local ok, message = pcall(mynah.route.read_scenarios, "no/such.scen")
---assert(not ok and message:find("no such file"))
---```
---@param path string
---@return table[]
function mynah.route.read_scenarios(path) end

---The shortest way through any graph (A*): the nodes, the cost, and how many nodes were looked at; nothing if there is no way.
---
---Nodes are numbers or strings.
---
---```lua
---local nodes, cost = mynah.route.astar{ start = 1, goal = 100,
---  neighbours = function(n) return n > 100 and {} or { { n + 1, 1 }, { 2 * n, 1 } } end }
---assert(cost == 8 and nodes[#nodes] == 100)
---```
---@param options? mynah.GraphOptions
---@return any[]?
---@return number
---@return integer
function mynah.route.astar(options) end

---Pictures from shapes: paint an image with triangles, ellipses, rectangles, polygons or curves.
---
---`fit` climbs shape by shape and is by far the fastest; `picture_ga` breeds whole pictures and `pixel_ga` raw pixels.
---The score they report is that of the file they write. Pixels count from 1.
mynah.paint = {}

---Paints an image with shapes, by hill climbing shape by shape, and returns the finished Painting.
---
---```lua
---local target = mynah.paint.image(mynah.zeros(8, 8, 3) + 200)
---local art = mynah.paint.fit{ image = target, shapes = 3, background = { 0, 0, 0 } }
---assert(art.rmse < 100 and art.shapes <= 3)
---```
---@param options? mynah.PaintOptions
---@return mynah.Painting
function mynah.paint.fit(options) end

---An empty Painting that climbs shape by shape when it is stepped or run.
---
---```lua
---local target = mynah.paint.image(mynah.zeros(8, 8, 3) + 200)
---local art = mynah.paint.painter{ image = target, shapes = 3, background = { 0, 0, 0 } }
---while art:step() do end
---assert(art.rmse < 100)
---```
---@param options? mynah.PaintOptions
---@return mynah.Painting
function mynah.paint.painter(options) end

---A genetic algorithm over whole pictures, each a list of shapes; step it or run it.
---
---```lua
---local target = mynah.paint.image(mynah.rand(8, 8, 3, { seed = 1 }) * 255)
---local ga = mynah.paint.picture_ga{ image = target, shapes = 4, population = 6, generations = 10 }
---local before = ga.rmse
---assert(ga:run().rmse <= before)
---```
---@param options? mynah.GeneticOptions
---@return mynah.Painting
function mynah.paint.picture_ga(options) end

---A genetic algorithm over raw pixels, where every byte of the picture is a gene; step it or run it.
---
---```lua
---local target = mynah.paint.image(mynah.rand(8, 8, 3, { seed = 1 }) * 255)
---local ga = mynah.paint.pixel_ga{ image = target, population = 6, generations = 10 }
---local before = ga.rmse
---assert(ga:run().rmse <= before)
---```
---@param options? mynah.PixelOptions
---@return mynah.Painting
function mynah.paint.pixel_ga(options) end

---An image from a PNG, JPEG or GIF file, or from a tensor [height, width, 3] of numbers from 0 to 255.
---
---```lua
---local image = mynah.paint.image(mynah.zeros(2, 3, 3))
---assert(image.width == 3 and image.height == 2)
---```
---@param source any
---@return mynah.Image
function mynah.paint.image(source) end

---A picture without shapes, to draw on with `add`.
---
---```lua
---local picture = mynah.paint.picture(40, 30, { 255, 255, 255 })
---picture:add({ triangle = { points = { { 0, 0 }, { 40, 0 }, { 0, 30 } } } }, { 200, 0, 0, 0.5 })
---assert(picture:image():pixel(1, 1)[1] == 227)
---```
---@param width integer
---@param height integer
---@param background? number[]
---@return mynah.Picture
function mynah.paint.picture(width, height, background) end

---Classic learners, all with one face: `learn.name{ options }:fit(X, y)`, then `predict`, `transform`, `score`.
---
---```lua
---local X = { { 0, 0 }, { 0, 1 }, { 9, 9 }, { 9, 8 } }
---local found = mynah.learn.kmeans{ clusters = 2, seed = 1 }:fit(X):predict(X)
---assert(found[1] == found[2] and found[3] == found[4] and found[1] ~= found[3])
---```
mynah.learn = {}

---The perceptron: a plane moved by each mistake, with a pocket for the best one seen and a verdict where none can separate.
---
---```lua
---local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
---local y = { "low", "low", "low", "high", "high", "high" }
---local learner = mynah.learn.perceptron():fit(X, y)
---assert(learner:predict{ { 0, 1 } }[1] == "low" and learner:score(X, y) == 1)
---```
---@param options? mynah.PerceptronOptions
---@return mynah.Learner
function mynah.learn.perceptron(options) end

---Least squares: the plane nearest to the answers.
---
---```lua
---local X, y = { { 0 }, { 1 }, { 2 }, { 3 } }, { 1, 3, 5, 7 }
---local learner = mynah.learn.linear_regression():fit(X, y)
---assert(learner:score(X, y) > 0.9)
---```
---@param options? mynah.LinearRegressionOptions
---@return mynah.Learner
function mynah.learn.linear_regression(options) end

---Least squares with a price on the squares of the weights.
---
---```lua
---local X, y = { { 0 }, { 1 }, { 2 }, { 3 } }, { 1, 3, 5, 7 }
---local learner = mynah.learn.ridge{ alpha = 0.1 }:fit(X, y)
---assert(learner:score(X, y) > 0.9)
---```
---@param options? mynah.RidgeOptions
---@return mynah.Learner
function mynah.learn.ridge(options) end

---Least squares with a price on the sizes of the weights: many become 0.
---
---```lua
---local X, y = { { 0 }, { 1 }, { 2 }, { 3 } }, { 1, 3, 5, 7 }
---local learner = mynah.learn.lasso{ alpha = 0.1 }:fit(X, y)
---assert(learner:score(X, y) > 0.9)
---```
---@param options? mynah.LassoOptions
---@return mynah.Learner
function mynah.learn.lasso(options) end

---Least squares with prices on the sizes and the squares of the weights.
---
---```lua
---local X, y = { { 0 }, { 1 }, { 2 }, { 3 } }, { 1, 3, 5, 7 }
---local learner = mynah.learn.elastic_net{ alpha = 0.1 }:fit(X, y)
---assert(learner:score(X, y) > 0.9)
---```
---@param options? mynah.ElasticNetOptions
---@return mynah.Learner
function mynah.learn.elastic_net(options) end

---Gaussian classes with one covariance; `transform` gives the directions that tell them apart best.
---
---```lua
---local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
---local y = { "low", "low", "low", "high", "high", "high" }
---local learner = mynah.learn.linear_discriminant():fit(X, y)
---assert(learner:predict{ { 0, 1 } }[1] == "low" and learner:score(X, y) == 1)
---```
---@param options? mynah.LinearDiscriminantOptions
---@return mynah.Learner
function mynah.learn.linear_discriminant(options) end

---Classes whose log-odds are linear, with probabilities.
---
---```lua
---local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
---local y = { "low", "low", "low", "high", "high", "high" }
---local learner = mynah.learn.logistic_regression():fit(X, y)
---assert(learner:predict{ { 0, 1 } }[1] == "low" and learner:score(X, y) == 1)
---```
---@param options? mynah.LogisticRegressionOptions
---@return mynah.Learner
function mynah.learn.logistic_regression(options) end

---Linear classifiers by stochastic gradient descent; learns on with `partial_fit`.
---
---```lua
---local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
---local y = { "low", "low", "low", "high", "high", "high" }
---local learner = mynah.learn.sgd_classifier{ seed = 1 }:fit(X, y)
---assert(learner:predict{ { 0, 1 } }[1] == "low" and learner:score(X, y) == 1)
---```
---@param options? mynah.SgdClassifierOptions
---@return mynah.Learner
function mynah.learn.sgd_classifier(options) end

---Linear regression by stochastic gradient descent; learns on with `partial_fit`.
---
---```lua
---local X, y = { { 0 }, { 1 }, { 2 }, { 3 } }, { 1, 3, 5, 7 }
---local learner = mynah.learn.sgd_regressor{ seed = 1 }:fit(X, y)
---assert(learner:score(X, y) > 0.5)
---```
---@param options? mynah.SgdRegressorOptions
---@return mynah.Learner
function mynah.learn.sgd_regressor(options) end

---Support vector classifier: the widest margin between classes, in the space of a kernel.
---
---```lua
---local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
---local y = { "low", "low", "low", "high", "high", "high" }
---local learner = mynah.learn.svc():fit(X, y)
---assert(learner:predict{ { 0, 1 } }[1] == "low" and learner:score(X, y) == 1)
---```
---@param options? mynah.SvcOptions
---@return mynah.Learner
function mynah.learn.svc(options) end

---Support vector regression: as flat as a tube around the answers allows.
---
---```lua
---local X, y = { { 0 }, { 1 }, { 2 }, { 3 } }, { 1, 3, 5, 7 }
---local learner = mynah.learn.svr{ kernel = "linear", C = 10 }:fit(X, y)
---assert(learner:score(X, y) > 0.9)
---```
---@param options? mynah.SvrOptions
---@return mynah.Learner
function mynah.learn.svr(options) end

---Support vectors around what is usual: 1, or 0 for what is not.
---
---```lua
---local X = mynah.randn(200, 2, { seed = 1 })
---local found = mynah.learn.one_class{ nu = 0.1 }:fit(X):predict{ { 0, 0 }, { 9, 9 } }
---assert(found[1] == 1 and found[2] == 0)
---```
---@param options? mynah.OneClassOptions
---@return mynah.Learner
function mynah.learn.one_class(options) end

---The class that most of the nearest samples have.
---
---```lua
---local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
---local y = { "low", "low", "low", "high", "high", "high" }
---local learner = mynah.learn.knn{ neighbors = 3 }:fit(X, y)
---assert(learner:predict{ { 0, 1 } }[1] == "low" and learner:score(X, y) == 1)
---```
---@param options? mynah.KnnOptions
---@return mynah.Learner
function mynah.learn.knn(options) end

---The mean answer of the nearest samples.
---
---```lua
---local X, y = { { 0 }, { 1 }, { 2 }, { 3 } }, { 1, 3, 5, 7 }
---local learner = mynah.learn.knn_regressor{ neighbors = 2, weights = "distance" }:fit(X, y)
---assert(learner:score(X, y) > 0.8)
---```
---@param options? mynah.KnnOptions
---@return mynah.Learner
function mynah.learn.knn_regressor(options) end

---Naive Bayes with a Gaussian for each class and feature.
---
---```lua
---local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
---local y = { "low", "low", "low", "high", "high", "high" }
---local learner = mynah.learn.gaussian_nb():fit(X, y)
---assert(learner:predict{ { 0, 1 } }[1] == "low" and learner:score(X, y) == 1)
---```
---@param options? mynah.GaussianNbOptions
---@return mynah.Learner
function mynah.learn.gaussian_nb(options) end

---Naive Bayes for counts, as of words; takes sparse rows.
---
---```lua
---local X = { { 2, 0, 1 }, { 3, 1, 0 }, { 0, 4, 1 }, { 1, 3, 0 } }
---local learner = mynah.learn.multinomial_nb():fit(X, { "ham", "ham", "spam", "spam" })
---assert(learner:predict{ { 5, 1, 0 } }[1] == "ham")
---```
---@param options? mynah.MultinomialNbOptions
---@return mynah.Learner
function mynah.learn.multinomial_nb(options) end

---Naive Bayes for features that are there or not; takes sparse rows.
---
---```lua
---local X = { { 1, 0, 1 }, { 1, 0, 0 }, { 0, 1, 1 }, { 0, 1, 0 } }
---local learner = mynah.learn.bernoulli_nb():fit(X, { "ham", "ham", "spam", "spam" })
---assert(learner:predict{ { 1, 0, 0 } }[1] == "ham")
---```
---@param options? mynah.BernoulliNbOptions
---@return mynah.Learner
function mynah.learn.bernoulli_nb(options) end

---Questions about one feature at a time; `params().text` prints them.
---
---```lua
---local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
---local y = { "low", "low", "low", "high", "high", "high" }
---local learner = mynah.learn.decision_tree():fit(X, y)
---assert(learner:predict{ { 0, 1 } }[1] == "low" and learner:score(X, y) == 1)
---```
---@param options? mynah.DecisionTreeOptions
---@return mynah.Learner
function mynah.learn.decision_tree(options) end

---Questions about one feature at a time, numbers at the end.
---
---```lua
---local X, y = { { 0 }, { 1 }, { 2 }, { 3 } }, { 1, 3, 5, 7 }
---local learner = mynah.learn.decision_tree_regressor():fit(X, y)
---assert(learner:score(X, y) > 0.9)
---```
---@param options? mynah.DecisionTreeRegressorOptions
---@return mynah.Learner
function mynah.learn.decision_tree_regressor(options) end

---Many trees, each of drawn samples and features.
---
---```lua
---local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
---local y = { "low", "low", "low", "high", "high", "high" }
---local learner = mynah.learn.random_forest{ trees = 20, seed = 1 }:fit(X, y)
---assert(learner:predict{ { 0, 1 } }[1] == "low" and learner:score(X, y) == 1)
---```
---@param options? mynah.ForestOptions
---@return mynah.Learner
function mynah.learn.random_forest(options) end

---Many trees of drawn samples, for numbers.
---
---```lua
---local X, y = { { 0 }, { 1 }, { 2 }, { 3 } }, { 1, 3, 5, 7 }
---local learner = mynah.learn.random_forest_regressor{ trees = 20, seed = 1 }:fit(X, y)
---assert(learner:score(X, y) > 0.7)
---```
---@param options? mynah.ForestRegressorOptions
---@return mynah.Learner
function mynah.learn.random_forest_regressor(options) end

---Many trees with random thresholds.
---
---```lua
---local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
---local y = { "low", "low", "low", "high", "high", "high" }
---local learner = mynah.learn.extra_trees{ trees = 20, seed = 1 }:fit(X, y)
---assert(learner:predict{ { 0, 1 } }[1] == "low" and learner:score(X, y) == 1)
---```
---@param options? mynah.ForestOptions
---@return mynah.Learner
function mynah.learn.extra_trees(options) end

---Many trees with random thresholds, for numbers.
---
---```lua
---local X, y = { { 0 }, { 1 }, { 2 }, { 3 } }, { 1, 3, 5, 7 }
---local learner = mynah.learn.extra_trees_regressor{ trees = 20, seed = 1 }:fit(X, y)
---assert(learner:score(X, y) > 0.9)
---```
---@param options? mynah.ForestRegressorOptions
---@return mynah.Learner
function mynah.learn.extra_trees_regressor(options) end

---Trees that correct each other (histogram boosting); takes NaN for what is missing, and categories.
---
---```lua
---local X, y = mynah.data.blobs{ samples = 60, centres = { { 0, 0 }, { 9, 9 } }, seed = 1 }
---local learner = mynah.learn.gradient_boosting{ trees = 20 }:fit(X, y)
---assert(learner:score(X, y) == 1)
---```
---@param options? mynah.GradientBoostingOptions
---@return mynah.Learner
function mynah.learn.gradient_boosting(options) end

---Trees that correct each other, for numbers.
---
---```lua
---local X, y = mynah.data.regression{ samples = 120, features = 3, informative = 3, seed = 1 }
---local learner = mynah.learn.gradient_boosting_regressor{ trees = 50, min_samples_leaf = 5 }:fit(X, y)
---assert(learner:score(X, y) > 0.7)
---```
---@param options? mynah.GradientBoostingRegressorOptions
---@return mynah.Learner
function mynah.learn.gradient_boosting_regressor(options) end

---Small trees, each on what the others got wrong (SAMME).
---
---```lua
---local X, y = mynah.data.blobs{ samples = 60, centres = { { 0, 0 }, { 9, 9 } }, seed = 1 }
---local learner = mynah.learn.adaboost():fit(X, y)
---assert(learner:score(X, y) == 1)
---```
---@param options? mynah.AdaboostOptions
---@return mynah.Learner
function mynah.learn.adaboost(options) end

---Small trees, each on what the others missed, for numbers (R2).
---
---```lua
---local X, y = mynah.data.regression{ samples = 120, features = 3, informative = 3, seed = 1 }
---local learner = mynah.learn.adaboost_regressor{ seed = 1 }:fit(X, y)
---assert(learner:score(X, y) > 0.7)
---```
---@param options? mynah.AdaboostRegressorOptions
---@return mynah.Learner
function mynah.learn.adaboost_regressor(options) end

---Learners of one kind, each taught with drawn samples, that vote.
---
---```lua
---local X, y = mynah.data.blobs{ samples = 60, centres = { { 0, 0 }, { 9, 9 } }, seed = 1 }
---local learner = mynah.learn.bagging{ learner = mynah.learn.knn(), seed = 1 }:fit(X, y)
---assert(learner:score(X, y) == 1)
---```
---@param options? mynah.BaggingOptions
---@return mynah.Learner
function mynah.learn.bagging(options) end

---Learners of one kind, each taught with drawn samples, for numbers.
---
---```lua
---local X, y = mynah.data.regression{ samples = 120, features = 3, informative = 3, seed = 1 }
---local learner = mynah.learn.bagging_regressor{ learner = mynah.learn.ridge(), seed = 1 }:fit(X, y)
---assert(learner:score(X, y) > 0.7)
---```
---@param options? mynah.BaggingOptions
---@return mynah.Learner
function mynah.learn.bagging_regressor(options) end

---Several learners that vote.
---
---```lua
---local X, y = mynah.data.blobs{ samples = 60, centres = { { 0, 0 }, { 9, 9 } }, seed = 1 }
---local learner = mynah.learn.voting{ learners = { mynah.learn.knn(), mynah.learn.gaussian_nb() } }:fit(X, y)
---assert(learner:score(X, y) == 1)
---```
---@param options? mynah.VotingOptions
---@return mynah.Learner
function mynah.learn.voting(options) end

---The mean of several learners.
---
---```lua
---local X, y = mynah.data.regression{ samples = 120, features = 3, informative = 3, seed = 1 }
---local learner = mynah.learn.voting_regressor{ learners = { mynah.learn.ridge(), mynah.learn.linear_regression() } }:fit(X, y)
---assert(learner:score(X, y) > 0.7)
---```
---@param options? mynah.VotingRegressorOptions
---@return mynah.Learner
function mynah.learn.voting_regressor(options) end

---Several learners, and a last one that learns from their answers.
---
---```lua
---local X, y = mynah.data.blobs{ samples = 60, centres = { { 0, 0 }, { 9, 9 } }, seed = 1 }
---local learner = mynah.learn.stacking{ learners = { mynah.learn.knn(), mynah.learn.gaussian_nb() } }:fit(X, y)
---assert(learner:score(X, y) == 1)
---```
---@param options? mynah.StackingOptions
---@return mynah.Learner
function mynah.learn.stacking(options) end

---Several learners, and a last one that learns from their answers, for numbers.
---
---```lua
---local X, y = mynah.data.regression{ samples = 120, features = 3, informative = 3, seed = 1 }
---local learner = mynah.learn.stacking_regressor{ learners = { mynah.learn.ridge(), mynah.learn.knn_regressor() } }:fit(X, y)
---assert(learner:score(X, y) > 0.7)
---```
---@param options? mynah.StackingOptions
---@return mynah.Learner
function mynah.learn.stacking_regressor(options) end

---Layers of neurons that tell classes apart; `activations` shows what each layer sees.
---
---```lua
---local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
---local y = { "low", "low", "low", "high", "high", "high" }
---local learner = mynah.learn.mlp_classifier{ hidden = { 8 }, lr = 0.01, seed = 1 }:fit(X, y)
---assert(learner:predict{ { 0, 1 } }[1] == "low" and learner:score(X, y) == 1)
---```
---@param options? mynah.MlpOptions
---@return mynah.Learner
function mynah.learn.mlp_classifier(options) end

---Layers of neurons that answer numbers.
---
---```lua
---local X, y = { { 0 }, { 1 }, { 2 }, { 3 } }, { 1, 3, 5, 7 }
---local learner = mynah.learn.mlp_regressor{ hidden = { 8 }, lr = 0.03, seed = 1 }:fit(X, y)
---assert(learner:score(X, y) > 0.8)
---```
---@param options? mynah.MlpOptions
---@return mynah.Learner
function mynah.learn.mlp_regressor(options) end

---Latent Dirichlet allocation: the topics that texts are mixtures of; takes sparse rows of word counts.
---
---```lua
---local X = { { 5, 4, 0, 0 }, { 4, 5, 0, 0 }, { 0, 0, 5, 4 }, { 0, 0, 4, 5 } }
---local seen = mynah.learn.lda{ components = 2, seed = 1 }:fit_transform(X)
---assert(seen.shape[1] == 4 and seen.shape[2] == 2)
---```
---@param options? mynah.LdaOptions
---@return mynah.Learner
function mynah.learn.lda(options) end

---k-means: centres, each the mean of the samples nearest to it.
---
---```lua
---local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
---local learner = mynah.learn.kmeans{ clusters = 2 }
---local found = learner:fit(X):predict(X)
---assert(found[1] == found[2] and found[1] ~= found[4])
---```
---@param options? mynah.KmeansOptions
---@return mynah.Learner
function mynah.learn.kmeans(options) end

---k-means by steps on a few samples each, for very many samples.
---
---```lua
---local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
---local learner = mynah.learn.mini_batch_kmeans{ clusters = 2 }
---local found = learner:fit(X):predict(X)
---assert(found[1] == found[2] and found[1] ~= found[4])
---```
---@param options? mynah.MiniBatchKmeansOptions
---@return mynah.Learner
function mynah.learn.mini_batch_kmeans(options) end

---Clusters of any shape, where samples lie close together; the rest is noise (0).
---
---```lua
---local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
---local learner = mynah.learn.dbscan{ eps = 2, min_samples = 2 }
---local found = learner:fit(X):predict(X)
---assert(found[1] == found[2] and found[1] ~= found[4])
---```
---@param options? mynah.DbscanOptions
---@return mynah.Learner
function mynah.learn.dbscan(options) end

---Clusters of any shape and density; the rest is noise (0).
---
---```lua
---local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
---local learner = mynah.learn.hdbscan{ min_cluster_size = 2 }
---local found = learner:fit(X):predict(X)
---assert(found[1] == found[2] and found[1] ~= found[4])
---```
---@param options? mynah.HdbscanOptions
---@return mynah.Learner
function mynah.learn.hdbscan(options) end

---The two nearest clusters become one, again and again.
---
---```lua
---local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
---local learner = mynah.learn.agglomerative{ clusters = 2 }
---local found = learner:fit(X):predict(X)
---assert(found[1] == found[2] and found[1] ~= found[4])
---```
---@param options? mynah.AgglomerativeOptions
---@return mynah.Learner
function mynah.learn.agglomerative(options) end

---A mixture of Gaussians, with probabilities.
---
---```lua
---local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
---local learner = mynah.learn.gaussian_mixture{ components = 2 }
---local found = learner:fit(X):predict(X)
---assert(found[1] == found[2] and found[1] ~= found[4])
---```
---@param options? mynah.GaussianMixtureOptions
---@return mynah.Learner
function mynah.learn.gaussian_mixture(options) end

---The peaks of the samples' density.
---
---```lua
---local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
---local learner = mynah.learn.mean_shift{ bandwidth = 1 }
---local found = learner:fit(X):predict(X)
---assert(found[1] == found[2] and found[1] ~= found[4])
---```
---@param options? mynah.MeanShiftOptions
---@return mynah.Learner
function mynah.learn.mean_shift(options) end

---k-means on the graph of neighbours' slowest vibrations: clusters that hang together.
---
---```lua
---local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
---local learner = mynah.learn.spectral{ clusters = 2 }
---local found = learner:fit(X):predict(X)
---assert(found[1] == found[2] and found[1] ~= found[4])
---```
---@param options? mynah.SpectralOptions
---@return mynah.Learner
function mynah.learn.spectral(options) end

---The directions in which samples vary most.
---
---```lua
---local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
---local seen = mynah.learn.pca{ components = 1 }:fit_transform(X)
---assert(seen.shape[1] == 6)
---```
---@param options? mynah.PcaOptions
---@return mynah.Learner
function mynah.learn.pca(options) end

---Principal components in the space of a kernel.
---
---```lua
---local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
---local seen = mynah.learn.kernel_pca{ components = 1 }:fit_transform(X)
---assert(seen.shape[1] == 6)
---```
---@param options? mynah.KernelPcaOptions
---@return mynah.Learner
function mynah.learn.kernel_pca(options) end

---The largest singular values and their vectors; takes sparse rows.
---
---```lua
---local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
---local seen = mynah.learn.truncated_svd{ components = 1 }:fit_transform(X)
---assert(seen.shape[1] == 6)
---```
---@param options? mynah.TruncatedSvdOptions
---@return mynah.Learner
function mynah.learn.truncated_svd(options) end

---The independent sources whose mixtures the features are.
---
---```lua
---local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
---local seen = mynah.learn.ica{ components = 2, seed = 1 }:fit_transform(X)
---assert(seen.shape[1] == 6)
---```
---@param options? mynah.IcaOptions
---@return mynah.Learner
function mynah.learn.ica(options) end

---Samples as sums of parts, nothing below zero.
---
---```lua
---local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
---local seen = mynah.learn.nmf{ components = 1 }:fit_transform(X)
---assert(seen.shape[1] == 6)
---```
---@param options? mynah.NmfOptions
---@return mynah.Learner
function mynah.learn.nmf(options) end

---Fewer features by random directions; distances are almost kept.
---
---```lua
---local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
---local seen = mynah.learn.random_projection{ components = 1, seed = 1 }:fit_transform(X)
---assert(seen.shape[1] == 6)
---```
---@param options? mynah.RandomProjectionOptions
---@return mynah.Learner
function mynah.learn.random_projection(options) end

---A picture in which neighbours stay neighbours: few dimensions for many.
---
---```lua
---local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
---local seen = mynah.learn.tsne{ perplexity = 2, seed = 1 }:fit_transform(X)
---assert(seen.shape[1] == 6)
---```
---@param options? mynah.TsneOptions
---@return mynah.Learner
function mynah.learn.tsne(options) end

---A picture made from the graph of neighbours.
---
---```lua
---local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
---local seen = mynah.learn.umap{ neighbors = 3, seed = 1 }:fit_transform(X)
---assert(seen.shape[1] == 6)
---```
---@param options? mynah.UmapOptions
---@return mynah.Learner
function mynah.learn.umap(options) end

---Each feature to mean 0 and variance 1.
---
---```lua
---local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
---local seen = mynah.learn.standard_scaler():fit_transform(X)
---assert(seen.shape[1] == 6)
---```
---@param options? mynah.StandardScalerOptions
---@return mynah.Learner
function mynah.learn.standard_scaler(options) end

---Each feature to a range, from 0 to 1 unless said otherwise.
---
---```lua
---local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
---local seen = mynah.learn.min_max_scaler():fit_transform(X)
---assert(seen.shape[1] == 6)
---```
---@param options? mynah.MinMaxScalerOptions
---@return mynah.Learner
function mynah.learn.min_max_scaler(options) end

---Each feature by its median and quartiles, so that outliers do not count.
---
---```lua
---local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
---local seen = mynah.learn.robust_scaler():fit_transform(X)
---assert(seen.shape[1] == 6)
---```
---@param options? mynah.RobustScalerOptions
---@return mynah.Learner
function mynah.learn.robust_scaler(options) end

---Each value of a feature becomes a feature of 0 and 1.
---
---```lua
---local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
---local seen = mynah.learn.one_hot():fit_transform(X)
---assert(seen.shape[1] == 6)
---```
---@param options? mynah.OneHotOptions
---@return mynah.Learner
function mynah.learn.one_hot(options) end

---All products of the features up to a degree.
---
---```lua
---local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
---local seen = mynah.learn.polynomial_features{ degree = 2 }:fit_transform(X)
---assert(seen.shape[1] == 6)
---```
---@param options? mynah.PolynomialFeaturesOptions
---@return mynah.Learner
function mynah.learn.polynomial_features(options) end

---Sparse samples: of each row only what is not 0, as `{ [column] = number }`, and how many columns there are.
---
---```lua
---local X = mynah.learn.sparse({ { [1] = 2 }, { [3] = 1 }, {} }, 3)
---assert(#X == 3 and X.columns == 3)
---local learner = mynah.learn.multinomial_nb():fit(X, { "a", "b", "b" })
---assert(learner:predict(X)[1] == "a")
---```
---@param rows table[]
---@param columns integer
---@return mynah.SparseRows
function mynah.learn.sparse(rows, columns) end

---Whether a plane separates the samples of two classes.
---
---The answer has `separable` (strictly), `touching` (only with points on the plane), and for a plane that
---separates `weights`, `bias` and `margin` (the distance of the nearest sample).
---
---```lua
---local X = { { 0, 0 }, { 1, 1 }, { 0, 1 }, { 1, 0 } }
---assert(not mynah.learn.separable(X, { 0, 0, 1, 1 }).separable) -- exclusive or
---assert(mynah.learn.separable(X, { 0, 1, 1, 1 }).separable)
---```
---@param x number[][]|mynah.Tensor|mynah.SparseRows
---@param y number[]|string[]|mynah.Tensor
---@return table
function mynah.learn.separable(x, y) end

---The corners of the convex hull of points in the plane, counterclockwise; one for points that are all the same,
---two for points on a line.
---
---```lua
---local corners = mynah.learn.hull{ { 0, 0 }, { 4, 0 }, { 2, 1 }, { 4, 4 }, { 0, 4 } }
---assert(#corners == 4)
---```
---@param points number[][]|mynah.Tensor
---@return number[][]
function mynah.learn.hull(points) end

---Reads a learner that `save` wrote.
---
---```lua
---local X = { { 0 }, { 1 }, { 8 }, { 9 } }
---mynah.learn.kmeans{ clusters = 2, seed = 1 }:fit(X):save(TMP .. "/means.mynah")
---assert(mynah.learn.load(TMP .. "/means.mynah").name == "kmeans")
---```
---@param path string
---@return mynah.Learner
function mynah.learn.load(path) end

---A pipeline: samples go through the `transform` of all learners but the last, which learns and answers.
---
---```lua
---local learn = mynah.learn
---local both = learn.pipeline{ learn.kmeans{ clusters = 3, seed = 1 }, learn.kmeans{ clusters = 2, seed = 1 } }
---local found = both:fit({ { 0 }, { 1 }, { 8 }, { 9 } }):predict({ { 0 }, { 9 } })
---assert(found[1] ~= found[2])
---```
---@param steps mynah.Learner[]
---@return mynah.Learner
function mynah.learn.pipeline(steps) end

---The scores of a learner over folds: each time fitted afresh to all folds but one, and scored on that.
---
---Classes are kept in proportion in each fold.
---
---```lua
---local X, y = mynah.data.blobs{ samples = 60, centres = { { 0, 0 }, { 9, 9 } }, seed = 1 }
---local scores = mynah.learn.cross_validate(mynah.learn.knn(), X, y, { folds = 3 })
---assert(#scores == 3 and scores[1] == 1)
---```
---@param learner mynah.Learner
---@param x number[][]|mynah.Tensor|mynah.SparseRows
---@param y number[]|string[]|mynah.Tensor
---@param options? mynah.FoldOptions
---@return any
function mynah.learn.cross_validate(learner, x, y, options) end

---Every combination of options, scored over folds: the best one's options, score and learner fitted to all samples.
---
---In a pipeline `["scaler.option"]` means the step `scaler`. With `count` only so many combinations are tried,
---drawn at random. `tried` lists all, the best first.
---
---```lua
---local X, y = mynah.data.moons{ samples = 60, noise = 0.1, seed = 1 }
---local found = mynah.learn.grid_search(mynah.learn.knn(), { neighbors = { 1, 5, 50 } }, X, y, { folds = 3 })
---assert(found.options.neighbors < 50 and #found.tried == 3 and found.learner:score(X, y) > 0.9)
---```
---@param learner mynah.Learner
---@param grid table
---@param x number[][]|mynah.Tensor|mynah.SparseRows
---@param y number[]|string[]|mynah.Tensor
---@param options? mynah.FoldOptions
---@return table
function mynah.learn.grid_search(learner, grid, x, y, options) end

---Options within ranges, proposed by a method of `mynah.optim` that learns from the scores over folds.
---
---A range is `{ low = 0.01, high = 100, log = true }`, with `whole = true` for whole numbers, or a list of
---values. The answer is as from `grid_search`.
---
---```lua
---local X, y = mynah.data.moons{ samples = 80, noise = 0.2, seed = 1 }
---local found = mynah.learn.search(mynah.learn.svc(), { C = { low = 0.01, high = 100, log = true },
---  gamma = { low = 0.01, high = 10, log = true }, kernel = { "rbf", "linear" } }, X, y, { trials = 12, folds = 3 })
---assert(found.score > 0.85 and found.options.C >= 0.01 and #found.tried <= 12)
---```
---@param learner mynah.Learner
---@param ranges table
---@param x number[][]|mynah.Tensor|mynah.SparseRows
---@param y number[]|string[]|mynah.Tensor
---@param options? mynah.SearchOptions
---@return table
function mynah.learn.search(learner, ranges, x, y, options) end

---The names of all learners, with what they are.
---
---```lua
---assert(mynah.learn.names().kmeans)
---```
---@return table
function mynah.learn.names() end

---Probabilistic graphical models: hidden Markov models, Markov chains, Bayesian networks, fields, Kalman filters.
---
---```lua
---local chain = mynah.graphical.markov_chain{ order = 1 }:fit("abababac")
---assert(chain:next("a").b == 0.75)
---```
mynah.graphical = {}

---A hidden Markov model: states that cannot be seen, and what each shows. States count from 1.
---
---```lua
----- Healthy or ill, seen only by how one feels.
---local hmm = mynah.graphical.hmm{ states = 2, kind = "discrete", start = { 0.6, 0.4 },
---  transition = { { 0.7, 0.3 }, { 0.4, 0.6 } }, labels = { "normal", "cold", "dizzy" },
---  emission = { { 0.5, 0.4, 0.1 }, { 0.1, 0.3, 0.6 } } }
---local path, log_probability = hmm:viterbi{ "normal", "cold", "dizzy" }
---assert(path[1] == 1 and path[2] == 1 and path[3] == 2)
---assert(math.abs(math.exp(log_probability) - 0.01512) < 1e-12)
---```
---@param options? mynah.HmmOptions
---@return mynah.Hmm
function mynah.graphical.hmm(options) end

---A Markov chain: what comes next depends on the last symbols alone.
---
---```lua
---local chain = mynah.graphical.markov_chain{ order = 2 }:fit("the then these")
---assert(chain:next("th").e == 1)
---```
---@param options? mynah.MarkovOptions
---@return mynah.MarkovChain
function mynah.graphical.markov_chain(options) end

---A Markov chain with known probabilities: of each symbol (columns) after each (rows).
---
---```lua
---local chain = mynah.graphical.markov_chain_of({ { 0.9, 0.1 }, { 0.5, 0.5 } }, { "sun", "rain" })
---assert(math.abs(chain:stationary().sun - 5 / 6) < 1e-12)
---```
---@param transition number[][]
---@param labels? number[]|string[]|mynah.Tensor
---@return mynah.MarkovChain
function mynah.graphical.markov_chain_of(transition, labels) end

---A Bayesian network from its variables, each with its states, parents and table.
---
---```lua
---local net = mynah.graphical.bayes_net{
---  { name = "rain", states = { "yes", "no" }, table = { { 0.2, 0.8 } } },
---  { name = "grass", states = { "wet", "dry" }, parents = { "rain" }, table = { { 0.9, 0.1 }, { 0.1, 0.9 } } },
---}
---assert(math.abs(net:posterior("rain", { grass = "wet" }).yes - 0.18 / 0.26) < 1e-12)
---```
---@param nodes mynah.NodeOptions[]
---@return mynah.BayesNet
function mynah.graphical.bayes_net(nodes) end

---A Bayesian network of known structure, its tables counted from rows `{ variable = state }`.
---
---`smoothing` is added to each count.
---
---```lua
---local rows = { { rain = "no", grass = "dry" }, { rain = "yes", grass = "wet" }, { rain = "no", grass = "dry" } }
---local net = mynah.graphical.fit_bayes_net({
---  { name = "rain", states = { "yes", "no" } },
---  { name = "grass", states = { "wet", "dry" }, parents = { "rain" } },
---}, rows, 1)
---assert(math.abs(net:posterior("rain").yes - 2 / 5) < 1e-12)
---```
---@param variables mynah.VariableOptions[]
---@param rows table<string, string>[]
---@param smoothing? number
---@return mynah.BayesNet
function mynah.graphical.fit_bayes_net(variables, rows, smoothing) end

---A Bayesian network whose structure is learned as well, from rows `{ variable = state }`.
---
---```lua
---local rows = {}
---for i = 1, 60 do
---  local rain = i % 3 == 0 and "yes" or "no"
---  rows[i] = { rain = rain, grass = (rain == "yes") ~= (i % 10 == 0) and "wet" or "dry" }
---end
---local net = mynah.graphical.learn_bayes_net(rows, { search = "chow_liu" })
---assert(net:posterior("grass", { rain = "yes" }).wet > 0.8)
---```
---@param rows table<string, string>[]
---@param options? mynah.StructureOptions
---@return mynah.BayesNet
function mynah.graphical.learn_bayes_net(rows, options) end

---A Markov random field behind a noisy picture: neighbours tend to have the same label (Ising, Potts).
---
---`picture` holds labels from 1 to `labels`; each pixel shows a wrong one with probability `noise`; `coupling`
---says how much neighbours want to be alike.
---
---```lua
---local picture = { { 1, 1, 1 }, { 1, 2, 1 }, { 1, 1, 1 } }
---local found = mynah.graphical.markov_field(picture, 2, 0.2, 1):propagate()
---assert(found.labels[2][2] == 1)
---```
---@param picture number[][]|mynah.Tensor
---@param labels integer
---@param noise number
---@param coupling number
---@return mynah.MarkovField
function mynah.graphical.markov_field(picture, labels, noise, coupling) end

---A Kalman filter: a linear system that is seen through noise.
---
---```lua
----- A constant, measured four times.
---local kalman = mynah.graphical.kalman{ transition = { { 1 } }, observation = { { 1 } },
---  process_noise = { { 0 } }, observation_noise = { { 1 } }, start_mean = { 0 }, start_covariance = { { 1e6 } } }
---local means = kalman:filter{ { 4 }, { 6 }, { 5 }, { 5 } }.means
---assert(math.abs(means[4][1] - 5) < 1e-4)
---```
---@param options? mynah.KalmanModelOptions
---@return mynah.Kalman
function mynah.graphical.kalman(options) end

---Reads a hidden Markov model that `save` wrote.
---
---```lua
---local hmm = mynah.graphical.hmm{ states = 2, kind = "discrete", seed = 1 }:fit("aabbaabbaabb")
---hmm:save(TMP .. "/h.mynah")
---assert(mynah.graphical.load_hmm(TMP .. "/h.mynah"):log_likelihood("aabb") == hmm:log_likelihood("aabb"))
---```
---@param path string
---@return mynah.Hmm
function mynah.graphical.load_hmm(path) end

---Reads a Markov chain that `save` wrote.
---
---```lua
---mynah.graphical.markov_chain():fit("abab"):save(TMP .. "/c.mynah")
---assert(mynah.graphical.load_markov_chain(TMP .. "/c.mynah"):next("a").b == 1)
---```
---@param path string
---@return mynah.MarkovChain
function mynah.graphical.load_markov_chain(path) end

---Reads a Bayesian network that `save` wrote.
---
---```lua
---local net = mynah.graphical.bayes_net{ { name = "coin", states = { "heads", "tails" }, table = { { 0.5, 0.5 } } } }
---net:save(TMP .. "/n.mynah")
---assert(mynah.graphical.load_bayes_net(TMP .. "/n.mynah"):posterior("coin").heads == 0.5)
---```
---@param path string
---@return mynah.BayesNet
function mynah.graphical.load_bayes_net(path) end

---Reads a Kalman filter that `save` wrote.
---
---```lua
---mynah.graphical.kalman{ transition = { { 1 } }, observation = { { 1 } }, process_noise = { { 1 } },
---  observation_noise = { { 1 } } }:save(TMP .. "/k.mynah")
---assert(mynah.graphical.load_kalman(TMP .. "/k.mynah"):params().transition[1][1] == 1)
---```
---@param path string
---@return mynah.Kalman
function mynah.graphical.load_kalman(path) end

---Data in and out: tables, arrays, splits, toy data, words.
---
---```lua
---local X, y = mynah.data.blobs{ samples = 30, centres = 3, seed = 1 }
---local Xtrain, Xtest, ytrain, ytest = mynah.data.split(X, y, { share = 0.2, stratify = true })
---assert(#ytrain == 24 and #ytest == 6)
---```
mynah.data = {}

---Reads a table of comma-separated values: samples, answers (the column `target`, or else the last) and the features' names.
---
---```lua
---mynah.data.write_csv(TMP .. "/flowers.csv", { "length", "width", "kind" },
---  { { 5.1, 7.0 }, { 3.5, 3.2 }, { "small", "large" } })
---local X, y, names = mynah.data.csv(TMP .. "/flowers.csv", { target = "kind" })
---assert(X.shape[1] == 2 and y[2] == "large" and names[2] == "width")
---```
---@param path string
---@param options? mynah.CsvOptions
---@return mynah.Tensor
---@return any
---@return string[]
function mynah.data.csv(path, options) end

---Reads a table of comma-separated values column by column: lists by name, and the names in order.
---
---An empty field in a column of numbers is NaN.
---
---```lua
---mynah.data.write_csv(TMP .. "/towns.csv", { "town", "people" }, { { "Arbor", "Brook" }, { 120, 80 } })
---local columns, names = mynah.data.columns(TMP .. "/towns.csv")
---assert(columns.town[2] == "Brook" and columns.people[1] == 120 and names[1] == "town")
---```
---@param path string
---@param options? mynah.CsvOptions
---@return table
---@return string[]
function mynah.data.columns(path, options) end

---Writes a table of comma-separated values: the columns' names, and each column.
---
---```lua
---mynah.data.write_csv(TMP .. "/out.csv", { "step", "note" }, { { 1, 2 }, { "first", "second, last" } })
---assert(mynah.data.columns(TMP .. "/out.csv").note[2] == "second, last")
---```
---@param path string
---@param names string[]
---@param columns (number[]|string[]|mynah.Tensor)[]
function mynah.data.write_csv(path, names, columns) end

---Reads an array that NumPy saved (`.npy`).
---
---```lua
---mynah.data.write_npy(TMP .. "/a.npy", mynah.tensor{ { 1, 2 }, { 3, 4 } })
---assert(mynah.data.npy(TMP .. "/a.npy"):totable()[2][1] == 3)
---```
---@param path string
---@return mynah.Tensor
function mynah.data.npy(path) end

---Writes an array that NumPy can load (`.npy`, 64-bit numbers).
---
---```lua
---mynah.data.write_npy(TMP .. "/b.npy", mynah.arange(1, 6):reshape(2, 3))
---assert(mynah.data.npy(TMP .. "/b.npy").shape[2] == 3)
---```
---@param path string
---@param tensor mynah.Tensor|table
function mynah.data.write_npy(path, tensor) end

---Splits samples and answers in random order: training samples, test samples, training answers, test answers.
---
---```lua
---local X, y = mynah.data.moons{ samples = 20, seed = 1 }
---local Xtrain, Xtest, ytrain, ytest = mynah.data.split(X, y, { share = 0.3, seed = 1 })
---assert(Xtrain.shape[1] == 14 and #ytest == 6)
---```
---@param x number[][]|mynah.Tensor|mynah.SparseRows
---@param y number[]|string[]|mynah.Tensor
---@param options? mynah.SplitOptions
---@return any
---@return any
---@return any
---@return any
function mynah.data.split(x, y, options) end

---Toy data: round heaps of samples. Answers samples and the number of each one's heap.
---
---```lua
---local X, y = mynah.data.blobs{ samples = 12, centres = { { 0, 0 }, { 9, 9 } }, spread = 0.5, seed = 1 }
---assert(mynah.learn.kmeans{ clusters = 2 }:fit(X):predict(X).shape[1] == #y)
---```
---@param options? mynah.BlobsOptions
---@return mynah.Tensor
---@return any
function mynah.data.blobs(options) end

---Toy data: two crescents that reach into each other.
---
---```lua
---local X, y = mynah.data.moons{ samples = 40, noise = 0.1, seed = 1 }
---assert(mynah.learn.svc{ gamma = 2 }:fit(X, y):score(X, y) > 0.9)
---```
---@param options? mynah.MoonsOptions
---@return mynah.Tensor
---@return any
function mynah.data.moons(options) end

---Toy data: a circle in a circle.
---
---```lua
---local X, y = mynah.data.circles{ samples = 40, factor = 0.4, seed = 1 }
---assert(not mynah.learn.separable(X, y).separable)
---```
---@param options? mynah.CirclesOptions
---@return mynah.Tensor
---@return any
function mynah.data.circles(options) end

---Toy data: arms of a spiral.
---
---```lua
---local X, y = mynah.data.spiral{ samples = 60, arms = 3, seed = 1 }
---assert(X.shape[2] == 2 and #y == 60)
---```
---@param options? mynah.SpiralOptions
---@return mynah.Tensor
---@return any
function mynah.data.spiral(options) end

---Toy data: classes on the corners of a cube, with features that help, repeat and mislead.
---
---```lua
---local X, y = mynah.data.classification{ samples = 50, features = 6, informative = 3, redundant = 1, seed = 1 }
---assert(X.shape[2] == 6 and #y == 50)
---```
---@param options? mynah.ClassificationOptions
---@return mynah.Tensor
---@return any
function mynah.data.classification(options) end

---Toy data: a weighted sum of some features, with noise. Answers samples, numbers and the true weights.
---
---```lua
---local X, y, weights = mynah.data.regression{ samples = 50, features = 5, informative = 2, seed = 1 }
---local found = mynah.learn.linear_regression():fit(X, y):params().weights
---assert(math.abs(found[1] - weights[1]) < 1e-3)
---```
---@param options? mynah.RegressionOptions
---@return mynah.Tensor
---@return any
---@return any
function mynah.data.regression(options) end

---Toy data: a rolled-up sheet in three dimensions, and where on the sheet each sample lies.
---
---```lua
---local X, along = mynah.data.swiss_roll{ samples = 30, seed = 1 }
---assert(X.shape[2] == 3 and #along == 30)
---```
---@param options? mynah.SwissRollOptions
---@return mynah.Tensor
---@return any
function mynah.data.swiss_roll(options) end

---Texts to samples: how often each word occurs, as sparse rows.
---
---```lua
---local words = mynah.data.word_counts()
---local X = words:fit_transform{ "buy cheap pills", "see you at lunch", "cheap cheap offer" }
---local spam = mynah.learn.multinomial_nb():fit(X, { "spam", "ham", "spam" })
---assert(spam:predict(words:transform{ "a cheap lunch offer" })[1] == "spam")
---```
---@param options? mynah.WordCountsOptions
---@return mynah.WordCounts
function mynah.data.word_counts(options) end

---Reads counted words that `save` wrote.
---
---```lua
---local words = mynah.data.word_counts()
---words:fit_transform{ "one two", "two three" }
---words:save(TMP .. "/w.mynah")
---assert(#mynah.data.load_word_counts(TMP .. "/w.mynah"):vocabulary() == 3)
---```
---@param path string
---@return mynah.WordCounts
function mynah.data.load_word_counts(path) end

---Signals and pictures in fewer numbers (cosines, wavelets, codebooks), and numbers in fewer bytes (Huffman, arithmetic).
---
---```lua
---local code = mynah.code
---local waves = code.dct{ 1, 2, 3, 4, 4, 3, 2, 1 }
---local rough = {} -- small numbers, most of them 0
---for i = 1, 8 do rough[i] = math.floor(waves[i] / 0.5 + 0.5) end
---local coded = code.arithmetic_encode(code.pack(rough))
---local back = code.inverse_dct(mynah.tensor(code.unpack(code.arithmetic_decode(coded))) * 0.5)
---assert(math.abs(back[4] - 4) < 0.5)
---```
mynah.code = {}

---The discrete cosine transform (type II, orthonormal) of a signal, or of a picture along rows and columns; each channel by itself.
---
---```lua
---local waves = mynah.code.dct{ 1, 1, 1, 1 }
---assert(math.abs(waves[1] - 2) < 1e-12 and math.abs(waves[2]) < 1e-12)
---```
---@param signal number[]|number[][]|mynah.Tensor
---@param options? mynah.DctOptions
---@return mynah.Tensor
function mynah.code.dct(signal, options) end

---Undoes `dct` with the same options.
---
---```lua
---local picture = mynah.rand(10, 12, 3, { seed = 1 })
---local back = mynah.code.inverse_dct(mynah.code.dct(picture, { block = 8 }), { block = 8 })
---assert((back - picture):abs():max():item() < 1e-6)
---```
---@param waves number[]|number[][]|mynah.Tensor
---@param options? mynah.DctOptions
---@return mynah.Tensor
function mynah.code.inverse_dct(waves, options) end

---The wavelet transform of a signal or a picture: the coarse part first (upper left), then the details; each channel by itself.
---
---```lua
---local waves = mynah.code.wavelet({ 1, 3, 5, 11 }, { levels = 1 })
---assert(math.abs(waves[1] - 4 / math.sqrt(2)) < 1e-12) -- of 1 and 3
---assert(math.abs(waves[3] + 2 / math.sqrt(2)) < 1e-12) -- what the mean leaves out
---```
---@param signal number[]|number[][]|mynah.Tensor
---@param options? mynah.WaveletOptions
---@return mynah.Tensor
function mynah.code.wavelet(signal, options) end

---Undoes `wavelet` with the same options.
---
---```lua
---local waves = mynah.code.wavelet({ 5, 6, 7, 8, 9 }, { kind = "cdf53" })
---assert(math.abs(mynah.code.inverse_wavelet(waves, { kind = "cdf53" })[5] - 9) < 1e-12)
---```
---@param waves number[]|number[][]|mynah.Tensor
---@param options? mynah.WaveletOptions
---@return mynah.Tensor
function mynah.code.inverse_wavelet(waves, options) end

---Bytes in Huffman's code, whole bits for each; what `huffman_decode` needs comes with them.
---
---```lua
---local coded = mynah.code.huffman_encode(("abracadabra "):rep(100))
---assert(#coded < 450 and mynah.code.huffman_decode(coded) == ("abracadabra "):rep(100))
---```
---@param bytes string
---@return string
function mynah.code.huffman_encode(bytes) end

---The bytes that `huffman_encode` was given.
---
---```lua
---local coded = mynah.code.huffman_encode("the mill turns")
---assert(mynah.code.huffman_decode(coded) == "the mill turns")
---assert(not pcall(mynah.code.huffman_decode, coded:sub(1, -3)))
---```
---@param coded string
---@return string
function mynah.code.huffman_decode(coded) end

---The codes that `huffman_encode` gives to the bytes that occur, the shortest first: `byte`, `count` and `bits`.
---
---```lua
---local codes = mynah.code.huffman_codes("abracadabra")
---assert(string.char(codes[1].byte) == "a" and codes[1].count == 5 and codes[1].bits == "0")
---```
---@param bytes string
---@return table[]
function mynah.code.huffman_codes(bytes) end

---Bytes as one long number, each in as many bits (and parts of them) as it was surprising.
---
---```lua
---local text = ("a"):rep(900) .. ("b"):rep(100)
---assert(#mynah.code.arithmetic_encode(text) < #mynah.code.huffman_encode(text))
---```
---@param bytes string
---@return string
function mynah.code.arithmetic_encode(bytes) end

---The bytes that `arithmetic_encode` was given.
---
---```lua
---local coded = mynah.code.arithmetic_encode("the mill turns")
---assert(mynah.code.arithmetic_decode(coded) == "the mill turns")
---```
---@param coded string
---@return string
function mynah.code.arithmetic_decode(coded) end

---Whole numbers as bytes, for the coders: one byte for each from -127 to 127, more for others.
---
---```lua
---assert(#mynah.code.pack{ 0, -1, 1, 127, 1000 } == 7)
---```
---@param numbers integer[]|mynah.Tensor
---@return string
function mynah.code.pack(numbers) end

---The whole numbers that `pack` was given, as a list.
---
---```lua
---local numbers = mynah.code.unpack(mynah.code.pack{ 0, -1, 1000 })
---assert(#numbers == 3 and numbers[2] == -1 and numbers[3] == 1000)
---```
---@param bytes string
---@return integer[]
function mynah.code.unpack(bytes) end

---The squares of `side` pixels that a picture is made of, row by row, each a row of numbers; with side 1 its pixels.
---
---Where the picture ends within a square its last pixels are repeated.
---
---```lua
---local squares = mynah.code.patches(mynah.rand(6, 9, 3, { seed = 1 }), 4)
---assert(squares.shape[1] == 2 * 3 and squares.shape[2] == 4 * 4 * 3)
---```
---@param picture number[]|number[][]|mynah.Tensor
---@param side integer
---@return mynah.Tensor
function mynah.code.patches(picture, side) end

---The picture [height, width, channels] made of the squares of `patches`; channels are 3 unless given.
---
---```lua
---local picture = mynah.rand(6, 9, 3, { seed = 1 })
---local again = mynah.code.from_patches(mynah.code.patches(picture, 4), 6, 9)
---assert((again - picture):abs():max():item() < 1e-6)
---```
---@param squares number[][]|mynah.Tensor|mynah.SparseRows
---@param height integer
---@param width integer
---@param channels? integer
---@return mynah.Tensor
function mynah.code.from_patches(squares, height, width, channels) end

---A few vectors that stand for many samples: a palette for pixels, a set of tiles for patches.
---
---```lua
---local pixels = { { 250, 0, 0 }, { 254, 0, 0 }, { 0, 0, 90 }, { 0, 0, 94 } }
---local palette = mynah.code.codebook(pixels, { entries = 2, seed = 1 })
---local places = palette:encode(pixels)
---assert(places[1] == places[2] and palette:decode(places):totable()[4][3] == 92)
---```
---@param samples number[][]|mynah.Tensor|mynah.SparseRows
---@param options? mynah.CodebookOptions
---@return mynah.Codebook
function mynah.code.codebook(samples, options) end

---A codebook of given vectors, such as those that `entries` of another gave.
---
---```lua
---local traffic = mynah.code.codebook_of{ { 255, 0, 0 }, { 255, 255, 0 }, { 0, 255, 0 } }
---assert(traffic:encode{ { 10, 200, 30 } }[1] == 3)
---```
---@param vectors number[][]|mynah.Tensor|mynah.SparseRows
---@return mynah.Codebook
function mynah.code.codebook_of(vectors) end

---How good answers are: for classes, scores, numbers and clusters.
---
---```lua
---assert(mynah.metrics.accuracy({ "a", "b", "b" }, { "a", "b", "a" }) == 2 / 3)
---```
mynah.metrics = {}

---The share of right answers.
---
---```lua
---assert(mynah.metrics.accuracy({ 1, 2, 2, 1 }, { 1, 2, 1, 1 }) == 0.75)
---```
---@param truth number[]|string[]|mynah.Tensor
---@param found number[]|string[]|mynah.Tensor
---@return number
function mynah.metrics.accuracy(truth, found) end

---The share of right answers in each class, and of those the mean.
---
---```lua
---assert(mynah.metrics.balanced_accuracy({ 1, 1, 1, 2 }, { 1, 1, 1, 1 }) == 0.5)
---```
---@param truth number[]|string[]|mynah.Tensor
---@param found number[]|string[]|mynah.Tensor
---@return number
function mynah.metrics.balanced_accuracy(truth, found) end

---How often each class (rows) got each answer (columns), and the classes in order.
---
---```lua
---local counts, classes = mynah.metrics.confusion_matrix({ "a", "a", "b" }, { "a", "b", "b" })
---assert(counts[1][2] == 1 and counts[2][2] == 1 and classes[1] == "a")
---```
---@param truth number[]|string[]|mynah.Tensor
---@param found number[]|string[]|mynah.Tensor
---@return mynah.Tensor
---@return any
function mynah.metrics.confusion_matrix(truth, found) end

---The share of right ones among the answers of a class; of two classes the second one's, else the mean of all.
---
---```lua
---assert(mynah.metrics.precision({ 0, 1, 1, 0 }, { 0, 1, 1, 1 }) == 2 / 3)
---```
---@param truth number[]|string[]|mynah.Tensor
---@param found number[]|string[]|mynah.Tensor
---@param average? "binary"|"macro"|"micro"|"weighted"
---@return number
function mynah.metrics.precision(truth, found, average) end

---The share of a class that was found; of two classes the second one's, else the mean of all.
---
---```lua
---assert(mynah.metrics.recall({ 0, 1, 1, 0 }, { 0, 1, 0, 1 }) == 0.5)
---```
---@param truth number[]|string[]|mynah.Tensor
---@param found number[]|string[]|mynah.Tensor
---@param average? "binary"|"macro"|"micro"|"weighted"
---@return number
function mynah.metrics.recall(truth, found, average) end

---The harmonic mean of precision and recall; of two classes the second one's, else the mean of all.
---
---```lua
---assert(math.abs(mynah.metrics.f1({ 0, 1, 1, 0 }, { 0, 1, 1, 1 }) - 0.8) < 1e-12)
---```
---@param truth number[]|string[]|mynah.Tensor
---@param found number[]|string[]|mynah.Tensor
---@param average? "binary"|"macro"|"micro"|"weighted"
---@return number
function mynah.metrics.f1(truth, found, average) end

---Matthews's correlation of answers and truth, from -1 to 1.
---
---```lua
---assert(mynah.metrics.matthews({ 0, 1, 1, 0 }, { 0, 1, 1, 0 }) == 1)
---```
---@param truth number[]|string[]|mynah.Tensor
---@param found number[]|string[]|mynah.Tensor
---@return number
function mynah.metrics.matthews(truth, found) end

---Cohen's kappa: how far answers agree beyond chance.
---
---```lua
---assert(mynah.metrics.cohen_kappa({ 0, 1, 1, 0 }, { 0, 1, 0, 1 }) == 0)
---```
---@param truth number[]|string[]|mynah.Tensor
---@param found number[]|string[]|mynah.Tensor
---@return number
function mynah.metrics.cohen_kappa(truth, found) end

---The area under the receiver operating characteristic: how often one of the second class scores higher than one of the first.
---
---For more than two classes `scores` has a column for each, and the answer is the mean of each class against the rest.
---
---```lua
---assert(mynah.metrics.roc_auc({ 0, 0, 1, 1 }, { 0.1, 0.4, 0.35, 0.8 }) == 0.75)
---```
---@param truth number[]|string[]|mynah.Tensor
---@param scores mynah.Tensor|table
---@return number
function mynah.metrics.roc_auc(truth, scores) end

---The receiver operating characteristic: false positives, true positives, thresholds.
---
---```lua
---local fpr, tpr = mynah.metrics.roc_curve({ 0, 0, 1, 1 }, { 0.1, 0.4, 0.35, 0.8 })
---assert(fpr[1] == 0 and tpr[#tpr] == 1)
---```
---@param truth number[]|string[]|mynah.Tensor
---@param scores number[]|mynah.Tensor
---@return any
---@return any
---@return any
function mynah.metrics.roc_curve(truth, scores) end

---Precision, recall, thresholds.
---
---```lua
---local precision, recall = mynah.metrics.precision_recall_curve({ 0, 0, 1, 1 }, { 0.1, 0.4, 0.35, 0.8 })
---assert(precision[#precision] == 1 and recall[#recall] == 0)
---```
---@param truth number[]|string[]|mynah.Tensor
---@param scores number[]|mynah.Tensor
---@return any
---@return any
---@return any
function mynah.metrics.precision_recall_curve(truth, scores) end

---The area under precision over recall.
---
---```lua
---assert(math.abs(mynah.metrics.average_precision({ 0, 0, 1, 1 }, { 0.1, 0.4, 0.35, 0.8 }) - 5 / 6) < 1e-12)
---```
---@param truth number[]|string[]|mynah.Tensor
---@param scores number[]|mynah.Tensor
---@return number
function mynah.metrics.average_precision(truth, scores) end

---How surprised the probabilities are by the truth, in natural units; a column for each class, in their order.
---
---```lua
---assert(math.abs(mynah.metrics.log_loss({ "a", "b" }, { { 0.5, 0.5 }, { 0.5, 0.5 } }) - math.log(2)) < 1e-12)
---```
---@param truth number[]|string[]|mynah.Tensor
---@param probabilities number[][]|mynah.Tensor|mynah.SparseRows
---@return number
function mynah.metrics.log_loss(truth, probabilities) end

---The mean squared error.
---
---```lua
---assert(mynah.metrics.mse({ 1, 2 }, { 2, 4 }) == 2.5)
---```
---@param truth number[]|mynah.Tensor
---@param found number[]|mynah.Tensor
---@return number
function mynah.metrics.mse(truth, found) end

---The root of the mean squared error.
---
---```lua
---assert(mynah.metrics.rmse({ 0, 0 }, { 2, 2 }) == 2)
---```
---@param truth number[]|mynah.Tensor
---@param found number[]|mynah.Tensor
---@return number
function mynah.metrics.rmse(truth, found) end

---The mean absolute error.
---
---```lua
---assert(mynah.metrics.mae({ 1, 2 }, { 2, 4 }) == 1.5)
---```
---@param truth number[]|mynah.Tensor
---@param found number[]|mynah.Tensor
---@return number
function mynah.metrics.mae(truth, found) end

---The median absolute error.
---
---```lua
---assert(mynah.metrics.median_absolute_error({ 1, 2, 3 }, { 1, 3, 9 }) == 1)
---```
---@param truth number[]|mynah.Tensor
---@param found number[]|mynah.Tensor
---@return number
function mynah.metrics.median_absolute_error(truth, found) end

---R²: 1 less the squared error over the variance.
---
---```lua
---assert(mynah.metrics.r2({ 1, 2, 3 }, { 1, 2, 3 }) == 1)
---```
---@param truth number[]|mynah.Tensor
---@param found number[]|mynah.Tensor
---@return number
function mynah.metrics.r2(truth, found) end

---How much nearer samples are to their own cluster than to the next, from -1 to 1.
---
---```lua
---assert(mynah.metrics.silhouette({ { 0 }, { 1 }, { 9 }, { 10 } }, { 1, 1, 2, 2 }) > 0.8)
---```
---@param x number[][]|mynah.Tensor|mynah.SparseRows
---@param clusters number[]|string[]|mynah.Tensor
---@return number
function mynah.metrics.silhouette(x, clusters) end

---How alike clusters are to their most alike one; the lower, the better.
---
---```lua
---assert(mynah.metrics.davies_bouldin({ { 0 }, { 1 }, { 9 }, { 10 } }, { 1, 1, 2, 2 }) < 0.2)
---```
---@param x number[][]|mynah.Tensor|mynah.SparseRows
---@param clusters number[]|string[]|mynah.Tensor
---@return number
function mynah.metrics.davies_bouldin(x, clusters) end

---Variance between the clusters over variance within; the higher, the better.
---
---```lua
---assert(math.abs(mynah.metrics.calinski_harabasz({ { 0 }, { 1 }, { 9 }, { 10 } }, { 1, 1, 2, 2 }) - 162) < 1e-9)
---```
---@param x number[][]|mynah.Tensor|mynah.SparseRows
---@param clusters number[]|string[]|mynah.Tensor
---@return number
function mynah.metrics.calinski_harabasz(x, clusters) end

---How far two groupings agree, beyond chance (adjusted Rand index); 1 if they are the same up to their names.
---
---```lua
---assert(mynah.metrics.adjusted_rand({ 1, 1, 2, 2 }, { "x", "x", "y", "y" }) == 1)
---```
---@param truth number[]|string[]|mynah.Tensor
---@param found number[]|string[]|mynah.Tensor
---@return number
function mynah.metrics.adjusted_rand(truth, found) end

---How much one grouping says about another, from 0 to 1.
---
---```lua
---assert(math.abs(mynah.metrics.normalized_mutual_information({ 1, 1, 2, 2 }, { 2, 2, 1, 1 }) - 1) < 1e-12)
---```
---@param truth number[]|string[]|mynah.Tensor
---@param found number[]|string[]|mynah.Tensor
---@return number
function mynah.metrics.normalized_mutual_information(truth, found) end

---How much one grouping says about another, beyond chance.
---
---```lua
---assert(math.abs(mynah.metrics.adjusted_mutual_information({ 1, 1, 2, 2 }, { 2, 2, 1, 1 }) - 1) < 1e-12)
---```
---@param truth number[]|string[]|mynah.Tensor
---@param found number[]|string[]|mynah.Tensor
---@return number
function mynah.metrics.adjusted_mutual_information(truth, found) end

---Whether clusters hold one class only, whether classes lie in one cluster only, and their harmonic mean.
---
---```lua
---local homogeneity, completeness, v_measure = mynah.metrics.v_measure({ 1, 1, 2, 2 }, { 1, 2, 3, 3 })
---assert(homogeneity == 1 and completeness < 1 and v_measure < 1)
---```
---@param truth number[]|string[]|mynah.Tensor
---@param found number[]|string[]|mynah.Tensor
---@return number
---@return number
---@return number
function mynah.metrics.v_measure(truth, found) end

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
---A `bpe` tokenizer learns its tokens from a text and knows everything; a `file` tokenizer reads those of others.
---
---```lua
---local tok = mynah.lm.tokenizer{ kind = "char", text = "banana" }
---assert(tok.vocab_size == 3 and tok:encode("ban")[1] == 1)
---local words = mynah.lm.tokenizer{ kind = "trie", words = { "the", " mill" } }
---assert(words:encode("the mill!")[2] == 257 and words:decode(words:encode("the sea")) == "the sea")
---local pairs = mynah.lm.tokenizer{ kind = "bpe", text = ("the mill by the sea "):rep(9), vocab = 270, specials = { "<end>" }, eos = "<end>" }
---assert(#pairs:encode("the mill") < 8 and pairs:special("<end>") == pairs.vocab_size - 1)
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

---A model to train or to use, from a file of any known format: one that `save` wrote, a training run's folder (the
---best one there), a Hugging Face folder (Llama, Qwen2, Qwen3), GGUF, llama2.c or Nano.
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

---A model for generation alone, from a file of any known format: 8- and 4-bit weights stay as they are, and little
---memory is taken. It cannot be trained.
---
---```lua
---local tok = mynah.lm.tokenizer{ kind = "byte" }
---local bird = mynah.lm.model{ tokenizer = tok, dim = 32, layers = 1, heads = 1, context = 8 }
---bird:save(TMP .. "/bird.gguf", { dtype = "q8" })
---assert(#mynah.lm.frozen(TMP .. "/bird.gguf"):generate("a", { tokens = 3, ignore_end = true }) > 0)
---```
---@param path string
---@return mynah.Frozen
function mynah.lm.frozen(path) end

---The sizes of a model by name, "nano-230k" to "nano-168m", as a table for `model` or `estimate`.
---
---```lua
---local sizes = mynah.lm.preset "nano-230k"
---sizes.tokenizer = mynah.lm.tokenizer{ kind = "byte" }
---assert(mynah.lm.model(sizes).size == 229952)
---```
---@param name string
---@return any
function mynah.lm.preset(name) end

---What a model of these sizes costs: parameters, operations per token, memory, and the time to train it at a given rate.
---
---```lua
---local sizes = mynah.lm.preset "nano-56m"
---sizes.tokens, sizes.tokens_per_second = 1e9, 3000
---local cost = mynah.lm.estimate(sizes)
---assert(cost.params == 55591424 and cost.seconds > 3e5)
---```
---@param options? mynah.EstimateOptions
---@return any
function mynah.lm.estimate(options) end

---Texts as tokens, part of them held out: from a `text`, or from a text file, a JSONL file or a folder of them.
---
---With `cache`, a folder, files are tokenised once and read from there, however large they are.
---
---```lua
---local tok = mynah.lm.tokenizer{ kind = "byte" }
---local corpus = mynah.lm.corpus{ tokenizer = tok, text = "one\ntwo\nthree\n", documents = "line" }
---assert(corpus.documents == 3)
---```
---@param options? mynah.CorpusOptions
---@return mynah.Corpus
function mynah.lm.corpus(options) end

---Whether a training run's folder holds a checkpoint that `resume` can go on from.
---
---```lua
---assert(not mynah.lm.can_resume("no/such/folder"))
---```
---@param folder string
---@return boolean
function mynah.lm.can_resume(folder) end

---Characters that talk and act, several at once, without holding up a frame.
---
---`mynah.npc{ model = bird, persona = "..." }` makes one. Characters of one model share its weights, and those that
---speak at once are read together in one pass; what each says is the same in any company.
---@class mynah.npc
---@overload fun(options: mynah.NpcOptions?): mynah.Npc
mynah.npc = {}

---A stage: what does the work of all characters on it. `threads = 0` does it inside `poll`, within its budget, for hosts
---that forbid threads; otherwise a worker does it, and `poll` only collects.
---
---```lua
---local tok = mynah.lm.tokenizer{ kind = "byte" }
---local bird = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 1, context = 64, seed = 1 }
---local stage = mynah.npc.stage{ model = bird, threads = 0 }
---local miller, smith = mynah.npc{ stage = stage, tokens = 4 }, mynah.npc{ stage = stage, tokens = 4 }
---local a, b = miller:say("Hello"), smith:say("Hello")
---while stage.busy do stage:poll(2.0) end -- both, token by token
---assert(a.done and b.done)
---```
---@param options? mynah.StageOptions
---@return mynah.Stage
function mynah.npc.stage(options) end

---Brings a character back that `npc:save` wrote: who it is, what was said, what it remembers and has learned.
---
---```lua
---local tok = mynah.lm.tokenizer{ kind = "byte" }
---local bird = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 1, context = 96, seed = 1 }
---local miller = mynah.npc{ model = bird, tokens = 4, seed = 1 }
---miller:remember("The bridge is broken."):say("Hello"):wait()
---miller:save(TMP .. "/miller.npc")
---local again = mynah.npc.load(TMP .. "/miller.npc", { model = bird })
---assert(again.facts[1] == "The bridge is broken." and #again.history == 2)
---```
---@param path string
---@param options? mynah.NpcLoadOptions
---@return mynah.Npc
function mynah.npc.load(path, options) end

---A brain that decides what to do: a small net that is evolved or learns from rewards, or, with `brain`, a fitted
---learner, a net, the shortest way, a function. All are asked by `decide`.
---
---```lua
---local guard = mynah.npc.policy{ inputs = 3, actions = { "stand", "follow", "flee" }, hidden = { 6 }, seed = 1 }
---local done = guard:decide{ 0.2, 0.9, -0.1 } -- what it sees
---local tree = mynah.learn.decision_tree():fit({ { 0 }, { 1 } }, { "stay", "run" })
---assert(mynah.npc.policy{ brain = tree }:decide{ 0.9 } == "run")
---```
---@param options? mynah.ControllerOptions
---@return mynah.Policy
function mynah.npc.policy(options) end

---Reads a policy that `policy:save` wrote.
---
---```lua
---local guard = mynah.npc.policy{ inputs = 1, actions = { "stand", "flee" }, seed = 1 }
---guard:save(TMP .. "/guard.policy")
---assert(mynah.npc.load_policy(TMP .. "/guard.policy"):decide{ 1 } == guard:decide{ 1 })
---```
---@param path string
---@return mynah.Policy
function mynah.npc.load_policy(path) end

---Pictures of numbers: charts to PNG, SVG, GIF and the terminal.
---
---A figure is made once, layers are laid over it, and it is saved or printed. Its fonts are inside the program.
---
---```lua
---local figure = mynah.plot.figure{ title = "Loss", x_label = "step", y_scale = "log" }
---figure:line{ y = { 3, 1.5, 1, 0.8 }, label = "train" }
---figure:save(TMP .. "/loss.png")
---print(figure)
---```
mynah.plot = {}

---An empty figure; lay `line`, `scatter`, `heatmap` and others over it.
---
---```lua
---local figure = mynah.plot.figure{ title = "Two points", width = 300, height = 200 }
---figure:scatter{ points = { { 1, 2 }, { 2, 1 } } }:save(TMP .. "/two.svg")
---```
---@param options? mynah.FigureOptions
---@return mynah.Figure
function mynah.plot.figure(options) end

---Several figures in one picture, row by row.
---
---```lua
---local a, b = mynah.plot.line{ y = { 1, 2 } }, mynah.plot.line{ y = { 2, 1 } }
---mynah.plot.sheet({ a, b }, { title = "Up and down", columns = 2 }):save(TMP .. "/both.png")
---```
---@param figures mynah.Figure[]
---@param options? mynah.SheetOptions
---@return mynah.Sheet
function mynah.plot.sheet(figures, options) end

---An empty film, for an animated GIF of figures, pictures or images.
---
---```lua
---local film = mynah.plot.film()
---for n = 1, 3 do film:add(mynah.plot.line{ y = { 1, n } }) end
---film:save(TMP .. "/film.gif", 0.2)
---```
---@param options? mynah.FilmOptions
---@return mynah.Film
function mynah.plot.film(options) end

---A figure of its own: a line through points, with a band around it if `low` and `high` are given.
---
---```lua
---mynah.plot.line{ y = { 3, 1.5, 1 } }:save(TMP .. "/line.png")
---```
---@param options? mynah.LineOptions
---@return mynah.Figure
function mynah.plot.line(options) end

---A figure of its own: points, coloured by value or by class if wanted.
---
---```lua
---mynah.plot.scatter{ points = { { 1, 2 }, { 2, 1 } } }:save(TMP .. "/points.png")
---```
---@param options? mynah.ScatterOptions
---@return mynah.Figure
function mynah.plot.scatter(options) end

---A figure of its own: bars from zero; several sets stand beside each other.
---
---```lua
---mynah.plot.bars{ y = { 3, 5, 2 } }:save(TMP .. "/bars.png")
---```
---@param options? mynah.BarsOptions
---@return mynah.Figure
function mynah.plot.bars(options) end

---A figure of its own: how often values fall into each of several ranges.
---
---```lua
---mynah.plot.histogram{ values = mynah.randn(1000, { seed = 1 }) }:save(TMP .. "/histogram.png")
---```
---@param options? mynah.HistogramOptions
---@return mynah.Figure
function mynah.plot.histogram(options) end

---A figure of its own: values over a grid, shown as colours.
---
---```lua
---mynah.plot.heatmap{ values = mynah.rand(8, 8, { seed = 1 }) }:save(TMP .. "/heat.png")
---```
---@param options? mynah.HeatMapOptions
---@return mynah.Figure
function mynah.plot.heatmap(options) end

---A figure of its own: lines of equal height over a grid.
---
---```lua
---mynah.plot.contour{ values = { { 1, 2, 3 }, { 2, 3, 4 }, { 3, 4, 9 } } }:save(TMP .. "/contour.png")
---```
---@param options? mynah.ContourOptions
---@return mynah.Figure
function mynah.plot.contour(options) end

---A figure of its own: a neural network: circles in columns, lines whose colour and width are the weights.
---
---```lua
---mynah.plot.network{ sizes = { 2, 8, 3 } }:save(TMP .. "/net.png")
---```
---@param options? mynah.NetworkOptions
---@return mynah.Figure
function mynah.plot.network(options) end

---A figure of its own: a decision tree: what each node asks, its samples, and their classes as colours.
---
---```lua
---local X, y = mynah.data.blobs{ samples = 60, centres = 3, seed = 1 }
---local tree = mynah.learn.decision_tree{ max_depth = 3 }:fit(X, y)
---mynah.plot.tree{ nodes = tree:params().nodes, features = { "x", "y" } }:save(TMP .. "/tree.svg")
---```
---@param options? mynah.TreeOptions
---@return mynah.Figure
function mynah.plot.tree(options) end

---A picture to draw on at once: shapes, words and pixels at places, counted from the left upper corner.
---
---```lua
---local canvas = mynah.plot.canvas(320, 200, { background = "#101820" })
---canvas:rect(20, 20, 280, 160, { fill = "#1b2733", radius = 10 })
---canvas:text("Hello", 160, 100, { size = 24, align = "center" }):save(TMP .. "/hello.png")
---```
---@param width integer
---@param height integer
---@param options? mynah.CanvasOptions
---@return mynah.Canvas
function mynah.plot.canvas(width, height, options) end

---A picture as bytes, four to a pixel: red, green, blue, opacity. Takes what `Canvas:image` takes.
---
---Other programs make pictures of them, such as `love.image.newImageData(width, height, "rgba8", bytes)`.
---
---```lua
---local bytes = mynah.plot.rgba({ { 0, 1 }, { 2, 3 } }, { color_map = "gray" })
---assert(#bytes == 16 and bytes:byte(-4) == 255)
---```
---@param picture any
---@param options? mynah.ShadeOptions
---@return string
function mynah.plot.rgba(picture, options) end

---The lines of equal height over a grid, each as `{ x1, y1, x2, y2, … }`: columns and rows, both from 1.
---
---```lua
---local lines = mynah.plot.contour_lines({ { 0, 1 }, { 0, 1 } }, 0.25)
---assert(#lines == 1 and lines[1][1] == 1.25 and lines[1][2] == 1)
---```
---@param values number[][]|mynah.Tensor
---@param level number
---@return number[][]
function mynah.plot.contour_lines(values, level) end

---The font that words are written in, as the bytes of a TTF file; the thick one if `bold`.
---
---```lua
---assert(#mynah.plot.font() > 10000 and mynah.plot.font() ~= mynah.plot.font(true))
---```
---@param bold? boolean
---@return string
function mynah.plot.font(bold) end

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
