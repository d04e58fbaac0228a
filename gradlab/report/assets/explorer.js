"use strict";
// Redraws three charts from a precomputed grid whenever a slider moves.  No library,
// no network: all numbers are in the element #data.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const find = (id) => document.getElementById(id);
  const gain = find("gain"), size = find("size"), horizon = find("horizon");
  const NS = "http://www.w3.org/2000/svg";
  const WIDTH = 300, HEIGHT = 210, LEFT = 46, RIGHT = 12, TOP = 26, BOTTOM = 34;

  const element = (name, attributes, text) => {
    const made = document.createElementNS(NS, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  };

  const number = (x) => String(Number(x.toPrecision(3))).replace("-", "\u2212");

  // At most five round numbers within [low, high].
  const ticks = (low, high) => {
    const raw = (high - low) / 4 || 1;
    const power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= raw);
    const found = [];
    for (let k = Math.ceil(low / step); k * step <= high; k++) found.push(k * step);
    return found;
  };

  const chart = (id, { name, across, xs, ys, dots, summary }) => {
    const svg = find(id);
    svg.replaceChildren();
    svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    svg.setAttribute("aria-label", `${name}. ${summary}`);
    const points = xs.map((x, i) => [x, ys[i]]).filter(([, y]) => y !== null);
    const values = [0, ...points.map(([, y]) => y)];
    const low = Math.min(...values), high = Math.max(...values);
    const end = Math.max(...xs), begin = Math.min(...xs);
    const pad = (high - low || 1) * 0.05;
    const x = (v) => LEFT + ((v - begin) / (end - begin || 1)) * (WIDTH - LEFT - RIGHT);
    const y = (v) =>
      TOP + ((high + pad - v) / (high - low + 2 * pad)) * (HEIGHT - TOP - BOTTOM);
    svg.append(element("text", { x: 8, y: 16, class: "name" }, name));
    for (const tick of ticks(low, high)) {
      const at = y(tick);
      svg.append(element("path", { class: "axis", d: `M${LEFT} ${at}H${WIDTH - RIGHT}` }));
      const place = { x: LEFT - 5, y: at + 4, "text-anchor": "end" };
      svg.append(element("text", place, number(tick)));
    }
    for (const tick of ticks(begin, end)) {
      const place = { x: x(tick), y: HEIGHT - 18, "text-anchor": "middle" };
      svg.append(element("text", place, number(tick)));
    }
    const middle = { x: (LEFT + WIDTH - RIGHT) / 2, y: HEIGHT - 4, "text-anchor": "middle" };
    svg.append(element("text", middle, across));
    svg.append(element("path", { class: "zero", d: `M${LEFT} ${y(0)}H${WIDTH - RIGHT}` }));
    if (dots) {
      for (const [a, b] of points) {
        const kind = b > 0 ? "dot up" : "dot";
        svg.append(element("circle", { class: kind, cx: x(a), cy: y(b), r: 3 }));
      }
    } else if (points.length) {
      const d = points.map(([a, b], i) => `${i ? "L" : "M"}${x(a)} ${y(b)}`).join("");
      svg.append(element("path", { class: "curve", d }));
    }
  };

  const last = (values) => {
    const kept = values.filter((v) => v !== null);
    return kept.length ? kept[kept.length - 1] : null;
  };
  const said = (v) => (v === null ? "nothing" : `${number(v)} nats`);

  const draw = () => {
    const g = Number(gain.value), s = Number(size.value);
    const steps = Number(horizon.value);
    const upTo = (lags, values) => {
      const kept = lags.map((lag, i) => [lag, values[i]]).filter(([lag]) => lag <= steps);
      return [kept.map(([lag]) => lag), kept.map(([, v]) => v)];
    };
    const [lags, profile] = upTo(data.lags, data.profiles[g][s]);
    const [times, twins] = upTo(data.times, data.twins[g][s]);
    const exponents = data.exponents[g][s];
    chart("profile", {
      name: "Gradient left", across: "lag (steps back)", xs: lags, ys: profile,
      summary: `${said(last(profile))} at lag ${steps}.`,
    });
    chart("spectrum", {
      name: "Lyapunov exponents", across: "index", dots: true,
      xs: exponents.map((_, i) => i + 1), ys: exponents,
      summary: `The largest is ${said(exponents[0])} per step.`,
    });
    chart("twins", {
      name: "Distance of twins", across: "step", xs: times, ys: twins,
      summary: `${said(last(twins))} over the first distance at step ${steps}.`,
    });
    find("gain-value").textContent = number(data.gains[g]);
    find("size-value").textContent = `${data.sizes[s]} units`;
    find("horizon-value").textContent = `${steps} steps`;
    gain.setAttribute("aria-valuetext", number(data.gains[g]));
    size.setAttribute("aria-valuetext", `${data.sizes[s]} units`);
    const top = exponents[0];
    const fate = top === null ? "dies at once" : top > 0 ? "grows" : "dies";
    find("explored").textContent =
      `At gain ${number(data.gains[g])} with ${data.sizes[s]} units, \u03bb\u2081 is ` +
      `${said(top)} per step: a small change ${fate}. ` +
      `At lag ${steps} the gradient is ${said(last(profile))} of the newest.`;
  };

  gain.max = data.gains.length - 1;
  size.max = data.sizes.length - 1;
  horizon.max = data.lags[data.lags.length - 1];
  gain.value = Math.floor(data.gains.length / 2);
  size.value = Math.floor(data.sizes.length / 2);
  horizon.value = horizon.max;
  for (const slider of [gain, size, horizon]) slider.addEventListener("input", draw);
  draw();
})();
