#!/usr/bin/env bash
# `transformers serve` 5.24.0 reads OpenAI's sampling fields otherwise than other servers do, mostly without a word.
#
#   temperature 2.0      five replies, 1 different: still greedy, unless the checkpoint's generation_config has do_sample
#   n 2                  1 choice
#   logprobs true        none come back
#   frequency_penalty f  is transformers' repetition_penalty 1 + f: it multiplies, and counts the prompt's words too
#   repetition_penalty   422, though this is the one that it has
# Burnish: `bench sampled` at such a server draws nothing new, which docs/replies.md says; an explicit
# repetition penalty is refused by the server, and Burnish quotes it.
set -euo pipefail
folder=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 "transformers[serving]==5.24.0"
export HF_HUB_OFFLINE=1
"$folder/venv/bin/python" - "$folder/model" <<'PYTHON'
import sys

import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

words = ["<s>", "</s>", "<unk>", *(f"w{i}" for i in range(61))]
plain = Tokenizer(models.WordLevel({word: i for i, word in enumerate(words)}, unk_token="<unk>"))
plain.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
tokenizer = PreTrainedTokenizerFast(tokenizer_object=plain, bos_token="<s>", eos_token="</s>", unk_token="<unk>")
tokenizer.chat_template = "{% for m in messages %}{{ m['content'] }} {% endfor %}"
torch.manual_seed(0)
sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
config = LlamaConfig(vocab_size=64, bos_token_id=0, eos_token_id=1, initializer_range=0.5, **sizes)
model = LlamaForCausalLM(config)
model.generation_config.eos_token_id = None
model.save_pretrained(sys.argv[1])
tokenizer.save_pretrained(sys.argv[1])
PYTHON
port=$("$folder/venv/bin/python" -c "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])")
"$folder/venv/bin/transformers" serve "$folder/model" --host 127.0.0.1 --port "$port" --device cpu --dtype float32 \
    >"$folder/log" 2>&1 &
server=$!
"$folder/venv/bin/python" - "$folder/model" "$port" <<'PYTHON'
import json
import sys
import time
import urllib.error
import urllib.request

from transformers import AutoModelForCausalLM, AutoTokenizer, __version__

place, port = sys.argv[1:]
TOKENS = 12
messages = [{"role": "user", "content": "w1 w2 w3 w4"}]


def ask(**fields: object) -> tuple[int, dict]:
    body = {"model": place, "messages": messages, "max_tokens": TOKENS, "stream": False, **fields}
    url = f"http://127.0.0.1:{port}/v1/chat/completions"
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    for _ in range(600):
        try:
            with urllib.request.urlopen(request) as reply:
                return reply.status, json.load(reply)
        except urllib.error.HTTPError as refused:
            return refused.code, {"text": refused.read().decode()}
        except urllib.error.URLError:
            time.sleep(0.5)
    raise SystemExit("the server does not come up")


def text(**fields: object) -> str:
    return ask(**fields)[1]["choices"][0]["message"]["content"]


print("transformers", __version__)
greedy = text(temperature=0)
drawn = {text(temperature=2.0) for _ in range(5)}
print(f"temperature 2.0: five replies, {len(drawn)} different")
assert drawn == {greedy}, "a temperature is obeyed now"
several = ask(n=2)[1]["choices"]
print(f"n 2: {len(several)} choice")
assert len(several) == 1, "n is obeyed now"
print(f"logprobs true: {ask(logprobs=True)[1]['choices'][0].get('logprobs')}")
assert ask(logprobs=True)[1]["choices"][0].get("logprobs") is None, "log-probabilities come now"

tokenizer, model = AutoTokenizer.from_pretrained(place), AutoModelForCausalLM.from_pretrained(place)
prompt = tokenizer(tokenizer.apply_chat_template(messages, tokenize=False), return_tensors="pt")["input_ids"]
penalised = model.generate(prompt, max_new_tokens=TOKENS, do_sample=False, repetition_penalty=1.5)
here = tokenizer.decode(penalised[0, prompt.shape[1] :], skip_special_tokens=True)
print(f"frequency_penalty 0.5: {text(temperature=0, frequency_penalty=0.5)!r}")
print(f"repetition_penalty=1.5 in generate: {here!r}; without either: {greedy!r}")
assert text(temperature=0, frequency_penalty=0.5) == here != greedy, "it is another penalty now"
status, refused = ask(repetition_penalty=1.5)
print(f"repetition_penalty: {status} {refused.get('text')}")
assert status == 422, "it is taken now"
PYTHON
