// The map of possible worlds: one marker, moved by two sliders, by touch or by mouse, and the sentences
// and the bar of the world it stands on. The sentences are Python's (a test compares them).
(() => {
  "use strict";

  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
  const within = (number, low, high) => Math.min(Math.max(number, low), high);

  const lines = (data, { answered, yes }) => {
    const { world, words } = data;
    const share = yes / answered;
    const most = yes + world.group - answered;
    // Half up in whole numbers: a share of two counts has no other ties.
    const rounded = Math.floor((200 * yes + answered) / (2 * answered));
    const values = { ...world, answered, yes, most, share: `${rounded} %` };
    const fits = world.about_low <= share && share <= world.about_high ? "fits" : "fits_not";
    const sure = 2 * yes > world.group ? "majority" : 2 * most <= world.group ? "minority" : "open";
    return ["world", "bounds", fits, sure].map((name) => fill(words[name], values));
  };

  const wire = (widget) => {
    const data = JSON.parse(widget.querySelector('script[type="application/json"]').textContent);
    const { group } = data.world;
    const form = widget.querySelector("form");
    const output = widget.querySelector("output");
    const map = widget.querySelector(".widget-map");
    const marker = map.querySelector("circle");
    const { answered, yes } = form.elements;

    const show = () => {
      yes.max = answered.value;  // a browser brings the value down with it
      const at = { answered: Number(answered.value), yes: Number(yes.value) };
      const said = lines(data, at).map((line) => {
        const span = document.createElement("span");
        span.textContent = line;
        return span;
      });
      output.replaceChildren(...said.flatMap((span) => [span, " "]).slice(0, -1));
      marker.setAttribute("cx", at.answered);
      marker.setAttribute("cy", group - at.yes);
      const shares = { yes: at.yes, silent: group - at.answered, no: at.answered - at.yes };
      for (const [name, share] of Object.entries(shares)) {
        widget.querySelector(`.widget-bar > .widget-${name}`).style.flexGrow = share;
      }
    };

    const moveTo = (event) => {
      const point = new DOMPoint(event.clientX, event.clientY)
        .matrixTransform(map.getScreenCTM().inverse());
      answered.value = within(Math.round(point.x), 1, group);
      yes.max = answered.value;
      yes.value = within(Math.round(group - point.y), 0, Number(answered.value));
      show();
    };

    map.addEventListener("pointerdown", moveTo);
    map.addEventListener("pointermove", (event) => { if (event.buttons) moveTo(event); });
    form.addEventListener("input", show);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => {
      yes.max = data.start.answered;
      setTimeout(() => { yes.value = data.start.yes; show(); });
    });
    show();
  };

  document.querySelectorAll("#worlds").forEach(wire);
  window.bookWorlds = { lines };  // for the test that compares them with Python
})();
