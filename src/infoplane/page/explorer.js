// Draws the panels of explorer.py and binds the controls to the signals of their views.
// What the panels look like comes from panel.py, colours and shapes from infoplane.planes.appearance.
const data = JSON.parse(document.getElementById("data").textContent);
const FACTOR = {nats: 1, bits: 1 / Math.LN2};
const ANIMATION = 6000;  // milliseconds from the first epoch to the last, unless that is too slow or too fast a step
const byId = id => document.getElementById(id);
const colours = new Map(data.epochs.map((epoch, i) => [epoch, data.colours[i]]));
const places = new Map(data.layers.map((layer, i) => [layer.name, i]));
const shapes = new Map(data.layers.map(layer => [layer.name, layer.shape]));
const dashes = new Map(data.splits.map(split => [split.name, split.dash]));
const VALUES = {units: ["nats", "bits"], join: ["layers", "epochs"], repetitions: ["mean", "each"]};
const CHOICES = [...Object.keys(VALUES), "bounds"];
const opened = {units: data.units, join: data.join, repetitions: "mean", bounds: true};
const shown = {...opened, hiddenLayers: new Set(), hiddenSplits: new Set(), epoch: data.epochs.length - 1};
const BESIDE = 66;  // pixels that an axis and its title take beside a panel
const MANY = 2000;  // points, beyond which an element for each makes a browser slow
let timer = null;  // of the animation

