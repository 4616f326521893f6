"use strict";
// Draws a recorded run of K-means at any half-step; the data are part of the page.
// Data coordinates are shares of the map: (0, 0) is its lower left corner, (1, 1) the upper right.

const data = JSON.parse(document.getElementById("data").textContent);
const frames = data.frames, last = frames.length - 1, K = data.clusters.length;
const hidden = new Set(data.hidden); // clusters that are not drawn
const MAX_NUMBERED = 20; // with more clusters, numbers are tooltips and trails are faint
const MAX_ANIMATED_CELLS = 20; // up to which regions are computed anew for every frame
// Lengths of the picture in typographic points, on a map that is `data.mapWidth` wide.
const NUMBER_ON_DISC = 7.5, NUMBER_HEIGHT = 6.8, GAP = 2.4, LEADER = 9, HALO = 2.4, DOT_GAP = 6;
const CAP_HEIGHT = 0.73; // height of a digit, as a share of the size of the font
const COORDINATE_STEPS = 10000; // across the map, to which stored coordinates are rounded
const el = (id) => document.getElementById(id);
const dark = matchMedia("(prefers-color-scheme: dark)");

let at = 0; // the half-step shown

// ---------------------------------------------------------------------------------- the recording

const points = [];
for (let i = 0; i < data.points.length; i += 2)
  points.push([data.points[i] / COORDINATE_STEPS, data.points[i + 1] / COORDINATE_STEPS]);

const pairs = (flat) => Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]]);

// Every frame gets all labels, the set of points that have just changed, its centroids, and where
// their numbers are written: relative to the centroid, [0, 0] on a disc, null if there is no room.
let labels = new Int16Array(points.length).fill(-1), centers, numbers;
frames.forEach((frame) => {
  frame.changed = new Set();
  if (frame.changes) {
    labels = labels.slice();
    for (let i = 0, row = 0; i < frame.changes.length; i += 2) {
      row += frame.changes[i];
      labels[row] = frame.changes[i + 1];
      frame.changed.add(row);
    }
  }
  if (frame.centers) [centers, numbers] = [pairs(frame.centers), frame.numbers];
  Object.assign(frame, { labels, centers, numbers });
});

// ------------------------------------------------------------------------------------ the regions

// The region nearest to each centroid is the map cut by a half-plane for each other centroid. The
// longer side of the map counts as 1, so that squares neither overflow nor underflow.
function cells(centers) {
  const longest = Math.max(...data.shape), [wide, tall] = data.shape.map((side) => side / longest);
  const sites = centers.map(([u, v]) => [u * wide, v * tall]);
  return sites.map((site, k) => cell(site, k, sites, wide, tall));
}

function cell([x, y], k, sites, wide, tall) {
  let corners = [[0, 0], [1, 0], [1, 1], [0, 1]];
  for (let j = 0; j < sites.length && corners.length; j++) {
    if (j === k) continue;
    const dx = sites[j][0] - x, dy = sites[j][1] - y;
    if (dx === 0 && dy === 0) { // of equal centroids, the first has the whole cell
      if (j < k) corners = [];
      continue;
    }
    const sx = sites[j][0] + x, sy = sites[j][1] + y;
    const excess = ([u, v]) => dx * (2 * u * wide - sx) + dy * (2 * v * tall - sy);
    if (corners.some((corner) => excess(corner) > 0)) corners = cut(corners, corners.map(excess));
  }
  return corners;
}

// Returns the part of a convex polygon where `excess`, which is linear along its edges, is <= 0.
function cut(corners, excess) {
  const kept = [];
  corners.forEach((corner, i) => {
    const j = (i + 1) % corners.length, a = excess[i], b = excess[j];
    if (a <= 0) kept.push(corner);
    if ((a < 0 && b > 0) || (a > 0 && b < 0))
      kept.push(corner.map((x, d) => x + (a / (a - b)) * (corners[j][d] - x)));
  });
  return kept;
}

// ------------------------------------------------------------------------------------- the canvas

