-- What the lessons in this folder share: a transformer is taught questions with short answers, and examined on
-- questions that it never saw. An exercise is the text "question=answer;", and only the answer counts for the loss.

local mynah = require "mynah"

--- How an exercise is taught.
---@class teach.Lesson
---@field name string what is learned
---@field alphabet string every character that a question or an answer may have
---@field problem fun(): string, string a question and its answer, drawn with `math.random`
---@field result? fun(answer: string): string the part of an answer that is examined; without, the whole
---@field layers integer
---@field dim integer
---@field heads integer
---@field context integer longest exercise, in characters
---@field steps integer optimizer steps of 64 exercises; the learning rate falls over them

---@param lesson teach.Lesson
---@return mynah.Model model
---@return number share of the examination that is wholly right, in [0, 1]
return function(lesson)
  math.randomseed(1)
  local tok = mynah.lm.tokenizer{ kind = "char", text = lesson.alphabet .. "=;" }
  local model = mynah.lm.model{
    tokenizer = tok, dim = lesson.dim, layers = lesson.layers, heads = lesson.heads, context = lesson.context, seed = 1,
  }
  print(model)

  -- The examination comes first: none of its questions is ever taught.
  local exam, held = {}, {}
  while #exam < 1000 do
    local question, answer = lesson.problem()
    if not held[question] then
      held[question] = true
      exam[#exam + 1] = { question = question, answer = answer }
    end
  end
  local result = lesson.result or function(answer) return answer end
  local function answer(question)
    return model:generate(question .. "=", { temperature = 0, stop = ";", tokens = lesson.context - #question - 1 })
  end
  local function examine(most)
    local right = 0
    for i = 1, most do
      local said = answer(exam[i].question)
      if result(said) == result(exam[i].answer) then right = right + 1 end
    end
    return right / most
  end

  -- A batch: token numbers, and for each place the token that shall follow; -100 where nothing is asked.
  local function batch()
    local ids, targets = {}, {}
    while #ids < 64 do
      local question, answer = lesson.problem()
      if not held[question] then
        local tokens = tok:encode(question .. "=" .. answer .. ";")
        local row, wanted = {}, {}
        for i = 1, lesson.context do
          row[i] = i < #tokens and tokens[i] or 0
          wanted[i] = i > #question and tokens[i + 1] or -100
        end
        ids[#ids + 1], targets[#targets + 1] = row, wanted
      end
    end
    return ids, targets
  end

  local optimizer = mynah.optim.adamw{
    lr = 2e-3, weight_decay = 0.01,
    schedule = { kind = "cosine", warmup = math.floor(lesson.steps / 20), steps = lesson.steps, min_ratio = 0.05 },
  }
  for step = 1, lesson.steps do
    local loss = model:loss(batch())
    loss:backward()
    optimizer:step(model)
    if step % math.max(math.floor(lesson.steps / 10), 1) == 0 then
      print(("step %5d   loss %.4f   right %5.1f %%"):format(step, loss:item(), 100 * examine(100)))
    end
  end

  local share = examine(#exam)
  print(("\n%s: %.1f %% of %d unseen questions right"):format(lesson.name, 100 * share, #exam))
  for i = 1, 3 do
    print(("  %s  →  %s"):format(exam[i].question, answer(exam[i].question)))
  end
  return model, share
end