function create(tag, text = "", attributes = {}) {
  const element = document.createElement(tag);
  element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

// Rows of a panel from its columns, with what the marks need.
function rowsOf(panel) {
  const columns = Object.entries(panel.columns);
  return panel.columns.epoch.map((epoch, i) => {
    const row = {};
    for (const [name, values] of columns) row[name] = Array.isArray(values) ? values[i] : values;
    row.colour = colours.get(epoch);
    row.shape = shapes.get(row.layer);
    row.dash = dashes.get(row.split);
    row.place = places.get(row.layer);
    row.kind = row.repetition === undefined ? "all" : row.repetition === null ? "mean" : "each";
    return row;
  });
}

// What the range of an axis follows from, by the rule in expressions.py: values of all points that are switched on, at
// any epoch, those that can be believed (all, if none can) with their bounds, and the panel's ceilings; in nats.
function extremes(panel, rows, axis) {
  const column = panel.axes[axis];
  const limits = panel.ceilings.filter(ceiling => ceiling.axis === axis).map(ceiling => ceiling.value);
  const values = rows.map(row => row[column]);
  const believed = rows.filter(row => !row[column.replace("mi", "flag")]), kept = believed.length ? believed : rows;
  const trusted = kept.map(row => row[column]);
  const lows = shown.bounds ? kept.map(row => row[column + "_low"] ?? row[column]) : trusted;
  const highs = shown.bounds ? kept.map(row => row[column + "_high"] ?? row[column]) : trusted;
  const least = all => all.reduce((a, b) => Math.min(a, b)), most = all => all.reduce((a, b) => Math.max(a, b));
  const found = {
    least_value: least(values), most_value: most(values),
    least_trusted: least(trusted), most_trusted: most(trusted), least_bound: least(lows), most_bound: most(highs),
    lower_ceiling: limits.at(0) ?? null, upper_ceiling: limits.at(-1) ?? null,
  };
  return Object.fromEntries(Object.entries(found).map(([name, value]) => [`${axis}_${name}`, value]));
}

// What a point says: names and values in the units shown, with their bounds and ceilings.
function told(row, panel) {
  const number = value => (value * FACTOR[shown.units]).toFixed(4);
  const lines = [["estimator", panel.key], ["split", row.split], ["layer", row.layer], ["epoch", row.epoch]];
  if (row.kind !== "all") lines.push(["repetition", row.repetition ?? `mean of ${data.repetitions}`]);
  for (const column of ["mi_xt", "mi_ty"]) {
    const value = row[column], low = row[column + "_low"], high = row[column + "_high"];
    const ceiling = row[column.replace("mi", "ceiling")];
    let text = value == null ? "not given" : `${number(value)} ${shown.units}`;
    const [least, most] = [low, high].map(bound => bound == null ? "?" : number(bound));
    if (low != null || high != null) text += `, ${least} to ${most}`;
    if (ceiling != null) text += `, ceiling ${number(ceiling)}`;
    const flag = row[column.replace("mi", "flag")];
    if (value != null && flag) text += `; not to be believed: ${flag}`;
    lines.push([column === "mi_xt" ? "I(X;T)" : "I(T;Y)", text]);
  }
  return lines;
}

function tip(panel) {
  return (_, event, item, value) => {
    const box = byId("tip");
    box.hidden = value == null;
    if (value == null) return;
    box.replaceChildren(...told(item.datum, panel).flatMap(line => line.map(text => create("span", text))));
    const left = Math.min(event.clientX + 14, window.innerWidth - box.offsetWidth - 8);
    const below = event.clientY + 14;
    const top = below + box.offsetHeight > window.innerHeight ? event.clientY - box.offsetHeight - 8 : below;
    Object.assign(box.style, {left: `${left}px`, top: `${top}px`});
  };
}

const drawn = [];  // panels with their views and rows

// The values of a panel's signals, which panel.py names.
function signalsOf(panel, rows) {
  const of = rows.filter(row => row.kind === "all" || row.kind === shown.repetitions);
  const on = of.filter(row => !shown.hiddenLayers.has(row.layer) && !shown.hiddenSplits.has(row.split));
  // Points of many repetitions lie over each other.
  const many = data.repetitions > 1 && shown.repetitions === "each";
  const signals = {
    factor: FACTOR[shown.units], epoch: data.epochs[shown.epoch], bounds: shown.bounds,
    join: shown.join, repetitions: shown.repetitions, point_size: many ? 22 : 55, line_width: many ? 0.6 : 1.2,
    hidden_layers: [...shown.hiddenLayers], hidden_splits: [...shown.hiddenSplits],
  };
  for (const axis of ["x", "y"]) {
    signals[axis + "_title"] = panel.titles[shown.units][axis];
    if (panel.axes[axis] === "epoch") continue;
    Object.assign(signals, extremes(panel, on.length ? on : of, axis));
  }
  return signals;
}

// The controls as they are, and the address, which a browser does not let change at every step of an animation.
function showControls() {
  byId("epoch").value = shown.epoch;
  byId("epoch").setAttribute("aria-valuetext", `epoch ${data.epochs[shown.epoch]}`);
  byId("epoch-shown").textContent = data.epochs.length ? `epoch ${data.epochs[shown.epoch]}` : "";
  byId("bounds").checked = shown.bounds;
  for (const button of document.querySelectorAll("input[type=radio]")) {
    button.checked = shown[button.name] === button.value;
  }
  for (const [kind, hidden] of [["layer", shown.hiddenLayers], ["split", shown.hiddenSplits]]) {
    data[`${kind}s`].forEach(({name}, i) => byId(`${kind}-${i}`).checked = !hidden.has(name));
  }
  if (timer === null) keepSelection();
}

function update() {
  showControls();
  for (const each of drawn) {
    for (const [name, value] of Object.entries(signalsOf(each.panel, each.rows))) each.view.signal(name, value);
    each.view.resize().runAsync();  // labels may need more room or less
    fillTable(each);
  }
}

// A check box with an icon, which switches `name` in the set of what is hidden.
function checkBox(id, name, hidden, icon) {
  const label = create("label"), box = create("input", "", {type: "checkbox", id});
  box.addEventListener("change", () => {
    shown[hidden][box.checked ? "delete" : "add"](name);
    update();
  });
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  const frame = {viewBox: icon.box, width: icon.width, height: 12};
  const line = {stroke: data.muted, "stroke-dasharray": icon.dash, "vector-effect": "non-scaling-stroke"};
  for (const [key, value] of Object.entries(frame)) svg.setAttribute(key, value);
  for (const [key, value] of Object.entries({d: icon.d, fill: icon.fill, ...line})) path.setAttribute(key, value);
  svg.append(path);
  label.append(box, svg, create("span", name));
  return label;
}

function setUpLegend() {
  data.layers.forEach((layer, i) => byId("layers").append(checkBox(
    `layer-${i}`, layer.name, "hiddenLayers",
    {d: layer.shape, fill: data.muted, dash: "", box: "-1.4 -1.4 2.8 2.8", width: 12},
  )));
  data.splits.forEach((split, i) => byId("splits").append(checkBox(
    `split-${i}`, split.name, "hiddenSplits",
    {d: "M0,6H26", fill: "none", dash: split.dash.join(" "), box: "0 0 26 12", width: 26},
  )));
  byId("layers").hidden = data.layers.length === 0;
  byId("splits").hidden = data.splits.length < 2;
  byId("repetitions").hidden = data.repetitions < 2;
  for (const button of document.querySelectorAll("input[type=radio]")) {
    button.addEventListener("change", () => {
      shown[button.name] = button.value;
      update();
    });
  }
  byId("bounds").addEventListener("change", event => {
    shown.bounds = event.target.checked;
    update();
  });
}

function setUpTime() {
  const slider = byId("epoch"), button = byId("play"), last = data.epochs.length - 1;
  function stop() {
    clearInterval(timer);
    timer = null;
    button.textContent = "Play";
  }
  function step() {
    shown.epoch = Math.min(shown.epoch + 1, last);
    if (shown.epoch === last) stop();
    update();
  }
  function play() {
    if (shown.epoch === last) shown.epoch = 0;
    timer = setInterval(step, Math.min(Math.max(ANIMATION / data.epochs.length, 80), 500));
    button.textContent = "Pause";
    update();
  }
  button.addEventListener("click", () => timer === null ? play() : stop());
  slider.addEventListener("input", () => {
    stop();
    shown.epoch = Number(slider.value);
    update();
  });
  slider.max = Math.max(last, 0);
  byId("time").hidden = last < 1;
  byId("colours").style.background = `linear-gradient(to right, ${data.colours.join(", ")})`;
}

async function addPanel(panel, renderer) {
  const section = create("section", "", {class: "panel"}), head = create("header"), place = create("div");
  place.className = "chart";
  head.append(create("h2", panel.key));
  section.append(head, place, ...panel.notes.map(note => create("p", note)));
  byId("panels").append(section);
  if (!panel.axes) return;
  const rows = rowsOf(panel), details = valuesTable(panel);
  const params = Object.entries(signalsOf(panel, rows)).map(([name, value]) => ({name, value}));
  // Points on a canvas are nothing that a screen reader could say, and to put each into words takes a while.
  const config = {...panel.specification.config, aria: renderer === "svg"};
  const specification = {
    ...panel.specification, config, data: {values: rows}, params: [...params, ...panel.specification.params],
    width: Math.min(panel.specification.width, section.clientWidth - BESIDE),
  };
  const {view} = await vegaEmbed(place, specification, {actions: false, renderer, tooltip: tip(panel)});
  section.view = view;  // for whoever looks into the page with the browser's console
  drawn.push({panel, view, rows, details});
  head.append(downloads(drawn.at(-1)));
  place.after(details);
}

byId("title").textContent = data.title;
setUpLegend();
setUpTime();
takeSelection();
showControls();
window.addEventListener("hashchange", () => { takeSelection(); update(); });
const points = data.panels.reduce((sum, panel) => sum + (panel.columns?.epoch.length ?? 0), 0);
for (const panel of data.panels) {
  await addPanel(panel, points > MANY ? "canvas" : "svg");
  // The first is seen before the others are drawn; to show each by itself takes longer for all.
  if (panel === data.panels[0]) await new Promise(done => setTimeout(done));
}
document.body.dataset.drawn = points;