let theme; // current colours, read from the style sheet
function readTheme() {
  const style = getComputedStyle(document.documentElement);
  const get = (name) => style.getPropertyValue("--" + name).trim();
  const looks = data.clusters.map((cluster) => cluster[dark.matches ? "dark" : "light"]);
  theme = {
    paper: get("paper"), ink: get("ink"), muted: get("muted"), grid: get("grid"),
    accent: get("accent"), unassigned: get("unassigned"), tint: dark.matches ? 0.17 : 0.11,
    fill: looks.map((look) => look[0]), text: looks.map((look) => look[1]),
  };
}

// Sizes a canvas to its element and the device's pixels, clears it, and returns its context.
function prepare(canvas, height) {
  const scale = window.devicePixelRatio || 1, width = canvas.clientWidth;
  canvas.style.height = height + "px";
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const pen = canvas.getContext("2d");
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.clearRect(0, 0, width, height);
  pen.font = "12px system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif";
  pen.lineJoin = "round";
  return pen;
}

function trace(pen, places, closed) {
  pen.beginPath();
  places.forEach(([x, y], i) => (i ? pen.lineTo(x, y) : pen.moveTo(x, y)));
  if (closed) pen.closePath();
}

function disc(pen, [x, y], radius) {
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
}

// A marker is drawn once and then copied: ten thousand copies take a few milliseconds.
function stamp(k, size) {
  const scale = window.devicePixelRatio || 1, side = Math.ceil(size * 2 + 4);
  const canvas = Object.assign(document.createElement("canvas"), { width: side * scale, height: side * scale });
  const pen = canvas.getContext("2d"), outline = k < 0 ? null : data.clusters[k].marker;
  pen.setTransform(scale, 0, 0, scale, (side * scale) / 2, (side * scale) / 2);
  pen.fillStyle = k < 0 ? theme.unassigned : theme.fill[k];
  if (outline) trace(pen, pairs(outline).map(([x, y]) => [x * size, -y * size]), true);
  else disc(pen, [0, 0], size / 2);
  pen.fill();
  if (data.pointStyle.edge > 0) { // keeps neighbours apart
    pen.strokeStyle = theme.paper;
    pen.lineWidth = 0.8;
    pen.stroke();
  }
  return { canvas, side };
}

// Pixels to a typographic point of marks: their size depends on the width of the map.
const markScale = (width) => Math.max(0.8, Math.min(1.6, width / data.mapWidth));

// ---------------------------------------------------------------------------------------- the map

const BELOW = 42, BESIDE = data.axes[1].ticks.length ? 46 : 10; // room for ticks and names

// Draws the transition from one frame to the next: `share` 0 is its start, 1 its end.
function drawMap(before, frame, share) {
  const canvas = el("map"), left = BESIDE, right = 8, top = 6, bottom = BELOW;
  const width = canvas.clientWidth - left - right, height = width / data.aspect;
  const pen = prepare(canvas, height + top + bottom);
  const place = ([u, v]) => [left + u * width, top + (1 - v) * height];
  const gliding = frame.phase === "update" && share < 1;
  const mix = (a, b) => a + (b - a) * share;
  const now = gliding
    ? frame.centers.map((c, k) => c.map((x, d) => mix(before.centers[k][d], x))) : frame.centers;

  drawAxes(pen, place, left, top, width, height);
  pen.save();
  pen.beginPath();
  pen.rect(left, top, width, height);
  pen.clip();
  if (el("regions").checked) {
    const follow = gliding && K <= MAX_ANIMATED_CELLS;
    drawRegions(pen, place, follow ? cells(now) : (frame.cells ??= cells(frame.centers)));
  }
  if (data.bars) drawBars(pen, place, frame);
  if (el("lines").checked && at > 0) drawLines(pen, place, now, frame, share);
  const scale = markScale(width), size = data.pointStyle.size * scale;
  drawRings(pen, place, frame, share, size);
  drawPoints(pen, place, frame, size);
  drawTrails(pen, place, now, frame, scale);
  pen.restore();
  drawCenters(pen, place, now, numbersAt(before, frame, share), scale);
}

// The longest version of an axis label that fits.
const longestFitting = (pen, axis, room) =>
  axis.lengths.find((name) => pen.measureText(name).width <= room) ?? axis.lengths.at(-1);

