"""Tokens by other programs, for src/lm/tokenizer: Hugging Face's `tokenizers` and Google's `sentencepiece`.

    pip install tokenizers sentencepiece
    python tokenizer.py    # writes tokenizer.json beside it
"""

import io
import json
import pathlib
import random

import sentencepiece
from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers

HERE = pathlib.Path(__file__).parent
random.seed(7)

PROSE = """The miller's mill stands by the river; the wheel turns, it'll turn all day, and it's 1,234 turns by noon.
磨坊主在河边的磨坊里磨面,水车整天转动。The miller says: "Don't open the bridge!" 他说:“不要开桥!”
    for i in range(100):\n        print(i)\n\n\nÖmer's café — naïve, 12345678 & more…  two  spaces\tand a tab\r\n"""


def odd_text(n):
    """Characters from everywhere that Unicode 14 assigns, with what the rules look at between them."""
    pieces = []
    for _ in range(n):
        r = random.random()
        if r < 0.3:
            pieces.append(chr(random.randint(32, 126)))
        elif r < 0.5:
            special = [" ", "  ", "\n", "\r\n", "\t", "\u3000", "\u00a0", " \n", "'s", "'LL", "'re", "123", "12"]
            pieces.append(random.choice(special))
        elif r < 0.7:
            pieces.append(chr(random.randint(0x4E00, 0x4E80)))
        elif r < 0.85:
            pieces.append(chr(random.choice([random.randint(0xA0, 0x17F), random.randint(0x2460, 0x24FF)])))
        elif r < 0.95:
            pieces.append(random.choice("हिन्दीกำไรнёsعَ"))
        else:
            pieces.append(chr(random.randint(0x1F300, 0x1F5FF)))
    return "".join(pieces)


TEXTS = [PROSE, "", " ", "'", " a", "a ", "\n \n a", "mill\u0301er"] + [odd_text(60) for _ in range(12)]
GPT4 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
    r"|\s+(?!\S)|\s+"
)


def by_regex(regex):
    split = pre_tokenizers.Split(Regex(regex), "isolated")
    return pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


digits = pre_tokenizers.Digits(individual_digits=True)
gpt2 = pre_tokenizers.ByteLevel(add_prefix_space=False)
rules = {
    "gpt-2": gpt2,
    "smollm": pre_tokenizers.Sequence([digits, gpt2]),
    "llama-bpe": by_regex(GPT4),
    "qwen2": by_regex(GPT4.replace("{1,3}", "")),
}
byte_pairs = []
for name, rule in rules.items():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = rule
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=330, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator([PROSE * 2], trainer)
    model = json.loads(tokenizer.to_str())["model"]
    byte_pairs.append(
        {
            "pre": name,
            "tokens": sorted(model["vocab"], key=model["vocab"].get),
            "merges": [" ".join(pair) for pair in model["merges"]],
            "ids": [tokenizer.encode(text, add_special_tokens=False).ids for text in TEXTS],
        }
    )

trained = io.BytesIO()
sentencepiece.SentencePieceTrainer.train(
    sentence_iterator=iter(PROSE.splitlines() * 4),
    model_writer=trained,
    model_type="bpe",
    vocab_size=420,
    byte_fallback=True,
    character_coverage=0.98,
    normalization_rule_name="identity",
    remove_extra_whitespaces=False,
    minloglevel=2,
)
pieces = sentencepiece.SentencePieceProcessor(model_proto=trained.getvalue())
numbers = range(pieces.vocab_size())
golden = {
    "texts": TEXTS,
    "byte_pairs": byte_pairs,
    "pieces": {
        "tokens": [pieces.id_to_piece(i) for i in numbers],
        "scores": [pieces.get_score(i) for i in numbers],
        "ids": [pieces.encode(text) for text in TEXTS],
    },
}
text = json.dumps(golden, ensure_ascii=False, separators=(",", ":"))
(HERE / "tokenizer.json").write_text(text + "\n", encoding="utf8")
