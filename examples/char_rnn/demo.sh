#!/bin/sh
# demo.sh CHAR_RNN FOLDER [SECONDS]: a minute of training on the King James Bible, and a sample. Runs go to ./runs.
set -eu
program=$1
text=$2/bible.txt

if [ ! -s "$text" ]; then
  if ! command -v bible > /dev/null; then
    echo "demo: error: the program 'bible' is not installed" >&2
    echo "hint: run .ci/packages, or apt-get install bible-kjv" >&2
    exit 1
  fi
  mkdir -p "$2"
  # Every line begins with its place, such as "Ge1:1 ".
  bible -f 'Ge1:1-Re22:21' | sed -E 's/^[0-9]?[A-Za-z]+[0-9]+:[0-9]+ //' > "$text.tmp"
  bytes=$(wc -c < "$text.tmp")
  symbols=$(LC_ALL=C od -An -v -tx1 "$text.tmp" | tr -s ' ' '\n' | grep . | LC_ALL=C sort -u | wc -l)
  if [ "$bytes" -ne 4137850 ] || [ "$symbols" -ne 63 ]; then
    echo "demo: error: 'bible' gave $bytes bytes of $symbols symbols, not 4137850 of 63" >&2
    echo "hint: train on a text of your own: $program train FILE" >&2
    exit 1
  fi
  mv "$text.tmp" "$text"
fi

run=runs/bible
n=1
while [ -e "$run" ]; do
  n=$((n + 1))
  run=runs/bible-$n
done
"$program" train "$text" --out "$run" --model gru --layers 1 --hidden 256 --batch 32 --lr 0.006 --schedule cosine \
  --warmup 20 --seconds "${3:-60}"

echo
echo "==== 1000 characters at temperature 0.7 from $run:"
"$program" sample "$run" --temperature 0.7
echo
echo
echo "The run lies in $run: log.jsonl and latest.safetensors. More of it:"
echo "  $program sample $run --prime 'In the beginning '"
