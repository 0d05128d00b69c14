#include "parts.hpp"

namespace char_rnn {

// Blue for -1, orange for +1, the page's own colour for 0. Both ends are light enough in the light scheme, and dark
// enough in the dark one, for the text on them to keep its colour.
const char visualize_style[] = R"css(
:root { --rest: #fff; --low: #5aa5e3; --high: #f59331; --guess: #b48ad0; --frame: #7a3fa6; }
@media (prefers-color-scheme: dark) { :root { --rest: #1d2024; --low: #1c6fb8; --high: #b85a06; --guess: #74509b; --frame: #c9a2e8; } }
html { scroll-padding-top: 9rem; }
body { padding: 1.5rem 1.25rem 4rem; }
h1 { font-size: 1.5rem; }
.soft { color: var(--soft); }
header p, nav p, noscript p { font-size: .875rem; max-width: 60rem; }
.key i { font: .8125rem var(--mono); padding: .1em .4em; border-radius: .2em; color: var(--ink); }
#lists { margin-top: .75rem; }
#lists a { display: inline-block; padding: 0 .35em; border-radius: .25rem; color: inherit; text-decoration: none;
  background: var(--card); border: 1px solid var(--rule); font-variant-numeric: tabular-nums; }
#lists a:hover, #lists a[aria-current] { border-color: var(--ink); }
#lists a[aria-current] { background: var(--ink); color: var(--page); }
#bar { position: sticky; top: 0; z-index: 1; display: flex; flex-wrap: wrap; gap: .4rem 1.25rem; align-items: center;
  margin: .75rem -1.25rem 1rem; padding: .6rem 1.25rem; background: var(--page); border-bottom: 1px solid var(--rule);
  font-size: .875rem; }
#bar[hidden], #lists[hidden], .pick[hidden] { display: none; }
.pick { white-space: nowrap; }
input, button { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--rule);
  border-radius: .3rem; padding: .15rem .4rem; accent-color: var(--blue); }
input[type="number"] { width: 4.25rem; }
button { min-width: 2rem; cursor: pointer; }
.scale { display: flex; gap: .4rem; align-items: center; }
.ramp { width: 8rem; height: .9rem; border-radius: .2rem; border: 1px solid var(--rule);
  background: linear-gradient(in oklab to right, var(--low), var(--rest), var(--high)); }
#say { flex-basis: 100%; min-height: 1.5em; font-size: .8125rem; color: var(--soft); font-variant-numeric: tabular-nums; }
b { background: var(--rest); }
#text { font-family: var(--mono); line-height: 1.3; overflow-wrap: normal; }
.l { content-visibility: auto; contain-intrinsic-size: auto 7.5rem; white-space: nowrap; }
.whole .l { content-visibility: visible; }
wbr { white-space: normal; }
.plain .l { contain-intrinsic-size: auto 1.6rem; }
.c { display: inline-block; vertical-align: top; min-width: 1ch; margin-bottom: .5rem; text-align: center; }
.c:hover { outline: 1px solid var(--soft); }
.c.here { outline: 2px solid var(--ink); }
#text b { display: block; font-weight: 400; line-height: 1.3rem; padding: .12rem .06rem; }
#text .x b { font-size: .6875rem; }
.c i { display: block; padding: 0 .06rem; font-style: normal; font-size: .6875rem; line-height: 1.25; min-height: 1.25em; color: var(--soft); }
i.t.t { color: var(--ink); font-weight: 700; box-shadow: inset 0 0 0 1.5px var(--frame); }
.w b { color: color-mix(in srgb, currentColor 45%, transparent); }
.w.x b { color: color-mix(in srgb, currentColor 75%, transparent); }
.plain .c { margin-bottom: .1rem; }
.plain i { display: none; }
@media (max-width: 40rem) { #say { min-height: 4.5em; } }  /* three lines: the text shall not jump */
@media (max-height: 30rem) { #bar { position: static; } }
@media print {
  :root { --page: #fff; }
  body { padding: 0; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  #bar { position: static; }
  #lists, #say, button, #bar label:has(#guesses), .pick:has(#character) { display: none; }
  .l { content-visibility: visible; }
  .c { break-inside: avoid; }
}
)css";

const char visualize_script[] = R"js(
"use strict";
(() => {
  const get = (id) => document.getElementById(id);
  const numbers = JSON.parse(get("numbers").textContent);
  const packed = get("values").textContent;
  const text = get("text"), layerInput = get("layer"), unitInput = get("unit"), say = get("say");
  const characterInput = get("character");
  const links = Array.from(document.querySelectorAll("#lists a"));
  const cells = Array.from(text.querySelectorAll("b"));
  const indexOf = new Map(cells.map((cell, i) => [cell.parentNode, i]));
  const length = 4 * Math.ceil(cells.length / 3);
  const classes = Array.from({length: 256}, (_, byte) => {
    const value = byte < 128 ? byte : byte - 256;
    const level = Math.min(Math.round(Math.abs(value) * numbers.levels / 127), numbers.levels);
    return (value < 0 ? "n" : "p") + level;
  });
  let layer = 0, unit = 0, bytes = "", pointed = -1, place = "";

  const signed = (value) => (value < 0 ? "\u2212" : "+") + Math.abs(value).toFixed(2);
  const nameOf = (column) => column.dataset.name || "\u201c" + column.firstChild.textContent + "\u201d";

  const describe = (i) => {
    const column = cells[i].parentNode, byte = bytes.charCodeAt(i), surprise = numbers.surprise[i];
    let line = `${nameOf(column)} at ${i}: activation ${signed((byte < 128 ? byte : byte - 256) / 127)}`;
    if (surprise !== null) line += `, surprise ${surprise.toFixed(2)} nats`;
    const guesses = Array.from(column.querySelectorAll("i"), (guess, g) =>
      `${guess.textContent} ${(numbers.percent[i * numbers.top + g] ?? 0).toPrecision(2)} %`);
    return [line, guesses.length ? "next: " + guesses.join(", ") : ""];
  };
  const tell = () => {
    if (pointed < 0) return;
    const [line, guesses] = describe(pointed);
    cells[pointed].parentNode.title = line;
    say.textContent = guesses ? line + "; " + guesses : line;
  };
  const point = (i) => {
    if (pointed >= 0) cells[pointed].parentNode.classList.remove("here");
    pointed = Math.min(Math.max(i, 0), cells.length - 1);
    cells[pointed].parentNode.classList.add("here");
    if (characterInput.valueAsNumber !== pointed) characterInput.value = pointed;
    tell();
  };

  const show = (newLayer, newUnit) => {
    layer = Math.min(Math.max(newLayer || 0, 0), numbers.layers - 1);
    unit = Math.min(Math.max(newUnit || 0, 0), numbers.units - 1);
    const at = (layer * numbers.units + unit) * length;
    bytes = atob(packed.slice(at, at + length));
    cells.forEach((cell, i) => {
      const name = classes[bytes.charCodeAt(i)];
      if (cell.className !== name) cell.className = name;
    });
    if (layerInput.valueAsNumber !== layer) layerInput.value = layer;
    if (unitInput.valueAsNumber !== unit) unitInput.value = unit;
    const hash = `#${layer}:${unit}`;
    for (const link of links) {
      if (link.getAttribute("href") === hash) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    if (location.hash !== hash) history.replaceState(null, "", hash);
    tell();
  };
  const move = (layers, units) => show((layer + layers + numbers.layers) % numbers.layers,
                                       (unit + units + numbers.units) % numbers.units);
  const go = () => {
    const [, toLayer, toUnit] = /^#(\d+):(\d+)$/.exec(location.hash) || [, numbers.layer, numbers.unit];
    show(Number(toLayer), Number(toUnit));
  };

  get("previous").addEventListener("click", () => move(0, -1));
  get("next").addEventListener("click", () => move(0, 1));
  for (const input of [layerInput, unitInput]) {
    input.addEventListener("input", () => {
      if (input.value !== "") show(layerInput.valueAsNumber, unitInput.valueAsNumber);
    });
  }
  get("bar").addEventListener("submit", (event) => event.preventDefault());
  get("guesses").addEventListener("change", (event) => text.classList.toggle("plain", !event.target.checked));
  const placeOf = (event) => `${event.screenX} ${event.screenY}`;
  const pointAt = (event) => {
    const column = event.target.closest(".c");
    if (column) point(indexOf.get(column));
  };
  text.addEventListener("pointerdown", pointAt);
  text.addEventListener("pointerover", (event) => {
    if (placeOf(event) !== place) pointAt(event);  // not where the text has scrolled under a pointer that rests
  });
  addEventListener("pointermove", (event) => place = placeOf(event));
  characterInput.addEventListener("input", () => {
    if (characterInput.value === "") return;
    point(characterInput.valueAsNumber);
    text.classList.add("whole");  // lines that were never in sight have no height yet by which to scroll
    cells[pointed].parentNode.scrollIntoView({block: "nearest"});
  });
  addEventListener("keydown", (event) => {
    const step = {ArrowLeft: -1, ArrowRight: 1}[event.key];
    if (!step || event.altKey || event.ctrlKey || event.metaKey || event.target.matches("input")) return;
    event.preventDefault();
    if (event.shiftKey) move(step, 0);
    else move(0, step);
  });
  addEventListener("hashchange", go);

  get("bar").hidden = get("lists").hidden = false;
  text.classList.toggle("plain", !get("guesses").checked);
  go();
})();
)js";

}  // namespace char_rnn
