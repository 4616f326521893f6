// Chart, text, buttons, slider and keys of the page.

const GLIDE = 450; // milliseconds of an animation
const PLAY_INTERVAL = Math.max(150, Math.min(1300, 60000 / Math.max(last, 1))); // per half-step
const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");

let from = 0, since = 0, moving = 0; // the animation: its first half-step, start time, and request
let timer = 0; // of Play; 0 if not playing

// -------------------------------------------------------------------------------------- the chart

const THUMB = 8; // half the width of the slider's thumb, to align it with the mark above
let margin = 40; // left of the chart and of the slider
const chartPlace = (cursor) =>
  margin + THUMB + (last ? cursor / last : 0) * (el("chart").clientWidth - margin - 2 * THUMB);

function drawChart() {
  const height = 96, top = 24, bottom = 78, pen = prepare(el("chart"), height);
  margin = Math.max(40, ...data.ends.map((end) => pen.measureText(end).width + 10));
  el("time").style.setProperty("--margin", margin + "px");
  const level = (height) => bottom - height * (bottom - top - 8);
  const place = (cursor) => [chartPlace(cursor), level(frames[cursor].height)];
  const all = frames.map((_, cursor) => cursor).slice(1);
  pen.fillStyle = theme.ink;
  const stretched = data.stretched ? " (axis stretched near the lowest)" : "";
  pen.fillText("Inertia: sum of squared distances to the centroids" + stretched, margin, 12);
  pen.strokeStyle = theme.grid;
  trace(pen, [[margin, bottom], [chartPlace(last) + THUMB, bottom]]);
  pen.stroke();
  pen.fillStyle = theme.muted;
  pen.textAlign = "right";
  if (last) data.ends.forEach((end, height) => pen.fillText(end, margin - 6, level(height) + 4));
  pen.textAlign = "center";
  const room = el("chart").clientWidth / 45;
  const each = [1, 2, 5, 10, 20, 50, 100, 200, 500].find((n) => last / 2 / n <= room) ?? 1000;
  for (let i = each; 2 * i - 1 <= last; i += each) pen.fillText(i, chartPlace(2 * i - 1), height - 3);
  pen.lineWidth = 1.6;
  for (const [part, alpha] of [[all, 0.35], [all.filter((cursor) => cursor <= at), 1]]) {
    pen.globalAlpha = alpha;
    pen.strokeStyle = theme.muted;
    trace(pen, part.map(place));
    pen.stroke();
    if (last > 80) continue; // dots would overlap
    for (const cursor of part) { // filled: assign; open: recalculate
      disc(pen, place(cursor), 3);
      pen.fillStyle = cursor % 2 ? theme.ink : theme.paper;
      pen.strokeStyle = theme.ink;
      pen.fill();
      pen.stroke();
    }
  }
  pen.globalAlpha = 1;
  if (at === 0) return;
  pen.strokeStyle = theme.accent;
  pen.lineWidth = 2.2;
  disc(pen, place(at), 7);
  pen.stroke();
}
// -------------------------------------------------------------------------------------- the words

const transcript = document.querySelectorAll("ol li");
function showText() {
  const frame = frames[at], slider = el("cursor");
  if (el("words").textContent !== frame.words) el("words").textContent = frame.words;
  el("map").setAttribute("aria-label", frame.words);
  el("iteration").textContent = frame.iteration ?? "–";
  el("inertia").textContent = frame.shown ?? "–";
  el("at").textContent = `${at} / ${last}`;
  slider.value = at;
  slider.setAttribute("aria-valuetext", `Half-step ${at} of ${last}`);
  el("first").disabled = el("back").disabled = at === 0;
  el("next").disabled = el("end").disabled = at === last;
  el("play").textContent = timer ? "Pause" : "Play";
  // Screen readers announce where the run has stopped, not every half-step while it plays.
  el("words").setAttribute("aria-live", timer ? "off" : "polite");
  transcript.forEach((line, i) => line.classList.toggle("here", i === at));
  el("clusters").replaceChildren(...data.clusters.map((_, k) => {
    const item = document.createElement("li"), chip = document.createElement("b");
    chip.textContent = k;
    chip.style.background = theme.fill[k];
    chip.style.color = theme.text[k];
    if (hidden.has(k)) Object.assign(item, { className: "hidden", title: "not drawn" });
    item.append(chip, frame.counts?.[k] ?? "–");
    return item;
  }));
}

// --------------------------------------------------------------------------------------- the time

function draw() {
  const passed = reducedMotion.matches ? 1 : Math.min(1, (performance.now() - since) / GLIDE);
  const share = at === from ? 1 : passed * passed * (3 - 2 * passed);
  drawMap(frames[from], frames[at], share);
  moving = share < 1 ? requestAnimationFrame(draw) : 0;
}

function go(cursor) {
  const to = Math.max(0, Math.min(last, cursor));
  from = to === at + 1 ? at : to; // only a single step forward is animated
  at = to;
  since = performance.now();
  cancelAnimationFrame(moving);
  showText();
  drawChart();
  draw();
}

function play(on) {
  clearInterval(timer);
  timer = 0;
  if (on) {
    timer = setInterval(() => {
      if (at + 1 >= last) play(false);
      go(at + 1);
    }, PLAY_INTERVAL);
    go(at === last ? 0 : at + 1);
  } else showText();
}

const visit = (cursor) => {
  if (timer) play(false);
  go(cursor);
};

el("cursor").addEventListener("input", () => visit(Number(el("cursor").value)));
el("first").addEventListener("click", () => visit(0));
el("back").addEventListener("click", () => visit(at - 1));
el("next").addEventListener("click", () => visit(at + 1));
el("end").addEventListener("click", () => visit(last));
el("play").addEventListener("click", () => play(!timer && last > 0));
for (const layer of ["lines", "regions"]) {
  el(layer).checked = data[layer];
  el(layer).addEventListener("change", draw);
}
if (!data.flat) {
  el("regions").disabled = true;
  el("regions").parentElement.title = "Regions are true only where the picture shows all distances; "
    + "here it is a projection of more than two columns";
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const keys = {
    ArrowLeft: () => visit(at - 1), ArrowRight: () => visit(at + 1),
    Home: () => visit(0), End: () => visit(last), " ": () => play(!timer && last > 0),
  };
  // The focused element handles some of these keys itself.
  const own = event.key === " " ? "button, summary, [type=checkbox]" : "[type=range]";
  if (!(event.key in keys) || event.target.closest(own)) return;
  event.preventDefault();
  keys[event.key]();
});

el("chart").addEventListener("pointerdown", (event) => {
  const width = el("chart").clientWidth - margin - 2 * THUMB;
  visit(Math.round(((event.offsetX - margin - THUMB) / width) * last));
});

dark.addEventListener("change", () => { readTheme(); go(at); });
new ResizeObserver(() => { drawChart(); draw(); }).observe(document.querySelector("main"));
readTheme();
go(data.cursor);