// A tooltip shows the full name of an axis below and left of the map, and on a centroid its number.
let spots = new Map(); // where the centroids are drawn, by cluster
el("map").addEventListener("pointermove", ({ offsetX, offsetY, target }) => {
  const [x, y] = data.axes, pointer = [offsetX, offsetY];
  const [k] = [...spots].find(([, spot]) => distance(spot, pointer) < 10) ?? [];
  target.title = k !== undefined ? `Cluster ${k}`
    : offsetY > target.clientHeight - BELOW ? x.name : offsetX < BESIDE ? y.name : "";
});

function drawAxes(pen, place, left, top, width, height) {
  const [x, y] = data.axes;
  pen.strokeStyle = theme.grid;
  pen.fillStyle = theme.muted;
  pen.lineWidth = 1;
  pen.textAlign = "center";
  for (const [share, text] of x.ticks) {
    const [px] = place([share, 0]);
    trace(pen, [[px, top], [px, top + height]]);
    pen.stroke();
    pen.fillText(text, px, top + height + 16);
  }
  pen.textAlign = "right";
  for (const [share, text] of y.ticks) {
    const [, py] = place([0, share]);
    trace(pen, [[left, py], [left + width, py]]);
    pen.stroke();
    pen.fillText(text, left - 6, py + 4);
  }
  pen.fillStyle = theme.ink;
  pen.textAlign = "center";
  pen.fillText(longestFitting(pen, x, width), left + width / 2, top + height + 36);
  pen.save();
  pen.translate(12, top + height / 2);
  pen.rotate(-Math.PI / 2);
  pen.fillText(longestFitting(pen, y, height), 0, 0);
  pen.restore();
}

function drawRegions(pen, place, regions) {
  regions.forEach((region, k) => {
    const corners = region.map(place);
    if (corners.length < 3 || hidden.has(k)) return;
    trace(pen, corners, true);
    pen.fillStyle = pen.strokeStyle = theme.fill[k];
    pen.globalAlpha = theme.tint;
    pen.fill();
    pen.globalAlpha = 0.55;
    pen.lineWidth = 1.2;
    pen.stroke();
  });
  pen.globalAlpha = 1;
}

// Above the line on which the points of a single feature are, counts those between equally spaced
// limits; the highest stack is as high as the room for it.
function drawBars(pen, place, frame) {
  const { edges, bottom, top } = data.bars, count = edges.length - 1;
  const totals = new Array(count).fill(0);
  const stacks = Array.from({ length: K + 1 }, () => new Array(count).fill(0)); // last: unassigned
  points.forEach(([u], i) => {
    const k = frame.labels[i], bar = edges.findLastIndex((edge) => edge <= u);
    if (hidden.has(k) || bar < 0 || bar >= count) return;
    stacks[k < 0 ? K : k][bar]++;
    totals[bar]++;
  });
  const unit = (top - bottom) / Math.max(...totals, 1), low = new Array(count).fill(bottom);
  pen.globalAlpha = 0.6;
  stacks.forEach((stack, k) => {
    pen.fillStyle = k < K ? theme.fill[k] : theme.unassigned;
    stack.forEach((n, bar) => {
      if (n === 0) return;
      const sides = [edges[bar], edges[bar + 1]], ends = [low[bar], low[bar] += n * unit];
      const [[left, lower], [right, upper]] = [0, 1].map((end) => place([sides[end], ends[end]]));
      pen.fillRect(left + 0.5, upper, right - left - 1, Math.max(lower - upper, 1));
    });
  });
  pen.globalAlpha = 1;
}

// Joins points and centroids; in an assignment, lines grow from changed points to their new centroid.
function drawLines(pen, place, centers, frame, share) {
  const paths = centers.map(() => new Path2D());
  points.forEach((point, i) => {
    const k = frame.labels[i];
    if (k < 0 || hidden.has(k)) return;
    const [x, y] = place(point), [cx, cy] = place(centers[k]);
    const length = frame.phase === "assign" && frame.changed.has(i) ? share : 1;
    paths[k].moveTo(x, y);
    paths[k].lineTo(x + length * (cx - x), y + length * (cy - y));
  });
  pen.globalAlpha = points.length > 2000 ? 0.15 : dark.matches ? 0.65 : 0.5;
  pen.lineWidth = 1;
  paths.forEach((path, k) => {
    pen.strokeStyle = theme.fill[k];
    pen.stroke(path);
  });
  pen.globalAlpha = 1;
}

