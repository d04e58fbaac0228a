"use strict";
// Redraws four charts from a precomputed grid whenever a slider moves.  No library, no
// network: all numbers are in the element #data, where null is no finite number.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const find = (id) => document.getElementById(id);
  const gain = find("gain"), size = find("size"), horizon = find("horizon");
  const NS = "http://www.w3.org/2000/svg";
  const WIDTH = 320, HEIGHT = 220, LEFT = 44, RIGHT = 14, TOP = 30, BOTTOM = 38;
  const THOUSANDTH = -Math.log(1000);

  const element = (name, attributes, text) => {
    const made = document.createElementNS(NS, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  };

  const number = (x) => String(Number(x.toPrecision(3))).replace("-", "\u2212");
  const finite = (values) => values.flat(Infinity).filter((v) => v !== null);

  // At most five round numbers within [low, high].
  const ticks = (low, high) => {
    const raw = (high - low) / 4 || 1;
    const power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= raw);
    const found = [];
    for (let k = Math.ceil(low / step); k * step <= high; k++) found.push(k * step);
    return found;
  };

  const limits = (values) => {
    const kept = [0, ...finite(values)];
    const low = Math.min(...kept), high = Math.max(...kept);
    const pad = (high - low || 1) * 0.05;
    return [low - pad, high + pad];
  };

  // `lines` are [class, xs, ys]; `marks` are heights with names; `bounds` the axis.
  const chart = (id, { name, across, from, to, bounds, lines, dots, marks, summary }) => {
    const svg = find(id);
    const [low, high] = bounds;
    const x = (v) => LEFT + ((v - from) / (to - from || 1)) * (WIDTH - LEFT - RIGHT);
    const y = (v) => TOP + ((high - v) / (high - low)) * (HEIGHT - TOP - BOTTOM);
    const put = (tag, attributes, text) => svg.append(element(tag, attributes, text));
    const rule = (kind, at) =>
      put("path", { class: kind, d: `M${LEFT} ${y(at)}H${WIDTH - RIGHT}` });
    svg.replaceChildren();
    svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    svg.setAttribute("aria-label", `${name}. ${summary}`);
    put("text", { x: 10, y: 18, class: "name" }, name);
    for (const tick of ticks(low, high)) {
      rule(tick === 0 ? "zero" : "axis", tick);
      put("text", { x: LEFT - 6, y: y(tick) + 4, "text-anchor": "end" }, number(tick));
    }
    for (const tick of ticks(from, to)) {
      put("text", { x: x(tick), y: HEIGHT - 21, "text-anchor": "middle" }, number(tick));
    }
    const middle = { x: (LEFT + WIDTH - RIGHT) / 2, y: HEIGHT - 6, "text-anchor": "middle" };
    put("text", middle, across);
    for (const [at, words] of marks || []) {
      if (at < low || at > high) continue;
      rule("mark", at);
      const place = { x: WIDTH - RIGHT, y: y(at) + 12, "text-anchor": "end" };
      put("text", place, words);
    }
    for (const [kind, xs, ys] of lines || []) {
      const points = xs.map((v, i) => [v, ys[i]]).filter(([, v]) => v !== null);
      const inside = points.filter(([, v]) => v >= low && v <= high);
      const steps = inside.map(([a, b], i) => `${i ? "L" : "M"}${x(a)} ${y(b)}`);
      if (steps.length) put("path", { class: kind, d: steps.join("") });
    }
    for (const [a, b] of dots || []) {
      if (b === null) continue;
      put("circle", { class: b > 0 ? "dot up" : "dot", cx: x(a), cy: y(b), r: 3 });
    }
  };

  // The lag at which a thousandth is left for the last time, from values at the lags.
  const reach = (lags, values) => {
    const from = [0, ...lags], logs = [0, ...values];
    const last = logs.findLastIndex((v) => v !== null && v >= THOUSANDTH);
    if (last === logs.length - 1) return null;
    const below = logs[last + 1];
    if (below === null) return from[last];
    const share = (logs[last] - THOUSANDTH) / (logs[last] - below);
    return from[last] + share * (from[last + 1] - from[last]);
  };

  const draw = () => {
    const g = Number(gain.value), s = Number(size.value), steps = Number(horizon.value);
    const lags = data.lags.filter((lag) => lag <= steps);
    const times = data.times.filter((time) => time <= steps);
    const within = (values, count) => values.flat().map((row) => row.slice(0, count));
    const profile = data.profiles[g][s].slice(0, lags.length);
    const apart = data.twins[g][s].slice(0, times.length);
    const [first, second] = data.paths[g][s].map((path) => path.slice(0, times.length));
    const exponents = data.exponents[g][s];
    const top = exponents.length ? exponents[0] : null;
    const far = reach(lags, profile);
    const kept = far === null ? `more than ${steps}` : number(far);
    const ends = apart[apart.length - 1];
    const slope = top === null ? [] : [["slope", [0, steps], [0, top * steps]]];
    chart("profile", {
      name: "Gradient left (nats)", across: "lag (steps back)", from: 0, to: steps,
      bounds: limits(within(data.profiles, lags.length)),
      lines: [...slope, ["curve", [0, ...lags], [0, ...profile]]],
      marks: [[THOUSANDTH, "a thousandth"]],
      summary: `A thousandth is left ${kept} steps back; dashed, the slope \u03bb\u2081.`,
    });
    chart("spectrum", {
      name: "Lyapunov exponents (nats per step)", across: "index", from: 1,
      to: Math.max(...data.exponents.flat().map((row) => row.length)),
      bounds: limits(data.exponents), dots: exponents.map((rate, i) => [i + 1, rate]),
      summary: `The largest is ${top === null ? "minus infinity" : number(top)}.`,
    });
    chart("paths", {
      name: "Twins: their first unit", across: "step", from: 0, to: steps,
      bounds: limits([first, second]),
      lines: [["curve", times, first], ["twin", times, second]],
      summary: "Two runs that start a hundred-millionth apart.",
    });
    chart("twins", {
      name: "Distance of the twins (nats)", across: "step", from: 0, to: steps,
      bounds: limits(within(data.twins, times.length)), lines: [["curve", times, apart]],
      summary: ends === null ? `At step ${steps} they are one.`
        : `At step ${steps} it is ${number(ends)} nats over the first one.`,
    });
    say(g, s, steps, top, kept);
  };

  const say = (g, s, steps, top, kept) => {
    const shown = { gain: number(data.gains[g]), size: `${data.sizes[s]} units` };
    shown.horizon = `${steps} steps`;
    for (const [id, text] of Object.entries(shown)) {
      find(`${id}-value`).textContent = text;
      find(id).setAttribute("aria-valuetext", text);
    }
    const rate = top === null ? "\u2212\u221e" : number(top);
    const fate = top !== null && top > 0 ? "grows" : "dies out";
    find("explored").textContent =
      `At gain ${shown.gain} with ${shown.size}, \u03bb\u2081 is ${rate} nats per step: ` +
      `a small change ${fate}. A thousandth of the gradient is left ${kept} steps back.`;
  };

  find("explained").textContent =
    `Not your model, but its kind: random ${data.kind} cells read normal inputs, with ` +
    "recurrent weights N(0, gain\u00b2/size). The twins are two runs that start a " +
    "hundred-millionth apart. Dashed are the slope \u03bb\u2081 and the second twin. " +
    "Arrow keys move the sliders, too.";
  gain.max = data.gains.length - 1;
  size.max = data.sizes.length - 1;
  horizon.max = data.lags[data.lags.length - 1];
  gain.value = Math.max(data.gains.indexOf(1), 0);
  size.value = Math.floor(data.sizes.length / 2);
  horizon.value = horizon.max;
  for (const slider of [gain, size, horizon]) slider.addEventListener("input", draw);
  for (const part of document.querySelectorAll(".explorer [hidden]")) part.hidden = false;
  draw();
})();
