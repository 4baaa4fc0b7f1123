// "Your own numbers": bounds, exact count interval and Wilson's interval for what a reader types. Equal
// to sustainment.inference.counts to the last printed digit (a test compares the sentences). Exact
// arithmetic in whole numbers; nothing is stored or sent.
(() => {
  "use strict";

  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");

  // A share as per cent, ties rounded half up on the digits as they are written.
  const percent = (share, digits) => {
    const [mantissa, exponent] = String(Math.abs(share)).split("e");
    const [whole, part = ""] = mantissa.split(".");
    const shift = digits + 2 - part.length + Number(exponent ?? 0);
    let number = BigInt(whole + part);
    if (shift >= 0) {
      number *= 10n ** BigInt(shift);
    } else {
      const unit = 10n ** BigInt(-shift);
      number = (2n * number + unit) / (2n * unit);
    }
    const text = String(number).padStart(digits + 1, "0");
    const sign = share < 0 && number > 0n ? "−" : "";
    const cut = text.length - digits;
    return `${sign}${text.slice(0, cut)}${digits ? "." + text.slice(cut) : ""} %`;
  };

  const choose = (n, k) => {
    let ways = 1n;
    for (let i = 1; i <= k; i++) ways = (ways * BigInt(n - k + i)) / BigInt(i);
    return ways;
  };

  // Chance that x or more of n drawn from N say yes, when K of the N would.
  const xOrMore = (x, n, N, K) => {
    const first = Math.max(x, n + K - N, 0);
    if (first > Math.min(n, K)) return 0;
    let term = choose(K, first) * choose(N - K, n - first);
    let sum = 0n;
    for (let i = first; i <= Math.min(n, K); i++) {
      sum += term;
      term = (term * BigInt(K - i) * BigInt(n - i)) / (BigInt(i + 1) * BigInt(N - K - n + i + 1) || 1n);
    }
    return Number(sum) / Number(choose(N, n));
  };

  const fewest = (x, n, N, tail) => {
    let [low, high] = [x, x + N - n];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (xOrMore(x, n, N, middle) > tail * (1 - 1e-9)) high = middle;
      else low = middle + 1;
    }
    return low;
  };

  const chance = (x, n, N, tail) => [fewest(x, n, N, tail), N - fewest(n - x, n, N, tail)];

  const wilson = (x, n, z) => {
    const [p, z2] = [x / n, z * z];
    const wide = 1 + z2 / n;
    const centre = (p + z2 / (2 * n)) / wide;
    const half = (z * Math.sqrt((p * (1 - p)) / n + z2 / (4 * n * n))) / wide;
    return [centre - half, centre + half];
  };

  const misfit = (data, { yes, answered, group }) => {
    if (![yes, answered, group].every((n) => Number.isSafeInteger(n) && n >= 0)) return "unread";
    if (group < 1) return "empty";
    if (group > data.largest) return "large";
    if (answered > group) return "more_answers";
    return yes > answered ? "more_yes" : "";
  };

  const lines = (data, given) => {
    const say = data.words;
    const wrong = misfit(data, given);
    if (wrong) return [fill(say[wrong], { ...given, largest: data.largest })];
    const { yes, answered, group } = given;
    const atStart = Object.keys(data.start).every((name) => data.start[name] === given[name]);
    const [least, most] = [yes, yes + group - answered];
    const [low, high] = chance(yes, answered, group, data.tail);
    const level = { group, confidence: data.confidence };
    const said = [
      fill(atStart ? say.start : say.own, given),
      fill(answered === group ? say.known : say.bounds, {
        low: least, high: most, group,
        low_share: percent(least / group, 0), high_share: percent(most / group, 0),
      }),
      fill(say.chance, { low, high, ...level }),
    ];
    if (answered === 0) return [...said, say.nobody];
    const [from, to] = wilson(yes, answered, data.z);
    return [...said, fill(say.people, { low: percent(from, 0), high: percent(to, 0), ...level })];
  };

  const strips = (data, { yes, answered, group }) => ({
    bounds: [yes / group, (yes + group - answered) / group],
    chance: chance(yes, answered, group, data.tail).map((count) => count / group),
    people: answered ? wilson(yes, answered, data.z) : [0, 0],
  });

  const wire = (widget) => {
    const data = JSON.parse(widget.querySelector('script[type="application/json"]').textContent);
    const form = widget.querySelector("form");
    const output = widget.querySelector("output");
    const drawing = widget.querySelector(".widget-strips");
    const show = () => {
      const read = (name) => {
        const text = form.elements[name].value.trim();
        return /^\d+$/.test(text) ? Number(text) : NaN;
      };
      const given = { yes: read("yes"), answered: read("answered"), group: read("group") };
      const said = lines(data, given).map((line) => {
        const span = document.createElement("span");
        span.textContent = line;
        return span;
      });
      output.replaceChildren(...said.flatMap((span) => [span, " "]).slice(0, -1));
      drawing.hidden = misfit(data, given) !== "";
      if (drawing.hidden) return;
      for (const [name, [low, high]] of Object.entries(strips(data, given))) {
        const strip = drawing.querySelector(`[data-strip="${name}"] > span`);
        strip.style.marginLeft = `${100 * low}%`;
        strip.style.width = `${Math.max(100 * (high - low), 0.5)}%`;
      }
    };
    form.addEventListener("input", show);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(show));
    show();
  };

  document.querySelectorAll("#intervals").forEach(wire);
  window.bookIntervals = { lines, percent };  // for the test that compares them with Python
})();