// Points do not move while centroids do, so they are cached as a layer.
let layer = {};
function drawPoints(pen, place, frame, size) {
  const { width, height } = pen.canvas;
  if (layer.labels !== frame.labels || layer.theme !== theme || layer.width !== width) {
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    const own = canvas.getContext("2d"), stamps = new Map();
    own.setTransform(pen.getTransform());
    own.globalAlpha = data.pointStyle.alpha;
    points.forEach((point, i) => {
      const k = frame.labels[i], [x, y] = place(point);
      if (hidden.has(k)) return;
      const wide = data.sizes ? data.sizes[i] * size : size, key = `${k} ${wide}`;
      if (!stamps.has(key)) stamps.set(key, stamp(k, wide));
      const { canvas, side } = stamps.get(key);
      own.drawImage(canvas, x - side / 2, y - side / 2, side, side);
    });
    layer = { canvas, labels: frame.labels, theme, width };
  }
  pen.save();
  pen.resetTransform();
  pen.drawImage(layer.canvas, 0, 0);
  pen.restore();
}

// Rings beneath points that changed, the fainter the more of them overlap; the first assignment
// changes all, so it has none.
function drawRings(pen, place, frame, share, size) {
  if (frame.phase !== "assign" || frame.iteration < 2) return;
  pen.strokeStyle = theme.ink;
  pen.lineWidth = 0.7 + 0.12 * size;
  const ringed = [...frame.changed].filter((i) => !hidden.has(frame.labels[i]));
  const side = 1.9 * size, cell = (i) => place(points[i]).map((x) => Math.floor(x / side)).join();
  pen.globalAlpha = Math.min(1, (1.5 * new Set(ringed.map(cell)).size) / (ringed.length || 1));
  for (const i of ringed) {
    const wide = data.sizes ? data.sizes[i] * size : size;
    disc(pen, place(points[i]), wide / 2 + Math.min(4, 0.45 * wide) * (2.5 - 1.6 * share));
    pen.stroke();
  }
  pen.globalAlpha = 1;
}

const onDisc = (number) => number?.[0] === 0 && number[1] === 0;
const diameter = (number) => (onDisc(number) ? data.disc : data.ring);
const distance = ([x, y], [u, v]) => Math.hypot(x - u, y - v);

// Dark lines on a white edge, to the edge of the ring, with dots that lie apart; with many clusters,
// faint lines.
function drawTrails(pen, place, now, frame, scale) {
  const past = frames.slice(0, at).filter((frame, i) => i === 0 || frame.phase === "update");
  now.forEach((center, k) => {
    const end = place(center), radius = (diameter(frame.numbers[k]) / 2) * scale;
    const trail = past.map((frame) => place(frame.centers[k]));
    const last = trail.findLastIndex((position) => distance(position, end) > radius);
    if (hidden.has(k) || last < 0) return;
    const share = radius / distance(trail[last], end);
    const edge = end.map((x, d) => x + share * (trail[last][d] - x));
    trace(pen, [...trail.slice(0, last + 1), edge]);
    if (K > MAX_NUMBERED) {
      pen.strokeStyle = theme.ink;
      pen.lineWidth = 0.7 * scale;
      pen.globalAlpha = 0.5;
      pen.stroke();
      pen.globalAlpha = 1;
      return;
    }
    for (const [color, width] of [[theme.paper, 2.8], [theme.ink, 1.1]]) {
      pen.strokeStyle = color;
      pen.lineWidth = width * scale;
      pen.stroke();
    }
    trail.forEach((position, i) => {
      if (distance(position, end) <= radius) return;
      if (i > 0 && distance(position, trail[i - 1]) <= DOT_GAP * scale) return;
      disc(pen, position, 2.1 * scale);
      pen.fillStyle = theme.ink;
      pen.strokeStyle = theme.paper;
      pen.lineWidth = 0.7 * scale;
      pen.fill();
      pen.stroke();
    });
  });
}

