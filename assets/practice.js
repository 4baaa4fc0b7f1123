// Exercises on the page: the same replies as `check` in Python, word for word (a test compares them).
// Reads what is typed, compares it with numbers that stand in the page, stores and sends nothing.
(() => {
  "use strict";

  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
  const join = (...parts) => parts.filter(Boolean).join(" ");

  const readNumbers = (given, wanted, words) => {
    let text = String(given ?? "").trim().toLowerCase();
    text = text.replace(/\b(?:of|out of|av)\s+\d+\b/g, " ");
    for (const [word, number] of Object.entries(words)) {
      text = text.replace(new RegExp(`\\b${word}\\b`, "g"), String(number));
    }
    text = text.replace(/(?<=\d)\s*[-–—−]\s*(?=\d)/g, " ");
    const found = text.match(/[-−]?\d+(?:[.,]\d+)?/g) ?? [];
    const numbers = found.map((n) => Number(n.replace(",", ".").replace("−", "-")));
    const rest = text.replace(
      new RegExp("\\b(?:to|and|till|och|persons?|people|percent|per|cent|families|answers"
        + "|about|around|roughly|perhaps|maybe|circa|ungefär|cirka|rows|boxes|codes|months|scripts)\\b", "g"), " ");
    if (/[a-zåäö]{2,}/.test(rest)) return null;
    if (numbers.length !== wanted || !numbers.every((n) => Number.isFinite(n) && Math.abs(n) < 1e12)) {
      return null;
    }
    return numbers;
  };

  const showNumber = (number) => {
    if (Math.abs(number - Math.round(number)) < 1e-9) {
      return String(Math.round(number)).replace("-", "−");
    }
    const text = (Math.floor(Math.abs(number) * 100 + 0.5) / 100).toFixed(2)
      .replace(/0+$/, "").replace(/\.$/, "");
    return (number < 0 ? "−" : "") + text;
  };

  const same = (data, number, target) => Math.abs(number - target) <= data.tolerance + 1e-9;

  // A mistake's number as people write it: 34.4243 is typed as 34 or 34.4.
  const meant = (data, number, target) => same(data, number, target) ||
    [1, 10, 100].some((unit) => same(data, number, Math.floor(target * unit + 0.5) / unit));

  const near = (data, numbers) =>
    Object.entries(numbers).every(([part, number]) =>
      Math.abs(number - data.answer[part]) / Math.max(Math.abs(data.answer[part]), 20) <= 0.05);

  const readAnswer = (data, given) => {
    if (data.parts.length === 1) {
      const one = readNumbers(given.value, 1, data.words);
      return one && { numbers: { value: one[0] }, swapped: false };
    }
    const low = readNumbers(given.low, 1, data.words);
    const high = readNumbers(given.high, 1, data.words);
    if (!low || !high) return null;
    const sorted = [low[0], high[0]].sort((a, b) => a - b);
    return { numbers: { low: sorted[0], high: sorted[1] }, swapped: sorted[0] !== low[0] };
  };

  const replyChoice = (data, chosen) => {
    const say = data.messages;
    if (!(chosen in data.options)) {
      return chosen ? `Choose one of: ${Object.keys(data.options).join(", ")}.` : say.choose;
    }
    if (chosen === data.answer.choice) return say.right;
    const mistake = data.mistakes.find((m) => m.when.choice === chosen);
    return join(say.not_yet, mistake ? mistake.hint : say.more);
  };

  const reply = (data, given) => {
    const say = data.messages;
    if (data.type === "choice") return replyChoice(data, given.choice);
    const read = readAnswer(data, given);
    if (!read) return data.parts.length === 1 ? say.unread : say.unread_two;
    const { numbers, swapped } = read;
    const shown = Object.fromEntries(Object.entries(numbers).map(([p, n]) => [p, showNumber(n)]));
    if (data.type === "guess") {
      return fill(say.guess, { ...shown, answer: data.shown, after: data.after });
    }
    const template = data.parts.length === 1 ? say.read_one : say.read_two;
    const said = join(fill(template, { ...shown, unit: data.unit }).replace(" .", "."),
      swapped ? say.swapped : "");
    const right = data.parts.filter((p) => same(data, numbers[p], data.answer[p]));
    if (right.length === data.parts.length) return join(say.right, said);
    const other = data.elsewhere.find((e) => data.parts.every((p) => same(data, numbers[p], e.answer[p])));
    if (other) return join(said, fill(say.right_elsewhere, { edition: other.edition, this: "default" }));
    const half = right.map((p) => fill(say.part, { part: data.partWords[p] })).join(" ");
    const mistake = data.mistakes.find((m) =>
      Object.entries(m.when).every(([p, target]) => meant(data, numbers[p], target)));
    if (mistake) return join(say.not_yet, said, half, mistake.hint);
    if (near(data, numbers)) return join(say.near, said, half);
    return join(say.not_yet, said, half, say.more);
  };

  const wire = (form) => {
    const source = form.querySelector('script[type="application/json"]');
    if (!source) return;
    const data = JSON.parse(source.textContent);
    const output = form.querySelector(".practice-reply");
    const answer = () => {
      output.textContent = reply(data, Object.fromEntries(new FormData(form)));
      output.hidden = false;
    };
    form.querySelector(".practice-check").type = "submit";  // without a script it must not leave the page
    form.addEventListener("submit", (event) => { event.preventDefault(); answer(); });
    form.addEventListener("reset", () => { output.textContent = ""; });
  };

  document.querySelectorAll("form.practice-form").forEach(wire);
  window.bookPractice = { reply, readNumbers };  // for the test that compares it with Python
})();