const outside = (center) => center.some((share) => share < 0 || share > 1);

// Returns where a centroid's disc is drawn: entirely on the map, at the edge if it is outside.
function clampToMap(place, center, radius) {
  const room = radius * (outside(center) ? 2.2 : 1);
  const [left, bottom] = place([0, 0]), [right, top] = place([1, 1]);
  const [x, y] = place(center);
  return [
    Math.min(Math.max(x, left + room), right - room),
    Math.min(Math.max(y, top + room), bottom - room),
  ];
}

function arrow(pen, towards, [x, y], radius) {
  const dx = towards[0] - x, dy = towards[1] - y, far = Math.hypot(dx, dy);
  if (far < radius * 2) return;
  const at = (along, across) => [
    x + (radius / far) * (along * dx - across * dy), y + (radius / far) * (along * dy + across * dx)];
  pen.strokeStyle = theme.ink;
  pen.lineWidth = 2.4;
  trace(pen, [at(1.55, 0.5), at(2, 0), at(1.55, -0.5)]);
  pen.stroke();
}

// While centroids move, their numbers turn around them.
function numbersAt(before, frame, share) {
  return frame.numbers.map((number, k) =>
    number && before.numbers[k] && number.map((x, d) => before.numbers[k][d] + share * (x - before.numbers[k][d])));
}

function drawCenters(pen, place, centers, numbers, scale) {
  pen.save();
  pen.textAlign = "center";
  pen.lineCap = "round";
  spots = new Map();
  centers.forEach((center, k) => {
    if (hidden.has(k)) return;
    const radius = (diameter(numbers[k]) / 2) * scale;
    const middle = clampToMap(place, center, radius + 1.5);
    spots.set(k, middle);
    arrow(pen, place(center), middle, radius + 1.5);
    if (onDisc(numbers[k])) drawDisc(pen, middle, k, radius, scale);
    else drawRing(pen, middle, k, radius, scale);
  });
  for (const [k, middle] of spots)
    if (numbers[k] && !onDisc(numbers[k])) drawNumber(pen, middle, k, numbers[k], scale);
  pen.restore();
}

const setFont = (pen, height) => {
  pen.font = `bold ${height / CAP_HEIGHT}px system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif`;
};

function drawDisc(pen, [x, y], k, radius, scale) {
  disc(pen, [x, y], radius);
  pen.fillStyle = theme.fill[k];
  pen.fill();
  pen.strokeStyle = theme.paper;
  pen.lineWidth = 2 * scale;
  pen.stroke();
  setFont(pen, NUMBER_ON_DISC * scale);
  pen.fillStyle = theme.text[k];
  pen.fillText(k, x, y + (NUMBER_ON_DISC / 2) * scale);
}

function drawRing(pen, place, k, radius, scale) {
  const width = 0.4 * radius;
  disc(pen, place, radius - width / 2);
  for (const [color, wide] of [[theme.paper, width + 2.4 * scale], [theme.fill[k], width]]) {
    pen.strokeStyle = color;
    pen.lineWidth = wide;
    pen.stroke();
  }
}

// Writes a number beside its ring; if it is farther away, a line leads to it.
function drawNumber(pen, [x, y], k, [right, up], scale) {
  const length = Math.hypot(right, up), radius = data.ring / 2;
  const at = (far) => [x + (far / length) * right * scale, y - (far / length) * up * scale];
  if (length >= radius + GAP + LEADER) {
    trace(pen, [at(radius), at(radius + LEADER)]);
    for (const [color, width] of [[theme.paper, HALO], [theme.ink, 0.9]]) {
      pen.strokeStyle = color;
      pen.lineWidth = width * scale;
      pen.stroke();
    }
  }
  const [u, v] = at(length), below = v + (NUMBER_HEIGHT / 2) * scale;
  setFont(pen, NUMBER_HEIGHT * scale);
  pen.strokeStyle = theme.paper;
  pen.lineWidth = HALO * scale;
  pen.strokeText(k, u, below);
  pen.fillStyle = theme.ink;
  pen.fillText(k, u, below);
}
